//! `heap <case>` measures what one operation allocates; with `--sites <file>` it writes the allocation sites.

use aggregator_http_bench::Case;
use dhat::HeapStats;
use perf_gate::{Class, Metric, Unit};
use perf_harness::{Arguments, heap, print_records};

/// Live bytes while many streams are open, for each of them; both ends of its connection are among them.
const HEAP_OPEN: Metric = Metric::new("heap-open", Unit::Bytes, Class::Heap);

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() {
    let (case, sites) = match Arguments::<Case>::parse("--sites") {
        Arguments::List => return,
        Arguments::Case(case) => (case, None),
        Arguments::CaseWithOption(case, file) => (case, Some(file)),
    };
    let (mut workload, observation) = case.prepare(None);
    let profiler = heap::profiler(sites.as_deref());
    let mut of_each = None;
    let computed = if sites.is_some() {
        workload.run(&mut |_| {})
    } else {
        workload.run(&mut |streams| of_each = Some((HeapStats::get().curr_bytes as u64).div_ceil(streams)))
    };
    assert_eq!(computed, observation.amount, "the operations of {} differ", case.name);
    if sites.is_some() {
        drop(profiler); // This writes the file.
        return;
    }
    let stats = HeapStats::get();
    drop(profiler);
    let mut counts = heap::counts(&stats).to_vec();
    counts.extend(of_each.map(|bytes| (HEAP_OPEN, bytes)));
    print_records(case, observation.checksum, counts);
}
