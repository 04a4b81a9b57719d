//! A case: a scenario that is run in virtual time.

use std::hint::black_box;
use std::sync::Arc;

use aggregator_load::MockTarget;
use perf_gate::{Class, Metric, Unit};
use perf_load::report::From;
use perf_load::{Report, Run, Scenario, Target};
use tokio::runtime::{Builder, Runtime};

use crate::fault::Fault;

/// A case of the harness.
#[derive(Debug)]
pub struct Case {
    /// `suite/case/size`: the key in baselines, which never changes.
    pub name: &'static str,
    /// Number of operations under an instruction counter, which makes them 50 times slower.
    pub operations: u32,
    pub(crate) scenario: fn(Scale) -> Scenario,
}

/// How much of a scenario is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// All of the case: what is measured.
    Full,
    /// A fifth of the requests, for tests of faults.
    Fifth,
}

/// What a case does.
pub trait Workload {
    /// Performs one operation, which is what is measured; returns the amount that it computed.
    fn run(&mut self) -> u64;
}

/// What one operation computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The amount that [`Workload::run`] has to compute; not zero.
    pub amount: u64,
    /// Digest of what was computed.
    pub checksum: u64,
    /// Counts, each with its metric.
    pub counts: Vec<(Metric, u64)>,
}

/// Requests whose answer was compared, and right.
const ANSWERED: Metric = Metric::new("answered", Unit::Count, Class::Quality);
/// Requests that failed, were wrong answers or were skipped.
const FAILED: Metric = Metric::new("failed", Unit::Count, Class::Schedule);
/// Pieces of text of all answers.
const DELTAS: Metric = Metric::new("deltas", Unit::Count, Class::Behaviour);
/// Requests within the objective of the scenario.
const GOOD: Metric = Metric::new("good", Unit::Count, Class::Quality);
/// The most requests at a time.
const IN_FLIGHT: Metric = Metric::new("in-flight", Unit::Count, Class::Schedule);

/// The times that users wait for, in virtual time: the metric of a percentile of a metric of `perf-load`.
const TIMES: [(Metric, perf_load::Metric, f64); 7] = [
    (time("ttfe-p99"), perf_load::Metric::Ttfe, 99.0),
    (time("ttfr-p95"), perf_load::Metric::Ttfr, 95.0),
    (time("ttft-p50"), perf_load::Metric::Ttft, 50.0),
    (time("ttft-p95"), perf_load::Metric::Ttft, 95.0),
    (time("e2e-p50"), perf_load::Metric::E2e, 50.0),
    (time("e2e-p95"), perf_load::Metric::E2e, 95.0),
    (time("stall-p95"), perf_load::Metric::MaxStall, 95.0),
];

const fn time(name: &'static str) -> Metric {
    Metric::new(name, Unit::Ns, Class::Schedule)
}

impl Case {
    /// Sets up the workload, and performs one operation, which fills caches and lazily initialised state. Neither is measured.
    ///
    /// # Panics
    /// When the operation computes nothing.
    pub fn prepare(&self, scale: Scale, fault: Option<Fault>) -> (Box<dyn Workload>, Observation) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a current-thread runtime");
        let scenario = (self.scenario)(scale);
        let target = runtime.block_on(MockTarget::new(&scenario)).expect("the mocks know what the scenario names");
        let target = match fault {
            Some(fault) => Arc::new(target.through(move |events| fault.apply(events))),
            None => Arc::new(target),
        };
        let mut workload = Loaded { runtime, scenario, target, leaks: fault == Some(Fault::LeakedMemory) };
        let report = workload.report();
        let observation = observation(&report);
        assert!(observation.amount > 0, "{} computes nothing: {:?}", self.name, report.errors);
        (Box::new(workload), observation)
    }
}

/// A scenario over its target.
struct Loaded {
    runtime: Runtime,
    scenario: Scenario,
    target: Arc<dyn Target>,
    leaks: bool,
}

impl Loaded {
    fn report(&mut self) -> Report {
        if self.leaks {
            std::mem::forget(black_box(vec![1_u8; 64]));
        }
        self.runtime.block_on(Run::new(&self.scenario, Arc::clone(&self.target)).run(&mut ()))
    }
}

impl Workload for Loaded {
    fn run(&mut self) -> u64 {
        amount(&self.report())
    }
}

/// Requests that were started.
fn amount(report: &Report) -> u64 {
    report.requests.started
}

fn observation(report: &Report) -> Observation {
    let value = |metric, percent| {
        let of = [From::Intended, From::Neither].into_iter().find_map(|from| report.distribution(metric, from));
        of.and_then(|of| of.percentile(percent)).unwrap_or(0)
    };
    let total = |metric| {
        let of = report.distribution(metric, From::Neither);
        of.map_or(0, |of| (of.mean * of.n as f64).round() as u64)
    };
    let requests = &report.requests;
    let mut counts = vec![
        (ANSWERED, requests.succeeded - requests.unchecked),
        (FAILED, requests.failed + requests.skipped + requests.unfinished),
        (DELTAS, total(perf_load::Metric::Chunks)),
        (IN_FLIGHT, report.peak_in_flight),
    ];
    counts.extend(report.goodput.first().map(|goodput| (GOOD, goodput.good)));
    counts.extend(TIMES.map(|(metric, of, percent)| (metric, value(of, percent))));
    Observation { amount: amount(report), checksum: total(perf_load::Metric::TextBytes), counts }
}
