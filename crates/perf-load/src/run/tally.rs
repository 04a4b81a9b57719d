//! What a run adds up to.

use std::collections::BTreeMap;
use std::time::Duration;

use super::client::Finished;
use super::intervals::{InFlight, Timeline};
use crate::error_kind::ErrorKind;
use crate::histogram::Histogram;
use crate::judge::{Evidence, Judged, fails_early, judge};
use crate::leak::MemoryReport;
use crate::metric::Metric;
use crate::observer::SoFar;
use crate::record::{Outcome, Record};
use crate::report::{Distribution, From, Goodput, Requests, rounded};
use crate::scenario::{Aggregate, Scenario, Subject, Threshold};
use crate::stream_metrics::nanos;

/// The sums of all requests that have ended.
pub(super) struct Tally<'a> {
    scenario: &'a Scenario,
    histograms: BTreeMap<(Metric, From), Histogram>,
    pub(super) requests: Requests,
    pub(super) errors: BTreeMap<String, u64>,
    pub(super) warnings: BTreeMap<String, u64>,
    /// Of each threshold of a metric, exactly.
    counts: Vec<Counts>,
    /// Requests that met each objective.
    good: Vec<u64>,
    pub(super) timeline: Timeline,
    interval_ns: u64,
    timeout: String,
}

/// What is counted for the threshold of a metric.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    /// Values beyond the limit.
    wrong: u64,
    /// Values.
    n: u64,
    /// Requests that were given up before they had a value.
    missing: u64,
}

impl<'a> Tally<'a> {
    pub(super) fn new(scenario: &'a Scenario, interval_ns: u64) -> Self {
        Self {
            scenario,
            histograms: BTreeMap::new(),
            requests: Requests::default(),
            errors: BTreeMap::new(),
            warnings: BTreeMap::new(),
            counts: vec![Counts::default(); scenario.thresholds.len()],
            good: vec![0; scenario.objectives.len()],
            timeline: Timeline::default(),
            interval_ns,
            timeout: ErrorKind::Timeout.name(),
        }
    }

    /// Adds a request that has ended.
    pub(super) fn add(&mut self, finished: &Finished) {
        let Finished { record, pieces } = finished;
        let lag = record.lag();
        self.value(Metric::SendLag, From::Neither, nanos(lag));
        for warning in &record.warnings {
            *self.warnings.entry(warning.clone()).or_default() += 1;
        }
        let ended_in = (record.actual_ns + record.metrics.end_ns) / self.interval_ns;
        match &record.outcome {
            Outcome::Cancelled => {
                self.requests.cancelled += 1;
                return;
            }
            Outcome::Failure(kind) => {
                self.requests.failed += 1;
                *self.errors.entry(kind.clone()).or_default() += 1;
                self.timeline.ended(ended_in, false);
                if *kind == self.timeout {
                    self.timed_out(record);
                }
                return;
            }
            Outcome::Success => {}
            Outcome::Unchecked => self.requests.unchecked += 1,
        }
        self.requests.succeeded += 1;
        self.timeline.ended(ended_in, true);
        for metric in Metric::ALL {
            self.values(metric, record);
        }
        for gap in &pieces.gaps {
            self.value(Metric::Gap, From::Neither, *gap);
        }
        for size in &pieces.sizes {
            self.value(Metric::ChunkBytes, From::Neither, u64::from(*size));
        }
        for (objective, good) in self.scenario.objectives.iter().zip(&mut self.good) {
            let met = objective.limits.iter().all(|limit| {
                record.metrics.value(limit.metric, lag).is_some_and(|value| match limit.metric.larger_is_better() {
                    true => value >= limit.limit,
                    false => value <= limit.limit,
                })
            });
            *good += u64::from(met);
        }
        self.latency(record);
    }

    /// Adds how late timers were.
    pub(super) fn add_runtime_lags(&mut self, lags: &[Duration]) {
        for lag in lags {
            self.value(Metric::RuntimeLag, From::Neither, nanos(*lag));
        }
    }

