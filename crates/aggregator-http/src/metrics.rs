//! What the server counts, in the text form of Prometheus.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use aggregator_core::Event;
use aggregator_core::event::{EventKind, Outcome};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tokio::time::Instant;

/// Upper bounds of times, in seconds: from a millisecond, as answers from a cache take, to a minute.
const TIMES: [f64; 15] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProviderLabels {
    /// A name of the settings, so there are few.
    provider: String,
    outcome: &'static str,
}

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    queries: Family<OutcomeLabels, Counter>,
    providers: Family<ProviderLabels, Counter>,
    reused: Counter,
    retries: Counter,
    first_event: Histogram,
    first_result: Histogram,
    first_text: Histogram,
    total: Histogram,
    input_tokens: Counter,
    output_tokens: Counter,
    running: Gauge<u64, AtomicU64>,
    waiting: Gauge<u64, AtomicU64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let times = || Histogram::new(TIMES);
        let mut metrics = Self {
            registry: Registry::with_prefix("aggregator"),
            requests: Family::default(),
            queries: Family::default(),
            providers: Family::default(),
            reused: Counter::default(),
            retries: Counter::default(),
            first_event: times(),
            first_result: times(),
            first_text: times(),
            total: times(),
            input_tokens: Counter::default(),
            output_tokens: Counter::default(),
            running: Gauge::default(),
            waiting: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("http_requests", "Requests that were answered", metrics.requests.clone());
        registry.register("queries", "Queries that ended, or whose client was gone", metrics.queries.clone());
        registry.register("provider_calls", "Calls of providers that ended", metrics.providers.clone());
        registry.register("queries_reused", "Queries answered by the run of another one", metrics.reused.clone());
        registry.register("retries", "Requests to services that were repeated", metrics.retries.clone());
        let mut time = |name: &str, help: &str, histogram: &Histogram| {
            registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
        };
        time("first_event", "Time to the first event of a query", &metrics.first_event);
        time("first_result", "Time to the first result of a query", &metrics.first_result);
        time("first_text", "Time to the first text of an answer", &metrics.first_text);
        time("query", "Time of a whole query", &metrics.total);
        registry.register("input_tokens", "Tokens of prompts", metrics.input_tokens.clone());
        registry.register("output_tokens", "Tokens of answers", metrics.output_tokens.clone());
        registry.register("queries_running", "Queries that run", metrics.running.clone());
        registry.register("queries_waiting", "Queries that wait for a place", metrics.waiting.clone());
        metrics
    }

    pub(crate) fn request(&self, route: &'static str, status: u16) {
        self.requests.get_or_create(&RequestLabels { route, status }).inc();
    }

    /// The text, with how many queries run and wait now: that of Prometheus, or of OpenMetrics.
    pub(crate) fn text(&self, running: u64, waiting: u64, is_open: bool) -> String {
        self.running.set(running);
        self.waiting.set(waiting);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = match is_open {
            true => text::encode(&mut text, &self.registry),
            false => prometheus_text::encode(&mut text, &self.registry),
        };
        text
    }
}

/// What is counted about one query; its end with the drop.
#[derive(Debug)]
pub(crate) struct QueryMetrics {
    metrics: Arc<Metrics>,
    /// When the request was read.
    began: Instant,
    seen: [bool; 2],
    outcome: &'static str,
}

impl QueryMetrics {
    pub(crate) fn new(metrics: &Arc<Metrics>) -> Self {
        Self { metrics: Arc::clone(metrics), began: Instant::now(), seen: [false; 2], outcome: "dropped" }
    }

    pub(crate) fn see(&mut self, event: &Event) {
        let (metrics, seconds) = (&self.metrics, self.began.elapsed().as_secs_f64());
        if event.seq == 0 {
            metrics.first_event.observe(seconds);
        }
        match &event.kind {
            EventKind::Result { .. } if !std::mem::replace(&mut self.seen[0], true) => {
                metrics.first_result.observe(seconds);
            }
            EventKind::AnswerDelta { .. } if !std::mem::replace(&mut self.seen[1], true) => {
                metrics.first_text.observe(seconds);
            }
            EventKind::ProviderFinished(report) => {
                let labels = ProviderLabels { provider: report.provider.to_string(), outcome: word(&report.outcome) };
                metrics.providers.get_or_create(&labels).inc();
            }
            EventKind::Reused { .. } => {
                metrics.reused.inc();
            }
            EventKind::Policy(report) if matches!(report.action, aggregator_core::PolicyAction::Retrying { .. }) => {
                metrics.retries.inc();
            }
            EventKind::Done { .. } => self.outcome = "done",
            EventKind::Failed { .. } => self.outcome = "failed",
            EventKind::Cancelled { .. } => self.outcome = "cancelled",
            _ => {}
        }
        if let Some(summary) = event.kind.summary() {
            let usage = summary.usage();
            metrics.input_tokens.inc_by(usage.input_tokens);
            metrics.output_tokens.inc_by(usage.output_tokens);
        }
    }
}

impl Drop for QueryMetrics {
    fn drop(&mut self) {
        self.metrics.queries.get_or_create(&OutcomeLabels { outcome: self.outcome }).inc();
        self.metrics.total.observe(self.began.elapsed().as_secs_f64());
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Partial(_) => "partial",
        Outcome::Timeout => "timeout",
        Outcome::Error(_) => "error",
        Outcome::Cancelled => "cancelled",
        Outcome::Enough => "enough",
        _ => "skipped",
    }
}
