//! `count`: what one operation computes; with `--ops`, a number of operations for an instruction counter to watch.

use aggregator_index_bench::{Arguments, print};

fn main() {
    match Arguments::read("--ops") {
        Arguments::List => {}
        Arguments::One(case) => {
            let outcome = (case.prepare)(None)();
            print(case, outcome.checksum, outcome.counts());
        }
        Arguments::With(case, operations) => {
            let operations: u32 = operations.parse().expect("a number of operations");
            let mut operation = (case.prepare)(None);
            // The first one fills what is filled once, and belongs to getting ready.
            let first = operation();
            for _ in 0..operations {
                assert_eq!(std::hint::black_box(operation()), first, "{} does something else each time", case.name);
            }
            println!("{}", case.counted);
        }
    }
}