    /// Adds a request that was given up. What it had shown counts, or only the requests that were fast would. Its end is later than the
    /// time for which it ran, and so is what it had not yet shown.
    fn timed_out(&mut self, record: &Record) {
        for metric in Metric::ALL {
            match metric {
                Metric::E2e => {
                    for (from, lag) in starts(record) {
                        if let Some(value) = record.metrics.value(metric, lag) {
                            self.histogram(metric, from).add(value);
                        }
                    }
                    self.missing(metric);
                }
                // Nobody knows when the rest of its text would have come.
                Metric::Efficiency => self.missing(metric),
                // As long as this at least.
                Metric::MaxStall | Metric::Stalls | Metric::GapMax => self.values(metric, record),
                _ if metric.has_start() => {
                    if record.metrics.value(metric, Duration::ZERO).is_some() {
                        self.values(metric, record);
                    } else {
                        self.missing(metric);
                    }
                }
                _ => {}
            }
        }
        self.latency(record);
    }

    /// Adds what a request has of a metric.
    fn values(&mut self, metric: Metric, record: &Record) {
        if !metric.has_start() {
            if let Some(value) = record.metrics.value(metric, Duration::ZERO) {
                self.value(metric, From::Neither, value);
            }
            return;
        }
        for (from, lag) in starts(record) {
            if let Some(value) = record.metrics.value(metric, lag) {
                self.value(metric, from, value);
            }
        }
    }

    /// Counts a value of a metric from the start that is not known, and worse than any.
    fn missing(&mut self, metric: Metric) {
        for (threshold, counts) in self.scenario.thresholds.iter().zip(&mut self.counts) {
            if from_of(threshold).is_some_and(|(of, _)| of == metric) {
                counts.missing += 1;
            }
        }
    }

    fn histogram(&mut self, metric: Metric, from: From) -> &mut Histogram {
        self.histograms.entry((metric, from)).or_insert_with(Histogram::new)
    }

    fn latency(&mut self, record: &Record) {
        let value = |metric| record.metrics.value(metric, record.lag());
        self.timeline.latency(record.intended_ns / self.interval_ns, value(Metric::Ttft), value(Metric::E2e));
    }

    fn value(&mut self, metric: Metric, from: From, value: u64) {
        self.histogram(metric, from).add(value);
        for (threshold, counts) in self.scenario.thresholds.iter().zip(&mut self.counts) {
            if from_of(threshold) == Some((metric, from)) {
                counts.n += 1;
                counts.wrong += u64::from(!threshold.holds(value as f64));
            }
        }
    }

    pub(super) fn so_far(&self, metric: Metric) -> Option<SoFar> {
        let histogram = self.histograms.get(&(metric, From::Intended))?;
        let at = |percent| histogram.percentile(percent).map(Duration::from_nanos);
        Some(SoFar { p50: at(50.0)?, p95: at(95.0)?, p99: at(99.0)?, n: histogram.n() })
    }

    pub(super) fn distributions(&self) -> Vec<Distribution> {
        let mut distributions = Vec::new();
        for metric in Metric::ALL {
            for from in [From::Intended, From::Actual, From::Neither] {
                let Some(histogram) = self.histograms.get(&(metric, from)) else { continue };
                let (Some(min), Some(max), Some(mean)) = (histogram.min(), histogram.max(), histogram.mean()) else {
                    continue;
                };
                distributions.push(Distribution {
                    metric,
                    from,
                    unit: metric.unit(),
                    n: histogram.n(),
                    min,
                    max,
                    mean: rounded(mean),
                    percentiles: histogram.percentiles(self.scenario.confidence),
                    bars: histogram.bars(),
                });
            }
        }
        distributions
    }

    pub(super) fn goodput(&self, elapsed: Duration) -> Vec<Goodput> {
        let of = self.requests.succeeded + self.requests.failed + self.requests.skipped;
        let goodput = |(objective, good): (&crate::scenario::Objective, &u64)| Goodput {
            objective: objective.name.clone(),
            good: *good,
            of,
            per_second: per_second(*good, elapsed),
        };
        self.scenario.objectives.iter().zip(&self.good).map(goodput).collect()
    }

    /// Judges a threshold by its place in the scenario.
    pub(super) fn judge(
        &self,
        index: usize,
        elapsed: Duration,
        in_flight: &InFlight,
        memory: Option<&MemoryReport>,
    ) -> Judged {
        let threshold = &self.scenario.thresholds[index];
        judge(threshold, self.evidence(index, elapsed, in_flight, memory), self.scenario.confidence)
    }

    /// Whether a threshold has failed so clearly that the run need not go on.
    pub(super) fn fails_early(&self, index: usize, elapsed: Duration, in_flight: &InFlight) -> bool {
        fails_early(&self.scenario.thresholds[index], &self.evidence(index, elapsed, in_flight, None))
    }

