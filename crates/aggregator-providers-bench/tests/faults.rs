//! Each planted fault fails the rows that are there for it, by the rules of their classes. Each row but that of the instructions
//! has a fault here; `instructions.rs` has those.

use std::collections::BTreeSet;

use aggregator_providers_bench::{CASES, Case, Fault};
use dhat::HeapStats;
use perf_gate::Record;
use perf_harness::faults::failing_metrics;
use perf_harness::{heap, to_records};

use Fault::{
    CollectedBody, CopiedItem, ExtraPoll, HeldBody, HeldItems, IgnoredBudget, LateProbe, LeakedMemory, LongQueue,
    LostItem, LowerRate, OwnRuns, ShortDeadline, SingleBytes, SwappedItems,
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The rows of a case.
fn measure(case: &Case, fault: Option<Fault>) -> Vec<Record> {
    let (mut workload, observation) = case.prepare(fault);
    let profiler = heap::profiler(None);
    let amount = workload.run();
    let stats = HeapStats::get();
    drop(profiler);
    assert_eq!(amount, observation.amount, "the operations of {} differ", case.name);
    to_records(case, observation.checksum, observation.counts.into_iter().chain(heap::counts(&stats)))
}

/// A fault, and the metrics that it has to fail.
type Planted = (Fault, &'static [&'static str]);

const DECODE: &[Planted] = &[
    (LostItem, &["events", "text-bytes", "checksum"]),
    (CopiedItem, &["heap-blocks", "heap-bytes"]),
    (HeldItems, &["heap-peak"]),
    (LeakedMemory, &["heap-live"]),
];
const PARSE: &[Planted] = &[
    (LostItem, &["deltas", "text-bytes", "checksum"]),
    (SwappedItems, &["checksum"]),
    (CopiedItem, &["heap-blocks", "heap-bytes"]),
    (HeldItems, &["heap-peak"]),
    (ExtraPoll, &["polls", "polls-to-first"]),
    (LeakedMemory, &["heap-live"]),
];
const SEARCH: &[Planted] = &[
    (LostItem, &["hits", "checksum"]),
    (SwappedItems, &["checksum"]),
    (CopiedItem, &["heap-blocks", "heap-bytes"]),
    (HeldBody, &["heap-peak"]),
    (SingleBytes, &["polls"]),
    (LeakedMemory, &["heap-live"]),
];
const ANSWER: &[Planted] = &[
    (LostItem, &["deltas", "text-bytes", "checksum"]),
    (SwappedItems, &["checksum"]),
    (CopiedItem, &["heap-blocks", "heap-bytes"]),
    (CollectedBody, &["polls-to-first", "heap-peak"]),
    (SingleBytes, &["polls"]),
    (LeakedMemory, &["heap-live"]),
];
const ENGINE_OVER_HTTP: &[Planted] = &[
    (LostItem, &["events", "results", "citations", "deltas", "checksum"]),
    (SwappedItems, &["checksum"]),
    (CopiedItem, &["heap-blocks", "heap-bytes"]),
    (HeldBody, &["heap-peak"]),
    (ExtraPoll, &["polls"]),
    (LeakedMemory, &["heap-live"]),
];
const ENGINE_OVER_MOCKS: &[Planted] = &[
    (LostItem, &["events", "results", "citations", "deltas", "checksum"]),
    (SwappedItems, &["checksum"]),
    (CopiedItem, &["heap-blocks", "heap-bytes"]),
    (HeldItems, &["heap-peak"]),
    (ExtraPoll, &["polls"]),
    (LeakedMemory, &["heap-live"]),
];

const LIMIT: &[Planted] = &[
    (LowerRate, &["total", "polls"]),
    (ShortDeadline, &["errors", "events", "attempts", "checksum"]),
    (CopiedItem, &["heap-blocks", "heap-bytes"]),
    (HeldItems, &["heap-peak"]),
    (LeakedMemory, &["heap-live"]),
];
const OUTAGE: &[Planted] = &[
    (IgnoredBudget, &["attempts", "polls", "events"]),
    (LateProbe, &["errors", "recovery", "checksum"]),
    (CopiedItem, &["heap-blocks", "heap-bytes"]),
    (HeldItems, &["heap-peak"]),
    (LeakedMemory, &["heap-live"]),
];

const GATEWAY: &[Planted] = &[
    (LostItem, &["events", "checksum"]),
    (CopiedItem, &["heap-blocks", "heap-bytes"]),
    (HeldItems, &["heap-peak"]),
    (ExtraPoll, &["polls"]),
    (LeakedMemory, &["heap-live"]),
];
const STAMPEDE: &[Planted] = &[
    (LostItem, &["events", "checksum"]),
    (OwnRuns, &["heap-blocks", "heap-bytes", "heap-peak"]),
    (ExtraPoll, &["polls"]),
    (LeakedMemory, &["heap-live"]),
];
const OVERLOAD: &[Planted] = &[
    (LongQueue, &["errors", "events", "total", "checksum"]),
    (CopiedItem, &["heap-blocks", "heap-bytes"]),
    (HeldItems, &["heap-peak"]),
    (ExtraPoll, &["polls"]),
    (LeakedMemory, &["heap-live"]),
];

/// The faults of a case, by its name.
fn planted(name: &str) -> &'static [Planted] {
    match name.split('/').collect::<Vec<_>>()[..] {
        ["decode", ..] => DECODE,
        ["parse", ..] => PARSE,
        ["search", ..] => SEARCH,
        ["answer", ..] => ANSWER,
        ["engine", "http", _] => ENGINE_OVER_HTTP,
        ["engine", "mocks" | "policies", _] => ENGINE_OVER_MOCKS,
        ["policies", "limit", _] => LIMIT,
        ["policies", "outage", _] => OUTAGE,
        ["gateway", "first" | "replay", _] => GATEWAY,
        ["gateway", "stampede", _] => STAMPEDE,
        ["gateway", "overload", _] => OVERLOAD,
        _ => panic!("{name} has no faults: plant one for each of its rows"),
    }
}

/// One test, because the profiler counts what any thread of the process allocates.
#[test]
fn each_fault_fails_its_rows_and_each_row_has_a_fault() {
    let mut missed = Vec::new();
    for case in CASES {
        let name = case.name;
        let stored = measure(case, None);
        assert_eq!(failing_metrics(&stored, &measure(case, None)), BTreeSet::new(), "{name} does not repeat");
        let inert = measure(case, Some(Fault::Inert));
        let mut unplanted: BTreeSet<String> = stored.iter().map(|row| row.metric().name().to_string()).collect();
        for &(fault, metrics) in planted(name) {
            let without_fault = if fault.is_of_items() { &inert } else { &stored };
            let failing = failing_metrics(without_fault, &measure(case, Some(fault)));
            println!("{name} with {fault:?}: {failing:?}");
            for metric in metrics {
                unplanted.remove(*metric);
                if !failing.contains(*metric) {
                    missed.push(format!("{name} {metric} with {fault:?}: {failing:?}"));
                }
            }
        }
        missed.extend(unplanted.into_iter().map(|metric| format!("{name} {metric}: no fault is planted")));
    }
    assert!(missed.is_empty(), "these pass:\n{}", missed.join("\n"));
}
