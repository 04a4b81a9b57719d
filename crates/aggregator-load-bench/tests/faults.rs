//! Each planted fault fails the rows that are there for it, by the rules of their classes. Each row has a fault.

use std::collections::BTreeSet;

use aggregator_load_bench::{CASES, Case, Fault, Scale, to_records};
use dhat::{HeapStats, Profiler};
use perf_gate::{Class, Metric, Record, Unit};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The rows of a case; those of memory where they are asked for, because the profiler takes most of the time.
fn measure(case: &Case, fault: Fault, with_heap: bool) -> Vec<Record> {
    let metric = |name, unit| Metric::new(name, unit, Class::Heap);
    let (mut workload, observation) = case.prepare(Scale::Fifth, Some(fault));
    let mut counts = observation.counts;
    if with_heap {
        let profiler = Profiler::builder().testing().trim_backtraces(Some(4)).build();
        let amount = workload.run();
        let stats = HeapStats::get();
        drop(profiler);
        assert_eq!(amount, observation.amount, "the operations of {} differ", case.name);
        counts.extend([
            (metric("heap-bytes", Unit::Bytes), stats.total_bytes),
            (metric("heap-blocks", Unit::Blocks), stats.total_blocks),
            (metric("heap-peak", Unit::Bytes), stats.max_bytes as u64),
            (metric("heap-live", Unit::Bytes), stats.curr_bytes as u64),
        ]);
    }
    to_records(case, observation.checksum, counts)
}

/// The metrics that fail by the rule of their class; `checksum`, if that differs.
fn failing_metrics(stored: &[Record], now: &[Record]) -> BTreeSet<String> {
    let fails = |(before, now): &(&Record, &Record)| match now.metric().class() {
        Class::Behaviour => now.value() != before.value(),
        Class::Quality => now.value() < before.value(),
        _ => now.value() > before.value(),
    };
    let failing = stored.iter().zip(now).filter(fails).map(|(_, now)| now.metric().name().to_string());
    let checksum = (stored[0].checksum() != now[0].checksum()).then(|| "checksum".to_owned());
    failing.chain(checksum).collect()
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
