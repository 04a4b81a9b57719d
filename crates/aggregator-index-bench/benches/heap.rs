//! `heap`: what one operation allocates; and where, if there is a file for it.

use aggregator_index_bench::{Arguments, print};
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

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() {
    let (case, sites) = match Arguments::read("--sites") {
        Arguments::List => return,
        Arguments::One(case) if !case.heap_repeats => return,
        Arguments::One(case) => (case, None),
        Arguments::With(case, file) => (case, Some(file)),
    };
    let mut operation = (case.prepare)(None);
    // The first one fills what is filled once: the open index, caches of the engine under it.
    let first = operation();
    let builder = Profiler::builder();
    let builder = match &sites {
        Some(file) => builder.file_name(file).trim_backtraces(Some(24)),
        None => builder.testing().trim_backtraces(Some(4)),
    };
    let profiler = builder.build();
    assert_eq!(operation(), first, "{} does something else each time", case.name);
    if sites.is_some() {
        drop(profiler); // This writes the file.
        return;
    }
    let stats = HeapStats::get();
    drop(profiler);
    let counts = [
        (HEAP_BYTES, stats.total_bytes),
        (HEAP_BLOCKS, stats.total_blocks),
        (HEAP_PEAK, stats.max_bytes as u64),
        (HEAP_LIVE, stats.curr_bytes as u64),
    ];
    print(case, first.checksum, counts);
}
