//! `heap <case>` measures what one operation allocates; with `--sites <file>` it writes the allocation sites.

use aggregator_providers_bench::Case;
use dhat::HeapStats;
use perf_harness::{Arguments, heap, print_records};

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
    let computed = workload.run();
    assert_eq!(computed, observation.amount, "the operations of {} differ", case.name);
    if sites.is_some() {
        drop(profiler); // This writes the file.
        return;
    }
    let stats = HeapStats::get();
    drop(profiler);
    print_records(case, observation.checksum, heap::counts(&stats));
}
