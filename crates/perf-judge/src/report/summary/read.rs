//! The reader of a summary, for files of unknown origin.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::data::{MAX_HARNESSES, MAX_ROWS, SCHEMA, Summary};
use crate::exit_status;
use crate::verdict::Verdict;

/// Maximum size of a summary in bytes. One with the most rows and the longest names has a fifth of it.
pub const MAX_SUMMARY_BYTES: usize = 1 << 20;

/// Maximum number of rows that a run may claim to have.
const MAX_TOTAL: u64 = 1_000_000;

/// Why a file is not the summary of a run. No message quotes the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SummaryError {
    /// The file is larger than any summary.
    #[error("it has {0} bytes, and a summary has at most {MAX_SUMMARY_BYTES}")]
    TooLarge(usize),
    /// The file is not JSON, or a field is missing, unknown, or not of its type and range.
    #[error("it is not the JSON of a summary (line {line}, column {column})")]
    Form {
        /// Line of the error, from 1.
        line: usize,
        /// Column of the error in bytes.
        column: usize,
    },
    /// The file has another schema.
    #[error("its schema is {found}, and this program reads schema {SCHEMA}")]
    Schema {
        /// The schema of the file.
        found: u32,
    },
    /// Parts of the file contradict each other.
    #[error("it contradicts itself: {0}")]
    Contradiction(&'static str),
}

impl Summary {
    /// Reads the bytes of a file that may be hostile.
    ///
    /// # Errors
    /// If the file is too large, is not JSON, has a field that a summary does not have or a value out of its range, or
    /// contradicts itself.
    pub fn read(bytes: &[u8]) -> Result<Self, SummaryError> {
        if bytes.len() > MAX_SUMMARY_BYTES {
            return Err(SummaryError::TooLarge(bytes.len()));
        }
        // Read alone first, because a file of another schema has other fields.
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let form = |error: serde_json::Error| SummaryError::Form { line: error.line(), column: error.column() };
        let Head { schema: found } = serde_json::from_slice(bytes).map_err(form)?;
        if found != SCHEMA {
            return Err(SummaryError::Schema { found });
        }
        let summary: Self = serde_json::from_slice(bytes).map_err(form)?;
        match summary.contradiction() {
            None => Ok(summary),
            Some(what) => Err(SummaryError::Contradiction(what)),
        }
    }

    fn contradiction(&self) -> Option<&'static str> {
        if self.rows.len() > MAX_ROWS || self.harnesses.len() > MAX_HARNESSES || self.total() > MAX_TOTAL {
            return Some("it has more rows or harnesses than a run can have");
        }
        if self.rows.iter().any(|row| !Self::shows(row.verdict)) {
            return Some("it shows rows that pass");
        }
        let shown = |verdict| self.rows.iter().filter(|row| row.verdict == verdict).count() as u64;
        if Verdict::ALL.iter().any(|&verdict| shown(verdict) > u64::from(self.count(verdict))) {
            return Some("it shows more rows of a verdict than it counts");
        }
        // Rows are left out only where there is no room for them.
        if self.left_out() > 0 && self.rows.len() < MAX_ROWS {
            return Some("it counts rows that it does not show");
        }
        let mut seen = BTreeSet::new();
        if !self.rows.iter().all(|row| seen.insert((row.harness.as_deref(), row.group, &row.case, row.subject))) {
            return Some("it shows a row twice");
        }
        let fails = [Verdict::Broken, Verdict::Regressed, Verdict::Missing].map(|verdict| self.count(verdict) > 0);
        let loosened = self.rules_forbidden && self.rules_loosened.is_some_and(|count| count > 0);
        match (self.exit_code, fails.contains(&true) || loosened) {
            (exit_status::FAIL, true) | (exit_status::PASS | exit_status::INCONCLUSIVE, false) => None,
            // A new row fails a run that requires a baseline.
            (exit_status::FAIL, false) if self.count(Verdict::New) > 0 => None,
            (exit_status::FAIL | exit_status::PASS | exit_status::INCONCLUSIVE, _) => {
                Some("its exit code is not that of its rows")
            }
            _ => Some("its exit code is not that of a completed run"),
        }
    }
}
