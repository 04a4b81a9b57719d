//! Measures the heap of one case with dhat: `heap --list`, or `heap <case>`. `heap <case> --sites <file>` writes the
//! allocation sites of one operation as dhat's JSON.
//!
//! Each case runs in a process of its own, because dhat counts everything that a process allocates.

mod single_case;

use std::process::ExitCode;

use aggregator_cases::{Case, CaseKind, find, prepare};
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
    // An allocation is several frames of the standard library and of futures away from the engine.
    let profile = |operation: &mut dyn FnMut() -> u64| {
        let profiler = Profiler::builder().file_name(file).trim_backtraces(Some(24)).build();
        let amount = operation();
        drop(profiler);
        amount
    };
    let case = find(case)?;
    if case.kind == CaseKind::ColdStart {
        return single_case::measure_first(case, profile).map(drop);
    }
    let (mut workload, observation) = prepare(case)?;
    let amount = profile(&mut || workload.run());
    if amount != observation.amount {
        return Err(format!("the profiled operation computed {amount} instead of {}", observation.amount));
    }
    Ok(())
}

/// Starts a profiler with the shortest backtraces that dhat allows: none is printed here, and unwinding is most of its cost.
fn start_profiler() -> Profiler {
    Profiler::builder().testing().trim_backtraces(Some(4)).build()
}

/// The metrics of one operation, which was the first one since the profiler started.
fn counts_of_one(one: &HeapStats) -> [(Metric, u64); 4] {
    [
        (HEAP_BYTES, one.total_bytes),
        (HEAP_BLOCKS, one.total_blocks),
        (HEAP_PEAK, one.max_bytes as u64),
        (HEAP_LIVE, one.curr_bytes as u64),
    ]
}

fn measure(case: &Case) -> Result<(), String> {
    if case.kind == CaseKind::ColdStart {
        let (one, observation) = single_case::measure_first(case, |operation| {
            let _profiler = start_profiler();
            operation();
            HeapStats::get()
        })?;
        return single_case::print_records(case, &counts_of_one(&one), observation.checksum);
    }
    let (mut workload, observation) = prepare(case)?;
    let expected = observation.amount;
    let profiler = start_profiler();
    // The profiler does not see earlier allocations, so its peak is that of the operation.
    let amount = workload.run();
    let one = HeapStats::get();
    if amount != expected {
        return Err(format!("the measured operation computed {amount} instead of {expected}"));
    }
    match case.kind {
        CaseKind::Repeated | CaseKind::ColdStart => {}
        // The lighter cases measure growth from operation to operation; a heavy case measures what one operation leaves.
        CaseKind::Heavy => return single_case::print_records(case, &counts_of_one(&one), observation.checksum),
        // How many bytes two threads have at the same time depends on the scheduler.
        CaseKind::Threads => {
            return single_case::print_records(case, &[(HEAP_LIVE, one.curr_bytes as u64)], observation.checksum);
        }
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
