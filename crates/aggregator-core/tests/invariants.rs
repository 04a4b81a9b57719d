//! The invariants of `crates/ARCHITECTURE.md`, by number, under a paused clock.
//!
//! [`Transcript`] checks I1 to I6 on every stream it reads; the tests here make the situations.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aggregator_core::event::{CancelReason, CleanText, Cut, EventKind, Outcome, QueryFailure, Stage, is_forbidden};
use aggregator_core::model::{AnswerRequest, Chunk, ChunkStream};
use aggregator_core::provider::{FailureKind, Hit, HitStream, ProviderError, SearchRequest};
use aggregator_core::{Engine, LanguageModel, ProviderOptions, Query, QueryStream, SearchProvider, Settings};
use aggregator_mocks::{
    CallEnd, End, List, Pace, Probe, ScriptedModel, ScriptedProvider, Step, Style, Transcript, library,
};
use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use tokio::time::{Instant, advance, sleep};

const MS: Duration = Duration::from_millis(1);

fn provider(name: &str, script: &[Step]) -> ScriptedProvider {
    let list = List { pool: 30, repeats: 0 };
    ScriptedProvider::new(name, script, Pace::Scripted, &library::corpus(), list, 0)
}

fn emit(items: u32) -> Step {
    Step::Emit { items, every: Duration::ZERO }
}

fn model(script: &[Step]) -> ScriptedModel {
    let style = Style { sources: 5, citations: 2, invented: 1 };
    ScriptedModel::new("m", script, Pace::Scripted, &library::corpus(), style, 0)
}

fn query() -> Query {
    Query::new("what is kept?").unwrap()
}

