//! The command line of a target that measures one case in a process of its own, and the records it prints.

use std::process::ExitCode;

use perf_gate::{CaseName, Checksum, Metric, ProcessLimits, Record};

use crate::cases::{self, Case, find};
use crate::limits;

/// The command line of a target that measures one case in a process of its own.
pub fn main(target: &str, measure: fn(&Case) -> Result<(), String>) -> ExitCode {
    // `cargo bench` adds a flag that only a harness needs.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["--list"] => {
            cases::all().for_each(|case| println!("{}{}", case.name, if case.heavy { " heavy" } else { "" }));
            Ok(())
        }
        #[cfg(feature = "seeded-faults")]
        ["--faults"] => {
            aggregator_core::seeded_fault::Fault::names().for_each(|name| println!("{name}"));
            Ok(())
        }
        [name] => find(name).and_then(|case| {
            limits::apply(if case.heavy { ProcessLimits::HEAVY } else { ProcessLimits::ORDINARY });
            measure(case)
        }),
        // Without limits: who counts instructions takes fifty times as long, and much memory.
        [name, "--ops", operations] => find(name).and_then(|case| run_operations(case, operations)),
        _ => Err(format!("usage: {target} --list | {target} <case> | {target} <case> --ops <n>")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Performs operations for an instruction counter to watch, and prints how many of them are enough for it.
///
/// What zero operations need is what getting ready needs, and is to be subtracted: the first operation, which fills what
/// is filled once, belongs to that, and the line printed is always the same.
fn run_operations(case: &Case, operations: &str) -> Result<(), String> {
    let operations: u64 = operations.parse().map_err(|error| format!("--ops {operations}: {error}"))?;
    if case.heavy {
        return Err(format!("{} is heavy: its instructions are not counted", case.name));
    }
    let mut workload = (case.prepare)();
    #[cfg(feature = "seeded-faults")]
    {
        workload = cases::with_slowdown(workload);
    }
    let amount = workload.run();
    if amount == 0 {
        return Err("an operation computed nothing".into());
    }
    for operation in 1..=operations {
        let now = divan::black_box(workload.run());
        if now != amount {
            return Err(format!("operation {operation} computed {now} items, the one before it {amount}"));
        }
    }
    println!("{}", operations_for(amount));
    Ok(())
}

/// How many operations are enough for counting instructions, from how much one computes.
///
/// It must depend on nothing else: not on the machine, whose speed varies, nor on a calibration under the counter, whose
/// result a change of the engine moves; operations differ by half a percent, and two sides that average over different
/// numbers of them would differ by that.
///
/// Few are enough, because both counts are of the same process but for these operations, and everything else cancels:
/// 100 operations of the smallest case (1,158 instructions each) gave the same difference to the instruction five times,
/// with 3 KiB more environment and, but for one instruction, in another folder. An item costs between 40 and 60,000
/// instructions, so these are between 20 thousand and 100 million of them: under a second, of which starting takes most.
fn operations_for(amount: u64) -> u64 {
    (10_000 / amount).clamp(1, 20)
}

/// Prints what was counted as the judge reads it: one record a line, in JSON.
///
/// # Errors
/// When a value is no measurement.
pub fn print_records(case: &Case, counts: &[(Metric, u64)], checksum: u64) -> Result<(), String> {
    let name = CaseName::new(case.name).map_err(|error| error.to_string())?;
    for &(metric, value) in counts {
        let record = Record::new(name.clone(), metric, value, Checksum(checksum)).map_err(|error| error.to_string())?;
        println!("{}", serde_json::to_string(&record).map_err(|error| error.to_string())?);
    }
    Ok(())
}
