//! The cases of the engine: every workload that `perf-gate` measures, compiled once and run by all three of its targets.
//!
//! To add a case, implement [`Workload`] in a file of this folder and add a line to `CASES`. The name is the key in
//! baselines and never changes. `run` is measured and uses public interfaces only. `observe` performs the same operation
//! with instruments, and reports the counts, the checksum and the amount that `run` has to compute.

mod analysis;
mod arrivals;
mod batch;
mod citations;
mod cold_start;
mod endurance;
mod fairness;
mod footprint;
mod labels;
mod load;
mod merge;
mod metrics;
mod query;
mod query_stats;
#[cfg(feature = "seeded-faults")]
mod slowdown;
mod threads;
mod url;
mod workload;
mod yardstick;

use aggregator_mocks::labels::Part;
pub use query::time_with_real_clock;
use workload::require;
pub use workload::{Observation, Workload};

/// A case.
pub struct Case {
    /// `suite/case/size`: the key in baselines, which never changes.
    pub name: &'static str,
    /// Sets up the workload, which is not measured.
    pub prepare: fn() -> Box<dyn Workload>,
    /// What is measured of the case.
    pub kind: CaseKind,
    /// Maximum number of operations under the instruction counter.
    pub max_counted_operations: u64,
}

/// Maximum number of operations under the instruction counter: enough to average over operations that differ.
const COUNTED: u64 = 20;

/// What is measured of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseKind {
    /// Everything; an operation is measured after the first one of the process.
    Repeated,
    /// One operation takes most of a second, or only the schedule or the quality of the case is of interest. `count` and `heap` measure it; it
    /// is neither timed nor run under an instruction counter, which would take a minute.
    Heavy,
    /// The first operation of a process. It is not timed, because a sample of the timer is one of many operations.
    ColdStart,
    /// Two threads. `count` measures it, and `heap` what it leaves; its time and its instructions do not repeat.
    Threads,
}

const fn case(name: &'static str, prepare: fn() -> Box<dyn Workload>) -> Case {
    Case { name, prepare, kind: CaseKind::Repeated, max_counted_operations: COUNTED }
}

/// A case whose operation goes through a whole file of labels: hundreds of texts, each read once, so that few operations
/// average over as much as many of another case.
const fn labels_case(name: &'static str, prepare: fn() -> Box<dyn Workload>) -> Case {
    Case { name, prepare, kind: CaseKind::Repeated, max_counted_operations: 8 }
}

const fn heavy_case(name: &'static str, prepare: fn() -> Box<dyn Workload>) -> Case {
    Case { name, prepare, kind: CaseKind::Heavy, max_counted_operations: COUNTED }
}

const fn cold_start(name: &'static str, prepare: fn() -> Box<dyn Workload>) -> Case {
    Case { name, prepare, kind: CaseKind::ColdStart, max_counted_operations: COUNTED }
}

const fn threads(name: &'static str, prepare: fn() -> Box<dyn Workload>) -> Case {
    Case { name, prepare, kind: CaseKind::Threads, max_counted_operations: COUNTED }
}

