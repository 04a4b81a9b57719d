//! Counts what one operation of a case does: `count --list`, `count <case>`, or `count <case> --ops <n>`.
//!
//! With `--ops` it performs `n` operations under an instruction counter and prints how many operations the counter needs.
//! `n` may be 0, which measures the cost of the set-up.

mod cases;
#[path = "clock/paused.rs"]
mod clock;
mod limits;
mod single_case;

use std::process::ExitCode;

fn main() -> ExitCode {
    single_case::main("count", measure)
}

fn measure(case: &cases::Case) -> Result<(), String> {
    let (_, observation) = cases::prepare(case)?;
    single_case::print_records(case, &observation.counts, observation.checksum)
}
