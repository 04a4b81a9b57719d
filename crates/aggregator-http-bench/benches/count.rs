//! `count <case>` prints what one operation computes; with `--ops <n>` it performs `n` operations under an instruction counter.

use aggregator_http_bench::{Case, Workload};
use perf_harness::{Arguments, print_records};

fn main() {
    match Arguments::<Case>::parse("--ops") {
        Arguments::List => {}
        Arguments::Case(case) => {
            let (_, observation) = case.prepare(None);
            print_records(case, observation.checksum, observation.counts);
        }
        Arguments::CaseWithOption(case, operations) => {
            let operations: u32 = operations.parse().expect("a number of operations");
            let (mut workload, observation) = case.prepare(None);
            if operations > 0 {
                settle_heap();
                workload.run(&mut ignore);
                let computed = counted_operations(&mut *workload, operations);
                let expected = observation.amount * u64::from(operations);
                assert_eq!(computed, expected, "the operations of {} differ", case.name);
            }
            println!("{}", case.operations);
        }
    }
}

/// Puts the heap into the same state in each process. The routes of a server are in hash tables with random keys, so which memory is
/// freed while a case is set up differs, and how long an allocator searches depends on it, by up to 2 %.
fn settle_heap() {
    let small = (16..2_048).step_by(16).map(|bytes| (bytes, if bytes <= 256 { 4_000 } else { 400 }));
    let large = (11..17).map(|exponent| (1 << exponent, 64));
    // Takes the gaps, and keeps them.
    for (bytes, blocks) in large.rev().chain(small.rev()) {
        for _ in 0..blocks {
            std::mem::forget(allocate(bytes));
        }
    }
    // glibc gives memory at the end of the heap back when there is more than 128 KiB of it, and asks for it again. It gives back less
    // after a large block was freed. The second block then makes the end of the heap large enough for all operations.
    drop(allocate(16 << 20));
    drop(allocate(8 << 20));
}

fn allocate(bytes: usize) -> Vec<u8> {
    std::hint::black_box(Vec::with_capacity(bytes))
}

/// Performs operations, and returns the sum of what they computed. The instruction counter finds this function by its name, and
/// counts while it runs; a closure in it would contain its name.
#[inline(never)]
fn counted_operations(workload: &mut dyn Workload, operations: u32) -> u64 {
    let mut computed = 0;
    for _ in 0..operations {
        computed += std::hint::black_box(workload.run(&mut ignore));
    }
    computed
}

fn ignore(_: u64) {}
