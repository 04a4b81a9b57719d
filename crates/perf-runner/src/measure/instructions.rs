//! Counts the instructions of cases, if valgrind is installed.

use perf_gate::{Metric, Record};
use perf_judge::run::{CaseList, ExactRun, Instructions, NoValue};
use perf_judge::text;

use super::callgrind::InstructionCounter;
use super::programs::BenchPrograms;
use crate::error::{CaseError, Error};
use crate::process::parallel;
use crate::progress::Progress;

/// Counts the instructions of the cases in `exact` that have a value and are not heavy. The records take their checksums from
/// `exact`, because a case computes the same there; `count` checks that each operation does its work.
///
/// # Errors
/// On an interruption.
pub fn measure(
    counter: &InstructionCounter,
    programs: &BenchPrograms,
    list: &CaseList,
    exact: &ExactRun,
    progress: &Progress,
) -> Result<Instructions, Error> {
    let callgrind = match counter {
        InstructionCounter::Callgrind(callgrind) => callgrind,
        InstructionCounter::Missing(reason) => return Ok(Instructions::NotMeasured(reason.clone())),
    };
    let checksum = |(case, outcome): (_, &Result<Vec<Record>, NoValue>)| {
        let first = outcome.as_ref().ok()?.first()?;
        Some((case, first.checksum()))
    };
    let countable = exact.iter().filter(|(case, _)| !list.is_heavy(case)).filter_map(checksum);
    let countable: Vec<_> = countable.collect();
    progress.start_phase("instr", &text::pluralize(countable.len(), "case"));
    let records = parallel::map(&countable, |&(case, checksum)| {
        progress.set_current(case.as_str());
        let counted = callgrind.instructions(programs, case).and_then(|value| {
            let record = Record::new(case.clone(), Metric::INSTRUCTIONS, value, checksum);
            record.map_err(|error| CaseError::from(error.to_string()))
        });
        progress.advance(Progress::parallel_ms(Progress::INSTRUCTIONS_CASE_MS));
        let record = match counted {
            Ok(record) => Ok(record),
            Err(error) => Err(error.with_program("`count` under callgrind").no_value()?),
        };
        Ok((case.clone(), record))
    })?;
    Ok(Instructions::Measured { tools: callgrind.tools.clone(), run: records.into_iter().collect() })
}
