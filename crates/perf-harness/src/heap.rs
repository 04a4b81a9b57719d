//! The heap of one operation. A program that uses this has `dhat::Alloc` as its global allocator.

use dhat::{HeapStats, Profiler};
use perf_gate::{Class, Metric, Unit};

/// Bytes allocated, freed or not.
pub const HEAP_BYTES: Metric = Metric::new("heap-bytes", Unit::Bytes, Class::Heap);
/// Allocations, freed or not.
pub const HEAP_BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);
/// Maximum of live bytes during one operation, minus the bytes that were live before it.
pub const HEAP_PEAK: Metric = Metric::new("heap-peak", Unit::Bytes, Class::Heap);
/// Live bytes after one operation, minus the bytes that were live before it.
pub const HEAP_LIVE: Metric = Metric::new("heap-live", Unit::Bytes, Class::Heap);

/// Starts to count. With a file, the profiler writes the allocation sites into it when it is dropped, and [`HeapStats::get`] panics.
pub fn profiler(sites: Option<&str>) -> Profiler {
    let builder = Profiler::builder();
    match sites {
        Some(file) => builder.file_name(file).trim_backtraces(Some(24)),
        None => builder.testing().trim_backtraces(Some(4)),
    }
    .build()
}

/// What was counted since the profiler was started.
pub fn counts(stats: &HeapStats) -> [(Metric, u64); 4] {
    [
        (HEAP_BYTES, stats.total_bytes),
        (HEAP_BLOCKS, stats.total_blocks),
        (HEAP_PEAK, stats.max_bytes as u64),
        (HEAP_LIVE, stats.curr_bytes as u64),
    ]
}