    fn evidence(
        &self,
        index: usize,
        elapsed: Duration,
        in_flight: &InFlight,
        memory: Option<&MemoryReport>,
    ) -> Evidence {
        let threshold = &self.scenario.thresholds[index];
        let requests = &self.requests;
        let ended = requests.succeeded + requests.failed;
        let share = |k, n| match threshold.aggregate {
            Aggregate::Count => Evidence::Plain { figure: k as f64, n },
            _ => Evidence::Share { k, n },
        };
        match &threshold.subject {
            Subject::Metric { .. } => self.of_metric(index, threshold),
            Subject::Errors(None) => share(requests.failed, ended),
            Subject::Errors(Some(kind)) => share(self.errors.get(kind).copied().unwrap_or(0), ended),
            Subject::Goodput(name) => {
                let place = self.scenario.objectives.iter().position(|objective| objective.name == *name);
                let good = place.and_then(|place| self.good.get(place)).copied().unwrap_or(0);
                share(good, ended + requests.skipped)
            }
            Subject::Skipped => share(in_flight.skipped, in_flight.skipped + in_flight.started),
            Subject::Throughput => {
                Evidence::Plain { figure: per_second(requests.succeeded, elapsed), n: requests.succeeded }
            }
            Subject::InFlight => Evidence::Plain { figure: in_flight.peak as f64, n: in_flight.started },
            Subject::Memory => of_memory(threshold, memory),
        }
    }

    fn of_metric(&self, index: usize, threshold: &Threshold) -> Evidence {
        let Some((metric, from)) = from_of(threshold) else {
            return Evidence::NotMeasured("it is no metric".to_owned());
        };
        let histogram = self.histograms.get(&(metric, from));
        let counts = self.counts[index];
        // What could not even be started would have been late.
        let missing = counts.missing + if from == From::Intended { self.requests.skipped } else { 0 };
        let n = histogram.map_or(0, Histogram::n);
        let plain = |figure: Option<f64>| match figure {
            Some(figure) if missing > 0 => Evidence::Partial { figure, missing, n },
            Some(figure) => Evidence::Plain { figure, n },
            None => Evidence::NotMeasured(format!("no request had a value of {}", metric.name())),
        };
        match threshold.aggregate {
            Aggregate::Percentile(percent) => {
                // They meet no limit of what is bad about being late; a lower limit of a time they meet.
                let wrong = threshold.comparison.is_upper() != metric.larger_is_better();
                Evidence::Percentile {
                    figure: histogram.and_then(|histogram| histogram.percentile(percent)).map(|value| value as f64),
                    wrong: counts.wrong + if wrong { missing } else { 0 },
                    n: counts.n + missing,
                }
            }
            Aggregate::Mean => plain(histogram.and_then(Histogram::mean)),
            Aggregate::Max => plain(histogram.and_then(Histogram::max).map(|value| value as f64)),
            _ => plain(histogram.and_then(Histogram::min).map(|value| value as f64)),
        }
    }
}

/// The starts from which times of a request are taken, and how much earlier each was than the actual one.
fn starts(record: &Record) -> [(From, Duration); 2] {
    [(From::Intended, record.lag()), (From::Actual, Duration::ZERO)]
}

/// The distribution that a threshold is about.
fn from_of(threshold: &Threshold) -> Option<(Metric, From)> {
    match threshold.subject {
        Subject::Metric { metric, actual } => Some(match (metric.has_start(), actual) {
            (false, _) => (metric, From::Neither),
            (true, false) => (metric, From::Intended),
            (true, true) => (metric, From::Actual),
        }),
        _ => None,
    }
}

fn of_memory(threshold: &Threshold, memory: Option<&MemoryReport>) -> Evidence {
    let Some(memory) = memory else {
        return Evidence::NotMeasured("resident memory was not measured".to_owned());
    };
    let n = memory.samples;
    match threshold.aggregate {
        Aggregate::Retained => Evidence::Plain { figure: memory.retained_bytes as f64, n },
        Aggregate::PerRequest => match memory.growth.smallest_seen {
            // The upper end of the interval: what the growth is at most.
            Some(_) => Evidence::Plain { figure: memory.growth.high, n },
            None => Evidence::NotMeasured("there are too few samples to see growth".to_owned()),
        },
        _ => Evidence::Plain { figure: memory.peak_bytes as f64, n },
    }
}

pub(super) fn per_second(count: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 0.0 } else { rounded(count as f64 / elapsed.as_secs_f64()) }
}
