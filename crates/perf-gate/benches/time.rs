//! Wall time of every case, by divan.
//!
//! `cargo bench -p perf-gate --bench time` prints a table for people; `cargo xtask perf` runs it in many short processes
//! and reads their tables. Heavy cases are left out: a table would take minutes.
//!
//! Once a process has paused tokio's clock, each reading of it, of the real one too, looks up the runtime and takes a
//! lock, for ever: about 18 ns more an event, which no process pays that never pauses it. So the cases of the real clock
//! come first (divan sorts benchmarks by name) and are observed with it.

mod cases;
#[path = "clock/real.rs"]
mod clock;
mod limits;

use divan::Bencher;
use perf_gate::ProcessLimits;

/// The cases that are measured with the real clock.
const REAL_CLOCK: &[&str] =
    &["answer/deltas/0", "answer/deltas/200", "query/floor/10", "query/floor-analysed/10", "yardstick/channel/200"];

fn main() {
    divan::main();
}

fn case_names(real_clock: bool) -> impl Iterator<Item = &'static str> {
    let timed = cases::all().filter(|case| !case.heavy).map(|case| case.name);
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
    let prepared = cases::find(name).and_then(cases::prepare);
    let (mut workload, observation) = prepared.unwrap_or_else(|error| panic!("{name}: {error}"));
    let expected = observation.amount;
    bencher.bench_local(|| assert_eq!(workload.run(), expected, "{name} stopped doing its work"));
}
