//! Each planted fault fails the rows that are there for it, by the rules of their classes.

use aggregator_index_bench::{Case, Fault, HeapRule};
use dhat::HeapStats;
use perf_gate::{Class, Metric, Record, Unit};
use perf_harness::faults::failing_metrics;
use perf_harness::{find, heap, to_records};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Measures one operation of a case. `with_heap` is for faults that show in the heap: the profiler makes debug builds slow.
fn measure(case: &Case, with_heap: bool, fault: Option<Fault>) -> Vec<Record> {
    const HEAP_PEAK_ABOVE: Metric = Metric::new("heap-peak-above-mib", Unit::Count, Class::Heap);
    let mut operation = (case.prepare)(fault);
    let outcome = operation();
    let heap = with_heap.then(|| {
        let profiler = heap::profiler(None);
        operation();
        let stats = HeapStats::get();
        drop(profiler);
        match case.heap {
            HeapRule::Exact => (heap::HEAP_BLOCKS, stats.total_blocks),
            HeapRule::PeakLimit(mebibytes) => {
                (HEAP_PEAK_ABOVE, (stats.max_bytes as u64 >> 20).saturating_sub(mebibytes))
            }
        }
    });
    to_records(case, outcome.checksum, outcome.counts().chain(heap))
}

/// One test, because the profiler counts what any thread of the process allocates.
#[test]
fn each_fault_fails_its_rows() {
    let mut missed = Vec::new();
    /// A fault, and the metrics that it has to fail.
    type Planted = (Fault, &'static [&'static str]);
    let planted: [(&str, &[Planted]); 7] = [
        (
            "index/passages/34",
            &[(Fault::LostPassage, &["passages", "words"]), (Fault::CopiedPassage, &["heap-blocks"])],
        ),
        (
            "index/build/68",
            &[
                (Fault::SkippedFile, &["files"]),
                (Fault::DuplicateDocuments, &["stored-kib"]),
                (Fault::RetainedMemory, &["heap-peak-above-mib"]),
            ],
        ),
        (
            "index/unchanged/136",
            &[(Fault::RereadFiles, &["files-read"]), (Fault::RetainedMemory, &["heap-peak-above-mib"])],
        ),
        (
            "search/questions/80",
            &[
                (Fault::LostPassage, &["among-first-five"]),
                (Fault::ReverseOrder, &["first"]),
                (Fault::CopiedPassage, &["heap-blocks"]),
            ],
        ),
        ("search/long/1", &[(Fault::LostPassage, &["passages"])]),
        ("answer/question/1", &[(Fault::DegradedAnswers, &["citations"])]),
        ("answer/questions/105", &[(Fault::DegradedAnswers, &["answered-right", "refused-rightly"])]),
    ];
    for (name, faults) in planted {
        let case = find::<Case>(name);
        let with_heap = faults.iter().any(|(_, metrics)| metrics.iter().any(|metric| metric.starts_with("heap")));
        let stored = measure(case, with_heap, None);
        for &(fault, metrics) in faults {
            let faulty = measure(case, with_heap, Some(fault));
            let failing = failing_metrics(&stored, &faulty);
            println!("{name} with {fault:?}: {failing:?}");
            for metric in metrics.iter().filter(|metric| !failing.iter().any(|name| name == *metric)) {
                missed.push(format!("{name} {metric} with {fault:?}: {failing:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "these pass:\n{}", missed.join("\n"));
}
