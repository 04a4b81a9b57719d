//! A planted fault fails the row of the instructions of each case. This needs valgrind, which `VALGRIND` may name; without it
//! nothing is measured.
//!
//! The test starts itself under callgrind: once for each case as it is, and once with a fault. All cases take minutes, so that
//! each time it is the quickest; with the variable `COUNT_ALL_CASES`, as every night, all of them.

use std::hint::black_box;

use aggregator_http_bench::{CASES, Case, Fault, Workload};
use perf_harness::{find, instructions};

/// The fault of all cases.
const FAULT: Fault = Fault::ExtraPoll;

#[inline(never)]
fn counted_operation(workload: &mut dyn Workload) -> u64 {
    black_box(workload.run(&mut |_| {}))
}

/// What a child does; nothing in any other process.
#[test]
fn child() {
    let Some((case, with_fault)) = instructions::child() else { return };
    let planted = with_fault.then_some(FAULT);
    let (mut workload, observation) = find::<Case>(&case).prepare(planted);
    assert_eq!(counted_operation(&mut *workload), observation.amount);
}

#[test]
fn a_fault_fails_the_instructions_of_each_case() {
    let Some(valgrind) = instructions::valgrind() else { return };
    let all = instructions::all_cases();
    for case in CASES.iter().filter(|case| all && !case.heavy || case.name == "http/chat-whole/40") {
        let percent = instructions::increase(&valgrind, case.name);
        // What the gate allows.
        assert!(percent > 1.0, "{} passes: {percent:+.2} %", case.name);
    }
}
