//! Counts the instructions of cases, if valgrind is installed.

use std::collections::BTreeMap;

use perf_gate::{CaseName, Checksum, Metric, Record};
use perf_judge::run::{CaseList, ExactRun, Instructions, NoValue};
use perf_judge::text;

use super::callgrind::{Callgrind, InstructionCounter};
use super::programs::BenchPrograms;
use crate::error::{CaseError, Error};
use crate::process::parallel;
use crate::progress::Progress;

/// A harness whose instructions are counted.
#[derive(Debug, Clone, Copy)]
pub struct Countable<'a> {
    /// The counter, if there is one.
    pub counter: &'a InstructionCounter,
    /// Its programs.
    pub programs: &'a BenchPrograms,
    /// Its cases, and which of them are heavy.
    pub list: &'a CaseList,
    /// The values that its cases have already.
    pub exact: &'a ExactRun,
}

/// A case whose instructions are counted.
struct Job<'a> {
    harness: usize,
    callgrind: &'a Callgrind,
    programs: &'a BenchPrograms,
    case: &'a CaseName,
    checksum: Checksum,
}

impl<'a> Countable<'a> {
    /// The cases that have a value and are not heavy. The records take their checksums from `exact`, because a case computes the
    /// same there; `count` checks that each operation does its work.
    fn jobs(self, harness: usize) -> Vec<Job<'a>> {
        let Self { counter, programs, list, exact } = self;
        let Some(callgrind) = counter.callgrind() else { return Vec::new() };
        let job = |(case, outcome): (&'a CaseName, &Result<Vec<Record>, NoValue>)| {
            let checksum = outcome.as_ref().ok()?.first()?.checksum();
            Some(Job { harness, callgrind, programs, case, checksum })
        };
        exact.iter().filter(|(case, _)| !list.is_heavy(case)).filter_map(job).collect()
    }
}

/// Counts the instructions of a harness.
///
/// # Errors
/// On an interruption.
pub fn measure(harness: Countable<'_>, progress: &Progress) -> Result<Instructions, Error> {
    let counted = measure_all(&[harness], progress)?.pop();
    Ok(counted.unwrap_or_else(|| Instructions::NotMeasured("nothing was counted".to_owned())))
}

/// Counts the instructions of several harnesses, and returns them in the same order.
///
/// # Errors
/// On an interruption.
pub fn measure_all(harnesses: &[Countable<'_>], progress: &Progress) -> Result<Vec<Instructions>, Error> {
    let mut jobs: Vec<Vec<Job<'_>>> =
        harnesses.iter().enumerate().map(|(index, harness)| harness.jobs(index)).collect();
    // Where there are few cases, each does much. At the end, one of them would leave all processors but one idle.
    jobs.sort_by_key(Vec::len);
    let jobs: Vec<Job<'_>> = jobs.into_iter().flatten().collect();
    if harnesses.iter().any(|harness| harness.counter.callgrind().is_some()) {
        progress.start_phase("instr", &text::pluralize(jobs.len(), "case"));
    }
    let records = parallel::map(&jobs, |&Job { harness, callgrind, programs, case, checksum }| {
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
        Ok((harness, case.clone(), record))
    })?;
    let mut runs = vec![BTreeMap::new(); harnesses.len()];
    for (harness, case, record) in records {
        runs[harness].insert(case, record);
    }
    let counted = harnesses.iter().zip(runs).map(|(harness, run)| match harness.counter {
        InstructionCounter::Callgrind(callgrind) => Instructions::Measured { tools: callgrind.tools.clone(), run },
        InstructionCounter::Missing(reason) => Instructions::NotMeasured(reason.clone()),
    });
    Ok(counted.collect())
}
