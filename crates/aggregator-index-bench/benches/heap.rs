//! `heap`: what one operation allocates; and where, if there is a file for it.

use aggregator_index_bench::{Arguments, Heap, print};
use dhat::{HeapStats, Profiler};
use perf_gate::{Class, Metric, Unit};

/// Bytes allocated, freed or not.
const HEAP_BYTES: Metric = Metric::new("heap-bytes", Unit::Bytes, Class::Heap);
/// Allocations, freed or not.
const HEAP_BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);
/// Largest number of bytes alive at once during one operation, above what was alive before it.
const HEAP_PEAK: Metric = Metric::new("heap-peak", Unit::Bytes, Class::Heap);
/// Bytes alive after one operation, above what was alive before it.
const HEAP_LIVE: Metric = Metric::new("heap-live", Unit::Bytes, Class::Heap);

/// MiB by which the peak is above what it may be.
const HEAP_PEAK_ABOVE: Metric = Metric::new("heap-peak-above-mib", Unit::Count, Class::Heap);

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() {
    let (case, sites) = match Arguments::read("--sites") {
        Arguments::List => return,
        Arguments::One(case) => (case, None),
        Arguments::With(case, file) => (case, Some(file)),
    };
    let mut operation = (case.prepare)(None);
    // The first one fills what is filled once: the open index, caches of the engine under it. Where only a limit counts, that
    // may not be above it either.
    let before = (case.heap == Heap::Exact).then(&mut operation);
    let builder = Profiler::builder();
    let builder = match &sites {
        Some(file) => builder.file_name(file).trim_backtraces(Some(24)),
        None => builder.testing().trim_backtraces(Some(4)),
    };
    let profiler = builder.build();
    let outcome = operation();
    assert!(before.is_none_or(|before| before == outcome), "{} does something else each time", case.name);
    if sites.is_some() {
        drop(profiler); // This writes the file.
        return;
    }
    let stats = HeapStats::get();
    drop(profiler);
    let peak = stats.max_bytes as u64;
    let counts = match case.heap {
        Heap::Exact => vec![
            (HEAP_BYTES, stats.total_bytes),
            (HEAP_BLOCKS, stats.total_blocks),
            (HEAP_PEAK, peak),
            (HEAP_LIVE, stats.curr_bytes as u64),
        ],
        Heap::AtMost(mebibytes) => vec![(HEAP_PEAK_ABOVE, (peak >> 20).saturating_sub(mebibytes))],
    };
    print(case, outcome.checksum, counts);
}
