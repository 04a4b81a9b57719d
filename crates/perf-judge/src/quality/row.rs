//! Judged rows of quality.

use serde::Serialize;

use super::name::RowKey;
use crate::verdict::Verdict;

/// A row with its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The row.
    pub key: RowKey,
    /// What the figure is, in one sentence.
    pub about: String,
    /// The figure of the run, without unit; `None` if the row is not in the run, or has nothing to count.
    pub figure: Option<f64>,
    /// Number of questions of the run.
    pub questions: usize,
    /// The stored figure.
    pub stored: Option<f64>,
    /// What differs from the stored questions; `None` if the row is not stored, or not in the run.
    pub changes: Option<QuestionChanges>,
    /// The comparison with the base; `None` for a row that is only shown, or not on both sides.
    pub base: Option<BaseComparison>,
    /// The verdict, from the run and the stored figure alone.
    pub verdict: Verdict,
    /// Why, where the verdict does not say it.
    pub reason: Option<String>,
}

impl Row {
    /// The figure less the stored one.
    pub fn change(&self) -> Option<f64> {
        Some(self.figure? - self.stored?)
    }

    /// Whether other questions are right than were stored, although the figure is equal.
    pub fn has_exchanged_questions(&self) -> bool {
        self.verdict == Verdict::Pass && self.changes.is_some_and(|changes| changes.better + changes.worse > 0)
    }
}

/// How many questions of a row differ between two runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct QuestionChanges {
    /// Questions with a higher score.
    pub better: usize,
    /// Questions with a lower score.
    pub worse: usize,
    /// Questions that are only in the earlier run.
    pub gone: usize,
    /// Questions that are only in the later run.
    pub new: usize,
}

/// The test of a row against the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// McNemar's exact test: every score is 0 or 1.
    #[serde(rename = "McNemar")]
    McNemar,
    /// The paired bootstrap.
    Bootstrap,
}

impl Test {
    /// The name of the test in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::McNemar => "McNemar",
            Self::Bootstrap => "bootstrap",
        }
    }
}

/// A row compared with the stored results of the base, over the questions that both have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BaseComparison {
    /// Number of questions that both have.
    pub questions: usize,
    /// The figure of head less that of the base, of these questions.
    pub difference: f64,
    /// Questions with a higher score than in the base.
    pub better: usize,
    /// Questions with a lower score than in the base.
    pub worse: usize,
    /// The test.
    pub test: Test,
    /// Its two-sided p-value.
    pub p: f64,
    /// The p-value after Holm's correction over all rows of the run.
    pub adjusted_p: f64,
    /// The smallest change that these questions could have shown at 5 % before Holm's correction, in the unit of the figure;
    /// `None` if they are too few to show any.
    pub visible: Option<f64>,
}

impl BaseComparison {
    /// The level of the family of tests.
    pub const LEVEL: f64 = 0.05;

    /// Whether the difference is significant at 5 % after Holm's correction.
    pub fn is_significant(&self) -> bool {
        self.adjusted_p <= Self::LEVEL
    }
}
