//! `count <case>` prints what one operation computes; with `--ops <n>` it performs `n` operations under an instruction counter.

use aggregator_index_bench::{Arguments, print_records};

fn main() {
    match Arguments::parse("--ops") {
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
            for _ in 0..operations {
                assert_eq!(std::hint::black_box(operation()), first, "the operations of {} differ", case.name);
            }
            println!("{}", case.operations);
        }
    }
}
