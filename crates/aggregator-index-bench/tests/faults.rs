//! Each row of this harness is red with the fault that it is there for, by the rule of its class.

use aggregator_index_bench::{Case, Fault, Heap, find, records};
use dhat::{HeapStats, Profiler};
use perf_gate::{Class, Metric, Record, Unit};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// What one operation of a case is measured as; the heap only where a fault is to be seen there, because the profiler slows
/// debug builds down by much.
fn measured(case: &Case, with_heap: bool, fault: Option<Fault>) -> Vec<Record> {
    const HEAP_BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);
    const HEAP_PEAK_ABOVE: Metric = Metric::new("heap-peak-above-mib", Unit::Count, Class::Heap);
    let mut operation = (case.prepare)(fault);
    let outcome = operation();
    let heap = with_heap.then(|| {
        let profiler = Profiler::builder().testing().trim_backtraces(Some(4)).build();
        operation();
        let stats = HeapStats::get();
        drop(profiler);
        match case.heap {
            Heap::Exact => (HEAP_BLOCKS, stats.total_blocks),
            Heap::AtMost(mebibytes) => (HEAP_PEAK_ABOVE, (stats.max_bytes as u64 >> 20).saturating_sub(mebibytes)),
        }
    });
    records(case, outcome.checksum, outcome.counts().chain(heap))
}

/// The metrics that the gate's rule for their class makes red.
fn red(stored: &[Record], now: &[Record]) -> Vec<String> {
    assert_eq!(stored.len(), now.len());
    let is_red = |(before, now): &(&Record, &Record)| match now.metric().class() {
        Class::Behaviour => now.value() != before.value(),
        Class::Quality => now.value() < before.value(),
        _ => now.value() > before.value(),
    };
    let red = stored.iter().zip(now).filter(is_red);
    red.map(|(_, now)| now.metric().name().to_string()).collect()
}

/// One test, because the profiler counts what any thread of the process allocates.
#[test]
fn each_fault_is_red_in_the_row_that_is_there_for_it() {
    let mut missed = Vec::new();
    /// A fault, and the metrics that it makes red.
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
                (Fault::StoredTwice, &["stored-kib"]),
                (Fault::KeptInMemory, &["heap-peak-above-mib"]),
            ],
        ),
        (
            "index/unchanged/136",
            &[(Fault::ReadAgain, &["files-read"]), (Fault::KeptInMemory, &["heap-peak-above-mib"])],
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
        ("answer/question/1", &[(Fault::WorseAnswers, &["citations"])]),
        ("answer/questions/105", &[(Fault::WorseAnswers, &["answered-right", "refused-rightly"])]),
    ];
    for (name, faults) in planted {
        let case = find(name);
        let with_heap = faults.iter().any(|(_, metrics)| metrics.iter().any(|metric| metric.starts_with("heap")));
        let stored = measured(case, with_heap, None);
        for &(fault, metrics) in faults {
            let faulty = measured(case, with_heap, Some(fault));
            let red = red(&stored, &faulty);
            println!("{name} with {fault:?}: {red:?}");
            for metric in metrics.iter().filter(|metric| !red.iter().any(|name| name == *metric)) {
                missed.push(format!("{name} {metric} with {fault:?}: {red:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "these are not red:\n{}", missed.join("\n"));
}
