//! The verdict of a run, from how it ended and from its summary.

use perf_judge::exit_status;
use perf_judge::report::summary::Summary;

use crate::artifact::NoSummary;
use crate::event::Conclusion;

/// The verdict of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// No regressions, and the run says so as well.
    Passed(Summary),
    /// A row fails, or the change loosens rules that it must not loosen.
    Failed(Summary),
    /// Required rows could not be judged.
    Inconclusive(Summary),
    /// The summary passes and the run does not, so one of them is not to be believed: a step after the measurement failed, or
    /// the summary is forged.
    Contradicted(Summary),
    /// There is no summary.
    Unknown(NoSummary),
}

impl Outcome {
    /// Decides the verdict. `None` if the run says nothing, because it was cancelled or skipped.
    ///
    /// A summary can make the verdict worse than the conclusion of the run, never better.
    pub fn of(conclusion: Conclusion, summary: Result<Summary, NoSummary>) -> Option<Self> {
        Some(match (conclusion, summary) {
            (Conclusion::Other, _) => return None,
            (_, Err(why)) => Self::Unknown(why),
            (_, Ok(summary)) if summary.exit_code == exit_status::FAIL => Self::Failed(summary),
            (_, Ok(summary)) if summary.exit_code == exit_status::INCONCLUSIVE => Self::Inconclusive(summary),
            (Conclusion::Success, Ok(summary)) => Self::Passed(summary),
            (_, Ok(summary)) => Self::Contradicted(summary),
        })
    }

    /// The summary, if there is one.
    pub fn summary(&self) -> Option<&Summary> {
        match self {
            Self::Passed(summary)
            | Self::Failed(summary)
            | Self::Inconclusive(summary)
            | Self::Contradicted(summary) => Some(summary),
            Self::Unknown(_) => None,
        }
    }

    /// Whether a pull request without a comment gets one. What passes is in the check alone, and a run that ended before it
    /// had a verdict has its own failure.
    pub fn is_worth_a_comment(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Inconclusive(_))
    }

    /// The verdict in a few words.
    pub fn headline(&self) -> &'static str {
        match self {
            Self::Passed(_) => "PASS",
            Self::Failed(_) => "FAIL",
            Self::Inconclusive(_) => "INCONCLUSIVE",
            Self::Contradicted(_) | Self::Unknown(_) => "no verdict",
        }
    }
}
