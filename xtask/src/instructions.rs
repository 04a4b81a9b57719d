//! Counts the instructions of the cases, where a valgrind is there to do it.

use std::collections::BTreeMap;

use perf_gate::{CaseName, Metric, Record, Tools};

use crate::callgrind::{Callgrind, Unusable};
use crate::child::Limits;
use crate::exact::{CaseList, ExactRun};
use crate::executables::Executables;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{parallel, plain_text};

/// For each case its record, or why it is broken.
pub type InstructionRun = BTreeMap<CaseName, Result<Record, String>>;

/// What counting gave.
#[derive(Debug)]
pub enum Instructions {
    /// Nothing was counted; with the reason.
    NotMeasured(Unusable),
    /// Every case that is not heavy, and is not broken anyway.
    Measured {
        /// What the figures depend on.
        tools: Tools,
        /// The figures.
        run: InstructionRun,
    },
}

impl Instructions {
    /// What the figures depend on, where there are some.
    pub fn tools(&self) -> Option<&Tools> {
        match self {
            Self::NotMeasured(_) => None,
            Self::Measured { tools, .. } => Some(tools),
        }
    }

    /// The record of a case.
    pub fn get(&self, case: &CaseName) -> Option<&Result<Record, String>> {
        match self {
            Self::NotMeasured(_) => None,
            Self::Measured { run, .. } => run.get(case),
        }
    }

    /// The line that says why nothing was counted.
    pub fn not_measured(reason: &str) -> String {
        format!("instructions: not measured: {reason}")
    }
}

/// Counts the instructions of those cases of a run that can be counted. A case computes the same as in the other
/// programs, so the records say what it computed there; that each operation does its work is checked by `count`.
pub fn measure(
    callgrind: &Result<Callgrind, Unusable>,
    executables: &Executables,
    list: &CaseList,
    exact: &ExactRun,
    limits: Limits,
    progress: &Progress,
) -> Result<Instructions, Failure> {
    let callgrind = match callgrind {
        Ok(callgrind) => callgrind,
        Err(reason) => return Ok(Instructions::NotMeasured(reason.clone())),
    };
    let checksum = |(case, outcome): (_, &Result<Vec<Record>, String>)| {
        let first = outcome.as_ref().ok()?.first()?;
        Some((case, first.checksum()))
    };
    let countable = exact.iter().filter(|(case, _)| !list.is_heavy(case)).filter_map(checksum);
    let countable: Vec<_> = countable.collect();
    progress.phase("instr", &plain_text::counted(countable.len(), "case"));
    let records = parallel::each(&countable, |&(case, checksum)| {
        progress.at(case.as_str());
        let counted = callgrind.instructions(executables, case, limits)?;
        progress.step(Progress::in_parallel(Progress::INSTRUCTIONS_CASE));
        let record = counted.and_then(|value| {
            Record::new(case.clone(), Metric::Instructions, value, checksum).map_err(|error| error.to_string())
        });
        Ok((case.clone(), record.map_err(|reason| format!("`count` under callgrind {reason}"))))
    })?;
    Ok(Instructions::Measured { tools: callgrind.tools.clone(), run: records.into_iter().collect() })
}
