//! Counts what one operation of a case does: `count --list`, `count <case>`, or `count <case> --ops <n>`.
//!
//! With `--ops` it performs `n` operations under an instruction counter and prints how many operations the counter needs.
//! `n` may be 0, which measures the cost of the set-up.

mod single_case;
mod waits;

use std::process::ExitCode;

use aggregator_cases::{Case, CaseKind, prepare};

fn main() -> ExitCode {
    single_case::main("count", measure)
}

fn measure(case: &Case) -> Result<(), String> {
    let (waits, observation) = match case.kind {
        CaseKind::ColdStart => {
            let (counted, observation) = single_case::measure_first(case, |operation| waits::count(operation))?;
            (counted?.1, observation)
        }
        // An operation of many queries, so that a wait in one of a thousand shows.
        CaseKind::Heavy => {
            let (mut workload, observation) = prepare(case)?;
            (waits::count(|| workload.run())?.1, observation)
        }
        CaseKind::Repeated | CaseKind::Threads => (Vec::new(), prepare(case)?.1),
    };
    let counts = [observation.counts, waits].concat();
    single_case::print_records(case, &counts, observation.checksum)
}
