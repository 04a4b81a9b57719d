//! What the server counts, in the text form of Prometheus.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use aggregator_core::PolicyAction;
use aggregator_observe::{Measure, QueryEnd, outcome_name};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

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

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ServiceLabels {
    /// A name of the settings, too.
    service: String,
}

/// What is counted: one of the places that the server's observer reports to.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    queries: Family<OutcomeLabels, Counter>,
    providers: Family<ProviderLabels, Counter>,
    reused: Counter,
    retries: Counter,
    breakers: Family<ServiceLabels, Counter>,
    stalls: Counter,
    spans: Family<OutcomeLabels, Counter>,
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
            breakers: Family::default(),
            stalls: Counter::default(),
            spans: Family::default(),
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
        registry.register(
            "queries",
            "Queries that ended, were refused, or whose client was gone",
            metrics.queries.clone(),
        );
        registry.register("provider_calls", "Calls of providers that ended", metrics.providers.clone());
        registry.register("queries_reused", "Queries answered by the run of another one", metrics.reused.clone());
        registry.register("retries", "Requests to services that were repeated", metrics.retries.clone());
        registry.register(
            "breakers_opened",
            "Times that a service was left alone for a while",
            metrics.breakers.clone(),
        );
        registry.register("stalls", "Gaps of a second or more between two events of a query", metrics.stalls.clone());
        registry.register("spans", "Spans for OpenTelemetry that were sent or lost", metrics.spans.clone());
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

impl aggregator_observe::Metrics for Metrics {
    fn record(&self, measure: &Measure<'_>) {
        let observe = |histogram: &Histogram, time: Duration| histogram.observe(time.as_secs_f64());
        match measure {
            Measure::FirstEvent(after) => observe(&self.first_event, *after),
            Measure::FirstResult(after) => observe(&self.first_result, *after),
            Measure::FirstText(after) => observe(&self.first_text, *after),
            Measure::Stall(_) => {
                self.stalls.inc();
            }
            Measure::ProviderEnded(report) => {
                let (provider, outcome) = (report.provider.to_string(), outcome_name(&report.outcome));
                self.providers.get_or_create(&ProviderLabels { provider, outcome }).inc();
            }
            Measure::Policy(report) => match report.action {
                PolicyAction::Retrying { .. } => {
                    self.retries.inc();
                }
                PolicyAction::BreakerOpened { .. } => {
                    self.breakers.get_or_create(&ServiceLabels { service: report.service.to_string() }).inc();
                }
                _ => {}
            },
            Measure::QueryEnded(report) => {
                self.queries.get_or_create(&OutcomeLabels { outcome: report.outcome.name() }).inc();
                if report.outcome != QueryEnd::Refused {
                    observe(&self.total, report.duration);
                }
                if report.reused.is_some() {
                    self.reused.inc();
                }
                self.input_tokens.inc_by(report.usage.input_tokens);
                self.output_tokens.inc_by(report.usage.output_tokens);
            }
            Measure::Export(export) => {
                for (outcome, spans) in [("sent", export.spans - export.lost), ("failed", export.lost)] {
                    if spans > 0 {
                        self.spans.get_or_create(&OutcomeLabels { outcome }).inc_by(spans);
                    }
                }
            }
            _ => {}
        }
    }
}
