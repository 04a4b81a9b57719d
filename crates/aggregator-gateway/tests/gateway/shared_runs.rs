//! Identical queries that are under way share one run.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use aggregator_core::event::RunOrigin;
use aggregator_core::{CancelReason, Engine, EventKind, Query, Turn};
use aggregator_gateway::{CacheSettings, Gateway};
use aggregator_mocks::{Pace, Step, TerminalEvent};
use futures::StreamExt as _;
use futures::future::join_all;
use tokio::time::{advance, sleep};

use crate::asking::{Account, HandReader, MS, SECOND, ask, checksum_alone, in_100_ms, query, scenario, scripted};

fn sharing(engine: Engine) -> Gateway {
    Gateway::builder(engine).single_flight(true).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_identical_queries_are_one_run() {
    let (engine, query, probe) = scenario("standard", Pace::Scripted);
    let alone = checksum_alone(&engine, query.clone()).await;
    let calls = probe.calls().len();
    let gateway = Gateway::builder(engine).single_flight(true).cache(CacheSettings::default()).build().unwrap();
    // They come within 1.5 s of a run of 3.4 s.
    let asks = (0..1_000_u32).map(|index| {
        let (gateway, query) = (&gateway, query.clone());
        async move {
            sleep(MS * (index * 3 / 2)).await;
            ask(gateway, query).await
        }
    });
    let accounts = join_all(asks).await;
    let mut asked = BTreeMap::new();
    for call in &probe.calls()[calls..] {
        *asked.entry(call.mock.clone()).or_insert(0) += 1;
    }
    assert_eq!(asked.len(), calls);
    assert!(asked.values().all(|&times| times == 1), "each provider and the model are asked once: {asked:?}");
    assert_eq!(accounts.iter().filter(|account| account.reused().is_none()).count(), 1);
    for (index, account) in accounts.iter().enumerate().skip(1) {
        let (origin, age) = account.reused().unwrap();
        assert_eq!(origin, RunOrigin::Running);
        assert!(age.abs_diff(MS * (index as u32 * 3 / 2)) <= 2 * MS, "{index}: the run began {age:?} before");
    }
    for account in accounts {
        assert_eq!((account.end(), account.checksum()), (Some(TerminalEvent::Done), alone));
    }
    assert_eq!((gateway.load().shared, gateway.load().kept, probe.active_calls()), (0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stops_polling_holds_up_nobody() {
    for stops in 0..3 {
        let (engine, query, _) = scenario("standard", Pace::Scripted);
        let gateway = sharing(engine);
        let mut readers: Vec<_> = (0..3).map(|_| HandReader::new(gateway.run(query.clone()).unwrap())).collect();
        for round in 0..4_000 {
            let at_most = if round < 20 { 3 } else { 2 };
            for (_, reader) in readers.iter_mut().enumerate().filter(|(index, _)| at_most == 3 || *index != stops) {
                reader.poll_while_woken();
            }
            advance(MS).await;
        }
        let ends: Vec<_> = readers.iter().map(HandReader::has_ended).collect();
        assert_eq!(ends.iter().filter(|ended| **ended).count(), 2, "{stops} stops: {ends:?}");
        // It finds the rest when it goes on, without anybody else.
        let mut late = readers.remove(stops);
        drop(readers);
        late.poll_while_woken();
        late.account.check();
        assert_eq!(late.account.end(), Some(TerminalEvent::Done));
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_without_the_reader_that_began_it_and_ends_with_the_last_one() {
    let (engine, query, probe) = scenario("standard", Pace::Scripted);
    let alone = checksum_alone(&engine, query.clone()).await;
    let gateway = sharing(engine);
    let mut readers: Vec<_> = (0..3).map(|_| HandReader::new(gateway.run(query.clone()).unwrap())).collect();
    readers.iter_mut().for_each(HandReader::poll_while_woken);
    drop(readers.remove(0));
    assert_eq!((probe.active_calls(), gateway.load().shared), (4, 1));
    let rest = readers.pop();
    let stream = gateway.run(query.clone()).unwrap();
    drop(rest);
    drop(readers);
    assert_eq!(probe.active_calls(), 4, "one reader is left, which was not polled yet");
    let account = Account::of(stream).await;
    assert_eq!((account.end(), account.checksum()), (Some(TerminalEvent::Done), alone));
    let mut readers: Vec<_> = (0..3).map(|_| HandReader::new(gateway.run(query.clone()).unwrap())).collect();
    readers.iter_mut().for_each(HandReader::poll_while_woken);
    assert_eq!((probe.active_calls(), gateway.load().shared), (4, 1));
    drop(readers);
    assert_eq!((probe.active_calls(), gateway.load().shared), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn one_reader_is_cancelled_and_the_others_notice_nothing() {
    let (engine, query, probe) = scenario("standard", Pace::Scripted);
    let alone = checksum_alone(&engine, query.clone()).await;
    let calls = probe.calls().len();
    let gateway = sharing(engine);
    let others = join_all((0..2).map(|_| Account::of(gateway.run(query.clone()).unwrap())));
    let leaves = async {
        let mut stream = gateway.run(query.clone()).unwrap();
        let canceller = stream.canceller();
        let cancels = async {
            sleep(300 * MS).await;
            canceller.cancel(CancelReason::Shutdown);
        };
        tokio::join!(Account::of(stream), cancels).0
    };
    let (others, left) = tokio::join!(others, leaves);
    let last = left.events.last().unwrap();
    assert!(matches!(last.kind, EventKind::Cancelled { reason: CancelReason::Shutdown, .. }), "{last:?}");
    assert_eq!(last.elapsed().as_millis() / 2, 150, "at once");
    assert!(left.reused().is_some());
    for other in others {
        assert_eq!(other.checksum(), alone);
    }
    assert_eq!(probe.calls().len(), 2 * calls, "nothing was asked for it");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_behind_when_it_is_cancelled_has_the_rest_of_a_run_that_is_through() {
    let (engine, query, _) = scenario("floor", Pace::Instant);
    let gateway = sharing(engine);
    let mut ahead = HandReader::new(gateway.run(query.clone()).unwrap());
    let mut behind = HandReader::new(gateway.run(query.clone()).unwrap());
    let mut not_begun = HandReader::new(gateway.run(query).unwrap());
    behind.poll();
    ahead.poll_while_woken();
    for reader in [&mut behind, &mut not_begun] {
        reader.cancel();
        reader.poll_while_woken();
        reader.account.check();
        assert_eq!(reader.account.checksum(), ahead.account.checksum());
    }
}

#[tokio::test(start_paused = true)]
async fn a_query_joins_a_run_in_the_first_half_of_its_time_only() {
    let (engine, probe) = scripted(&[Step::Hang]);
    let gateway = sharing(engine);
    let query = query(0).with_deadline(10 * SECOND).unwrap();
    let mut first = HandReader::new(gateway.run(query.clone()).unwrap());
    advance(20 * SECOND).await;
    // Time is counted from the first poll.
    first.poll_while_woken();
    advance(5 * SECOND - MS).await;
    let mut early = HandReader::new(gateway.run(query.clone()).unwrap());
    early.poll_while_woken();
    assert_eq!((probe.calls().len(), early.account.reused()), (1, Some((RunOrigin::Running, 5 * SECOND - MS))));
    advance(MS).await;
    let mut late = HandReader::new(gateway.run(query.clone()).unwrap());
    late.poll_while_woken();
    assert_eq!((probe.calls().len(), gateway.load().shared), (2, 1));
    // The end of the older run does not hide the newer one.
    drop((first, early));
    assert_eq!((probe.active_calls(), gateway.load().shared), (1, 1));
    let mut joins = HandReader::new(gateway.run(query).unwrap());
    joins.poll_while_woken();
    assert_eq!(probe.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_ended_is_not_joined_though_readers_of_it_are_left() {
    let fails = [Step::Wait(MS), Step::Fail(aggregator_core::ProviderErrorKind::Unreachable)];
    let (engine, probe) = scripted(&fails);
    let gateway = sharing(engine);
    let first = gateway.run(query(0)).unwrap();
    let mut other = gateway.run(query(0)).unwrap();
    Account::of(first).await;
    other.next().await.unwrap();
    let account = ask(&gateway, query(0)).await;
    assert_eq!((account.reused(), probe.calls().len()), (None, 2));
}

#[test]
fn a_panic_in_a_poll_of_one_reader_does_not_reach_the_others() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (engine, probe) = scripted(&[Step::Emit { items: 2, every: Duration::ZERO }, Step::Hang]);
    let gateway = sharing(engine);
    let mut waits = HandReader::new(gateway.run(query(0)).unwrap());
    let mut panics = HandReader::new(gateway.run(query(0)).unwrap());
    runtime.block_on(async { (0..3).for_each(|_| _ = waits.poll()) });
    // No runtime is there, so the engine cannot make the timer that it needs when it waits.
    let polled = catch_unwind(AssertUnwindSafe(|| panics.poll_while_woken()));
    assert!(polled.is_err());
    drop(panics);
    assert!(waits.is_woken());
    runtime.block_on(async {
        let joins = gateway.run(query(0)).unwrap();
        waits.poll_while_woken();
        let account = Account::of(joins).await;
        waits.poll_while_woken();
        waits.account.check();
        assert_eq!((account.end(), waits.account.end()), (Some(TerminalEvent::Done), Some(TerminalEvent::Done)));
        assert_eq!(account.checksum(), waits.account.checksum());
    });
    assert_eq!((probe.calls().len(), gateway.load().shared), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn queries_that_differ_in_anything_do_not_share() {
    let (engine, probe) = scripted(&in_100_ms());
    let gateway = sharing(engine);
    let turns = |answer: &str| query(0).with_turns([Turn::new("who are you?").with_answer(answer)]);
    let with_deadline = |deadline: Duration| query(0).with_deadline(deadline).unwrap();
    let queries: [Query; 7] = [
        query(0),
        query(1),
        turns("a page"),
        turns("a person"),
        with_deadline(SECOND),
        with_deadline(2 * SECOND),
        query(0).with_max_sources(3).unwrap(),
    ];
    let asks = join_all(queries.iter().chain(&queries).map(|query| ask(&gateway, query.clone())));
    let joined = asks.await.iter().filter(|account| account.reused().is_some()).count();
    assert_eq!((probe.calls().len(), joined), (7, 7));
}
