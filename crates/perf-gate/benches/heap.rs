//! Measures the heap of one case with dhat: `heap --list`, or `heap <case>`. `heap <case> --sites <file>` writes the
//! allocation sites of one operation as dhat's JSON.
//!
//! Each case runs in a process of its own, because dhat counts everything that a process allocates.

mod cases;
#[path = "clock/paused.rs"]
mod clock;
mod limits;
mod single_case;

use std::process::ExitCode;

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
/// Range (maximum minus minimum) of the live bytes after N, 2N and 3N operations.
const HEAP_GROWTH: Metric = Metric::new("heap-growth", Unit::Bytes, Class::Heap);

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [case, option, file] if option == "--sites" => match write_sites(case, file) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
        _ => single_case::main("heap", measure),
    }
}

/// Profiles one operation with backtraces that are long enough to name the line in the engine.
fn write_sites(case: &str, file: &str) -> Result<(), String> {
    let (mut workload, observation) = cases::find(case).and_then(cases::prepare)?;
    // An allocation is several frames of the standard library and of futures away from the engine.
    let profiler = Profiler::builder().file_name(file).trim_backtraces(Some(24)).build();
    let amount = workload.run();
    drop(profiler);
    if amount != observation.amount {
        return Err(format!("the profiled operation computed {amount} instead of {}", observation.amount));
    }
    Ok(())
}

fn measure(case: &cases::Case) -> Result<(), String> {
    let (mut workload, observation) = cases::prepare(case)?;
    let expected = observation.amount;
    // The minimum that dhat allows: no backtrace is printed here, and unwinding is most of the profiler's cost.
    let profiler = Profiler::builder().testing().trim_backtraces(Some(4)).build();
    // The profiler does not see earlier allocations, so its peak is that of the operation.
    let amount = workload.run();
    let one = HeapStats::get();
    if amount != expected {
        return Err(format!("the measured operation computed {amount} instead of {expected}"));
    }
    if case.heavy {
        // The lighter cases measure growth from operation to operation; a heavy case measures what one operation leaves.
        drop(profiler);
        let counts = [
            (HEAP_BYTES, one.total_bytes),
            (HEAP_BLOCKS, one.total_blocks),
            (HEAP_PEAK, one.max_bytes as u64),
            (HEAP_LIVE, one.curr_bytes as u64),
        ];
        return single_case::print_records(case, &counts, observation.checksum);
    }
    // The profiler makes allocations 15 times slower, so large operations are repeated less often.
    let operations = (2_000 / expected.max(1)).clamp(1, 20);
    let mut after = || {
        for _ in 0..operations {
            if workload.run() != expected {
                return Err("two operations computed different amounts".to_owned());
            }
        }
        Ok(HeapStats::get())
    };
    let (n, two_n, three_n) = (after()?, after()?, after()?);
    drop(profiler);
    // Operations repeat exactly. If one does not, rounding up shows the excess.
    let per_operation = |all: u64, first: u64| (all - first).div_ceil(3 * operations);
    let max_live = n.curr_bytes.max(two_n.curr_bytes).max(three_n.curr_bytes);
    let min_live = n.curr_bytes.min(two_n.curr_bytes).min(three_n.curr_bytes);
    let counts = [
        (HEAP_BYTES, per_operation(three_n.total_bytes, one.total_bytes)),
        (HEAP_BLOCKS, per_operation(three_n.total_blocks, one.total_blocks)),
        (HEAP_PEAK, one.max_bytes as u64),
        (HEAP_LIVE, one.curr_bytes as u64),
        (HEAP_GROWTH, (max_live - min_live) as u64),
    ];
    single_case::print_records(case, &counts, observation.checksum)
}
