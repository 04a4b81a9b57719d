//! `time` measures the wall time of one operation with divan.

use aggregator_load_bench::{CASES, Case, Scale};
use divan::Bencher;
use perf_gate::ProcessLimits;
use perf_harness::{find, limits};

fn main() {
    divan::main();
}

#[divan::bench(args = CASES.iter().map(|case| case.name))]
fn case(bencher: Bencher<'_, '_>, name: &str) {
    limits::apply(ProcessLimits::TIMED);
    let (mut workload, _) = find::<Case>(name).prepare(Scale::Full, None);
    bencher.bench_local(move || workload.run());
}
