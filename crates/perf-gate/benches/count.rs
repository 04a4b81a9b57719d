//! What one operation of a case does, counted: `count --list`, `count <case>`, or `count <case> --ops <n>`.
//!
//! With `--ops` it performs so many operations for an instruction counter to watch (0 are allowed: the cost of getting
//! ready), and prints how many are enough.

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
