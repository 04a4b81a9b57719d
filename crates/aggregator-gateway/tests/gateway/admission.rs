//! Places: who waits, in which order, and when a place is free again.

use std::time::Duration;

use aggregator_core::EventKind;
use aggregator_core::event::{ExecutionError, Outcome};
use aggregator_gateway::{AdmissionSettings, CacheSettings, Gateway, Overloaded};
use aggregator_mocks::{Pace, Step, TerminalEvent};
use futures::future::join_all;
use tokio::time::{Instant, advance, sleep};

use crate::asking::{Account, HandReader, MS, SECOND, ask, in_100_ms, query, scenario, scripted};

fn limited(running: u32, waiting: u32) -> AdmissionSettings {
    AdmissionSettings::default().running(running).waiting(waiting)
}

#[tokio::test(start_paused = true)]
async fn queries_wait_in_the_order_of_arrival_and_say_so() {
    let (engine, probe) = scripted(&in_100_ms());
    let gateway = Gateway::builder(engine).admission(limited(2, 3)).build().unwrap();
    let began = Instant::now();
    let streams: Vec<_> = (0..5).map(|seed| gateway.run(query(seed)).unwrap()).collect();
    let Overloaded { running, waiting, .. } = gateway.run(query(5)).unwrap_err();
    assert_eq!((running, waiting), (2, 3));
    let accounts = join_all(streams.into_iter().map(Account::of)).await;
    assert_eq!(accounts.iter().map(Account::queued).collect::<Vec<_>>(), [None, None, Some(0), Some(1), Some(2)]);
    for account in &accounts {
        let place = |wanted: fn(&EventKind) -> bool| account.events.iter().position(|event| wanted(&event.kind));
        let queued = place(|kind| matches!(kind, EventKind::Queued { .. }));
        assert!(queued.is_none_or(|place| place == 1), "right after the status");
        assert_eq!(account.events[0].elapsed(), Duration::ZERO, "the status does not wait");
    }
    let at: Vec<_> = probe.calls().iter().map(|call| (call.seed, (call.at - began).as_millis() / 100)).collect();
    assert_eq!(at, [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2)]);
    assert_eq!((gateway.load().running, gateway.load().waiting), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn one_that_leaves_the_queue_or_is_cancelled_in_it_holds_up_nobody() {
    let (engine, probe) = scripted(&in_100_ms());
    let gateway = Gateway::builder(engine).admission(limited(1, 3)).build().unwrap();
    let mut readers: Vec<_> = (0..4).map(|seed| HandReader::new(gateway.run(query(seed)).unwrap())).collect();
    readers.iter_mut().for_each(HandReader::poll_while_woken);
    drop(readers.remove(1));
    assert_eq!(gateway.load().waiting, 2);
    readers[1].cancel();
    assert!(readers[1].is_woken(), "one that waits is woken by its canceller");
    readers[1].poll_while_woken();
    readers[1].account.check();
    assert_eq!(readers[1].account.end(), Some(TerminalEvent::Cancelled));
    assert_eq!((gateway.load().running, gateway.load().waiting), (1, 1), "its place in the queue is given up");
    assert_eq!(probe.calls().len(), 1, "nothing was asked for it");
    advance(101 * MS).await;
    readers[0].poll_while_woken();
    assert!(readers[0].has_ended() && readers[2].is_woken(), "the next one is woken when the place is free");
    readers[2].poll_while_woken();
    assert_eq!(probe.calls().last().unwrap().seed, 3);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_counts_while_a_query_waits() {
    let (engine, probe) = scripted(&[Step::Hang]);
    for shares in [false, true] {
        let gateway = Gateway::builder(engine.clone()).admission(limited(1, 1)).single_flight(shares).build().unwrap();
        let mut first = HandReader::new(gateway.run(query(0)).unwrap());
        first.poll_while_woken();
        let asked = probe.calls().len();
        let began = Instant::now();
        let account = ask(&gateway, query(1).with_deadline(2 * SECOND).unwrap()).await;
        assert_eq!(began.elapsed().as_millis() / 10, 200, "it ends at its deadline");
        let EventKind::Failed { error, partial } = &account.events.last().unwrap().kind else {
            panic!("{:?}", account.events)
        };
        assert!(matches!(**error, ExecutionError::AllProvidersFailed { .. }), "{error}");
        assert_eq!(partial.providers[0].outcome, Outcome::Timeout);
        assert_eq!(probe.calls().len(), asked, "nothing was asked for it");
        assert_eq!((gateway.load().running, gateway.load().waiting), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_query_that_waits_for_longer_than_its_search_may_take_fails_when_its_turn_comes() {
    let (engine, query_of_scenario, probe) = scenario("standard", Pace::Scripted);
    let gateway = Gateway::builder(engine).admission(limited(1, 1)).build().unwrap();
    let first = gateway.run(query(7)).unwrap();
    // With a model half of the time is the search's.
    let waits = Account::of(gateway.run(query_of_scenario.with_deadline(2 * SECOND).unwrap()).unwrap());
    let ends = async {
        sleep(1_500 * MS).await;
        drop(first);
    };
    let (account, ()) = tokio::join!(waits, ends);
    assert_eq!(account.end(), Some(TerminalEvent::Failed));
    assert_eq!(account.checker.latest.as_millis() / 10, 150);
    assert_eq!(probe.calls().len(), 0);
}

/// Polls a query some times, with another one before it if it is to wait, and then drops it or cancels it.
async fn leaves_after(polls: usize, waits: bool, cancelled: bool, shares: bool) -> bool {
    let (engine, query_of_scenario, probe) = scenario("standard", Pace::Yielding);
    let gateway = Gateway::builder(engine).admission(limited(1, 1)).single_flight(shares);
    let gateway = gateway.cache(CacheSettings::default()).build().unwrap();
    let other = waits.then(|| gateway.run(query(77)).unwrap());
    let mut reader = HandReader::new(gateway.run(query_of_scenario).unwrap());
    for poll in 0..polls {
        // The one before it ends while it waits.
        if poll == 4 && waits {
            break;
        }
        reader.poll();
    }
    if cancelled && !reader.has_ended() {
        reader.cancel();
        reader.poll_while_woken();
        reader.account.check();
        assert_eq!((gateway.load().running, gateway.load().waiting), (u32::from(waits), 0), "after {polls} polls");
    }
    let ended = reader.has_ended() && !cancelled;
    drop(reader);
    drop(other);
    assert_eq!((gateway.load().running, gateway.load().waiting, gateway.load().shared), (0, 0, 0), "{polls} polls");
    assert_eq!(probe.active_calls(), 0);
    ended
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_again_after_a_query_was_dropped_or_cancelled_at_any_poll() {
    for (cancelled, shares) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut polls = 0;
        while !leaves_after(polls, false, cancelled, shares).await && polls < 300 {
            polls += 1;
        }
        assert!(polls > 200, "it was left after each of {polls} polls");
        for polls in 0..5 {
            leaves_after(polls, true, cancelled, shares).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_that_was_given_to_a_query_that_is_dropped_is_given_on() {
    let (engine, _) = scripted(&in_100_ms());
    let gateway = Gateway::builder(engine).admission(limited(1, 2)).build().unwrap();
    let first = gateway.run(query(0)).unwrap();
    let mut second = HandReader::new(gateway.run(query(1)).unwrap());
    let mut third = HandReader::new(gateway.run(query(2)).unwrap());
    second.poll_while_woken();
    third.poll_while_woken();
    drop(first);
    assert!(second.is_woken() && !third.is_woken());
    drop(second);
    assert!(third.is_woken(), "it was not polled, and its place goes to the next");
    third.poll_while_woken();
    assert_eq!((gateway.load().running, gateway.load().waiting), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_answered_by_another_run_needs_no_place() {
    let (engine, probe) = scripted(&in_100_ms());
    let gateway = Gateway::builder(engine).admission(limited(1, 0)).cache(CacheSettings::default());
    let gateway = gateway.single_flight(true).build().unwrap();
    let streams: Vec<_> = (0..10).map(|_| gateway.run(query(0)).unwrap()).collect();
    assert!(gateway.run(query(1)).is_err());
    let accounts = join_all(streams.into_iter().map(Account::of)).await;
    assert!(accounts.iter().all(|account| account.end() == Some(TerminalEvent::Done)));
    let other = gateway.run(query(1)).unwrap();
    assert!(ask(&gateway, query(0)).await.reused().is_some(), "the only place is taken, and it needs none");
    drop(other);
    assert_eq!(probe.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_joins_a_run_that_waits_is_told_how_many_are_before_it_now() {
    let (engine, probe) = scripted(&in_100_ms());
    let gateway = Gateway::builder(engine).admission(limited(1, 3)).single_flight(true).build().unwrap();
    let ahead: Vec<_> = (0..3).map(|seed| gateway.run(query(seed)).unwrap()).collect();
    let mut first = HandReader::new(gateway.run(query(9)).unwrap());
    first.poll_while_woken();
    let mut ahead = ahead.into_iter();
    drop(ahead.next());
    let mut joins = HandReader::new(gateway.run(query(9)).unwrap());
    joins.poll_while_woken();
    assert_eq!((first.account.queued(), joins.account.queued()), (Some(2), Some(1)));
    drop(ahead);
    let mut late = HandReader::new(gateway.run(query(9)).unwrap());
    late.poll_while_woken();
    assert_eq!(late.account.queued(), None, "no query is before it any more");
    advance(101 * MS).await;
    for reader in [&mut first, &mut joins, &mut late] {
        reader.poll_while_woken();
        reader.account.check();
        assert_eq!(reader.account.end(), Some(TerminalEvent::Done));
    }
    assert_eq!(probe.calls().len(), 1);
}
