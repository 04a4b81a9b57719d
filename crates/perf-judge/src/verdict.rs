//! The verdict of one row.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The verdict of one row. The variants are ordered from worst to best, which is the order of rows within a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// The case failed its own check, crashed, or printed an invalid measurement. Fails the run.
    Broken,
    /// Worse than the baseline or the base, or above the budget. Fails the run.
    Regressed,
    /// In the baseline or in a budget, but not in the run. Fails the run.
    Missing,
    /// The control failed: the base measured against itself differs, so the machine cannot judge wall time.
    Unstable,
    /// Measured, but no comparable value exists or the measurement is too noisy.
    Inconclusive,
    /// In the run, but not in the baseline. Fails the run only where a baseline is required.
    New,
    /// Worse than the baseline, within the value and the date of an acceptance.
    Accepted,
    /// Better than the baseline or the base; `baseline update` stores the improvement.
    Improved,
    /// Shown but not judged: wall time without a base.
    Info,
    /// Equal to the baseline or base within the margin, or within the budget.
    Pass,
    /// Nothing measured differs from the base, so the values are equal.
    Identical,
}

impl Verdict {
    /// Every verdict, from worst to best.
    pub const ALL: [Self; 11] = [
        Self::Broken,
        Self::Regressed,
        Self::Missing,
        Self::Unstable,
        Self::Inconclusive,
        Self::New,
        Self::Accepted,
        Self::Improved,
        Self::Info,
        Self::Pass,
        Self::Identical,
    ];

    /// The name of the verdict in tables and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broken => "BROKEN",
            Self::Regressed => "REGRESSED",
            Self::Missing => "MISSING",
            Self::Unstable => "UNSTABLE",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::New => "NEW",
            Self::Accepted => "ACCEPTED",
            Self::Improved => "IMPROVED",
            Self::Info => "INFO",
            Self::Pass => "PASS",
            Self::Identical => "IDENTICAL",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
