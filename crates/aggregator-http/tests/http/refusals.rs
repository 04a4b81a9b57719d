//! Who may ask, and what cannot be read.

use std::time::Duration;

use aggregator_gateway::AdmissionSettings;
use aggregator_http::{ClientKey, Settings};
use aggregator_policies::Rate;

use crate::client::*;

const QUERY: &str = r#"{"query": "q"}"#;

fn code(response: &Response) -> (u16, String) {
    (response.status, response.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(start_paused = true)]
async fn with_keys_only_their_owners_may_ask() {
    let mut settings = Settings::default();
    let slow = ClientKey::new("slow", "key-2").with_rate(Rate::per_second(1, 2).ok());
    settings.keys = vec![ClientKey::new("fast", "key-1"), slow];
    assert!(!format!("{settings:?}").contains("key-1"));
    let (service, probe) = service_with(settings, |gateway| gateway);
    let with = |key: &str| request("POST", "/v1/search", &[("authorization", key)], QUERY);
    let without = post(&service, "/v1/search", QUERY).await;
    assert_eq!((code(&without), without.header("www-authenticate")), ((401, "missing_api_key".into()), Some("Bearer")));
    for wrong in ["Bearer key-3", "Bearer key-1x", "Bearer ", "Basic key-1", "key-1"] {
        assert_eq!(ask(&service, &with(wrong)).await.status, 401, "{wrong}");
    }
    assert_eq!(probe.calls().len(), 0);
    for right in ["Bearer key-1", "bearer key-1", "Bearer key-2", "Bearer key-2"] {
        assert_eq!(ask(&service, &with(right)).await.status, 200, "{right}");
    }
    let limited = ask(&service, &with("Bearer key-2")).await;
    assert_eq!(code(&limited), (429, "rate_limit_exceeded".into()));
    assert!(
        limited.header("retry-after") == Some("1") && limited.header("retry-after-ms").is_some(),
        "{}",
        limited.head
    );
    assert_eq!(ask(&service, &with("Bearer key-1")).await.status, 200, "each has its own limit");
    let models = request("GET", "/v1/models", &[("authorization", "Bearer key-2")], "");
    assert_eq!(ask(&service, &models).await.status, 200, "only what asks an engine counts");
    assert_eq!(get(&service, "/healthz").await.status, 200, "no key is needed to see that the server lives");
    assert_eq!(get(&service, "/metrics").await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn a_query_beyond_what_the_server_can_take_is_refused_at_once() {
    let admission = AdmissionSettings::default().running(1).waiting(0);
    let (service, _) = service_with(Settings::default(), |gateway| gateway.admission(admission));
    let mut first = Connection::open(&service);
    first.send(&request("POST", "/v1/query", &[], QUERY)).await;
    first.read_until("provider_started").await;
    for path in ["/v1/query", "/v1/chat/completions"] {
        let body = r#"{"query": "q", "messages": [{"role": "user", "content": "q"}]}"#;
        let body = if path == "/v1/query" { QUERY } else { body };
        let begun = tokio::time::Instant::now();
        let refused = post(&service, path, body).await;
        assert_eq!(code(&refused), (503, "overloaded".into()));
        assert!(refused.header("retry-after").is_some() && begun.elapsed() == Duration::ZERO);
    }
    drop(first.stream);
    first.task.await.unwrap();
    assert_eq!(post(&service, "/v1/query", QUERY).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_said() {
    let mut settings = Settings::default();
    settings.max_body_bytes = 100;
    let (service, _) = service_with(settings, |gateway| gateway);
    let long = format!("{{\"query\": \"{}\"}}", "x".repeat(200));
    let chunked = format!(
        "POST /v1/query HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        long.len()
    );
    let mut said = Vec::new();
    for (what, request) in [
        ("no JSON", request("POST", "/v1/query", &[], "{\"query\": ")),
        ("a list", request("POST", "/v1/query", &[], "[\"q\"]")),
        ("another type", request("POST", "/v1/query", &[("content-type", "text/plain")], QUERY)),
        ("compressed", request("POST", "/v1/query", &[("content-encoding", "gzip")], QUERY)),
        ("too long", request("POST", "/v1/query", &[], &long)),
        ("too long, in chunks", chunked),
        ("another method", request("GET", "/v1/query", &[], "")),
        ("a path that is no text", request("GET", "/v1/models/%ff", &[], "")),
        ("another path", request("GET", "/v2/query", &[], "")),
        ("half a body", request("POST", "/v1/query", &[("content-length", "100")], QUERY)),
        ("another host", request("POST", "/v1/query", &[("host", "evil.example")], QUERY)),
        ("another site", request("OPTIONS", "/v1/query", &[("origin", "https://evil.example")], "")),
    ] {
        let response = ask(&service, &request).await;
        assert_eq!(response.header("access-control-allow-origin"), None);
        said.push(format!("{what}: {} {}", response.status, response.body));
    }
    insta::assert_snapshot!("unreadable", said.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn pages_of_named_sites_may_ask() {
    let mut settings = Settings::default();
    settings.origins = vec!["https://chat.example".into()];
    settings.keys = vec![ClientKey::new("page", "key-1")];
    let (service, _) = service_with(settings, |gateway| gateway);
    let origin = ("origin", "https://chat.example");
    let preflight = ask(&service, &request("OPTIONS", "/v1/query", &[origin], "")).await;
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-origin")),
        (204, Some("https://chat.example"))
    );
    assert!(preflight.header("access-control-allow-headers").is_some_and(|names| names.contains("authorization")));
    let asked = ask(&service, &request("POST", "/v1/search", &[origin], QUERY)).await;
    assert_eq!((asked.status, asked.header("access-control-allow-origin")), (401, Some("https://chat.example")));
}

#[tokio::test(start_paused = true)]
async fn what_was_done_is_counted() {
    let (service, _) = service();
    post(&service, "/v1/query", QUERY).await;
    post(&service, "/v1/search", QUERY).await;
    get(&service, "/no/such/path").await;
    let text = get(&service, "/metrics").await.body;
    for line in [
        "aggregator_queries_total{outcome=\"done\"} 2",
        "aggregator_provider_calls_total{provider=\"web\",outcome=\"ok\"} 2",
        "aggregator_http_requests_total{route=\"/v1/query\",status=\"200\"} 1",
        "aggregator_http_requests_total{route=\"other\",status=\"404\"} 1",
        "aggregator_first_text_seconds_count 1",
        "aggregator_queries_running 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("# EOF"));
    let open =
        ask(&service, &request("GET", "/metrics", &[("accept", "application/openmetrics-text;version=1.0.0")], ""))
            .await;
    assert!(
        open.body.ends_with("# EOF\n") && open.header("content-type").unwrap().starts_with("application/openmetrics")
    );
}