/// Every case, in the order of `--list`.
const CASES: &[Case] = &[
    case("url/ordinary/40", || Box::new(url::ordinary())),
    case("url/hostile/40", || Box::new(url::hostile())),
    case("merge/standard/40", || Box::new(merge::Merge::new("standard"))),
    case("merge/wide/800", || Box::new(merge::Merge::new("wide"))),
    case("rank/standard/40", || Box::new(merge::Ranking::new("standard"))),
    case("rank/wide/800", || Box::new(merge::Ranking::new("wide"))),
    case("citations/scan/200", || Box::new(citations::Scan::new())),
    case("analysis/english/200", || Box::new(analysis::AnalysisWorkload::english())),
    case("analysis/chinese/200", || Box::new(analysis::AnalysisWorkload::chinese())),
    case("analysis/threshold-20/200", || Box::new(analysis::AnalysisWorkload::with_threshold(0.2))),
    case("analysis/threshold-40/200", || Box::new(analysis::AnalysisWorkload::with_threshold(0.4))),
    case("analysis/threshold-60/200", || Box::new(analysis::AnalysisWorkload::with_threshold(0.6))),
    case("analysis/threshold-80/200", || Box::new(analysis::AnalysisWorkload::with_threshold(0.8))),
    case("analysis/labelled/182", || Box::new(analysis::AnalysisWorkload::labelled())),
    case("analysis/held-out/60", || Box::new(analysis::AnalysisWorkload::held_out())),
    labels_case("labels/queries/662", || Box::new(labels::Queries::new(Part::Tuning))),
    labels_case("labels/queries-held-out/202", || Box::new(labels::Queries::new(Part::HeldOut))),
    labels_case("labels/answers/167", || Box::new(labels::Answers::new(Part::Tuning))),
    labels_case("labels/answers-held-out/83", || Box::new(labels::Answers::new(Part::HeldOut))),
    labels_case("labels/urls/197", || Box::new(labels::Urls::new(Part::Tuning))),
    labels_case("labels/urls-held-out/115", || Box::new(labels::Urls::new(Part::HeldOut))),
    labels_case("labels/pages/62", || Box::new(labels::Pages::new(Part::Tuning))),
    labels_case("labels/pages-held-out/32", || Box::new(labels::Pages::new(Part::HeldOut))),
    heavy_case("labels/contradictions/200", || Box::new(labels::Contradictions::new(Part::Tuning))),
    heavy_case("labels/contradictions-held-out/400", || Box::new(labels::Contradictions::new(Part::HeldOut))),
    heavy_case("labels/dialogues/40", || Box::new(labels::Dialogues::new(Part::Tuning))),
    heavy_case("labels/dialogues-held-out/40", || Box::new(labels::Dialogues::new(Part::HeldOut))),
    case("query/floor/10", || Box::new(query::FullQuery::from_scenario("floor"))),
    case("query/floor-analysed/10", || Box::new(query::FullQuery::floor_with_analysis())),
    case("query/all-stages/40", || Box::new(query::FullQuery::with_all_stages("standard"))),
    case("query/standard/40", || Box::new(query::FullQuery::from_scenario("standard"))),
    case("query/degraded/64", || Box::new(query::FullQuery::from_scenario("degraded"))),
    case("query/wide/800", || Box::new(query::FullQuery::from_scenario("wide"))),
    case("query/fast/28", || Box::new(query::FullQuery::from_scenario("fast"))),
    case("query/typical/43", || Box::new(query::FullQuery::from_scenario("typical"))),
    case("query/heavy-tail/18", || Box::new(query::FullQuery::from_scenario("heavy-tail"))),
    case("query/rate-limited/19", || Box::new(query::FullQuery::from_scenario("rate-limited"))),
    case("query/slow-reader/30", || Box::new(query::FullQuery::from_scenario("slow-reader"))),
    heavy_case("query/hung/24", || Box::new(query::FullQuery::from_scenario("hung"))),
    heavy_case("query/hung-enough/24", || Box::new(query::FullQuery::from_scenario("hung-enough"))),
    case("answer/deltas/0", || Box::new(query::FullQuery::with_deltas(0))),
    case("answer/deltas/200", || Box::new(query::FullQuery::with_deltas(200))),
    case("cancel/request/standard", || Box::new(query::InterruptedQuery::by_request())),
    case("cancel/drop/standard", || Box::new(query::InterruptedQuery::by_drop())),
    case("load/floor/100", || Box::new(load::ConcurrentQueries::new("floor", 100))),
    case("load/standard/100", || Box::new(load::ConcurrentQueries::new("standard", 100))),
    case("load/typical/300", || Box::new(batch::Batch::new("typical", 300, 100))),
    case("load/rate-limited/150", || Box::new(batch::Batch::new("rate-limited", 150, 50))),
    case("load/arrivals/300", || Box::new(arrivals::OpenLoop::new("fast", 300))),
    case("load/suspended/100", || Box::new(load::SuspendedQueries::new(100))),
    heavy_case("load/suspended/1000", || Box::new(load::SuspendedQueries::new(1_000))),
    heavy_case("load/suspended/10000", || Box::new(load::SuspendedQueries::new(10_000))),
    case("batch/one-by-one/20", || Box::new(batch::Batch::new("standard", 20, 1))),
    case("batch/five-at-once/20", || Box::new(batch::Batch::new("standard", 20, 5))),
    case("batch/twenty-at-once/25", || Box::new(batch::Batch::new("standard", 25, 20))),
    case("fairness/flood/100", || Box::new(fairness::Flood::new(99))),
    heavy_case("endurance/standard/1000", || Box::new(endurance::Endurance::new("standard", 1_000))),
    heavy_case("endurance/floor/10000", || Box::new(endurance::Endurance::new("floor", 10_000))),
    cold_start("cold-start/floor/10", || Box::new(cold_start::ColdStart::floor())),
    cold_start("cold-start/all-stages/40", || Box::new(cold_start::ColdStart::all_stages())),
    threads("threads/overlapping/2", || Box::new(threads::OverlappingPolls::new())),
    case("yardstick/channel/200", || Box::new(yardstick::Channel::new())),
];

