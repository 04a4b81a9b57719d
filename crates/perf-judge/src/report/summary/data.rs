//! The summary of a run as data, which is also its form in the file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::names::{CommitId, PackageName, Percent};
use super::rows;
use crate::row::Row;
use crate::verdict::Verdict;

/// Name of the summary in the output directory, and of its entry in the artifact of a run.
pub const SUMMARY_FILE: &str = "summary.json";

/// Maximum number of rows of a summary.
pub const MAX_ROWS: usize = 200;

/// Maximum number of harnesses of a summary.
pub(super) const MAX_HARNESSES: usize = 32;

/// Version of `summary.json`.
pub(super) const SCHEMA: u32 = 1;

/// A judged run in numbers, verdicts and names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    pub(super) schema: u32,
    /// The commit that was measured, as the run says; `None` outside of a repository. In a pull request it is the merge of the
    /// change into its base, not the head of the change.
    pub commit: Option<CommitId>,
    /// The exit code of the run: [`PASS`](crate::exit_status::PASS), [`FAIL`](crate::exit_status::FAIL) or
    /// [`INCONCLUSIVE`](crate::exit_status::INCONCLUSIVE).
    pub exit_code: u8,
    /// Whether fewer repetitions were measured (`--quick`).
    pub quick: bool,
    /// Whether only some of the cases were measured (`--only`).
    pub only: bool,
    /// Number of rules that the change loosens; `None` without a base.
    pub rules_loosened: Option<u32>,
    /// Whether loosened rules fail the run.
    pub rules_forbidden: bool,
    /// The harnesses, in the order in which they were measured.
    pub harnesses: Vec<HarnessSummary>,
    /// Number of all rows of each verdict that a row has.
    pub verdicts: BTreeMap<Verdict, u32>,
    /// The slowdowns that the run would have found; `None` if no wall time was judged in pairs.
    pub detectable: Option<DetectableEffect>,
    /// The rows that are not PASS, IDENTICAL or INFO, worst first, at most [`MAX_ROWS`]. They have no reasons, next steps,
    /// references, dispersions or differences of single pairs.
    #[serde(with = "rows")]
    pub rows: Vec<Row>,
}

/// What a summary says about one harness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarnessSummary {
    /// The package of the harness.
    pub package: PackageName,
    /// The commit that it was compared with; `None` without a base.
    pub base: Option<CommitId>,
    /// Whether it was measured; false if nothing that it measures differs from the base.
    pub measured: bool,
    /// Whether instructions were counted.
    pub instructions: bool,
}

/// The smallest slowdowns that the pairs of a run would have found with a probability of 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectableEffect {
    /// That of the median case, in percent.
    pub median_percent: Percent,
    /// That of the worst case, in percent.
    pub worst_percent: Percent,
    /// Number of judged cases for which it is not known.
    pub unknown: u32,
}

impl Summary {
    /// Whether a summary has the rows of a verdict.
    pub(super) fn shows(verdict: Verdict) -> bool {
        !matches!(verdict, Verdict::Pass | Verdict::Identical | Verdict::Info)
    }

    /// Number of rows of a verdict in the run.
    pub fn count(&self, verdict: Verdict) -> u32 {
        self.verdicts.get(&verdict).copied().unwrap_or(0)
    }

    /// Number of rows in the run.
    pub fn total(&self) -> u64 {
        self.verdicts.values().map(|&count| u64::from(count)).sum()
    }

    /// Number of rows that are not in the summary because it has [`MAX_ROWS`] already.
    pub fn left_out(&self) -> u64 {
        let shown = self.verdicts.iter().filter(|(verdict, _)| Self::shows(**verdict));
        shown.map(|(_, &count)| u64::from(count)).sum::<u64>().saturating_sub(self.rows.len() as u64)
    }
}
