//! `heap <case>` measures what one operation allocates; with `--sites <file>` it writes the allocation sites.

use aggregator_load_bench::{Arguments, Scale, print_records};
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

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() {
    let (case, sites) = match Arguments::parse("--sites") {
        Arguments::List => return,
        Arguments::Case(case) => (case, None),
        Arguments::CaseWithOption(case, file) => (case, Some(file)),
    };
    let (mut workload, observation) = case.prepare(Scale::Full, None);
    let builder = Profiler::builder();
    let builder = match &sites {
        Some(file) => builder.file_name(file).trim_backtraces(Some(24)),
        None => builder.testing().trim_backtraces(Some(4)),
    };
    let profiler = builder.build();
    let computed = workload.run();
    assert_eq!(computed, observation.amount, "the operations of {} differ", case.name);
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
    print_records(case, observation.checksum, counts);
}
