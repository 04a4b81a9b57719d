//! The summary of a report.

use std::collections::BTreeMap;

use super::data::{DetectableEffect, HarnessSummary, MAX_HARNESSES, MAX_ROWS, SCHEMA, Summary};
use super::names::{CommitId, PackageName, Percent};
use crate::report::comparison::{Comparison, Revision};
use crate::report::pairs::detectable_effects;
use crate::report::run_report::{HarnessRun, Report};
use crate::row::Row;
use crate::verdict::Verdict;

impl Report {
    /// The summary of the run. What has no form in it is left out: a harness whose package has no name in ASCII, and a
    /// percentage beyond 10⁹.
    pub fn summary_for_pull_request(&self) -> Summary {
        let mut verdicts: BTreeMap<Verdict, u32> = BTreeMap::new();
        for row in &self.rows {
            *verdicts.entry(row.verdict).or_default() += 1;
        }
        let mut rows: Vec<Row> = self.rows.iter().filter(|row| Summary::shows(row.verdict)).map(shown).collect();
        // Stable, so that rows of one verdict stay in the order of the table.
        rows.sort_by_key(|row| row.verdict);
        rows.truncate(MAX_ROWS);
        Summary {
            schema: SCHEMA,
            commit: CommitId::try_from(self.provenance.commit.clone()).ok(),
            exit_code: self.exit_code,
            quick: self.quick,
            only: self.only.is_some(),
            rules_loosened: self.rules.as_ref().map(|rules| count(rules.len())),
            rules_forbidden: self.rules_forbidden,
            harnesses: self.harnesses.iter().filter_map(harness).take(MAX_HARNESSES).collect(),
            verdicts,
            detectable: detectable(&self.rows),
            rows,
        }
    }

    /// The text of [`SUMMARY_FILE`](super::SUMMARY_FILE).
    ///
    /// # Errors
    /// If serialization fails, which is a bug.
    pub fn summary_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(&self.summary_for_pull_request())? + "\n")
    }
}

/// The row as a summary has it.
fn shown(row: &Row) -> Row {
    let has_form = |package: &String| PackageName::try_from(package.clone()).is_ok();
    Row {
        harness: row.harness.clone().filter(has_form),
        paired: row.paired.clone(),
        ..Row::new(row.group, &row.case, row.subject, row.verdict).with_values(row.base, row.head)
    }
}

fn harness(run: &HarnessRun) -> Option<HarnessSummary> {
    let commit = |revision: &Revision| CommitId::try_from(revision.commit.clone()).ok();
    let (base, measured) = match &run.comparison {
        Comparison::None(_) => (None, true),
        Comparison::Unchanged(revision) | Comparison::Unaffected { revision, .. } => (commit(revision), false),
        Comparison::Pairs(pairing) => (commit(&pairing.revision), true),
    };
    let package = PackageName::try_from(run.package.clone()).ok()?;
    Some(HarnessSummary { package, base, measured, instructions: run.tools.is_ok() })
}

fn detectable(rows: &[Row]) -> Option<DetectableEffect> {
    let found = detectable_effects(rows)?;
    Some(DetectableEffect {
        median_percent: Percent::try_from(found.median_percent).ok()?,
        worst_percent: Percent::try_from(found.worst_percent).ok()?,
        unknown: count(found.unknown),
    })
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
