//! Each planted fault fails the rows that are there for it, by the rules of their classes. Each row has a fault.

use std::collections::BTreeSet;

use aggregator_load_bench::{CASES, Case, Fault, Scale};
use dhat::HeapStats;
use perf_gate::Record;
use perf_harness::faults::failing_metrics;
use perf_harness::{heap, to_records};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The rows of a case; those of memory where they are asked for, because the profiler takes most of the time.
fn measure(case: &Case, fault: Fault, with_heap: bool) -> Vec<Record> {
    let (mut workload, observation) = case.prepare(Scale::Fifth, Some(fault));
    let mut counts = observation.counts;
    if with_heap {
        let profiler = heap::profiler(None);
        let amount = workload.run();
        let stats = HeapStats::get();
        drop(profiler);
        assert_eq!(amount, observation.amount, "the operations of {} differ", case.name);
        counts.extend(heap::counts(&stats));
    }
    to_records(case, observation.checksum, counts)
}

/// Each fault, and the metrics that it has to fail.
const PLANTED: [(Fault, &[&str]); 9] = [
    (Fault::LateStatus, &["ttfe-p99"]),
    (Fault::LateResults, &["ttfr-p95"]),
    (Fault::LateText, &["ttft-p50", "ttft-p95"]),
    (Fault::Stall, &["stall-p95", "good", "in-flight"]),
    (Fault::LateEnd, &["e2e-p50", "e2e-p95"]),
    (Fault::LostText, &["answered", "failed", "deltas", "checksum"]),
    (Fault::HeldEvents, &["heap-peak"]),
    (Fault::CopiedEvents, &["heap-blocks", "heap-bytes"]),
    (Fault::LeakedMemory, &["heap-live"]),
];

/// One test, because the profiler counts what any thread of the process allocates.
#[test]
fn each_fault_fails_its_rows_and_each_row_has_a_fault() {
    let mut missed = Vec::new();
    for case in CASES {
        let name = case.name;
        let stored = measure(case, Fault::Inert, true);
        assert_eq!(
            failing_metrics(&stored, &measure(case, Fault::Inert, true)),
            BTreeSet::new(),
            "{name} does not repeat"
        );
        let mut unplanted: BTreeSet<String> = stored.iter().map(|row| row.metric().name().to_string()).collect();
        for (fault, metrics) in PLANTED {
            let with_heap = metrics.iter().any(|metric| metric.starts_with("heap"));
            let failing = failing_metrics(&stored, &measure(case, fault, with_heap));
            println!("{name} with {fault:?}: {failing:?}");
            for metric in metrics {
                unplanted.remove(*metric);
                // A hundred users who ask once are all in flight from the first moment.
                let is_full = *metric == "in-flight" && name == "load/concurrent/100";
                if !failing.contains(*metric) && !is_full {
                    missed.push(format!("{name} {metric} with {fault:?}: {failing:?}"));
                }
            }
        }
        missed.extend(unplanted.into_iter().map(|metric| format!("{name} {metric}: no fault is planted")));
    }
    assert!(missed.is_empty(), "these pass:\n{}", missed.join("\n"));
}
