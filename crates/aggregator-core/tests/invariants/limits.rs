//! I10 and I12: what leaves the engine is clean, and everything is bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aggregator_core::event::{
    CancelReason, CleanText, EventKind, ExecutionError, Outcome, Stage, Truncation, is_unsafe_char,
};
use aggregator_core::model::Chunk;
use aggregator_core::provider::{Hit, ProviderError, ProviderErrorKind};
use aggregator_core::{Engine, ProviderOptions, Query, Settings};
use aggregator_mocks::{Probe, Step};
use futures::{FutureExt as _, StreamExt as _, stream};
use tokio::time::{advance, sleep};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn i10_no_character_that_could_do_harm_leaves_the_engine() {
    let evil = "\u{200c}a\u{1b}]0;x\u{7}\r\nb\u{202e}c\u{200b}d\u{e0041}e\u{9b}31m";
    let hits = Custom("evil\u{1b}[2J", move |_| {
        let hit = Hit::new("https://example.org/x", evil).with_snippet(evil);
        let hidden = Hit::new("https://example.org/\u{202e}y", evil).with_snippet(evil);
        stream::iter([Ok(hit), Ok(hidden), Err(ProviderError::new(ProviderErrorKind::Other, evil))]).boxed()
    });
    let writes = CustomModel(move || {
        stream::iter([Ok(Chunk::Text(evil.into())), Err(ProviderError::new(ProviderErrorKind::Other, evil))]).boxed()
    });
    let engine = Engine::builder().provider(hits).model(writes).build().unwrap();
    let mut query = engine.run(Query::new(evil).unwrap());
    assert!(!query.query().text().chars().any(is_unsafe_char));
    for (_, kind) in read(&mut query).await {
        let check = |text: &str, line_feeds: bool| {
            let bad = text.chars().find(|&c| is_unsafe_char(c) && !(line_feeds && (c == '\n' || c == '\t')));
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
                let Outcome::Partial(Truncation::Error(error)) = &report.outcome else { panic!("{report:?}") };
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
        let mut error = ProviderError::new(ProviderErrorKind::Other, "");
        error.message = CleanText::multi_line(format!("first line\nforged line {}", "x".repeat(9_000)));
        error
    };
    let fails = Custom("a", move |_| stream::iter([Ok(hit("https://example.org/")), Err(error())]).boxed());
    let writes = CustomModel(move || stream::iter([Err(error())]).boxed());
    let engine = Engine::builder().provider(fails).model(writes).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    let Outcome::Partial(Truncation::Error(of_provider)) = &outcomes(&events)[0].1 else {
        panic!("{:?}", outcomes(&events))
    };
    let EventKind::Failed { error, .. } = &last(&events).1 else { panic!("{:?}", last(&events)) };
    let ExecutionError::Model(of_model) = &**error else { panic!("{error:?}") };
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
async fn i12_items_that_became_ready_without_polls_are_late() {
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
    assert!(matches!(&rest[1], EventKind::Sources { list, .. } if list.len() == 2));
    let EventKind::Failed { error, .. } = &rest[2] else { panic!("{:?}", rest[2]) };
    assert_eq!(**error, ExecutionError::DeadlineExceeded { stage: Stage::Searching });
    assert_eq!(rest.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn i12_after_the_deadline_no_provider_is_called() {
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

#[tokio::test(start_paused = true)]
async fn i12_a_query_that_always_has_something_lets_others_run() {
    let talkative = Custom("a", |_| stream::iter((0..300).map(|n| Ok(hit(&format!("https://a.org/{n}"))))).boxed());
    let mut settings = Settings::default();
    settings.max_hits = 300;
    let engine = Engine::builder().provider(talkative).model(model(&[emit(400)])).settings(settings).build().unwrap();
    let mut query = engine.run(query());
    let task = Arc::new(Task::default());
    let waker = Waker::from(Arc::clone(&task));
    let (mut in_a_row, mut longest, mut pauses, mut events) = (0, 0, 0, 0);
    loop {
        match query.poll_next_unpin(&mut Context::from_waker(&waker)) {
            Poll::Ready(Some(_)) => {
                in_a_row += 1;
                events += 1;
                longest = longest.max(in_a_row);
            }
            Poll::Ready(None) => break,
            Poll::Pending => {
                in_a_row = 0;
                pauses += 1;
                assert_eq!(task.0.load(Ordering::Relaxed), pauses, "it is pending without having woken its task");
            }
        }
    }
    assert_eq!((longest, pauses), (128, events / 128), "{events} events");
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
        let hit = Hit::new("https://example.org/", "é".repeat(400)).with_snippet("東".repeat(2_000));
        let mut too_long = hit.clone();
        too_long.url = format!("https://example.org/{}", "a".repeat(2_048));
        stream::iter([Ok(hit), Ok(too_long)]).boxed()
    });
    let engine = Engine::builder().provider(long).build().unwrap();
    let events = read(&mut engine.run(query())).await;
    let source = &last(&events).1.summary().unwrap().sources[0].source;
    assert_eq!((source.title.len(), source.snippet.len()), (512, 4_095));
    assert_eq!(last(&events).1.summary().unwrap().hits.dropped.invalid_url, 1);
}

#[tokio::test(start_paused = true)]
async fn i12_the_last_polling_task_is_woken_in_every_stage() {
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
    assert!(text(Engine::builder().provider(named(" \n")).build()).contains("blank or longer than 64 bytes"));
    let many = (0..65).fold(Engine::builder(), |builder, n| builder.provider(provider(&n.to_string(), &[])));
    assert_eq!(text(many.build()), "65 providers were added, at most 64 are possible");
    let heavy = Engine::builder().provider_with(named("a"), ProviderOptions::default().weight(f64::NAN));
    assert_eq!(text(heavy.build()), "provider `a`: a weight of NaN is not above 0 and at most 1000");
    let hasty = Engine::builder().provider_with(named("a"), ProviderOptions::default().timeout(Duration::ZERO));
    assert_eq!(text(hasty.build()), "provider `a`: timeout_ms = 0 is not between 1 and 3600000");
    let most = (0..64).fold(Engine::builder(), |builder, n| builder.provider(provider(&n.to_string(), &[emit(1)])));
    let engine = most.build().unwrap();
    assert!(format!("{engine:?}").contains("\"63\""));
}
