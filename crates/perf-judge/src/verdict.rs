//! The judgement of one row.

use std::fmt;

use serde::Serialize;

/// The judgement of one row, worst first: this is the order of rows within a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// The case failed its own check, died, or printed something that is no measurement. Red.
    Broken,
    /// Worse than the baseline or above the budget. Red.
    Regressed,
    /// In the baseline or in a budget, but not in the run. Red.
    Missing,
    /// The machine cannot tell equal from different: the base measured against itself differs.
    Unstable,
    /// Measured, but there is nothing comparable to judge it by, or it scatters too much.
    Inconclusive,
    /// In the run, but not in the baseline. Red only where a baseline is required.
    New,
    /// Worse than the baseline, tolerated up to a value, until a date, for a reason.
    Accepted,
    /// Better than the baseline: `baseline update` keeps it so.
    Improved,
    /// Shown, not judged, and without influence on the exit code: wall time where there is no base to compare it with.
    Info,
    /// As good as the baseline or the base, or within the budget.
    Pass,
    /// Nothing that is measured differs from the base, so there is nothing to judge.
    Identical,
}

impl Verdict {
    /// Every verdict, worst first.
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

    /// The name in tables and reports.
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
