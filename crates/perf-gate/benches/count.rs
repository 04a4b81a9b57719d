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

use cases::CaseKind;

fn main() -> ExitCode {
    single_case::main("count", measure)
}

fn measure(case: &cases::Case) -> Result<(), String> {
    let observation = match case.kind {
        CaseKind::ColdStart => single_case::measure_first(case, |operation| operation())?.1,
        CaseKind::Repeated | CaseKind::Heavy | CaseKind::Threads => cases::prepare(case)?.1,
    };
    single_case::print_records(case, &observation.counts, observation.checksum)
}
