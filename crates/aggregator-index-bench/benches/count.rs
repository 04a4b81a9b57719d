//! `count <case>` prints what one operation computes; with `--ops <n>` it performs `n` operations under an instruction counter.

use aggregator_index_bench::{Case, Operation, Outcome};
use perf_harness::{Arguments, print_records};

fn main() {
    match Arguments::<Case>::parse("--ops") {
        Arguments::List => {}
        Arguments::Case(case) => {
            let outcome = (case.prepare)(None)();
            print_records(case, outcome.checksum, outcome.counts());
        }
        Arguments::CaseWithOption(case, operations) => {
            let operations: u32 = operations.parse().expect("a number of operations");
            let mut operation = (case.prepare)(None);
            // The first operation fills caches and lazily initialised state, so it belongs to the set-up.
            let first = operation();
            if operations > 0 {
                let last = counted_operations(&mut operation, operations);
                assert_eq!(last, Some(first), "the operations of {} differ", case.name);
            }
            println!("{}", case.operations);
        }
    }
}

/// Performs operations, and returns the outcome of the last one. The instruction counter finds this function by its name, and
/// counts while it runs; a closure in it would contain its name.
#[inline(never)]
fn counted_operations(operation: &mut Operation, operations: u32) -> Option<Outcome> {
    let mut last = None;
    for _ in 0..operations {
        last = Some(std::hint::black_box(operation()));
    }
    last
}
