//! The results of a run as data: exact values, instructions and wall times.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use perf_gate::{CaseName, Record, Tools};
use serde::{Deserialize, Serialize};

use crate::statistics::quantile;

/// The reason why a case has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoValue {
    /// The case itself is at fault; fails the run.
    Broken(String),
    /// The machine did not give the case enough time, so nothing is known about it.
    Unfinished(String),
}

impl NoValue {
    /// Prefixes the reason with the name of the program.
    pub fn with_program(self, program: &str) -> Self {
        match self {
            Self::Broken(reason) => Self::Broken(format!("{program} {reason}")),
            Self::Unfinished(reason) => Self::Unfinished(format!("{program} {reason}")),
        }
    }
}

impl fmt::Display for NoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(reason) | Self::Unfinished(reason) => f.write_str(reason),
        }
    }
}

/// The records of the exact classes by case, or the reason why a case has none.
pub type ExactRun = BTreeMap<CaseName, Result<Vec<Record>, NoValue>>;

/// The cases that the programs of a harness list.
#[derive(Debug)]
pub struct CaseList {
    /// The names of all cases, sorted.
    pub all: Vec<CaseName>,
    /// Heavy cases: an operation takes so long that it is neither timed nor counted in instructions.
    pub heavy: BTreeSet<CaseName>,
    /// Untimed cases: they are counted in instructions, but not timed.
    pub untimed: BTreeSet<CaseName>,
    /// Cases that are broken before they run, because only one of the programs lists them, with the reason.
    pub broken: BTreeMap<CaseName, String>,
}

impl CaseList {
    /// Whether the case is heavy, so that it is neither timed nor counted in instructions.
    pub fn is_heavy(&self, case: &CaseName) -> bool {
        self.heavy.contains(case)
    }

    /// Whether the case is timed: it is neither heavy nor untimed.
    pub fn is_timed(&self, case: &CaseName) -> bool {
        !self.is_heavy(case) && !self.untimed.contains(case)
    }
}

/// Dispersion of a wall time over repeated processes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Interquartile range of the medians of the processes, in percent of their median.
    pub iqr_percent: f64,
    /// Number of processes.
    pub processes: usize,
}

/// The wall time of one operation of a case, over several processes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WallTime {
    /// Median of the medians of the processes, in nanoseconds.
    pub ns: u64,
    /// Minimum over all samples, in nanoseconds. Noise only lengthens samples, so a limit below it is certainly exceeded.
    pub min_ns: u64,
    /// Dispersion over the processes.
    pub spread: Spread,
}

/// The wall times by case, or the reason why a case has none.
pub type WallRun = BTreeMap<CaseName, Result<WallTime, NoValue>>;

/// Summarises the medians and minimums (nanoseconds) of the processes of a case.
///
/// # Errors
/// If the median is not a finite duration of at least 1 ns.
pub fn summarise(mut medians: Vec<f64>, minimums: &[f64]) -> Result<WallTime, NoValue> {
    medians.sort_by(f64::total_cmp);
    let median = quantile(&medians, 0.5);
    let ns = median.round();
    if !(ns >= 1.0 && ns <= i64::MAX as f64) {
        let reason = format!("its median of {median} ns cannot be judged; the case must do more work per operation");
        return Err(NoValue::Broken(reason));
    }
    let iqr_percent = (quantile(&medians, 0.75) - quantile(&medians, 0.25)) / median * 100.0;
    let minimum = minimums.iter().copied().fold(ns, f64::min).max(0.0);
    let spread = Spread { iqr_percent, processes: medians.len() };
    Ok(WallTime { ns: ns as u64, min_ns: minimum.round() as u64, spread })
}

/// The reason why a class was not measured, to be read after "not measured: ".
pub type MissingReason = String;

/// The instruction records by case, or the reason why a case has none.
pub type InstructionRun = BTreeMap<CaseName, Result<Record, NoValue>>;

/// The result of counting instructions.
#[derive(Debug)]
pub enum Instructions {
    /// No instructions were counted, with the reason.
    NotMeasured(MissingReason),
    /// The counts of all cases that are neither heavy nor broken.
    Measured {
        /// The tools that the counts depend on.
        tools: Tools,
        /// Instructions of one operation by case, or why there are none.
        run: InstructionRun,
    },
}

impl Instructions {
    /// The tools that the counts depend on, if instructions were counted.
    pub fn tools(&self) -> Option<&Tools> {
        match self {
            Self::NotMeasured(_) => None,
            Self::Measured { tools, .. } => Some(tools),
        }
    }

    /// The record of a case, if instructions were counted and the case was among them.
    pub fn get(&self, case: &CaseName) -> Option<&Result<Record, NoValue>> {
        match self {
            Self::NotMeasured(_) => None,
            Self::Measured { run, .. } => run.get(case),
        }
    }

    /// The line of the report for instructions that were not counted.
    pub fn not_measured(reason: &str) -> String {
        format!("instructions: not measured: {reason}")
    }
}

/// One measurement of the values that a baseline stores.
#[derive(Debug)]
pub struct BaselineRun {
    /// The values of the exact classes.
    pub exact: ExactRun,
    /// Instruction counts of the run.
    pub instructions: Instructions,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_medians_with_its_spread() {
        let time = summarise(vec![104.0, 100.0, 96.0, 102.0, 98.0], &[95.0, 90.4]).unwrap();
        assert_eq!(time, WallTime { ns: 100, min_ns: 90, spread: Spread { iqr_percent: 4.0, processes: 5 } });
        assert_eq!(summarise(vec![10.0, 11.0], &[]).unwrap().ns, 11, "10.5 rounds away from zero");
    }

    #[test]
    fn a_duration_of_nothing_is_no_measurement() {
        for bad in [vec![], vec![0.0], vec![0.2, 0.2], vec![f64::NAN], vec![f64::INFINITY], vec![-3.0]] {
            assert!(summarise(bad.clone(), &[]).is_err(), "{bad:?}");
        }
    }
}
