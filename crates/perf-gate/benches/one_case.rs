//! The command line of a target that measures one case in a process of its own, and the records it prints.

use std::process::ExitCode;

use perf_gate::{CaseName, Checksum, Metric, Record};

use crate::cases::{self, Case, find};

/// The command line of a target that measures one case in a process of its own.
pub fn main(target: &str, measure: fn(&Case) -> Result<(), String>) -> ExitCode {
    // `cargo bench` adds a flag that only a harness needs.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["--list"] => {
            cases::all().for_each(|case| println!("{}", case.name));
            Ok(())
        }
        [name] => find(name).and_then(measure),
        [name, "--ops", operations] => find(name).and_then(|case| repeat(case, operations)),
        _ => Err(format!("usage: {target} --list | {target} <case> | {target} <case> --ops <n>")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Performs operations and says nothing, for instruction counters to watch; none are allowed.
fn repeat(case: &Case, operations: &str) -> Result<(), String> {
    let operations: u64 = operations.parse().map_err(|error| format!("--ops {operations}: {error}"))?;
    let mut work = (case.prepare)();
    (0..operations).for_each(|_| {
        divan::black_box(work.run());
    });
    Ok(())
}

/// Prints what was counted as the judge reads it: one record a line, in JSON.
///
/// # Errors
/// When a value is no measurement.
pub fn print(case: &Case, counts: &[(Metric, u64)], checksum: u64) -> Result<(), String> {
    let name = CaseName::new(case.name).map_err(|error| error.to_string())?;
    for &(metric, value) in counts {
        let record = Record::new(name.clone(), metric, value, Checksum(checksum)).map_err(|error| error.to_string())?;
        println!("{}", serde_json::to_string(&record).map_err(|error| error.to_string())?);
    }
    Ok(())
}