/// The cases of this build, in the order of `CASES`; a planted fault may remove one.
pub fn all() -> impl Iterator<Item = &'static Case> {
    #[cfg(feature = "seeded-faults")]
    let removed = |case: &&Case| {
        let planted = aggregator_core::seeded_fault::is_active(aggregator_core::seeded_fault::Fault::RemovedCase);
        planted && case.name == "cancel/drop/standard"
    };
    #[cfg(not(feature = "seeded-faults"))]
    let removed = |_: &&Case| false;
    CASES.iter().filter(move |case| !removed(case))
}

/// Names of the planted faults, except slowdowns, which have a size.
#[cfg(feature = "seeded-faults")]
pub fn fault_names() -> impl Iterator<Item = &'static str> {
    aggregator_core::seeded_fault::Fault::names()
}

/// Finds the case with a name.
///
/// # Errors
/// When no case has this name; the message lists all names.
pub fn find(name: &str) -> Result<&'static Case, String> {
    let known = || all().map(|case| case.name).collect::<Vec<_>>().join(" ");
    all().find(|case| case.name == name).ok_or_else(|| format!("no case is named `{name}`; there are: {}", known()))
}

/// Sets up a case, which is not measured.
pub fn set_up(case: &Case) -> Box<dyn Workload> {
    let workload = (case.prepare)();
    #[cfg(feature = "seeded-faults")]
    let workload = with_slowdown(workload);
    workload
}

/// Observes one operation of a workload.
///
/// # Errors
/// When the case computes nothing, or fails its own check.
pub fn observe(workload: &mut dyn Workload) -> Result<Observation, String> {
    let observation = workload.observe()?;
    let something = observation.checksum != 0 && observation.counts.iter().any(|(_, count)| *count > 0);
    require(something && observation.amount > 0, || "it computed nothing".into())?;
    Ok(observation)
}

/// Sets up a case, observes it, performs its first operation and checks what it computed. The first operation fills
/// thread-local state, the runtime's slabs and growing buffers.
///
/// # Errors
/// When the case computes nothing, computes an unexpected amount, or fails its own check.
pub fn prepare(case: &Case) -> Result<(Box<dyn Workload>, Observation), String> {
    let mut workload = set_up(case);
    let observation = observe(workload.as_mut())?;
    #[cfg(feature = "seeded-faults")]
    if aggregator_core::seeded_fault::is_active(aggregator_core::seeded_fault::Fault::IdleCase)
        && case.name == "citations/scan/200"
    {
        workload = Box::new(IdleWorkload(workload));
    }
    let amount = workload.run();
    require(amount == observation.amount, || {
        format!("it stopped doing its work: it computed {amount} instead of {}", observation.amount)
    })?;
    Ok((workload, observation))
}

/// A workload with the planted fault `IdleCase`: its operation does nothing.
#[cfg(feature = "seeded-faults")]
struct IdleWorkload(Box<dyn Workload>);

#[cfg(feature = "seeded-faults")]
impl Workload for IdleWorkload {
    fn run(&mut self) -> u64 {
        0
    }

    fn observe(&mut self) -> Result<Observation, String> {
        self.0.observe()
    }
}

/// Adds the slowdown that `SEEDED_FAULT` names, if any.
///
/// # Panics
/// When the variable has a colon and does not name a slowdown: a typing error must not look like a missed slowdown.
#[cfg(feature = "seeded-faults")]
fn with_slowdown(workload: Box<dyn Workload>) -> Box<dyn Workload> {
    const VARIABLE: &str = aggregator_core::seeded_fault::VARIABLE;
    let named = std::env::var(VARIABLE).ok().filter(|value| value.contains(':'));
    let Some(value) = named else { return workload };
    let slowdown = slowdown::Slowdown::parse(&value).unwrap_or_else(|error| panic!("{VARIABLE}: {error}"));
    Box::new(SlowedWorkload { workload, slowdown })
}

/// A workload with a slowdown after each operation.
#[cfg(feature = "seeded-faults")]
struct SlowedWorkload {
    workload: Box<dyn Workload>,
    slowdown: slowdown::Slowdown,
}

#[cfg(feature = "seeded-faults")]
impl Workload for SlowedWorkload {
    fn run(&mut self) -> u64 {
        let amount = self.workload.run();
        self.slowdown.slow_down();
        amount
    }

    fn observe(&mut self) -> Result<Observation, String> {
        self.workload.observe()
    }
}