/// A provider that is a function.
struct Custom<F>(&'static str, F);

impl<F: Fn(SearchRequest) -> HitStream + Send + Sync> SearchProvider for Custom<F> {
    fn name(&self) -> &str {
        self.0
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        (self.1)(request)
    }
}

/// A model that is a function.
struct CustomModel<F>(F);

impl<F: Fn() -> ChunkStream + Send + Sync> LanguageModel for CustomModel<F> {
    fn name(&self) -> &str {
        "custom"
    }

    fn answer(&self, _: AnswerRequest) -> ChunkStream {
        (self.0)()
    }
}

fn hit(url: &str) -> Hit {
    Hit { url: url.into(), title: "title".into(), snippet: "snippet".into() }
}

/// Reads to the end, checks I1 to I6, and returns all events' kinds with the time of each.
async fn read(query: &mut QueryStream) -> Vec<(Duration, EventKind)> {
    let (mut transcript, mut kinds) = (Transcript::new(), Vec::new());
    while let Some(event) = query.next().await {
        transcript.read(&event);
        kinds.push((event.elapsed(), event.kind));
    }
    transcript.check().unwrap();
    assert!(transcript.summary().is_some(), "no last event");
    kinds
}

/// Reads the rest of a query whose beginning was read elsewhere.
async fn read_rest(query: &mut QueryStream) -> Vec<(Duration, EventKind)> {
    query.map(|event| (event.elapsed(), event.kind)).collect().await
}

fn outcomes(events: &[(Duration, EventKind)]) -> Vec<(String, Outcome, Duration)> {
    let report = |(_, kind): &(Duration, EventKind)| match kind {
        EventKind::ProviderFinished(report) => {
            Some((report.provider.to_string(), report.outcome.clone(), report.latency))
        }
        _ => None,
    };
    let mut reports: Vec<_> = events.iter().filter_map(report).collect();
    reports.sort_by(|a, b| a.0.cmp(&b.0));
    reports
}

fn last(events: &[(Duration, EventKind)]) -> &(Duration, EventKind) {
    events.last().unwrap()
}

fn poll(query: &mut QueryStream) -> Poll<Option<EventKind>> {
    query.poll_next_unpin(&mut Context::from_waker(Waker::noop())).map(|event| event.map(|event| event.kind))
}

#[tokio::test(start_paused = true)]
async fn i1_the_first_event_is_a_status_before_any_provider_is_called() {
    let probe = Probe::new();
    let engine = Engine::builder().provider(provider("a", &[emit(1)]).probed(&probe)).build().unwrap();
    let mut query = engine.run(query());
    assert!(probe.calls().is_empty(), "running a query does nothing yet");
    assert!(matches!(poll(&mut query), Poll::Ready(Some(EventKind::Status { stage: Stage::Searching }))));
    assert!(probe.calls().is_empty(), "a provider was called before the status was out");
    while query.next().await.is_some() {}
    assert_eq!(probe.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn i2_a_stream_that_is_over_stays_over() {
    let engine = Engine::builder().provider(provider("a", &[emit(3)])).model(model(&[emit(9)])).build().unwrap();
    let mut query = engine.run(query());
    read(&mut query).await;
    for _ in 0..3 {
        assert!(matches!(poll(&mut query), Poll::Ready(None)));
    }
    assert!(futures::stream::FusedStream::is_terminated(&query));
}

#[tokio::test(start_paused = true)]
async fn i3_every_hit_is_accounted_for() {
    let urls = [
        "https://example.org/1",
        "http://www.example.org/1/",
        "javascript:alert(1)",
        "https://example.org/2",
        "nonsense",
    ];
    let listed = Custom("a", move |_| stream::iter(urls.map(|url| Ok(hit(url)))).boxed());
    let same = Custom("b", |_| stream::iter([Ok(hit("https://example.org/2#x"))]).boxed());
    let engine = Engine::builder().provider(listed).provider(same).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    let hits = last(&events).1.summary().unwrap().hits;
    assert_eq!((hits.yielded, hits.emitted, hits.merged, hits.dropped.invalid_url), (6, 2, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn i3_a_flood_is_cut_at_the_limit_and_counted() {
    let engine = Engine::builder().provider(provider("a", &[Step::Flood])).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    assert_eq!(outcomes(&events)[0].1, Outcome::Partial(Cut::Limit));
    let hits = last(&events).1.summary().unwrap().hits;
    assert_eq!((hits.yielded, hits.emitted, hits.dropped.over_limit), (51, 50, 1));
}

#[tokio::test(start_paused = true)]
async fn i3_limits_hold_at_one_less_exactly_and_one_more() {
    for (given, outcome, dropped) in [
        (4, Outcome::Ok, 0),
        (5, Outcome::Ok, 0),
        (6, Outcome::Partial(Cut::Limit), 1),
        (9, Outcome::Partial(Cut::Limit), 1),
    ] {
        let urls = (0..given).map(|n| Ok(hit(&format!("https://example.org/{n}")))).collect::<Vec<_>>();
        let eager = Custom("a", move |_| stream::iter(urls.clone()).boxed());
        let mut settings = Settings::default();
        settings.max_hits = 5;
        let engine = Engine::builder().provider(eager).settings(settings).build().unwrap();
        let events = read(&mut engine.run(query())).await;
        assert_eq!(outcomes(&events)[0].1, outcome, "{given}");
        assert_eq!(last(&events).1.summary().unwrap().hits.dropped.over_limit, dropped, "{given}");
    }
}

#[tokio::test(start_paused = true)]
async fn i3_whoever_stays_silent_at_the_limit_is_not_waited_for() {
    let hanging = Custom("a", |_| {
        stream::iter([1, 2]).map(|n| Ok(hit(&format!("https://example.org/{n}")))).chain(stream::pending()).boxed()
    });
    let mut settings = Settings::default();
    settings.max_hits = 2;
    let engine = Engine::builder().provider(hanging).settings(settings).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    assert_eq!(outcomes(&events), [("a".into(), Outcome::Partial(Cut::Limit), Duration::ZERO)]);
}

#[tokio::test(start_paused = true)]
async fn i4_the_order_of_sources_does_not_depend_on_who_answers_first() {
    let order = async |waits: [u64; 3]| {
        let mut builder = Engine::builder();
        for (name, wait) in ["a", "b", "c"].into_iter().zip(waits) {
            let script = [Step::Wait(MS * wait as u32), Step::Emit { items: 9, every: MS }];
            builder = builder.provider(provider(name, &script));
        }
        let events = read(&mut builder.build().unwrap().run(query())).await;
        let sources = last(&events).1.summary().unwrap().sources.clone();
        sources.iter().map(|s| (s.source.url.to_string(), s.score.to_bits())).collect::<Vec<_>>()
    };
    let first = order([1, 20, 40]).await;
    assert!(first.len() > 9);
    for waits in [[40, 20, 1], [1, 1, 1], [3, 1, 2], [20, 40, 1]] {
        assert_eq!(order(waits).await, first, "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn i4_the_order_in_which_providers_are_added_changes_nothing() {
    let sum = async |names: [&str; 3]| {
        let add = |builder: aggregator_core::EngineBuilder, name: &&str| builder.provider(provider(name, &[emit(9)]));
        let engine = names.iter().fold(Engine::builder().hash_seed(1), add).build().unwrap();
        Transcript::of(&mut engine.run(query())).await.checksum()
    };
    assert_eq!(sum(["a", "b", "c"]).await, sum(["c", "a", "b"]).await);
}

#[tokio::test(start_paused = true)]
async fn i5_each_kind_of_trouble_is_an_outcome_and_the_others_go_on() {
    let well = [Step::Wait(5 * MS), emit(3)];
    let engine = Engine::builder()
        .provider(provider("a-well", &well))
        .provider(provider("b-fails", &[Step::Fail(FailureKind::RateLimited)]))
        .provider(provider("c-fails-late", &[emit(1), Step::Fail(FailureKind::Truncated)]))
        .provider(provider("d-hangs", &[Step::Hang]))
        .provider(provider("e-hangs-late", &[emit(2), Step::Hang]))
        .provider(provider("f-panics-when-called", &well).panicking_on_call())
        .provider(provider("g-panics-when-polled", &[Step::Panic]))
        .provider(provider("h-panics-late", &[emit(1), Step::Panic]))
        .provider(provider("i-panics-when-dropped", &well).panicking_on_drop())
        .provider(provider("j-floods", &[Step::Flood]))
        .provider(provider("k-empty", &[]))
        .provider_with(
            provider("l-slow", &[Step::Wait(3_000 * MS), emit(1)]),
            ProviderOptions::default().timeout(100 * MS),
        )
        .build()
        .unwrap();
    let events = read(&mut engine.run(query())).await;
    let panicked = |outcome: &Outcome| match outcome {
        Outcome::Error(error) | Outcome::Partial(Cut::Error(error)) => error.kind == FailureKind::Panicked,
        _ => false,
    };
    let failed = |kind| move |outcome: &Outcome| matches!(outcome, Outcome::Error(error) if error.kind == kind);
    let outcomes = outcomes(&events);
    type Fits<'a> = &'a dyn Fn(&Outcome) -> bool;
    let expected: [(&str, u64, Fits<'_>); 12] = [
        ("a-well", 5, &|outcome| *outcome == Outcome::Ok),
        ("b-fails", 0, &failed(FailureKind::RateLimited)),
        ("c-fails-late", 0, &|outcome| matches!(outcome, Outcome::Partial(Cut::Error(_)))),
        ("d-hangs", 8_000, &|outcome| *outcome == Outcome::Timeout),
        ("e-hangs-late", 8_000, &|outcome| *outcome == Outcome::Partial(Cut::Timeout)),
        ("f-panics-when-called", 0, &panicked),
        ("g-panics-when-polled", 0, &panicked),
        ("h-panics-late", 0, &panicked),
        ("i-panics-when-dropped", 5, &|outcome| *outcome == Outcome::Ok),
        ("j-floods", 0, &|outcome| *outcome == Outcome::Partial(Cut::Limit)),
        ("k-empty", 0, &|outcome| *outcome == Outcome::Ok),
        ("l-slow", 100, &|outcome| *outcome == Outcome::Timeout),
    ];
    assert_eq!(outcomes.len(), expected.len());
    for ((name, outcome, latency), (expected, after, fits)) in outcomes.iter().zip(expected) {
        assert_eq!(name, expected);
        assert!(fits(outcome), "{name}: {outcome:?}");
        assert_eq!(*latency, MS * after as u32, "{name}");
    }
    assert!(matches!(last(&events).1, EventKind::Done { .. }));
    assert!(!format!("{events:?}").contains("secret"), "the text of a panic left the engine");
}

#[tokio::test(start_paused = true)]
async fn i5_a_panic_payload_that_panics_when_dropped_is_survived() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("again");
        }
    }
    let bomb = Custom("a", |_| {
        stream::poll_fn(|_| -> Poll<Option<Result<Hit, ProviderError>>> { std::panic::panic_any(Bomb) }).boxed()
    });
    let engine = Engine::builder().provider(bomb).provider(provider("b", &[emit(1)])).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    assert!(matches!(last(&events).1, EventKind::Done { .. }));
}

#[tokio::test(start_paused = true)]
async fn all_providers_failed_names_each_reason() {
    let engine = Engine::builder()
        .provider(provider("a", &[Step::Fail(FailureKind::Unauthorized)]))
        .provider(provider("b", &[Step::Hang]))
        .provider(provider("c", &[Step::Panic]))
        .model(model(&[emit(3)]))
        .build()
        .unwrap();
    let events = read(&mut engine.run(query())).await;
    let EventKind::Failed { error, .. } = &last(&events).1 else { panic!("{:?}", last(&events)) };
    assert_eq!(error.to_string(), "no provider answered: a unauthorized: the script says so; b timed out; c panicked");
    assert_eq!(last(&events).0, 8_000 * MS);
}

#[tokio::test(start_paused = true)]
async fn nothing_found_is_done_and_the_model_is_not_asked() {
    let probe = Probe::new();
    let engine = Engine::builder()
        .provider(provider("a", &[]))
        .provider(provider("b", &[Step::Fail(FailureKind::Unreachable)]))
        .model(model(&[emit(3)]).probed(&probe))
        .build()
        .unwrap();
    let events = read(&mut engine.run(query())).await;
    let EventKind::Done { summary } = &last(&events).1 else { panic!("{:?}", last(&events)) };
    assert!(summary.sources.is_empty() && summary.answer.is_none());
    assert!(events.iter().any(|(_, kind)| matches!(kind, EventKind::Sources { list } if list.is_empty())));
    assert!(probe.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_keeps_the_results() {
    for script in [vec![Step::Fail(FailureKind::RateLimited)], vec![emit(3), Step::Panic]] {
        let engine = Engine::builder().provider(provider("a", &[emit(4)])).model(model(&script)).build().unwrap();
        let events = read(&mut engine.run(query())).await;
        let EventKind::Failed { error, partial } = &last(&events).1 else { panic!("{:?}", last(&events)) };
        assert!(matches!(**error, QueryFailure::Model(_)), "{error}");
        assert_eq!(partial.sources.len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn i6_citations_name_frozen_sources_and_invented_ones_are_removed() {
    let pieces = ["Yes [", "2", "]. No [7] [1", "].", " Cut [1"];
    let writes = CustomModel(move || stream::iter(pieces.map(|piece| Ok(Chunk::Text(piece.into())))).boxed());
    let engine = Engine::builder().provider(provider("a", &[emit(3)])).model(writes).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    let text: String = events
        .iter()
        .filter_map(|(_, kind)| match kind {
            EventKind::AnswerDelta { text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(text, "Yes [2]. No  [1]. Cut [1");
    let cited: Vec<_> = events
        .iter()
        .filter_map(|(_, kind)| match kind {
            EventKind::Citation { span, number, .. } => Some((&text[span.start as usize..span.end as usize], *number)),
            _ => None,
        })
        .collect();
    assert_eq!(cited, [("[2]", 2), ("[1]", 1)]);
    assert_eq!(last(&events).1.summary().unwrap().answer.unwrap().invented, 1);
}

/// Drops the query after its k-th poll, for every k until it ends, and looks whether anything is left.
#[tokio::test(start_paused = true)]
async fn i7_dropping_after_any_poll_leaves_nothing() {
    let corpus = library::corpus();
    for name in ["floor", "standard", "degraded"] {
        let scenario = library::scenario(name);
        let mut polls = 0;
        loop {
            let probe = Probe::new();
            let mut query = scenario.engine(&corpus, Pace::Yielding, Some(&probe)).run(scenario.query());
            let mut transcript = Transcript::new();
            let mut ended = false;
            for _ in 0..polls {
                match query.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(Some(event)) => transcript.read(&event),
                    Poll::Ready(None) => ended = true,
                    // A hanging provider wakes nobody: time has to pass.
                    Poll::Pending => advance(MS * 500).await,
                }
            }
            if ended {
                break;
            }
            transcript.check().unwrap();
            drop(query);
            assert_eq!(probe.alive(), 0, "{name}: after {polls} polls a call is still alive");
            polls += 1;
        }
        assert!(polls > 20, "{name}: only {polls} polls were swept");
    }
}

#[tokio::test(start_paused = true)]
async fn i7_at_the_last_event_nothing_is_left_although_the_stream_is_kept() {
    let probe = Probe::new();
    let engine = Engine::builder()
        .provider(provider("a", &[emit(2)]).probed(&probe))
        .provider(provider("b", &[Step::Hang]).probed(&probe))
        .model(model(&[emit(4), Step::Hang]).probed(&probe))
        .build()
        .unwrap();
    let mut query = engine.run(query());
    let events = read(&mut query).await;
    let (at, EventKind::Failed { error, .. }) = last(&events) else { panic!("{:?}", last(&events)) };
    assert_eq!((*at, &**error), (60_000 * MS, &QueryFailure::DeadlineExceeded { stage: Stage::Answering }));
    assert_eq!(probe.alive(), 0);
    let ends: Vec<_> = probe.calls().iter().map(|call| (call.mock.clone(), call.end)).collect();
    let expected = [("a", CallEnd::Completed), ("b", CallEnd::Dropped), ("m", CallEnd::Dropped)];
    assert_eq!(ends, expected.map(|(name, end)| (name.to_owned(), end)));
}

#[tokio::test(start_paused = true)]
async fn i7_cancelling_drops_every_call_and_reports_each_provider() {
    let scenario = library::scenario("standard");
    let corpus = library::corpus();
    // Before the first poll, in the search, and in the answer.
    for after in [0, 100, 250, 1_200] {
        let probe = Probe::new();
        let mut query = scenario.engine(&corpus, Pace::Scripted, Some(&probe)).run(scenario.query());
        let canceller = query.canceller();
        let (mut transcript, started) = (Transcript::new(), Instant::now());
        let cancel = async {
            sleep(MS * after).await;
            canceller.cancel(CancelReason::Shutdown);
            canceller.cancel(CancelReason::Requested);
        };
        let run = async {
            while let Some(event) = query.next().await {
                transcript.read(&event);
            }
        };
        futures::future::join(cancel, run).await;
        assert_eq!(started.elapsed(), MS * after, "the query was not woken at once");
        transcript.check().unwrap();
        let (end, summary) = transcript.summary().unwrap();
        assert_eq!((end, summary.providers.len()), (End::Cancelled, 4), "after {after} ms");
        let cancelled = summary.providers.iter().filter(|report| report.outcome == Outcome::Cancelled).count();
        assert_eq!(cancelled, [(0, 4), (100, 4), (250, 2), (1_200, 0)].iter().find(|(at, _)| *at == after).unwrap().1);
        assert_eq!(probe.alive(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn i6_cancelling_between_two_deltas_counts_only_what_was_emitted() {
    let writes = CustomModel(|| stream::iter([Ok(Chunk::Text("x".repeat(40_000)))]).boxed());
    let engine = Engine::builder().provider(provider("a", &[emit(1)])).model(writes).build().unwrap();
    let mut query = engine.run(query());
    let canceller = query.canceller();
    let mut transcript = Transcript::new();
    while let Some(event) = query.next().await {
        transcript.read(&event);
        if matches!(event.kind, EventKind::AnswerDelta { .. }) {
            canceller.cancel(CancelReason::Requested);
        }
    }
    transcript.check().unwrap();
    assert_eq!(transcript.summary().unwrap().1.answer.unwrap().bytes, 16_384);
}

#[tokio::test(start_paused = true)]
async fn i7_a_waker_that_a_provider_keeps_and_a_canceller_hold_no_task() {
    for ends in [false, true] {
        let kept: Arc<Mutex<Vec<Waker>>> = Arc::default();
        let keeper = Custom("a", {
            let kept = Arc::clone(&kept);
            move |_| {
                let kept = Arc::clone(&kept);
                stream::poll_fn(move |cx: &mut Context<'_>| {
                    kept.lock().unwrap().push(cx.waker().clone());
                    Poll::Pending
                })
                .boxed()
            }
        });
        let engine = Engine::builder().provider(keeper).build().unwrap();
        let mut query = engine.run(query_for(1_000));
        let canceller = query.canceller();
        let task = Arc::new(Task::default());
        let waker = Waker::from(Arc::clone(&task));
        while query.poll_next_unpin(&mut Context::from_waker(&waker)).is_ready() {}
        if ends {
            advance(MS * 1_000).await;
            while query.poll_next_unpin(&mut Context::from_waker(&waker)) != Poll::Ready(None) {}
        }
        let _ended = ends.then_some(query);
        drop(waker);
        assert_eq!(Arc::strong_count(&task), 1, "the task is kept although the query is over");
        let woken = task.0.load(Ordering::Relaxed);
        kept.lock().unwrap().drain(..).for_each(Waker::wake);
        canceller.cancel(CancelReason::Requested);
        assert_eq!(task.0.load(Ordering::Relaxed), woken, "the task was woken after the query was over");
    }
}

/// Cancels the query, or lets its time pass, after its k-th poll, for every k until it ends.
#[tokio::test(start_paused = true)]
async fn i7_cancelling_and_the_deadline_after_any_poll_keep_the_account() {
    let corpus = library::corpus();
    for (cancels, late) in [(true, false), (false, true), (true, true)] {
        let scenario = library::scenario("degraded");
        for polls in 1.. {
            let probe = Probe::new();
            let mut query = scenario.engine(&corpus, Pace::Yielding, Some(&probe)).run(scenario.query());
            let (canceller, mut transcript) = (query.canceller(), Transcript::new());
            for _ in 0..polls {
                match query.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(event) => event.iter().for_each(|event| transcript.read(event)),
                    Poll::Pending => advance(MS * 500).await,
                }
            }
            let ended = transcript.summary().is_some();
            if cancels {
                canceller.cancel(CancelReason::Requested);
            }
            if late {
                advance(Query::MAX_DEADLINE).await;
            }
            while let Some(event) = query.next().now_or_never().expect("nothing is waited for any more") {
                transcript.read(&event);
            }
            let after = format!("cancelled: {cancels}, late: {late}, after {polls} polls");
            assert_eq!(transcript.check(), Ok(()), "{after}");
            assert_eq!(probe.alive(), 0, "{after}");
            let end = transcript.summary().unwrap().0;
            assert!(ended || !cancels || end == End::Cancelled, "{after}: {end:?}");
            if ended {
                assert!(polls > 20, "only {polls} polls were swept");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn i7_cancelling_a_query_that_ended_does_nothing() {
    let engine = Engine::builder().provider(provider("a", &[emit(1)])).build().unwrap();
    let mut query = engine.run(query());
    let canceller = query.canceller();
    read(&mut query).await;
    canceller.cancel(CancelReason::Requested);
    assert!(matches!(poll(&mut query), Poll::Ready(None)));
}

#[tokio::test(start_paused = true)]
async fn i10_no_character_that_could_do_harm_leaves_the_engine() {
    let evil = "a\u{1b}]0;x\u{7}\r\nb\u{202e}c\u{200b}d\u{e0041}e\u{9b}31m";
    let hits = Custom("evil\u{1b}[2J", move |_| {
        let hit = Hit { url: "https://example.org/x".into(), title: evil.into(), snippet: evil.into() };
        let hidden = Hit { url: "https://example.org/\u{202e}y".into(), title: evil.into(), snippet: evil.into() };
        stream::iter([Ok(hit), Ok(hidden), Err(ProviderError::new(FailureKind::Other, evil))]).boxed()
    });
    let writes = CustomModel(move || {
        stream::iter([Ok(Chunk::Text(evil.into())), Err(ProviderError::new(FailureKind::Other, evil))]).boxed()
    });
    let engine = Engine::builder().provider(hits).model(writes).build().unwrap();
    let mut query = engine.run(Query::new(evil).unwrap());
    assert!(!query.query().text().chars().any(is_forbidden));
    for (_, kind) in read(&mut query).await {
        let check = |text: &str, line_feeds: bool| {
            let bad = text.chars().find(|&c| is_forbidden(c) && !(line_feeds && (c == '\n' || c == '\t')));
            assert_eq!(bad, None, "{text:?}");
        };
        match &kind {
            EventKind::AnswerDelta { text } => check(text, true),
            EventKind::Result { source, .. } => {
                [&source.url, &source.title, &source.snippet].into_iter().for_each(|text| check(text, false))
            }
            EventKind::ProviderStarted { provider } => check(provider.as_str(), false),
            EventKind::ProviderFinished(report) => {
                check(report.provider.as_str(), false);
                let Outcome::Partial(Cut::Error(error)) = &report.outcome else { panic!("{report:?}") };
                check(&error.to_string(), false);
            }
            EventKind::Failed { error, .. } => check(&error.to_string(), false),
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn i10_the_message_of_an_error_is_one_short_line_however_it_was_made() {
    let error = || {
        let message = CleanText::block(format!("first line\nforged line {}", "x".repeat(9_000)));
        ProviderError { kind: FailureKind::Other, message }
    };
    let fails = Custom("a", move |_| stream::iter([Ok(hit("https://example.org/")), Err(error())]).boxed());
    let writes = CustomModel(move || stream::iter([Err(error())]).boxed());
    let engine = Engine::builder().provider(fails).model(writes).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    let Outcome::Partial(Cut::Error(of_provider)) = &outcomes(&events)[0].1 else { panic!("{:?}", outcomes(&events)) };
    let EventKind::Failed { error, .. } = &last(&events).1 else { panic!("{:?}", last(&events)) };
    let QueryFailure::Model(of_model) = &**error else { panic!("{error:?}") };
    for error in [of_provider, of_model] {
        assert!(error.message.starts_with("first line forged line") && error.message.len() == 200, "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn i12_a_query_ends_at_its_deadline_whatever_hangs() {
    for (hanging_model, end) in [(false, 3_000), (true, 5_000)] {
        let mut builder =
            Engine::builder().provider(provider("a", &[emit(1), Step::Hang])).provider(provider("b", &[Step::Hang]));
        if hanging_model {
            builder = builder.model(model(&[Step::Hang]));
        }
        let total = Duration::from_millis(if hanging_model { 5_000 } else { 3_000 });
        let events = read(&mut builder.build().unwrap().run(query().with_deadline(total).unwrap())).await;
        assert_eq!(last(&events).0, MS * end);
        // With a model to come, the search may take half of the time.
        let searched = outcomes(&events)[1].2;
        assert_eq!(searched, MS * if hanging_model { 2_500 } else { 3_000 });
    }
}

#[tokio::test(start_paused = true)]
async fn i12_what_became_ready_while_nobody_polled_is_late() {
    let script = [Step::Wait(100 * MS), emit(3)];
    let engine = Engine::builder()
        .provider(provider("a", &script))
        .provider(provider("b", &[emit(2)]))
        .model(model(&[emit(2)]))
        .build()
        .unwrap();
    let mut query = engine.run(query().with_deadline(1_000 * MS).unwrap());
    while poll(&mut query).is_ready() {}
    advance(5_000 * MS).await;
    let mut rest = Vec::new();
    while let Some(event) = query.next().now_or_never().expect("after its deadline a query waits for nothing") {
        rest.push(event.kind);
    }
    assert!(
        matches!(&rest[0], EventKind::ProviderFinished(report) if report.outcome == Outcome::Timeout && report.hits == 0)
    );
    assert!(matches!(&rest[1], EventKind::Sources { list } if list.len() == 2));
    let EventKind::Failed { error, .. } = &rest[2] else { panic!("{:?}", rest[2]) };
    assert_eq!(**error, QueryFailure::DeadlineExceeded { stage: Stage::Searching });
    assert_eq!(rest.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn i12_after_the_deadline_nobody_is_asked_any_more() {
    let probe = Probe::new();
    let engine = Engine::builder()
        .provider(provider("a", &[Step::Hang]).probed(&probe))
        .provider(provider("b", &[emit(1)]).probed(&probe))
        .build()
        .unwrap();
    let mut query = engine.run(query_for(1_000));
    assert!(poll(&mut query).is_ready() && poll(&mut query).is_ready());
    advance(MS * 1_000).await;
    let events = read_rest(&mut query).await;
    let finished = outcomes(&events);
    assert_eq!(finished.len(), 2);
    assert!(finished.iter().all(|(_, outcome, _)| *outcome == Outcome::Timeout), "{finished:?}");
    assert_eq!(probe.calls().len(), 1, "b was called after the deadline");
}

#[tokio::test(start_paused = true)]
async fn i12_one_poll_swallows_a_bounded_number_of_items() {
    let polled = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&polled);
    let useless = Custom("a", move |_| {
        let count = Arc::clone(&count);
        stream::repeat_with(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(hit("not a url"))
        })
        .boxed()
    });
    let mut settings = Settings::default();
    settings.max_hits = 1_000;
    let engine = Engine::builder().provider(useless).settings(settings).build().unwrap();
    let mut query = engine.run(query());
    let mut before = 0;
    loop {
        let event = poll(&mut query);
        let now = polled.load(Ordering::Relaxed);
        assert!(now - before <= 64, "one poll took {} items", now - before);
        before = now;
        if matches!(event, Poll::Ready(None)) {
            break;
        }
    }
    assert_eq!(before, 1_001);

    let chatter = CustomModel(|| stream::repeat_with(|| Ok(Chunk::Text(String::new()))).boxed());
    let engine = Engine::builder().provider(provider("a", &[emit(1)])).model(chatter).build().unwrap();
    let mut query = engine.run(query_for(1_000));
    while poll(&mut query).is_ready() {}
    advance(1_000 * MS).await;
    assert!(
        matches!(poll(&mut query), Poll::Ready(Some(EventKind::Failed { .. }))),
        "empty text cannot outlast the deadline"
    );
}

fn query_for(ms: u32) -> Query {
    query().with_deadline(MS * ms).unwrap()
}

#[tokio::test(start_paused = true)]
async fn i12_a_stream_that_wakes_itself_does_not_keep_the_others_waiting() {
    let restless = Custom("a", |_| {
        stream::poll_fn(|cx: &mut Context<'_>| -> Poll<Option<Result<Hit, ProviderError>>> {
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .boxed()
    });
    let engine = Engine::builder().provider(restless).provider(provider("b", &[emit(2)])).build().unwrap();
    let mut query = engine.run(query());
    let kinds: Vec<_> = std::iter::from_fn(|| match poll(&mut query) {
        Poll::Ready(kind) => kind,
        Poll::Pending => None,
    })
    .collect();
    assert_eq!(kinds.iter().filter(|kind| matches!(kind, EventKind::Result { .. })).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn i12_ready_providers_take_turns() {
    let mut settings = Settings::default();
    settings.max_hits = 20;
    let engine = Engine::builder()
        .provider(provider("a", &[Step::Flood]))
        .provider(provider("b", &[Step::Emit { items: 3, every: Duration::ZERO }]))
        .settings(settings)
        .build()
        .unwrap();
    let events = read(&mut engine.run(query())).await;
    let at = events
        .iter()
        .position(|(_, kind)| matches!(kind, EventKind::ProviderFinished(report) if report.provider.as_str() == "b"));
    assert!(at.unwrap() <= 3 + 2 * 4, "the flood of a kept b waiting until event {}", at.unwrap());
}

#[tokio::test(start_paused = true)]
async fn i12_answers_and_deltas_are_capped() {
    let mut settings = Settings::default();
    settings.max_answer_bytes = 40_000;
    let writes = CustomModel(|| stream::repeat_with(|| Ok(Chunk::Text("é".repeat(9_000)))).boxed());
    let engine =
        Engine::builder().provider(provider("a", &[emit(1)])).model(writes).settings(settings).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    let answer = last(&events).1.summary().unwrap().answer.unwrap();
    assert!(matches!(last(&events).1, EventKind::Done { .. }) && answer.truncated);
    assert_eq!(answer.bytes, 40_000);
    let sizes: Vec<_> = events
        .iter()
        .filter_map(|(_, kind)| match kind {
            EventKind::AnswerDelta { text } => Some(text.len()),
            _ => None,
        })
        .collect();
    assert_eq!(sizes, [16_384, 1_616, 16_384, 1_616, 4_000]);
}

#[tokio::test(start_paused = true)]
async fn i12_a_delta_cut_from_a_long_piece_keeps_only_its_own_memory() {
    let writes = CustomModel(|| stream::iter([Ok(Chunk::Text("é".repeat(100_000)))]).boxed());
    let engine = Engine::builder().provider(provider("a", &[emit(1)])).model(writes).build().unwrap();
    let sizes: Vec<_> = read(&mut engine.run(query()))
        .await
        .into_iter()
        .filter_map(|(_, kind)| match kind {
            EventKind::AnswerDelta { text } => Some(text.into_string().capacity()),
            _ => None,
        })
        .collect();
    assert_eq!(sizes.len(), 13);
    assert!(sizes.iter().all(|&bytes| bytes <= 16_384), "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn results_and_texts_are_cut_to_their_limits() {
    let long = Custom("a", |_| {
        let hit = Hit { url: "https://example.org/".into(), title: "é".repeat(400), snippet: "東".repeat(2_000) };
        let too_long = Hit { url: format!("https://example.org/{}", "a".repeat(2_048)), ..hit.clone() };
        stream::iter([Ok(hit), Ok(too_long)]).boxed()
    });
    let engine = Engine::builder().provider(long).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    let source = &last(&events).1.summary().unwrap().sources[0].source;
    assert_eq!((source.title.len(), source.snippet.len()), (512, 4_095));
    assert_eq!(last(&events).1.summary().unwrap().hits.dropped.invalid_url, 1);
}

#[tokio::test(start_paused = true)]
async fn a_query_is_a_value_that_may_move() {
    fn requires<T: Stream + futures::stream::FusedStream + Send + Unpin + 'static>(_: &T) {}
    let engine = Engine::builder().provider(provider("a", &[Step::Wait(MS), emit(1)])).build().unwrap();
    let mut query = engine.run(query());
    requires(&query);
    while poll(&mut query).is_ready() {}
    let mut moved: Pin<Box<QueryStream>> = Box::pin(query);
    drop(engine);
    // Not at its timeout, as it would be if only the former task were woken.
    assert_eq!(moved.next().await.unwrap().elapsed(), MS);
}

/// Counts how often it is woken.
#[derive(Default)]
struct Task(AtomicU32);

impl std::task::Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn i12_whoever_polled_last_is_woken_in_every_stage_and_by_everybody() {
    for in_answer in [false, true] {
        for by in ["the stream", "the canceller", "the timer"] {
            let late = [emit(1), Step::Wait(10 * MS), emit(1)];
            let engine = match in_answer {
                false => Engine::builder().provider(provider("a", &late)),
                true => Engine::builder().provider(provider("a", &[emit(1)])).model(model(&late)),
            };
            let mut query = engine.build().unwrap().run(query_for(if by == "the timer" { 8 } else { 1_000 }));
            let canceller = query.canceller();
            let tasks: [Arc<Task>; 3] = Default::default();
            for task in &tasks {
                let waker = Waker::from(Arc::clone(task));
                while query.poll_next_unpin(&mut Context::from_waker(&waker)).is_ready() {}
            }
            let woken = || tasks.each_ref().map(|task| task.0.load(Ordering::Relaxed));
            assert_eq!(woken(), [0, 0, 0], "{by}");
            if by == "the canceller" {
                canceller.cancel(CancelReason::Requested);
            } else {
                // Timers fire when the runtime comes to rest.
                advance(11 * MS).await;
                sleep(MS).await;
            }
            assert!(matches!(woken(), [0, 0, (1..)]), "{by}, in the answer: {in_answer}: {:?}", woken());
        }
    }
}

#[test]
fn builders_refuse_what_cannot_work() {
    let named = |name: &'static str| provider(name, &[]);
    let text = |result: Result<Engine, aggregator_core::BuildError>| result.unwrap_err().to_string();
    assert_eq!(text(Engine::builder().build()), "no provider was added: call `provider` at least once");
    assert_eq!(
        text(Engine::builder().provider(named("a")).provider(named("a\u{200b}")).build()),
        "two providers are named `a`: give each its own name"
    );
    assert!(text(Engine::builder().provider(named(" \n".trim())).build()).contains("not 1 to 64 bytes"));
    let many = (0..65).fold(Engine::builder(), |builder, n| builder.provider(provider(&n.to_string(), &[])));
    assert_eq!(text(many.build()), "65 providers were added, at most 64 are possible");
    let heavy = Engine::builder().provider_with(named("a"), ProviderOptions::default().weight(f64::NAN));
    assert_eq!(text(heavy.build()), "provider `a`: a weight of NaN is not above 0 and at most 1000");
    let hasty = Engine::builder().provider_with(named("a"), ProviderOptions::default().timeout(Duration::ZERO));
    assert_eq!(text(hasty.build()), "provider `a`: timeout = 0ns is not between 1ms and 3600s");
    let most = (0..64).fold(Engine::builder(), |builder, n| builder.provider(provider(&n.to_string(), &[emit(1)])));
    let engine = most.build().unwrap();
    assert!(format!("{engine:?}").contains("\"63\""));
}
