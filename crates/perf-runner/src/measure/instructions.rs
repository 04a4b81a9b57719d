//! Counts the instructions of the cases, where a valgrind is there to do it.

use perf_gate::{Metric, Record};
use perf_judge::run::{CaseList, ExactRun, Instructions, NoValue};
use perf_judge::text;

use super::callgrind::InstructionCounter;
use super::programs::BenchPrograms;
use crate::error::{CaseError, Error};
use crate::process::parallel;
use crate::progress::Progress;

/// Counts the instructions of those cases of a run that can be counted. A case computes the same as in the other
/// programs, so the records say what it computed there; that each operation does its work is checked by `count`.
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
