//! `POST /v1/query` and `POST /v1/search`.

use std::time::Duration;

use aggregator_core::{Chunk, Mode};
use aggregator_http::Settings;
use aggregator_wire::{Event, EventKind};
use serde_json::json;
use tokio::time::Instant;

use crate::client::*;
use crate::planned::Plan;

const QUERY: &str = r#"{"query": "why do tail latencies grow with fan-out?"}"#;

#[tokio::test(start_paused = true)]
async fn the_events_of_a_query_are_streamed_when_they_happen() {
    let (service, probe) = service();
    let mut connection = Connection::open(&service);
    let begun = Instant::now();
    connection.send(&request("POST", "/v1/query", &[], QUERY)).await;
    let head = connection.read_until("provider_started").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for header in [
        "content-type: text/event-stream; charset=utf-8",
        "cache-control: no-cache, no-transform",
        "x-accel-buffering: no",
        "x-content-type-options: nosniff",
    ] {
        assert!(head.contains(header), "{header} is not in {head}");
    }
    assert_eq!(begun.elapsed(), Duration::ZERO, "the status comes at once");
    connection.read_until("event: result\n").await;
    assert_eq!(begun.elapsed(), MS * 20);
    connection.read_until("event: answer_delta\n").await;
    assert_eq!(begun.elapsed(), MS * 70);
    connection.read_until("event: done\n").await;
    drop(connection);
    assert_eq!((probe.active_calls(), service.running()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn each_event_has_its_number_its_name_and_the_form_of_the_wire() {
    let (service, _) = service();
    let response = post(&service, "/v1/query", QUERY).await;
    let mut seq = 0;
    for frame in response.body.split("\n\n").filter(|frame| !frame.is_empty()) {
        let lines: Vec<&str> = frame.lines().collect();
        let [id, name, data] = lines[..] else { panic!("{frame}") };
        let data = data.strip_prefix("data: ").unwrap();
        let event = Event::from_json_line(data).unwrap();
        let json: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(id, format!("id: {seq}"));
        assert_eq!(name.strip_prefix("event: "), json["type"].as_str());
        assert_ne!(event.kind, EventKind::Unknown);
        seq += 1;
    }
    assert!(seq > 15, "{seq} events");
    let ends = Event::from_json_line(response.data().last().unwrap()).unwrap();
    assert!(ends.kind.is_terminal());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_ends_its_query_at_once() {
    // In the search, and in the answer.
    for seen in ["provider_started", "answer_delta"] {
        let (service, probe) = service();
        let mut connection = Connection::open(&service);
        connection.send(&request("POST", "/v1/query", &[], QUERY)).await;
        connection.read_until(seen).await;
        assert_eq!((probe.active_calls(), service.running()), (1, 1), "{seen}");
        let begun = Instant::now();
        drop(connection.stream);
        connection.task.await.unwrap();
        assert_eq!((probe.active_calls(), service.running(), begun.elapsed()), (0, 0, Duration::ZERO), "{seen}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_events_sends_comments() {
    let mut settings = Settings::default();
    settings.heartbeat = MS * 7;
    let (service, _) = service_with(settings, |gateway| gateway);
    let response = post(&service, "/v1/query", QUERY).await;
    // The results are 20 ms apart, and each event begins the silence anew.
    assert!(response.body.matches(": keep-alive\n\n").count() >= 6, "{}", response.body);
    let data = response.data();
    assert!(data.iter().all(|data| Event::from_json_line(data).is_ok()), "{data:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_cannot_be_resumed_and_says_so() {
    let (service, probe) = service();
    let again = request("POST", "/v1/query", &[("last-event-id", "7")], QUERY);
    let response = ask(&service, &again).await;
    assert_eq!((response.status, response.json()["error"]["code"].as_str()), (409, Some("stream_not_kept")));
    assert_eq!(probe.calls().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn limits_of_a_query_are_its_fields() {
    let (service, _) = service();
    let body = json!({"query": "q", "max_sources": 2, "deadline_ms": 120, "mode": "research",
        "turns": [{"question": "what is a tide?", "answer": "Water."}]});
    let response = post(&service, "/v1/query", &body.to_string()).await;
    let last = Event::from_json_line(response.data().last().unwrap()).unwrap();
    let EventKind::Failed { partial, .. } = last.kind else { panic!("the answer takes longer: {last:?}") };
    assert_eq!(partial.sources.len(), 2);
    for (field, value, says) in [
        ("query", json!(""), "the query is empty"),
        ("deadline_ms", json!(0), "deadline_ms = 0 is not between"),
        ("max_sources", json!(1_001), "max_sources = 1001 is not between"),
        ("mode", json!("poem"), "poem"),
    ] {
        let mut wrong = body.clone();
        wrong[field] = value;
        let response = post(&service, "/v1/query", &wrong.to_string()).await;
        let error = &response.json()["error"];
        assert_eq!((response.status, error["param"].as_str()), (400, Some(field)), "{error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
    }
    let unknown = post(&service, "/v1/query", r#"{"query": "q", "max_source": 2}"#).await;
    assert!(unknown.status == 400 && unknown.body.contains("max_source"), "{}", unknown.body);
}

#[tokio::test(start_paused = true)]
async fn mode_and_turns_reach_the_engine() {
    let plan = Plan::answering([Ok(Chunk::Text("Yes [1].".into()))]);
    let service = service_of(plan.engine(), Settings::default(), |gateway| gateway);
    let body = json!({"query": "and in lakes?", "mode": "coding", "turns": [
        {"question": "what is a tide?", "answer": "Water."}, {"question": "where?"}]});
    assert_eq!(post(&service, "/v1/query", &body.to_string()).await.status, 200);
    let asked = &plan.asked()[0];
    let turns: Vec<_> = asked.turns().iter().map(|turn| (turn.question.as_str(), turn.answer.as_str())).collect();
    assert_eq!((asked.mode(), turns), (Mode::Coding, vec![("what is a tide?", "Water."), ("where?", "")]));
}

#[tokio::test(start_paused = true)]
async fn a_search_gives_results_and_asks_no_model() {
    let (service, probe) = service();
    let response = post(&service, "/v1/search", r#"{"query": "fan-out", "max_results": 2}"#).await;
    let found = response.json();
    assert_eq!((response.status, found["results"].as_array().unwrap().len()), (200, 2));
    assert!(found["results"][0]["url"].as_str().unwrap().starts_with("http"), "{found}");
    assert_eq!(found["providers"][0]["outcome"]["type"], "ok");
    assert!(probe.calls().iter().all(|call| call.mock == "web"));
}
