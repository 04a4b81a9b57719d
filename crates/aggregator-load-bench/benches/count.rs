//! `count <case>` prints what one operation computes; with `--ops <n>` it performs `n` operations under an instruction counter.

use aggregator_load_bench::{Case, Scale, Workload};
use perf_harness::{Arguments, print_records};

fn main() {
    match Arguments::<Case>::parse("--ops") {
        Arguments::List => {}
        Arguments::Case(case) => {
            let (_, observation) = case.prepare(Scale::Full, None);
            print_records(case, observation.checksum, observation.counts);
        }
        Arguments::CaseWithOption(case, operations) => {
            let operations: u32 = operations.parse().expect("a number of operations");
            let (mut workload, observation) = case.prepare(Scale::Full, None);
            if operations > 0 {
                let computed = counted_operations(&mut *workload, operations);
                let expected = observation.amount * u64::from(operations);
                assert_eq!(computed, expected, "the operations of {} differ", case.name);
            }
            println!("{}", case.operations);
        }
    }
}

/// Performs operations, and returns the sum of what they computed. The instruction counter finds this function by its name, and
/// counts while it runs; a closure in it would contain its name.
#[inline(never)]
fn counted_operations(workload: &mut dyn Workload, operations: u32) -> u64 {
    let mut computed = 0;
    for _ in 0..operations {
        computed += std::hint::black_box(workload.run());
    }
    computed
}
