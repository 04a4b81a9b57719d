//! A planted fault fails the row of the instructions of each case. This needs valgrind, which `VALGRIND` may name; without it
//! nothing is measured.
//!
//! The test starts itself under callgrind: once for each case as it is, and once with a fault. All cases take a minute, so that
//! each time it is one of each kind that is quick; with the variable `COUNT_ALL_CASES`, as every night, all of them.

use std::hint::black_box;

use aggregator_providers_bench::{CASES, Case, Fault, Workload};
use perf_harness::{find, instructions};

/// The fault of a case, and what it is compared with.
fn faults(case: &str) -> (Fault, Option<Fault>) {
    match case.split('/').next() {
        // In a debug build the JSON of an event costs a hundred times as much as a copy of its text.
        Some("search") => (Fault::SingleBytes, None),
        Some("policies") if case.contains("outage") => (Fault::IgnoredBudget, None),
        Some("policies") => (Fault::HeldItems, None),
        Some("gateway") => (Fault::ExtraPoll, None),
        Some("parse" | "answer" | "engine") => (Fault::ExtraPoll, Some(Fault::Inert)),
        _ => (Fault::CopiedItem, Some(Fault::Inert)),
    }
}

#[inline(never)]
fn counted_operation(workload: &mut dyn Workload) -> u64 {
    black_box(workload.run())
}

/// What a child does; nothing in any other process.
#[test]
fn child() {
    let Some((case, with_fault)) = instructions::child() else { return };
    let (fault, without) = faults(&case);
    let planted = if with_fault { Some(fault) } else { without };
    let (mut workload, observation) = find::<Case>(&case).prepare(planted);
    assert_eq!(counted_operation(&mut *workload), observation.amount);
}

#[test]
fn a_fault_fails_the_instructions_of_each_case() {
    let Some(valgrind) = instructions::valgrind() else { return };
    let (all, quick) = (instructions::all_cases(), ["search/searxng/20", "answer/ollama/200"]);
    for case in CASES.iter().filter(|case| all || quick.contains(&case.name)) {
        let percent = instructions::increase(&valgrind, case.name);
        // What the gate allows.
        assert!(percent > 1.0, "{} passes: {percent:+.2} %", case.name);
    }
}
