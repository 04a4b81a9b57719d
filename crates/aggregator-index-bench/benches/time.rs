//! `time` measures the wall time of one operation with divan.

use aggregator_index_bench::{CASES, Case};
use divan::Bencher;
use perf_gate::ProcessLimits;
use perf_harness::{find, limits};

fn main() {
    divan::main();
}

#[divan::bench(args = CASES.iter().filter(|case| !case.heavy).map(|case| case.name))]
fn case(bencher: Bencher<'_, '_>, name: &str) {
    limits::apply(ProcessLimits::TIMED);
    bencher.bench_local((find::<Case>(name).prepare)(None));
}
