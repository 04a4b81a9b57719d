//! `heap <case>` measures what one operation allocates; with `--sites <file>` it writes the allocation sites.

use aggregator_index_bench::{Arguments, HeapRule, print_records};
use dhat::{HeapStats, Profiler};
use perf_gate::{Class, Metric, Unit};

/// Bytes allocated, freed or not.
const HEAP_BYTES: Metric = Metric::new("heap-bytes", Unit::Bytes, Class::Heap);
/// Allocations, freed or not.
const HEAP_BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);
/// Maximum of live bytes during one operation, minus the bytes that were live before it.
const HEAP_PEAK: Metric = Metric::new("heap-peak", Unit::Bytes, Class::Heap);
/// Live bytes after one operation, minus the bytes that were live before it.
const HEAP_LIVE: Metric = Metric::new("heap-live", Unit::Bytes, Class::Heap);

/// MiB by which the peak exceeds the limit of the case.
const HEAP_PEAK_ABOVE: Metric = Metric::new("heap-peak-above-mib", Unit::Count, Class::Heap);

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() {
    let (case, sites) = match Arguments::parse("--sites") {
        Arguments::List => return,
        Arguments::Case(case) => (case, None),
        Arguments::CaseWithOption(case, file) => (case, Some(file)),
    };
    let mut operation = (case.prepare)(None);
    // The first operation fills the open index and caches of the full-text engine. A case with a limit of the peak has no first
    // operation, so the limit covers these too.
    let first = (case.heap == HeapRule::Exact).then(&mut operation);
    let builder = Profiler::builder();
    let builder = match &sites {
        Some(file) => builder.file_name(file).trim_backtraces(Some(24)),
        None => builder.testing().trim_backtraces(Some(4)),
    };
    let profiler = builder.build();
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
        HeapRule::Exact => vec![
            (HEAP_BYTES, stats.total_bytes),
            (HEAP_BLOCKS, stats.total_blocks),
            (HEAP_PEAK, peak),
            (HEAP_LIVE, stats.curr_bytes as u64),
        ],
        HeapRule::PeakLimit(mebibytes) => vec![(HEAP_PEAK_ABOVE, (peak >> 20).saturating_sub(mebibytes))],
    };
    print_records(case, outcome.checksum, counts);
}
