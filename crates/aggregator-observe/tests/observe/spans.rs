//! The spans of queries and calls.

use aggregator_core::model::FinishReason;
use aggregator_core::{Chunk, Engine, PolicyAction, ProviderError, ProviderErrorKind, Usage};
use aggregator_observe::{Observer, TraceParent, names};
use futures::StreamExt as _;
use opentelemetry::Value;
use opentelemetry::trace::{SpanId, SpanKind, Status};

use crate::world::*;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn answering() -> (Planned<aggregator_core::provider::Hit>, Planned<Chunk>) {
    let chunks = vec![
        (10 * MS, text("It turns ")),
        (10 * MS, text("twice a day [1].")),
        (MS, Ok(Chunk::Usage(Usage::new(120, 30)))),
        (MS, Ok(Chunk::Finish(FinishReason::Stop))),
    ];
    (Planned::new("web", vec![(20 * MS, hit(1)), (20 * MS, hit(2))]), Planned::new("writer", chunks))
}

#[tokio::test(start_paused = true)]
async fn a_query_has_its_calls_as_children_with_what_they_did() {
    let (observer, (web, writer)) = (Observer::new(), answering());
    let (_, spans) = spans_of(async {
        let engine = engine(&observer, web, writer);
        let parent: TraceParent = format!("00-{TRACE}-{PARENT}-01").parse().unwrap();
        read(observer.query(&question(), Some(parent)).around(engine.run(question()))).await
    })
    .await;
    let [web, writer, query] = &spans[..] else { panic!("{spans:#?}") };

    let names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["retrieval web", "chat writer", "invoke_workflow answer"]);
    let kinds: Vec<_> = spans.iter().map(|span| span.span_kind.clone()).collect();
    assert_eq!(kinds, [SpanKind::Client, SpanKind::Client, SpanKind::Server]);
    assert!(spans.iter().all(|span| span.span_context.trace_id().to_string() == TRACE));
    assert_eq!(query.parent_span_id.to_string(), PARENT);
    for call in [web, writer] {
        assert_eq!(call.parent_span_id, query.span_context.span_id());
        assert_eq!((&call.status, attribute(call, names::OUTCOME).as_deref()), (&Status::Unset, Some("ok")));
    }
    let expect = |span, expected: &[(&str, &str)]| {
        for (name, value) in expected {
            assert_eq!(attribute(span, name).as_deref(), Some(*value), "{name} of {span:#?}");
        }
    };
    expect(
        web,
        &[
            (names::OPERATION_NAME, "retrieval"),
            (names::DATA_SOURCE_ID, "web"),
            (names::HITS, "2"),
            (names::TIME_TO_FIRST_RESULT, "0.02"),
            (names::DURATION, "0.04"),
        ],
    );
    expect(
        writer,
        &[
            (names::OPERATION_NAME, "chat"),
            (names::REQUEST_MODEL, "writer"),
            (names::REQUEST_STREAM, "true"),
            (names::INPUT_TOKENS, "120"),
            (names::OUTPUT_TOKENS, "30"),
            (names::FINISH_REASONS, "[\"stop\"]"),
            (names::TEXT_BYTES, "25"),
            (names::TIME_TO_FIRST_CHUNK, "0.01"),
            (names::DURATION, "0.022"),
        ],
    );
    expect(
        query,
        &[
            (names::OPERATION_NAME, "invoke_workflow"),
            (names::WORKFLOW_NAME, "answer"),
            (names::MODE, "research"),
            (names::OUTCOME, "done"),
            (names::RESULTS, "2"),
            (names::STALLS, "0"),
            (names::RETRIES, "0"),
            (names::INPUT_TOKENS, "120"),
            (names::OUTPUT_TOKENS, "30"),
            (names::TIME_TO_FIRST_EVENT, "0"),
            (names::TIME_TO_FIRST_RESULT, "0.02"),
            (names::TIME_TO_FIRST_TEXT, "0.05"),
            (names::DURATION, "0.062"),
        ],
    );
    // Nothing that tells nothing: threads, places in the source, busy times.
    let known = |name: &str| ["gen_ai.", "aggregator.", "error."].iter().any(|prefix| name.starts_with(prefix));
    for attribute in spans.iter().flat_map(|span| &span.attributes) {
        assert!(known(attribute.key.as_str()), "{attribute:?}");
        let is_number = attribute.value.to_string().parse::<f64>().is_ok();
        assert_eq!(is_number, matches!(attribute.value, Value::I64(_) | Value::F64(_)), "{attribute:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_query_without_a_client_begins_a_trace() {
    let (observer, (web, writer)) = (Observer::new(), answering());
    let engine = engine(&observer, web, writer);
    let (_, spans) =
        spans_of(async { read(observer.query(&question(), None).around(engine.run(question()))).await }).await;
    let query = spans.last().unwrap();
    assert_eq!((query.parent_span_id, query.span_kind.clone()), (SpanId::INVALID, SpanKind::Internal));
}

#[tokio::test(start_paused = true)]
async fn failures_are_errors_of_their_kind() {
    let failure = |kind| ProviderError::new(kind, format!("cannot search for {CANARY}"));
    let web = Planned::new("web", vec![(MS, Err(failure(ProviderErrorKind::RateLimited)))]);
    let observer = Observer::new();
    let (_, spans) = spans_of(async {
        let engine = built(Engine::builder().provider(observer.calls(web)));
        read(observer.query(&question(), None).around(engine.run(question()))).await
    })
    .await;
    let [web, query] = &spans[..] else { panic!("{spans:#?}") };
    for (span, kind, outcome) in [(web, "rate_limited", "error"), (query, "all_providers_failed", "failed")] {
        assert_eq!(span.status, Status::error(kind));
        assert_eq!(attribute(span, names::ERROR_TYPE).as_deref(), Some(kind));
        assert_eq!(attribute(span, names::OUTCOME).as_deref(), Some(outcome));
    }

    // A model that fails in the middle.
    let (web, _) = answering();
    let broken = vec![(MS, text("It turns ")), (MS, Err(failure(ProviderErrorKind::Truncated)))];
    let (_, spans) = spans_of(async {
        let engine = engine(&observer, web, Planned::new("writer", broken));
        read(observer.query(&question(), None).around(engine.run(question()))).await
    })
    .await;
    assert_eq!(spans[1].status, Status::error("truncated"));
    assert_eq!(attribute(&spans[2], names::ERROR_TYPE).as_deref(), Some("model"));
}

/// The client is gone in the middle of the answer.
#[tokio::test(start_paused = true)]
async fn what_is_dropped_ends_its_spans_at_once_and_before_that_of_the_query() {
    let (observer, (web, writer)) = (Observer::new(), answering());
    let (_, spans) = spans_of(async {
        let engine = engine(&observer, web, writer);
        let mut events = observer.query(&question(), None).around(engine.run(question()));
        while !matches!(events.next().await.unwrap().kind, aggregator_core::EventKind::AnswerDelta { .. }) {}
    })
    .await;
    let outcomes: Vec<_> = spans.iter().map(|span| attribute(span, names::OUTCOME).unwrap()).collect();
    assert_eq!(outcomes, ["ok", "dropped", "dropped"]);
    assert_eq!(&*spans[2].name, "invoke_workflow answer");
}

/// A reader that keeps the stream does not make the query longer.
#[tokio::test(start_paused = true)]
async fn the_span_of_a_query_ends_with_its_last_event() {
    let (observer, (web, writer)) = (Observer::new(), answering());
    let (kept, spans) = spans_of(async {
        let engine = engine(&observer, web, writer);
        let mut events = observer.query(&question(), None).around(engine.run(question()));
        while events.next().await.is_some() {}
        events
    })
    .await;
    assert_eq!(spans.len(), 3, "{spans:#?}");
    drop(kept);
}

#[tokio::test(start_paused = true)]
async fn what_policies_do_stands_in_the_span_of_the_query() {
    let (observer, (mut web, writer)) = (Observer::new(), answering());
    web.reports = vec![
        PolicyAction::Waiting { wait: MS },
        PolicyAction::Retrying { retry: 1, wait: MS, error: ProviderErrorKind::Unreachable },
        PolicyAction::BreakerOpened { wait: MS },
    ];
    let (_, spans) = spans_of(async {
        let engine = engine(&observer, web, writer);
        read(observer.query(&question(), None).around(engine.run(question()))).await
    })
    .await;
    let query = spans.last().unwrap();
    let seen: Vec<&str> = query.events.iter().map(|event| &*event.name).collect();
    assert_eq!(seen, ["waiting", "retrying", "breaker opened"]);
    for event in query.events.iter() {
        let attribute = |name: &str| event.attributes.iter().find(|attribute| attribute.key.as_str() == name);
        assert_eq!(attribute(names::SERVICE).unwrap().value.to_string(), "web");
        let retry = attribute(names::RETRY).map(|retry| retry.value.clone());
        assert_eq!(retry, (event.name == "retrying").then_some(Value::I64(1)), "{event:?}");
        let is_known = |name: &str| name.starts_with("aggregator.") || ["level", "target"].contains(&name);
        assert!(event.attributes.iter().all(|attribute| is_known(attribute.key.as_str())), "{event:?}");
    }
    assert_eq!(attribute(query, names::RETRIES).as_deref(), Some("1"));
}

/// What was asked, found, answered and said by services is in a span only where that is asked for.
#[tokio::test(start_paused = true)]
async fn content_is_recorded_only_on_request() {
    for content in [false, true] {
        let observer = Observer::new().with_content(content).with_report_content(true);
        let (web, _) = answering();
        let error = ProviderError::new(ProviderErrorKind::BadResponse, format!("cannot find {CANARY}"));
        let chunks = vec![(MS, text(&format!("{CANARY} answers."))), (MS, Err(error.clone()))];
        let failing = Planned::new("failing", vec![(MS, Err(error))]);
        let (_, spans) = spans_of(async {
            let builder = Engine::builder().provider(observer.calls(web)).provider(observer.calls(failing));
            let engine = built(builder.model(observer.calls(Planned::new("writer", chunks))));
            read(observer.query(&question(), None).around(engine.run(question()))).await
        })
        .await;
        assert_eq!(format!("{spans:?}").contains(CANARY), content, "{spans:#?}");
        let query = spans.last().unwrap();
        assert_eq!(attribute(query, names::QUERY_TEXT).is_some(), content);
        assert_eq!(attribute(query, names::ERROR_MESSAGE).is_some(), content);
        let calls = spans.iter().filter(|span| span.name.starts_with("retrieval"));
        assert!(calls.clone().count() == 2);
        assert!(calls.into_iter().all(|call| attribute(call, names::RETRIEVAL_QUERY_TEXT).is_some() == content));
        // Answers and addresses are not content that can be asked for.
        assert!(!format!("{spans:?}").contains("answers.") && !format!("{spans:?}").contains(".example"));
    }
}

/// A provider that is watched by nobody gives its own stream.
#[tokio::test(start_paused = true)]
async fn without_a_subscriber_events_are_the_same() {
    let (observer, (web, writer)) = (Observer::new(), answering());
    let plain = built(Engine::builder().provider(web.clone()).model(writer.clone()));
    let watched = engine(&observer, web, writer);
    let expected = read(plain.run(question())).await;
    assert_eq!(read(observer.query(&question(), None).around(watched.run(question()))).await, expected);
    let (watched, _) =
        spans_of(async { read(observer.query(&question(), None).around(watched.run(question()))).await }).await;
    assert_eq!(watched, expected);
}
