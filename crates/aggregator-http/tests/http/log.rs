//! The report of each request, and what of queries is counted.

use std::sync::{Arc, Mutex};

use aggregator_gateway::AdmissionSettings;
use aggregator_http::{ClientKey, RequestLog, RequestReport, Service, Settings};
use tokio::time::sleep;

use crate::client::*;

/// Reports as lines of text.
#[derive(Debug, Default)]
struct Lines(Mutex<Vec<String>>);

impl RequestLog for Lines {
    fn ended(&self, report: &RequestReport<'_>) {
        let query = report.query.map(|query| {
            let providers: Vec<_> = query.providers.iter().map(|one| (one.provider.to_string(), one.hits)).collect();
            format!("{} {:?} {providers:?} {:?}", query.outcome.name(), query.duration, query.text)
        });
        let RequestReport { method, path, status, key, duration, is_complete, .. } = report;
        let line = format!("{method} {path} {status:?} {key:?} {duration:?} {is_complete} {query:?}");
        self.0.lock().unwrap().push(line);
    }
}

impl Lines {
    /// The lines, once the connections have ended.
    async fn take(&self) -> Vec<String> {
        sleep(MS).await;
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn logging(settings: Settings, running: u32) -> (Service, Arc<Lines>) {
    let lines = Arc::<Lines>::default();
    let mut settings = settings;
    settings.log = Some(lines.clone());
    let admission = AdmissionSettings::default().running(running).waiting(0);
    (service_with(settings, |gateway| gateway.admission(admission)).0, lines)
}

const QUERY: &str = r#"{"query": "when does the canary turn?"}"#;
const CHAT: &str = r#"{"messages": [{"role": "user", "content": "when does the canary turn?"}]}"#;

#[tokio::test(start_paused = true)]
async fn a_request_is_reported_once_when_all_of_it_is_sent() {
    let mut settings = Settings::default();
    settings.keys.push(ClientKey::new("ann", "canary-key"));
    settings.origins.push("https://a.example".into());
    let (service, lines) = logging(settings, 10);
    let key = [("authorization", "Bearer canary-key")];
    for (path, body) in [("/v1/query?q=canary", QUERY), ("/v1/chat/completions", CHAT)] {
        assert_eq!(ask(&service, &request("POST", path, &key, body)).await.status, 200);
        let path = path.split('?').next().unwrap();
        let query = r#"Some("done 140ms [(\"web\", 3)] None")"#;
        assert_eq!(lines.take().await, [format!("POST {path} Some(200) Some(\"ann\") 140ms true {query}")]);
    }
    ask(&service, &request("POST", "/v1/query", &[("authorization", "Bearer canary-other")], QUERY)).await;
    ask(&service, &request("GET", "/healthz", &[], "")).await;
    // A response without a body.
    ask(&service, &request("OPTIONS", "/v1/query", &[("origin", "https://a.example")], "")).await;
    ask(&service, &request("DELETE", "/%1b[2J", &key, "")).await;
    assert_eq!(
        lines.take().await,
        [
            "POST /v1/query Some(401) None 0ns true None",
            "GET /healthz Some(200) None 0ns true None",
            "OPTIONS /v1/query Some(204) None 0ns true None",
            "DELETE /%1b[2J Some(404) Some(\"ann\") 0ns true None",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_is_reported_at_once() {
    let (service, lines) = logging(Settings::default(), 10);
    // In the middle of a stream, and before there is a response.
    for (path, body, status) in [("/v1/query", QUERY, "Some(200)"), ("/v1/chat/completions", CHAT, "None")] {
        let mut connection = Connection::open(&service);
        connection.send(&request("POST", path, &[], body)).await;
        sleep(30 * MS).await;
        drop(connection.stream);
        let expected = format!("POST {path} {status} None 30ms false Some(\"dropped 30ms [] None\")");
        assert_eq!(lines.take().await, [expected]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_refused_is_reported_and_counted() {
    let (service, lines) = logging(Settings::default(), 1);
    let mut first = Connection::open(&service);
    first.send(&request("POST", "/v1/query", &[], QUERY)).await;
    sleep(MS).await;
    assert_eq!(post(&service, "/v1/query", QUERY).await.status, 503);
    assert_eq!(lines.take().await, ["POST /v1/query Some(503) None 0ns true Some(\"refused 0ns [] None\")"]);
    drop(first);
    lines.take().await;
    let metrics = get(&service, "/metrics").await.body;
    for line in [
        "aggregator_queries_total{outcome=\"refused\"} 1\n",
        "aggregator_queries_total{outcome=\"dropped\"} 1\n",
        // Not of the one that was not begun.
        "aggregator_query_seconds_count 1\n",
        "aggregator_stalls_total 0\n",
    ] {
        assert!(metrics.contains(line), "{line}{metrics}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_is_reported_only_on_request() {
    let mut settings = Settings::default();
    settings.observer = settings.observer.with_report_content(true);
    let (service, lines) = logging(settings, 10);
    post(&service, "/v1/query", QUERY).await;
    let reported = lines.take().await;
    assert!(reported[0].contains("when does the canary turn?"), "{reported:?}");
}
