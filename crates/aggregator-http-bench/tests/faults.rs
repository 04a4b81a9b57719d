//! Each planted fault fails the rows that are there for it, by the rules of their classes. Each row but that of the instructions
//! has a fault here; `instructions.rs` has those.

use std::collections::BTreeSet;

use aggregator_http_bench::{CASES, Case, Fault};
use dhat::HeapStats;
use perf_gate::{Class, Metric, Record, Unit};
use perf_harness::faults::failing_metrics;
use perf_harness::{heap, to_records};

use Fault::{
    CopiedBytes, ExtraPoll, FewPlaces, HeldBytes, LateWrites, LeakedMemory, LongHead, LostHits, LostPiece, OtherAnswer,
    ShortHeartbeat, ShortWrites, UnseenEnd,
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The rows of a case. `with_heap` is for faults that show in the heap: the profiler makes debug builds slow.
fn measure(case: &Case, with_heap: bool, fault: Option<Fault>) -> Vec<Record> {
    let (mut workload, observation) = case.prepare(fault);
    let mut counts = observation.counts;
    if with_heap {
        let profiler = heap::profiler(None);
        let mut of_each = None;
        let mut look = |streams| of_each = Some((HeapStats::get().curr_bytes as u64).div_ceil(streams));
        let amount = workload.run(&mut look);
        let stats = HeapStats::get();
        drop(profiler);
        assert_eq!(amount, observation.amount, "the operations of {} differ", case.name);
        counts.extend(heap::counts(&stats));
        counts.extend(of_each.map(|bytes| (Metric::new("heap-open", Unit::Bytes, Class::Heap), bytes)));
    }
    to_records(case, observation.checksum, counts)
}

/// A fault, and the metrics that it has to fail.
type Planted = (Fault, &'static [&'static str]);

/// Faults of the connection, which are those of every request.
const CONNECTION: &[Planted] = &[
    (ShortWrites, &["writes"]),
    (ExtraPoll, &["polls"]),
    (LateWrites, &["first-byte", "total"]),
    (LongHead, &["bytes-written"]),
    (CopiedBytes, &["heap-blocks", "heap-bytes"]),
    (HeldBytes, &["heap-peak"]),
    (LeakedMemory, &["heap-live"]),
];
const QUERY: &[Planted] = &[(LostHits, &["body-bytes", "events", "checksum"])];
const STREAM: &[Planted] = &[
    (LostHits, &["body-bytes", "checksum"]),
    (ShortHeartbeat, &["events", "bytes-written", "writes", "polls", "checksum"]),
];
const DOCUMENT: &[Planted] = &[(LostHits, &["body-bytes", "checksum"])];
const OTHER: &[Planted] = &[(OtherAnswer, &["body-bytes", "bytes-written", "checksum"])];
const BARE: &[Planted] = &[(LostPiece, &["body-bytes", "checksum"])];
const BARE_STREAM: &[Planted] = &[(LostPiece, &["body-bytes", "events", "checksum"])];
const EVENTS: &[Planted] = &[
    (LostHits, &["events", "checksum"]),
    (CopiedBytes, &["heap-blocks", "heap-bytes"]),
    (HeldBytes, &["heap-peak"]),
    (ExtraPoll, &["polls"]),
    (LeakedMemory, &["heap-live"]),
];
const OPEN: &[Planted] = &[
    (UnseenEnd, &["calls-left", "cancel"]),
    (FewPlaces, &["calls-open"]),
    (ShortHeartbeat, &["bytes-written", "writes", "polls"]),
    (CopiedBytes, &["heap-blocks", "heap-bytes"]),
    (HeldBytes, &["heap-peak", "heap-open"]),
    (LeakedMemory, &["heap-live"]),
];
const BARE_OPEN: &[Planted] = &[
    (UnseenEnd, &["cancel"]),
    (LongHead, &["bytes-written"]),
    (ShortWrites, &["writes"]),
    (ExtraPoll, &["polls"]),
    (CopiedBytes, &["heap-blocks", "heap-bytes"]),
    (HeldBytes, &["heap-peak", "heap-open"]),
    (LeakedMemory, &["heap-live"]),
];

/// The faults of a case, by its name.
fn planted(name: &str) -> Vec<Planted> {
    match name.split('/').collect::<Vec<_>>()[..] {
        ["http", "query-floor", _] => [QUERY, CONNECTION].concat(),
        ["http", "query-standard" | "chat-standard", _] => [STREAM, CONNECTION].concat(),
        ["http", "chat-whole" | "search-floor", _] => [DOCUMENT, CONNECTION].concat(),
        ["http", "health" | "metrics", _] => [OTHER, CONNECTION].concat(),
        ["http", "open-streams" | "gone-in-search", _] => OPEN.to_vec(),
        ["http-yardstick", "bare-health", _] => [BARE, CONNECTION].concat(),
        ["http-yardstick", "bare-floor" | "bare-standard" | "bare-chat", _] => [BARE_STREAM, CONNECTION].concat(),
        ["http-yardstick", "bare-streams", _] => BARE_OPEN.to_vec(),
        ["http-observe", ..] | ["http-yardstick", "gateway-floor" | "gateway-standard", _] => EVENTS.to_vec(),
        _ => panic!("{name} has no faults: plant one for each of its rows"),
    }
}

/// One test, because the profiler counts what any thread of the process allocates.
#[test]
fn each_fault_fails_its_rows_and_each_row_has_a_fault() {
    let mut missed = Vec::new();
    for case in CASES {
        let name = case.name;
        let stored = measure(case, true, None);
        assert_eq!(failing_metrics(&stored, &measure(case, true, None)), BTreeSet::new(), "{name} does not repeat");
        let mut unplanted: BTreeSet<String> = stored.iter().map(|row| row.metric().name().to_string()).collect();
        for (fault, metrics) in planted(name) {
            let with_heap = metrics.iter().any(|metric| metric.starts_with("heap"));
            let failing = failing_metrics(&stored, &measure(case, with_heap, Some(fault)));
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
