//! `heap <case>` measures what one operation allocates; with `--sites <file>` it writes the allocation sites.

use aggregator_index_bench::{Case, HeapRule};
use dhat::HeapStats;
use perf_gate::{Class, Metric, Unit};
use perf_harness::{Arguments, heap, print_records};

/// MiB by which the peak exceeds the limit of the case.
const HEAP_PEAK_ABOVE: Metric = Metric::new("heap-peak-above-mib", Unit::Count, Class::Heap);

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() {
    let (case, sites) = match Arguments::<Case>::parse("--sites") {
        Arguments::List => return,
        Arguments::Case(case) => (case, None),
        Arguments::CaseWithOption(case, file) => (case, Some(file)),
    };
    let mut operation = (case.prepare)(None);
    // The first operation fills the open index and caches of the full-text engine. A case with a limit of the peak has no first
    // operation, so the limit covers these too.
    let first = (case.heap == HeapRule::Exact).then(&mut operation);
    let profiler = heap::profiler(sites.as_deref());
    let outcome = operation();
    assert!(first.is_none_or(|first| first == outcome), "the operations of {} differ", case.name);
    if sites.is_some() {
        drop(profiler); // This writes the file.
        return;
    }
    let stats = HeapStats::get();
    drop(profiler);
    let peak = stats.max_bytes as u64;
    let counts = match case.heap {
        HeapRule::Exact => heap::counts(&stats).to_vec(),
        HeapRule::PeakLimit(mebibytes) => vec![(HEAP_PEAK_ABOVE, (peak >> 20).saturating_sub(mebibytes))],
    };
    print_records(case, outcome.checksum, counts);
}
