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
    /// Measured, but there is nothing comparable to judge it by.
    Inconclusive,
    /// In the run, but not in the baseline. Red only where a baseline is required.
    New,
    /// Worse than the baseline, tolerated up to a value, until a date, for a reason.
    Accepted,
    /// Better than the baseline: `baseline update` keeps it so.
    Improved,
    /// Shown, not judged, and without influence on the exit code: wall time, which is judged through budgets only until
    /// it is compared with a base commit measured on the same machine.
    Info,
    /// As good as the baseline, or within the budget.
    Pass,
}

impl Verdict {
    /// Every verdict, worst first.
    pub const ALL: [Self; 9] = [
        Self::Broken,
        Self::Regressed,
        Self::Missing,
        Self::Inconclusive,
        Self::New,
        Self::Accepted,
        Self::Improved,
        Self::Info,
        Self::Pass,
    ];

    /// The name in tables and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broken => "BROKEN",
            Self::Regressed => "REGRESSED",
            Self::Missing => "MISSING",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::New => "NEW",
            Self::Accepted => "ACCEPTED",
            Self::Improved => "IMPROVED",
            Self::Info => "INFO",
            Self::Pass => "PASS",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
