//! I1 to I6: which events come, in which order, and what they say.

use std::task::Poll;
use std::time::Duration;

use aggregator_core::event::{CancelReason, EventKind, ExecutionError, Outcome, Stage, Truncation};
use aggregator_core::model::Chunk;
use aggregator_core::provider::{Hit, ProviderError, ProviderErrorKind};
use aggregator_core::{Engine, ProviderOptions, Settings};
use aggregator_mocks::{InvariantChecker, Probe, Step};
use futures::{StreamExt as _, stream};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn i1_the_first_event_is_a_status_before_any_provider_is_called() {
    let probe = Probe::new();
    let engine = Engine::builder().provider(provider("a", &[emit(1)]).probed(&probe)).build().unwrap();
    let mut query = engine.run(query());
    assert!(probe.calls().is_empty(), "running a query does nothing yet");
    let first = query.next().await.unwrap();
    assert!(matches!(first.kind, EventKind::Status { stage: Stage::Searching }));
    assert!(first.elapsed().is_zero(), "the status came after {:?}", first.elapsed());
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
    assert_eq!(outcomes(&events)[0].1, Outcome::Partial(Truncation::Limit));
    let hits = last(&events).1.summary().unwrap().hits;
    assert_eq!((hits.yielded, hits.emitted, hits.dropped.over_limit), (51, 50, 1));
}

#[tokio::test(start_paused = true)]
async fn i3_limits_hold_at_one_less_exactly_and_one_more() {
    for (given, outcome, dropped) in [
        (4, Outcome::Ok, 0),
        (5, Outcome::Ok, 0),
        (6, Outcome::Partial(Truncation::Limit), 1),
        (9, Outcome::Partial(Truncation::Limit), 1),
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
async fn i3_a_silent_provider_at_its_limit_is_not_waited_for() {
    let hanging = Custom("a", |_| {
        stream::iter([1, 2]).map(|n| Ok(hit(&format!("https://example.org/{n}")))).chain(stream::pending()).boxed()
    });
    let mut settings = Settings::default();
    settings.max_hits = 2;
    let engine = Engine::builder().provider(hanging).settings(settings).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    assert_eq!(outcomes(&events), [("a".into(), Outcome::Partial(Truncation::Limit), Duration::ZERO)]);
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
        InvariantChecker::read_to_end(&mut engine.run(query())).await.checksum()
    };
    assert_eq!(sum(["a", "b", "c"]).await, sum(["c", "a", "b"]).await);
}

#[tokio::test(start_paused = true)]
async fn i5_each_kind_of_trouble_is_an_outcome_and_the_others_go_on() {
    let well = [Step::Wait(5 * MS), emit(3)];
    let engine = Engine::builder()
        .provider(provider("a-well", &well))
        .provider(provider("b-fails", &[Step::Fail(ProviderErrorKind::RateLimited)]))
        .provider(provider("c-fails-late", &[emit(1), Step::Fail(ProviderErrorKind::Truncated)]))
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
        Outcome::Error(error) | Outcome::Partial(Truncation::Error(error)) => error.kind == ProviderErrorKind::Panicked,
        _ => false,
    };
    let failed = |kind| move |outcome: &Outcome| matches!(outcome, Outcome::Error(error) if error.kind == kind);
    let outcomes = outcomes(&events);
    type Fits<'a> = &'a dyn Fn(&Outcome) -> bool;
    let expected: [(&str, u64, Fits<'_>); 12] = [
        ("a-well", 5, &|outcome| *outcome == Outcome::Ok),
        ("b-fails", 0, &failed(ProviderErrorKind::RateLimited)),
        ("c-fails-late", 0, &|outcome| matches!(outcome, Outcome::Partial(Truncation::Error(_)))),
        ("d-hangs", 8_000, &|outcome| *outcome == Outcome::Timeout),
        ("e-hangs-late", 8_000, &|outcome| *outcome == Outcome::Partial(Truncation::Timeout)),
        ("f-panics-when-called", 0, &panicked),
        ("g-panics-when-polled", 0, &panicked),
        ("h-panics-late", 0, &panicked),
        ("i-panics-when-dropped", 5, &|outcome| *outcome == Outcome::Ok),
        ("j-floods", 0, &|outcome| *outcome == Outcome::Partial(Truncation::Limit)),
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
        .provider(provider("a", &[Step::Fail(ProviderErrorKind::Unauthorized)]))
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
        .provider(provider("b", &[Step::Fail(ProviderErrorKind::Unreachable)]))
        .model(model(&[emit(3)]).probed(&probe))
        .build()
        .unwrap();
    let events = read(&mut engine.run(query())).await;
    let EventKind::Done { summary } = &last(&events).1 else { panic!("{:?}", last(&events)) };
    assert!(summary.sources.is_empty() && summary.answer.is_none());
    assert!(events.iter().any(|(_, kind)| matches!(kind, EventKind::Sources { list, .. } if list.is_empty())));
    assert!(probe.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_keeps_the_results() {
    for script in [vec![Step::Fail(ProviderErrorKind::RateLimited)], vec![emit(3), Step::Panic]] {
        let engine = Engine::builder().provider(provider("a", &[emit(4)])).model(model(&script)).build().unwrap();
        let events = read(&mut engine.run(query())).await;
        let EventKind::Failed { error, partial } = &last(&events).1 else { panic!("{:?}", last(&events)) };
        assert!(matches!(**error, ExecutionError::Model(_)), "{error}");
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
    assert_eq!(last(&events).1.summary().unwrap().answer.unwrap().invalid_citations, 1);
}

#[tokio::test(start_paused = true)]
async fn i6_a_citation_has_its_place_in_bytes_and_in_characters() {
    let pieces = ["größer [2] 東", "京 [", "1] so"];
    let writes = CustomModel(move || stream::iter(pieces.map(|piece| Ok(Chunk::Text(piece.into())))).boxed());
    let engine = Engine::builder().provider(provider("a", &[emit(2)])).model(writes).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    let places: Vec<_> = events
        .iter()
        .filter_map(|(_, kind)| match kind {
            EventKind::Citation { span, chars, .. } => Some((span.clone(), chars.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(places, [(9..12, 7..10), (20..23, 14..17)]);
}

#[tokio::test(start_paused = true)]
async fn i6_cancelling_between_two_deltas_counts_only_what_was_emitted() {
    let writes = CustomModel(|| stream::iter([Ok(Chunk::Text("x".repeat(40_000)))]).boxed());
    let engine = Engine::builder().provider(provider("a", &[emit(1)])).model(writes).build().unwrap();
    let mut query = engine.run(query());
    let canceller = query.canceller();
    let mut checker = InvariantChecker::new();
    while let Some(event) = query.next().await {
        checker.read(&event);
        if matches!(event.kind, EventKind::AnswerDelta { .. }) {
            canceller.cancel(CancelReason::Requested);
        }
    }
    checker.check().unwrap();
    assert_eq!(checker.summary().unwrap().1.answer.unwrap().bytes, 16_384);
}
