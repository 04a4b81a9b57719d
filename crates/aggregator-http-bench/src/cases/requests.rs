//! One request and its whole response, on a connection of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aggregator_mocks::catalog;
use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use serde_json::json;
use tokio::runtime::Runtime;

use super::metrics::{BODY, BYTES_WRITTEN, EVENTS, FIRST_BYTE, POLLS, TOTAL, WRITES};
use crate::case::{Observation, Workload, digest};
use crate::client::{amount, ask, request};
use crate::endpoint::{Endpoint, ORIGIN, paused, record, response_of};
use crate::fault::Fault;
use crate::wire::Counts;

/// The request for the events of a scenario's query.
pub(super) fn query_of(scenario: &str) -> Bytes {
    let body = json!({"query": catalog::scenario(scenario).query});
    request("POST", "/v1/query", "", &body.to_string())
}

/// The request for an answer to a scenario's query as a chat completion.
fn chat_of(scenario: &str, streams: bool) -> Bytes {
    let messages = json!([{"role": "user", "content": catalog::scenario(scenario).query}]);
    request("POST", "/v1/chat/completions", "", &json!({"messages": messages, "stream": streams}).to_string())
}

/// Sets up the events of a query that finds ten results at once, and asks no model.
pub(super) fn query_floor(fault: Option<Fault>) -> Box<dyn Workload> {
    of_server("floor", query_of("floor"), fault)
}

/// Sets up the events of a query with four providers and an answer of 200 pieces.
pub(super) fn query_standard(fault: Option<Fault>) -> Box<dyn Workload> {
    of_server("standard", query_of("standard"), fault)
}

/// Sets up the same answer as a chat completion that is streamed.
pub(super) fn chat_standard(fault: Option<Fault>) -> Box<dyn Workload> {
    of_server("standard", chat_of("standard", true), fault)
}

/// Sets up the same answer as a chat completion in one document.
pub(super) fn chat_whole(fault: Option<Fault>) -> Box<dyn Workload> {
    of_server("standard", chat_of("standard", false), fault)
}

/// Sets up the search of the same query as in [`query_floor`], in one document.
pub(super) fn search_floor(fault: Option<Fault>) -> Box<dyn Workload> {
    let body = json!({"query": catalog::scenario("floor").query});
    of_server("floor", request("POST", "/v1/search", "", &body.to_string()), fault)
}

/// Sets up the smallest request that there is.
pub(super) fn health(fault: Option<Fault>) -> Box<dyn Workload> {
    let path = if fault == Some(Fault::OtherAnswer) { "/readyz" } else { "/healthz" };
    of_server("floor", request("GET", path, "", ""), fault)
}

/// Sets up the figures of a server that has answered a query, and was asked for its figures before.
pub(super) fn metrics(fault: Option<Fault>) -> Box<dyn Workload> {
    let accepts = if fault == Some(Fault::OtherAnswer) { "accept: application/openmetrics-text\r\n" } else { "" };
    let (runtime, endpoint) = (paused(), Endpoint::of_scenario("floor", None, fault));
    let request = with_origin(request("GET", "/metrics", accepts, ""), fault);
    for first in [&query_of("floor"), &request] {
        runtime.block_on(response_of(&endpoint, first, &Arc::default(), None));
    }
    Box::new(Asking { runtime, endpoint, request, fault })
}

/// Sets up the bytes of [`query_floor`] from the bare endpoint.
pub(super) fn bare_floor(fault: Option<Fault>) -> Box<dyn Workload> {
    of_bare("floor", query_of("floor"), fault)
}

/// Sets up the bytes of [`query_standard`] from the bare endpoint.
pub(super) fn bare_standard(fault: Option<Fault>) -> Box<dyn Workload> {
    of_bare("standard", query_of("standard"), fault)
}

/// Sets up the bytes of [`chat_standard`] from the bare endpoint.
pub(super) fn bare_chat(fault: Option<Fault>) -> Box<dyn Workload> {
    of_bare("standard", chat_of("standard", true), fault)
}

/// Sets up the bytes of [`health`] from the bare endpoint.
pub(super) fn bare_health(fault: Option<Fault>) -> Box<dyn Workload> {
    of_bare("floor", request("GET", "/healthz", "", ""), fault)
}

fn of_server(scenario: &str, request: Bytes, fault: Option<Fault>) -> Box<dyn Workload> {
    let (endpoint, request) = (Endpoint::of_scenario(scenario, None, fault), with_origin(request, fault));
    Box::new(Asking { runtime: paused(), endpoint, request, fault })
}

/// The request, with the planted fault [`Fault::LongHead`] that of a page whose origin is allowed.
fn with_origin(request: Bytes, fault: Option<Fault>) -> Bytes {
    if fault != Some(Fault::LongHead) {
        return request;
    }
    let text = String::from_utf8(request.to_vec()).expect("a request is text");
    text.replacen("\r\n", &format!("\r\norigin: {ORIGIN}\r\n"), 1).into()
}

