//! Measures the wall time of every case with divan.
//!
//! `cargo bench -p perf-gate --bench time` prints a table; `cargo xtask perf` runs the target in many short processes and
//! reads their tables. Heavy cases are excluded, because the table would take minutes, and cases of one operation a process.
//!
//! After a process has paused tokio's clock, each later reading of any tokio clock looks up the runtime and takes a lock,
//! which costs about 18 ns an event. So the cases of the real clock run first (divan sorts benchmarks by name) and are
//! observed with the real clock.

use aggregator_cases::{CaseKind, all, find, prepare, time_with_real_clock};
use divan::Bencher;
use perf_gate::ProcessLimits;
use perf_harness::limits;

/// The cases whose runtime uses the real clock.
const REAL_CLOCK: &[&str] =
    &["answer/deltas/0", "answer/deltas/200", "query/floor/10", "query/floor-analysed/10", "yardstick/channel/200"];

fn main() {
    time_with_real_clock();
    divan::main();
}

fn case_names(real_clock: bool) -> impl Iterator<Item = &'static str> {
    let timed = all().filter(|case| case.kind == CaseKind::Repeated).map(|case| case.name);
    timed.filter(move |name| REAL_CLOCK.contains(name) == real_clock)
}

#[divan::bench(args = case_names(true))]
fn a_real_clock(bencher: Bencher<'_, '_>, name: &str) {
    measure(bencher, name);
}

#[divan::bench(args = case_names(false))]
fn b_virtual_clock_or_none(bencher: Bencher<'_, '_>, name: &str) {
    measure(bencher, name);
}

fn measure(bencher: Bencher<'_, '_>, name: &str) {
    limits::apply(ProcessLimits::TIMED);
    let prepared = find(name).and_then(prepare);
    let (mut workload, observation) = prepared.unwrap_or_else(|error| panic!("{name}: {error}"));
    let expected = observation.amount;
    bencher.bench_local(|| assert_eq!(workload.run(), expected, "{name} stopped doing its work"));
}
