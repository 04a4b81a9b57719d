//! Which runs are kept, for how long, and what a replay is.

use std::time::Duration;

use aggregator_core::event::RunOrigin;
use aggregator_core::policy::PolicyAction;
use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{Engine, EventKind, ProviderErrorKind, ProviderOptions, Query, SearchProvider, Settings, Turn};
use aggregator_gateway::{CacheSettings, Gateway};
use aggregator_mocks::{List, Pace, ScriptedModel, ScriptedProvider, Step, Style, TerminalEvent, catalog};
use futures::{FutureExt as _, StreamExt as _};
use tokio::time::advance;

use crate::asking::{HandReader, MS, SECOND, ask, checksum_alone, in_100_ms, query, scenario, scripted};

fn cached(engine: Engine, settings: CacheSettings) -> Gateway {
    Gateway::builder(engine).cache(settings).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_same_query_is_answered_from_the_cache() {
    let (engine, query, probe) = scenario("standard", Pace::Scripted);
    let alone = checksum_alone(&engine, query.clone()).await;
    let gateway = cached(engine, CacheSettings::default());
    let first = ask(&gateway, query.clone()).await;
    let calls = probe.calls().len();
    advance(7 * SECOND).await;
    // Another deadline is the same question.
    let again = ask(&gateway, query.with_deadline(SECOND).unwrap()).await;
    assert_eq!(probe.calls().len(), calls, "nothing was asked again");
    assert_eq!((first.reused(), again.reused()), (None, Some((RunOrigin::Cache, 7 * SECOND))));
    assert_eq!([first.checksum(), again.checksum()], [alone; 2]);
    let last = again.events.last().unwrap();
    assert_eq!(
        (last.seq, last.elapsed()),
        (again.events.len() as u64 - 1, Duration::ZERO),
        "numbers and times of its own"
    );
    let place = again.events.iter().position(|event| matches!(event.kind, EventKind::Reused { .. }));
    assert_eq!(place, Some(1), "after the status");
}

#[tokio::test(start_paused = true)]
async fn a_replay_of_an_analysed_query_has_the_analysis_before_it_says_where_it_is_from() {
    let scenario = catalog::scenario("floor").with_settings(|settings| settings.analysis = Some(Default::default()));
    let gateway = cached(scenario.engine(&catalog::corpus(), Pace::Instant, None), CacheSettings::default());
    ask(&gateway, scenario.query()).await;
    let kinds = ask(&gateway, scenario.query()).await.kinds();
    assert!(
        matches!(kinds[..3], [EventKind::Status { .. }, EventKind::Analysis(_), EventKind::Reused { .. }]),
        "{kinds:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_too_old_is_asked_again() {
    let (engine, probe) = scripted(&in_100_ms());
    let gateway = cached(engine, CacheSettings::default());
    ask(&gateway, query(0)).await;
    advance(300 * SECOND - MS).await;
    assert!(ask(&gateway, query(0)).await.reused().is_some());
    assert_eq!(gateway.load().kept, 1);
    advance(MS).await;
    let stream = gateway.run(query(0)).unwrap();
    assert_eq!((gateway.load().kept, gateway.load().kept_bytes), (0, 0), "it is removed");
    assert!(crate::asking::Account::of(stream).await.reused().is_none());
    assert_eq!((probe.calls().len(), gateway.load().kept), (2, 1));
}

fn provider(name: &str, steps: &[Step]) -> ScriptedProvider {
    ScriptedProvider::new(name, steps, Pace::Scripted, &catalog::corpus(), List { pool: 24, repeats: 0 }, 0)
}

/// An engine with a good provider, and another one as given, which gets a second.
fn engine_with(steps: &[Step], settings: Settings) -> Engine {
    let timeout = ProviderOptions::default().timeout(SECOND);
    let builder = Engine::builder().provider(provider("alder", &in_100_ms()));
    builder.provider_with(provider("birch", steps), timeout).settings(settings).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn only_complete_runs_are_kept() {
    let emit = |items| Step::Emit { items, every: Duration::ZERO };
    let default = Settings::default;
    let mut few = default();
    few.max_hits = 2;
    let mut enough = default();
    enough.enough_providers = Some(1);
    let fails = || Step::Fail(ProviderErrorKind::Unreachable);
    let engines = [
        ("all is well", engine_with(&in_100_ms(), default()), true),
        ("one had more hits than were asked for", engine_with(&[emit(9)], few), true),
        ("others had found enough", engine_with(&[Step::Hang], enough.clone()), true),
        ("others had found enough of it", engine_with(&[emit(1), Step::Hang], enough), true),
        ("one failed", engine_with(&[fails()], default()), false),
        ("one failed after a hit", engine_with(&[emit(1), fails()], default()), false),
        ("one gave nothing in time", engine_with(&[Step::Hang], default()), false),
        ("one was cut short", engine_with(&[emit(1), Step::Hang], default()), false),
        ("one panicked", engine_with(&[Step::Panic], default()), false),
        ("all failed", scripted(&[fails()]).0, false),
    ];
    for (what, engine, is_kept) in engines {
        for shares in [false, true] {
            let gateway = Gateway::builder(engine.clone()).cache(CacheSettings::default()).single_flight(shares);
            let gateway = gateway.build().unwrap();
            let first = ask(&gateway, query(0)).await;
            assert_eq!(gateway.load().kept, usize::from(is_kept), "{what}: {:?}", first.events.last());
            assert_eq!(ask(&gateway, query(0)).await.reused().is_some(), is_kept, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_cut_or_failed_is_not_kept() {
    let deltas = |items| Step::Emit { items, every: Duration::ZERO };
    let style = Style { sources: 3, citations: 0, invented: 0 };
    let answers = |steps: &[Step], max_answer_bytes| {
        let mut settings = Settings::default();
        settings.max_answer_bytes = max_answer_bytes;
        let model = ScriptedModel::new("ember", steps, Pace::Scripted, &catalog::corpus(), style, 0);
        let builder = Engine::builder().provider(provider("alder", &in_100_ms())).model(model);
        cached(builder.settings(settings).build().unwrap(), CacheSettings::default())
    };
    for (gateway, kept) in [
        (answers(&[deltas(20)], 10_000), 1),
        (answers(&[deltas(20)], 30), 0),
        (answers(&[deltas(20), Step::Fail(ProviderErrorKind::Unreachable)], 10_000), 0),
        (answers(&[deltas(2), Step::Hang], 10_000), 0),
    ] {
        let account = ask(&gateway, query(0)).await;
        assert_eq!(gateway.load().kept, kept, "{:?}", account.events.last());
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_cancelled_or_dropped_is_not_kept() {
    let (engine, _) = scripted(&in_100_ms());
    let gateway = cached(engine, CacheSettings::default());
    let mut reader = HandReader::new(gateway.run(query(0)).unwrap());
    reader.poll_while_woken();
    reader.cancel();
    reader.poll_while_woken();
    assert_eq!(reader.account.end(), Some(TerminalEvent::Cancelled));
    let mut reader = HandReader::new(gateway.run(query(0)).unwrap());
    reader.poll_while_woken();
    drop(reader);
    assert_eq!(gateway.load().kept, 0);
}

#[tokio::test(start_paused = true)]
async fn all_of_a_query_but_its_deadline_counts() {
    let (engine, probe) = scripted(&in_100_ms());
    let gateway = Gateway::builder(engine).cache(CacheSettings::default()).single_flight(true).build().unwrap();
    let turns = |answer: &str| query(0).with_turns([Turn::new("who are you?").with_answer(answer)]);
    let queries: [Query; 5] =
        [query(0), query(1), turns("a page"), turns("a person"), query(0).with_max_sources(3).unwrap()];
    for (index, query) in queries.iter().enumerate() {
        assert!(ask(&gateway, query.clone()).await.reused().is_none(), "{query:?}");
        assert_eq!(probe.calls().len(), index + 1);
    }
    for query in queries {
        let other = query.clone().with_deadline(40 * SECOND).unwrap();
        assert!(ask(&gateway, other).await.reused().is_some(), "{query:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_memory_of_all_runs_is_limited() {
    let (engine, probe) = scripted(&[Step::Emit { items: 20, every: Duration::ZERO }]);
    let gateway = cached(engine, CacheSettings::default().bytes(64 << 10));
    for seed in 0..60 {
        ask(&gateway, query(seed)).await;
        assert!(gateway.load().kept_bytes <= 64 << 10, "{:?}", gateway.load());
    }
    let load = gateway.load();
    assert!((3..30).contains(&load.kept), "{load:?}");
    assert!(load.kept_bytes > 40 << 10, "the memory is used: {load:?}");
    assert!(ask(&gateway, query(59)).await.reused().is_some(), "the last one is there");
    assert_eq!(probe.calls().len(), 60);
    // What is larger than all of the cache is not kept, and evicts nothing.
    let (engine, query, _) = scenario("wide", Pace::Instant);
    let gateway = cached(engine, CacheSettings::default().bytes(64 << 10));
    ask(&gateway, query).await;
    assert_eq!(gateway.load().kept, 0);
}

#[tokio::test(start_paused = true)]
async fn a_replay_lets_others_run_and_is_dropped_or_cancelled_at_any_time() {
    let (engine, query, probe) = scenario("standard", Pace::Instant);
    let gateway = cached(engine, CacheSettings::default());
    let first = ask(&gateway, query.clone()).await;
    let calls = probe.calls().len();
    let mut reader = HandReader::new(gateway.run(query.clone()).unwrap());
    let mut waits = 0;
    while !reader.has_ended() {
        // After 128 events it is pending and wakes itself: that it does not emit more in a row is checked by the reader.
        waits += u32::from(!reader.poll());
        assert!(reader.is_woken());
    }
    reader.account.check();
    assert_eq!(waits, reader.account.events.len() as u32 / 128);
    for polls in 0..first.events.len() {
        for cancelled in [false, true] {
            let mut reader = HandReader::new(gateway.run(query.clone()).unwrap());
            (0..polls).for_each(|_| _ = reader.poll());
            if cancelled {
                reader.cancel();
                reader.poll_while_woken();
                reader.account.check();
                assert_eq!(reader.account.checksum(), first.checksum(), "the run has ended, and is delivered");
            }
        }
    }
    assert_eq!(probe.calls().len(), calls);
}

/// A service whose policy reports one thing for each query.
struct Reporting;

impl SearchProvider for Reporting {
    fn name(&self) -> &str {
        "reporting"
    }

    fn has_policies(&self) -> bool {
        true
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let hit = async move {
            request.report("reporting", PolicyAction::Probing);
            Ok(Hit::new("https://a.example/", "A page"))
        };
        hit.into_stream().boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn what_policies_did_in_the_run_is_left_out_of_a_replay() {
    let gateway = cached(Engine::builder().provider(Reporting).build().unwrap(), CacheSettings::default());
    let policies = |kinds: Vec<EventKind>| kinds.iter().filter(|kind| matches!(kind, EventKind::Policy(_))).count();
    let first = ask(&gateway, query(0)).await;
    let again = ask(&gateway, query(0)).await;
    assert!(again.reused().is_some());
    assert_eq!((policies(first.kinds()), policies(again.kinds())), (1, 0));
    assert_eq!(again.events.len(), first.events.len(), "one less, and one that says where it is from");
}
