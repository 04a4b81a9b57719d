//! What the responses say about the end of a query: status codes, errors, finish reasons.

use std::time::Duration;

use aggregator_core::model::FinishReason;
use aggregator_core::provider::Hit;
use aggregator_core::{Chunk, PolicyAction, ProviderError, ProviderErrorKind};
use aggregator_gateway::CacheSettings;
use aggregator_http::{Service, Settings};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::time::Instant;

use crate::client::*;
use crate::planned::Plan;

const CHAT: &str = r#"{"messages": [{"role": "user", "content": "when does the tide turn?"}]}"#;
const STREAMED: &str = r#"{"messages": [{"role": "user", "content": "when does the tide turn?"}], "stream": true}"#;

fn service_for(plan: &Plan) -> Service {
    service_of(plan.engine(), Settings::default(), |gateway| gateway)
}

fn text(text: &str) -> Result<Chunk, ProviderError> {
    Ok(Chunk::Text(text.into()))
}

fn failure(kind: ProviderErrorKind) -> ProviderError {
    ProviderError::new(kind, "as planned")
}

/// A client that takes `[DONE]` or a finish reason for the end must not take a text that broke off for a whole one.
#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_has_an_error_and_no_end() {
    let service = service_for(&Plan::answering([text("It turns "), Err(failure(ProviderErrorKind::BadResponse))]));
    let response = post(&service, "/v1/chat/completions", STREAMED).await;
    let mut data = response.data();
    let last: Value = serde_json::from_str(data.pop().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "model_failed", "{last}");
    assert!(data.iter().any(|data| data.contains("It turns")), "{data:?}");
    for chunk in data {
        let chunk: Value = serde_json::from_str(chunk).unwrap();
        assert!(chunk["choices"][0]["finish_reason"].is_null(), "{chunk}");
    }
    let whole = post(&service, "/v1/chat/completions", CHAT).await;
    assert_eq!((whole.status, whole.json()["error"]["code"].as_str()), (502, Some("model_failed")));
}

