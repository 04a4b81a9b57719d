//! Wall time of every case, by divan.
//!
//! `cargo bench -p perf-gate --bench time` prints a table for people; `cargo xtask perf` runs it in many short processes
//! and reads their tables.

mod cases;

use divan::Bencher;

fn main() {
    divan::main();
}

fn names() -> impl Iterator<Item = &'static str> {
    cases::CASES.iter().map(|case| case.name)
}

#[divan::bench(args = names())]
fn case(bencher: Bencher<'_, '_>, name: &str) {
    let prepared = cases::find(name).and_then(cases::prepare);
    let (mut work, _) = prepared.unwrap_or_else(|error| panic!("{name}: {error}"));
    let expected = work.run();
    bencher.bench_local(|| assert_eq!(work.run(), expected, "{name} stopped doing its work"));
}
