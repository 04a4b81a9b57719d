//! What a run means for whoever started it.

use perf_load::report::RunEnd;
use perf_load::{Report, Verdict};

/// The outcome of a run. The numbers are the exit codes of `cargo xtask perf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// All thresholds are met.
    Pass = 0,
    /// A threshold is not met, or the scenario was aborted because of one.
    Fail = 1,
    /// No threshold failed, but one could not be judged.
    Inconclusive = 4,
    /// The run was interrupted. Its report is partial.
    Interrupted = 130,
}

impl Outcome {
    /// That of a report.
    pub fn of(report: &Report) -> Self {
        let any = |verdict| report.thresholds.iter().any(|judged| judged.verdict == verdict);
        match report.end {
            RunEnd::Interrupted => Self::Interrupted,
            RunEnd::Aborted(_) => Self::Fail,
            RunEnd::Complete if any(Verdict::Fail) => Self::Fail,
            RunEnd::Complete if any(Verdict::Insufficient) => Self::Inconclusive,
            RunEnd::Complete => Self::Pass,
        }
    }

    /// The last line of a report.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Pass => "PASS (exit 0): all thresholds are met",
            Self::Fail => "FAIL (exit 1): at least one threshold is not met",
            Self::Inconclusive => "INCONCLUSIVE (exit 4): at least one threshold could not be judged",
            Self::Interrupted => "INCOMPLETE (exit 130): interrupted; the figures are those of the part that ran",
        }
    }
}