#[tokio::test(start_paused = true)]
async fn the_reason_of_the_end_is_told() {
    let finished = |reason| vec![text("It turns twice a day [1]."), Ok(Chunk::Finish(reason))];
    let mut short = Plan::answering([text(&"It turns twice a day. ".repeat(50))]);
    short.settings.max_answer_bytes = 100;
    for (plan, expected) in [
        (Plan::answering(finished(FinishReason::Stop)), "stop"),
        (Plan::answering(finished(FinishReason::Unanswered)), "stop"),
        (Plan::answering(finished(FinishReason::Length)), "length"),
        (Plan::answering(finished(FinishReason::Filter)), "content_filter"),
        (short, "length"),
    ] {
        let service = service_for(&plan);
        let whole = post(&service, "/v1/chat/completions", CHAT).await.json();
        assert_eq!(whole["choices"][0]["finish_reason"], expected, "{whole}");
        let streamed = post(&service, "/v1/chat/completions", STREAMED).await;
        let data = streamed.data();
        let last: Value = serde_json::from_str(data[data.len() - 2]).unwrap();
        assert_eq!(last["choices"][0]["finish_reason"], expected, "{last}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_without_a_result_is_said_in_words() {
    let plan = Plan::finding([]);
    let service = service_for(&plan);
    let whole = post(&service, "/v1/chat/completions", CHAT).await.json();
    assert_eq!(whole["choices"][0]["message"]["content"], "Nothing was found.");
    let streamed = post(&service, "/v1/chat/completions", STREAMED).await;
    assert_eq!(streamed.body.matches(r#""content":"Nothing was found.""#).count(), 1, "{}", streamed.body);
    assert!(streamed.body.ends_with("data: [DONE]\n\n"), "{}", streamed.body);
    assert!(plan.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_file_is_no_page_of_the_web() {
    let hits = [("https://a.example/tide", "Tides"), ("file:///notes/moon.md", "Notes about the moon")];
    let hits = hits.map(|(url, title)| Ok(Hit::new(url, title)));
    let mut plan = Plan::finding(hits);
    plan.is_local = true;
    let service = service_for(&plan);
    let found = post(&service, "/v1/search", r#"{"query": "tide"}"#).await;
    assert_eq!(found.status, 200, "{}", found.body);
    let whole = post(&service, "/v1/chat/completions", CHAT).await.json();
    for result in whole["search_results"].as_array().unwrap() {
        let is_file = result["url"].as_str().unwrap().starts_with("file:");
        assert_eq!(result["source"], if is_file { "attachment" } else { "web" }, "{result}");
    }
    assert_eq!(whole["search_results"].as_array().unwrap().len(), 2);
}

/// 503 where all services only want to be asked later, with the shortest of their waits; else 502.
#[tokio::test(start_paused = true)]
async fn a_failed_service_and_a_busy_one_are_told_apart() {
    let busy = |ms| failure(ProviderErrorKind::RateLimited).with_retry_after(Duration::from_millis(ms));
    for (plan, status, wait) in [
        (Plan::finding([Err(failure(ProviderErrorKind::BadResponse))]), 502, None),
        (Plan::finding([Err(busy(1_200))]), 503, Some(("2", "1200"))),
        (Plan::finding([Err(failure(ProviderErrorKind::NotAsked))]), 503, None),
        (Plan::answering([Err(failure(ProviderErrorKind::BadResponse))]), 502, None),
        (Plan::answering([Err(busy(3_000))]), 503, Some(("3", "3000"))),
    ] {
        let response = post(&service_for(&plan), "/v1/chat/completions", CHAT).await;
        let told = response.header("retry-after").zip(response.header("retry-after-ms"));
        assert_eq!((response.status, told), (status, wait), "{}", response.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let service = service_for(&Plan::finding([]));
    let mut connection = Connection::open(&service);
    let begun = Instant::now();
    connection.send(&request("POST", "/v1/query", &[("content-length", "100")], r#"{"query": "#)).await;
    let mut read = Vec::new();
    connection.stream.read_to_end(&mut read).await.unwrap();
    let response = parse(&read);
    assert_eq!((response.status, response.json()["error"]["code"].as_str()), (408, Some("body_timeout")));
    assert_eq!(begun.elapsed(), Settings::default().body_within);
}

/// A client that announces a body of 1 GB is refused before it has sent the first byte of it.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_announced_too_long_is_not_read() {
    let service = service_for(&Plan::finding([]));
    let mut connection = Connection::open(&service);
    let begun = Instant::now();
    let announced = [("content-type", "application/json"), ("content-length", "1000000000")];
    connection.send(&request("POST", "/v1/query", &announced, "")).await;
    connection.read_until("body_too_large").await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn shared_runs_and_retries_are_counted() {
    let mut plan = Plan::answering([text("It turns twice a day [1].")]);
    let error = ProviderErrorKind::Unreachable;
    plan.reports = vec![PolicyAction::Retrying { retry: 1, wait: MS, error }, PolicyAction::Waiting { wait: MS }];
    let service = service_of(plan.engine(), Settings::default(), |gateway| gateway.cache(CacheSettings::default()));
    for _ in 0..3 {
        assert_eq!(post(&service, "/v1/query", r#"{"query": "tide"}"#).await.status, 200);
    }
    let metrics = get(&service, "/metrics").await.body;
    assert_eq!(plan.asked().len(), 1);
    assert!(metrics.contains("aggregator_queries_reused_total 2\n"), "{metrics}");
    let retries = metrics.lines().find_map(|line| line.strip_prefix("aggregator_retries_total ")).unwrap();
    assert!(retries.parse::<u32>().unwrap() >= 1, "{metrics}");
}

/// Short questions are read whatever long ones are being sent.
#[tokio::test(start_paused = true)]
async fn long_bodies_have_to_have_room_and_short_ones_always_have() {
    let mut settings = Settings::default();
    settings.max_bodies_bytes = 100 << 10;
    let (service, _) = service_with(settings, |gateway| gateway);
    let long = |spaces: usize| format!("{{\"query\": \"q\"{}}}", " ".repeat(spaces));
    // 36 KiB of it are beyond what is always read, and it does not end.
    let begun = request("POST", "/v1/search", &[("content-length", "200000")], &long(100 << 10));
    let mut slow = Connection::open(&service);
    slow.send(&begun).await;
    tokio::time::sleep(MS).await;
    assert_eq!(post(&service, "/v1/search", &long(120 << 10)).await.status, 200, "there is room for 64 KiB");
    let refused = post(&service, "/v1/search", &long(140 << 10)).await;
    assert_eq!((refused.status, refused.json()["error"]["code"].as_str()), (503, Some("overloaded")));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(post(&service, "/v1/search", r#"{"query": "q"}"#).await.status, 200);
    drop(slow.stream);
    slow.task.await.unwrap();
    assert_eq!(post(&service, "/v1/search", &long(140 << 10)).await.status, 200, "what is gone takes no room");
}
