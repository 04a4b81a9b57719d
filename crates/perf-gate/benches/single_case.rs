//! The command line of the targets `count` and `heap`, which measure one case a process, and the records they print.

use std::process::ExitCode;

use aggregator_cases::{Case, CaseKind, Observation, Workload, all, find, observe, set_up};
use perf_gate::{CaseName, Checksum, Metric, ProcessLimits, Record};
use perf_harness::limits;

/// Runs the command line of a target; `measure` measures a case and prints its records.
pub fn main(target: &str, measure: fn(&Case) -> Result<(), String>) -> ExitCode {
    // `cargo bench` adds a flag for the standard test harness.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["--list"] => {
            all().for_each(|case| println!("{}{}", case.name, mark(case.kind)));
            Ok(())
        }
        #[cfg(feature = "seeded-faults")]
        ["--faults"] => {
            aggregator_cases::fault_names().for_each(|name| println!("{name}"));
            Ok(())
        }
        [name] => find(name).and_then(|case| {
            // The marks of a case in the list decide what limits the gate expects.
            let is_heavy = matches!(case.kind, CaseKind::Heavy | CaseKind::Threads);
            limits::apply(if is_heavy { ProcessLimits::HEAVY } else { ProcessLimits::ORDINARY });
            measure(case)
        }),
        // Without limits: valgrind takes 50 times as long, and much memory.
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

/// The mark of a case in `--list`, which tells the gate what is not measured.
const fn mark(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Repeated => "",
        CaseKind::Heavy | CaseKind::Threads => " heavy",
        CaseKind::ColdStart => " untimed",
    }
}

/// Performs the first operation of a process, and only then observes the case and checks what the operation computed.
/// `measure` is called with the operation.
///
/// # Errors
/// When the case computes nothing, computes an unexpected amount, or fails its own check.
pub fn measure_first<T>(
    case: &Case,
    measure: impl FnOnce(&mut dyn FnMut() -> u64) -> T,
) -> Result<(T, Observation), String> {
    let mut workload = set_up(case);
    let mut amount = 0;
    let measured = measure(&mut || {
        amount = workload.run();
        amount
    });
    let observation = observe(workload.as_mut())?;
    if amount != observation.amount {
        return Err(format!("the first operation computed {amount} instead of {}", observation.amount));
    }
    Ok((measured, observation))
}

/// Performs operations under an instruction counter, and prints how many operations the counter needs.
///
/// The counter counts what [`counted_operations`] does. The first operation fills caches and lazily initialised state, so it
/// belongs to the set-up, except in a case that measures the first operation. The printed line does not depend on `operations`.
fn run_operations(case: &Case, operations: &str) -> Result<(), String> {
    let operations: u64 = operations.parse().map_err(|error| format!("--ops {operations}: {error}"))?;
    if !matches!(case.kind, CaseKind::Repeated | CaseKind::ColdStart) {
        return Err(format!("the instructions of {} are not counted", case.name));
    }
    let mut workload = set_up(case);
    if case.kind == CaseKind::ColdStart {
        if operations > 1 {
            return Err(format!("{} has one operation a process", case.name));
        }
        if operations == 1 && counted_operations(workload.as_mut(), 1) == [0, 0] {
            return Err("an operation computed nothing".into());
        }
        println!("1");
        return Ok(());
    }
    let amount = workload.run();
    if amount == 0 {
        return Err("an operation computed nothing".into());
    }
    if operations > 0 {
        let [least, most] = counted_operations(workload.as_mut(), operations);
        if [least, most] != [amount; 2] {
            return Err(format!("the first operation computed {amount} items, later ones {least} to {most}"));
        }
    }
    println!("{}", operations_for(amount).min(case.max_counted_operations));
    Ok(())
}

/// Performs at least one operation. The instruction counter finds this function by its name, and counts while it runs.
///
/// Returns the least and the largest amount that one of them computed. It has no closure, whose name would contain its own.
#[inline(never)]
fn counted_operations(workload: &mut dyn Workload, operations: u64) -> [u64; 2] {
    let mut amounts = [u64::MAX, 0];
    for _ in 0..operations {
        let amount = divan::black_box(workload.run());
        amounts = [amounts[0].min(amount), amounts[1].max(amount)];
    }
    amounts
}

/// Number of operations for counting instructions, from the amount that one operation computes.
///
/// It depends on nothing else, so that base and head average over the same number: operations differ by half a percent.
/// The speed of the machine varies, and a calibration under the counter would move with a change of the engine.
///
/// A few operations suffice, because nothing else is counted. An item costs 40 to 60,000 instructions, so a count takes 20
/// thousand to 100 million instructions, which is less than a second.
fn operations_for(amount: u64) -> u64 {
    (10_000 / amount).clamp(1, 20)
}

/// Prints counts as records, one JSON object a line.
///
/// # Errors
/// When a value cannot be a [`Record`].
pub fn print_records(case: &Case, counts: &[(Metric, u64)], checksum: u64) -> Result<(), String> {
    let name = CaseName::new(case.name).map_err(|error| error.to_string())?;
    for &(metric, value) in counts {
        let record = Record::new(name.clone(), metric, value, Checksum(checksum)).map_err(|error| error.to_string())?;
        println!("{}", serde_json::to_string(&record).map_err(|error| error.to_string())?);
    }
    Ok(())
}