fn of_bare(scenario: &str, request: Bytes, fault: Option<Fault>) -> Box<dyn Workload> {
    let endpoint = bare(scenario, &request, fault);
    Box::new(Asking { runtime: paused(), endpoint, request, fault })
}

/// The bare endpoint, which sends what the server answers to a request.
pub(super) fn bare(scenario: &str, request: &[u8], fault: Option<Fault>) -> Endpoint {
    let mut recorded = record(&Endpoint::of_scenario(scenario, None, None), request);
    if fault == Some(Fault::LostPiece) {
        recorded.pieces.pop();
        recorded.headers.remove("content-length");
    }
    if fault == Some(Fault::LongHead) {
        recorded.headers.insert("origin", HeaderValue::from_static(ORIGIN));
    }
    Endpoint::Bare(Arc::new(recorded))
}

struct Asking {
    runtime: Runtime,
    endpoint: Endpoint,
    request: Bytes,
    fault: Option<Fault>,
}

impl Workload for Asking {
    fn run(&mut self, _: &mut dyn FnMut(u64)) -> u64 {
        self.runtime.block_on(async {
            let (stream, task) = self.endpoint.open(&Arc::default(), self.fault);
            let mut read = 0;
            ask(stream, &self.request, |bytes| read += amount(bytes)).await;
            task.await.expect("no connection panics");
            read
        })
    }

    fn observe(&mut self) -> Observation {
        let counts = Arc::new(Counts::default());
        let response = response_of(&self.endpoint, &self.request, &counts, self.fault);
        let response = self.runtime.block_on(response);
        assert_eq!(response.status, StatusCode::OK);
        let body = response.body();
        let kind = response.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let ns = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let mut all = vec![
            (BODY, body.len() as u64),
            (BYTES_WRITTEN, counts.bytes.load(Ordering::Relaxed)),
            (WRITES, counts.writes.load(Ordering::Relaxed)),
            (POLLS, counts.polls.load(Ordering::Relaxed)),
            (FIRST_BYTE, ns(response.first_byte)),
            (TOTAL, ns(response.total)),
        ];
        if kind.starts_with("text/event-stream") {
            all.push((EVENTS, body.matches("\n\n").count() as u64));
        }
        let mut lines: Vec<&str> = body.lines().collect();
        if !kind.starts_with("text/event-stream") {
            // Figures of the same kind have no order.
            lines.sort_unstable();
        }
        Observation { amount: response.amount, checksum: digest([kind].into_iter().chain(lines)), counts: all }
    }
}

#[cfg(test)]
mod tests {
    use super::super::events;
    use super::*;

    /// The rows of the yardstick are those of the same bytes at the same times.
    #[test]
    fn the_bare_endpoint_sends_what_the_server_sends() {
        let cases = [
            ("floor", query_of("floor")),
            ("standard", query_of("standard")),
            ("standard", chat_of("standard", true)),
            ("floor", request("GET", "/healthz", "", "")),
        ];
        for (scenario, request) in cases {
            let (ours, bare) = (Endpoint::of_scenario(scenario, None, None), bare(scenario, &request, None));
            let answer = |endpoint: &Endpoint| {
                let counts = Arc::new(Counts::default());
                let response = paused().block_on(response_of(endpoint, &request, &counts, None));
                let pieces: Vec<_> = response.pieces.iter().map(|(at, piece)| (*at, piece.len())).collect();
                let body = response.body();
                (response.status, response.headers.len(), pieces, body, counts.bytes.load(Ordering::Relaxed))
            };
            let sent = answer(&ours);
            assert!(!sent.2.is_empty());
            assert_eq!(sent, answer(&bare));
        }
    }

    /// Without HTTP there are the same events, so that the rows differ by what HTTP costs.
    #[test]
    fn the_server_sends_the_events_of_the_gateway() {
        for (name, ours, without_http) in [
            ("floor", query_floor as fn(_) -> _, events::floor as fn(_) -> _),
            ("standard", query_standard, events::standard),
        ] {
            let of = |set_up: fn(Option<Fault>) -> Box<dyn Workload>| {
                let counts = set_up(None).observe().counts;
                counts.into_iter().find(|(metric, _)| *metric == EVENTS).expect("it has events").1
            };
            let endpoint = Endpoint::of_scenario(name, None, None);
            let response = paused().block_on(response_of(&endpoint, &query_of(name), &Arc::default(), None));
            let data = response.body().matches("\ndata: ").count() as u64;
            assert_eq!((of(ours), data), (of(without_http), of(without_http)));
            assert!(data > 10);
        }
    }
}
