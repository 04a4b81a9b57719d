//! What measuring gave, as data: values that repeat, instructions, wall time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use perf_gate::{CaseName, Record, Tools};
use serde::Serialize;

use crate::statistics::quantile;

/// Why a case has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoValue {
    /// It does not do its work, whatever the machine: red.
    Broken(String),
    /// The machine did not give it time enough to say so: nothing is known about it.
    Unfinished(String),
}

impl NoValue {
    /// The same, with the name of what was run before the reason.
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

/// What one run of the exact classes gave: for each case its records, or why there are none.
pub type ExactRun = BTreeMap<CaseName, Result<Vec<Record>, NoValue>>;

/// The cases that exist, and those that only one of the two programs knows, with the reason why that breaks them.
#[derive(Debug)]
pub struct CaseList {
    /// Every name, sorted.
    pub all: Vec<CaseName>,
    /// Those whose operation takes so long that it is neither timed nor counted in instructions.
    pub heavy: BTreeSet<CaseName>,
    /// Those that are broken before they are run, and why.
    pub broken: BTreeMap<CaseName, String>,
}

impl CaseList {
    /// Whether an operation of the case takes so long that it is neither timed nor counted in instructions.
    pub fn is_heavy(&self, case: &CaseName) -> bool {
        self.heavy.contains(case)
    }
}

/// How far repeated processes disagreed about a wall time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Interquartile range of the processes' medians, in percent of their median.
    pub iqr_percent: f64,
    /// Number of processes.
    pub processes: usize,
}

/// The wall time of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WallTime {
    /// Nanoseconds of one operation: the median over processes of the process medians.
    pub ns: u64,
    /// Nanoseconds of its fastest sample in any process: what a limit has to be below of, to be certainly exceeded. Whatever
    /// else a machine does makes samples longer, never shorter.
    pub min_ns: u64,
    /// How far the processes disagreed.
    pub spread: Spread,
}

/// For each case its wall time, or why there is none.
pub type WallRun = BTreeMap<CaseName, Result<WallTime, NoValue>>;

/// The wall time that several processes of a case gave, by their medians and their fastest samples.
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

/// What is missing, or why it cannot be used; to be read after "not measured: ".
pub type MissingReason = String;

/// For each case its record, or why there is none.
pub type InstructionRun = BTreeMap<CaseName, Result<Record, NoValue>>;

/// What counting gave.
#[derive(Debug)]
pub enum Instructions {
    /// Nothing was counted; with the reason.
    NotMeasured(MissingReason),
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
    pub fn get(&self, case: &CaseName) -> Option<&Result<Record, NoValue>> {
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

/// What a baseline holds, measured once.
#[derive(Debug)]
pub struct BaselineRun {
    /// Of the classes whose values repeat exactly.
    pub exact: ExactRun,
    /// Of instructions.
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
