//! `perf --record`: adds a run to the history.

use std::collections::BTreeMap;

use perf_gate::{CaseName, Checksum, Class};
use perf_history::run::{
    RecordedCase, RecordedHarness, RecordedRun, RecordedValue, RecordedWall, WallChange, WallChanges,
};
use perf_judge::report::comparison::Comparison;
use perf_judge::report::{HarnessRun, Report};
use perf_judge::row::{Group, Row, Subject, Value};
use perf_runner::clock::now_seconds;
use perf_runner::compare::revision::{self, Commit};
use perf_runner::error::Error;
use perf_runner::history::folder::HistoryFolder;
use perf_runner::workspace::Workspace;

/// Rows of wall time in pairs with the anchor, which are recorded and not judged, and the hash of the anchor.
#[derive(Debug, Default)]
pub struct AnchorPairs {
    /// The full hash of the anchor; `None` if nothing was compared with it.
    pub commit: Option<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// The commit of a clean work tree. A run of other files would be recorded under the name of a commit that does not have them.
///
/// # Errors
/// If the work tree differs from its commit, or there is no commit.
pub fn clean_commit(workspace: &Workspace) -> Result<Commit, Error> {
    revision::clean_head(workspace)?.map_err(|why| {
        Error::environment(
            format!("`--record` stores the values of a commit, and {why}"),
            "commit first, or run this without --record",
        )
    })
}

/// Adds the run to the history, and returns the line to show.
///
/// # Errors
/// If the file cannot be written.
pub fn append(report: &Report, commit: Commit, anchor: &AnchorPairs, workspace: &Workspace) -> Result<String, Error> {
    let run = recorded(report, commit, anchor);
    if run.harnesses.is_empty() {
        return Ok("history: nothing was measured, so nothing is recorded\n".into());
    }
    let folder = HistoryFolder::of(workspace);
    let name = folder.append(&run)?;
    let shown = workspace.display_path(&folder.path().join(name));
    Ok(format!("history: {} values recorded in {shown}\n", run.number_of_values()))
}

fn recorded(report: &Report, commit: Commit, anchor: &AnchorPairs) -> RecordedRun {
    let base = report.harnesses.iter().find_map(|harness| match &harness.comparison {
        Comparison::Pairs(pairing) => Some(pairing.revision.commit.clone()),
        _ => None,
    });
    let harnesses = report.harnesses.iter().filter_map(|harness| of_harness(harness, &report.rows, &anchor.rows));
    RecordedRun {
        commit: commit.hash,
        committed: commit.committed,
        measured: now_seconds(),
        machine: report.provenance.machine.clone(),
        quick: report.quick,
        base,
        anchor: anchor.commit.clone(),
        harnesses: harnesses.collect(),
    }
}

/// The values of a harness; `None` if it was not measured.
fn of_harness(harness: &HarnessRun, rows: &[Row], anchor: &[Row]) -> Option<RecordedHarness> {
    let own = |row: &&Row| row.harness.as_ref() == Some(&harness.package);
    let mut checksums: BTreeMap<&CaseName, Checksum> = BTreeMap::new();
    for row in rows.iter().filter(own) {
        if let (Subject::Checksum, Some(Value::Checksum(checksum))) = (row.subject, row.head) {
            checksums.insert(&row.case, checksum);
        }
    }
    let mut cases: BTreeMap<CaseName, RecordedCase> = BTreeMap::new();
    for (case, checksum) in checksums {
        let (mut values, mut wall) = (BTreeMap::new(), None);
        for row in rows.iter().filter(own).filter(|row| row.case == *case) {
            match (row.group, row.subject, row.head) {
                (Group::Class(Class::Wall), _, Some(Value::Number(ns))) => {
                    let since_anchor = anchor.iter().find(|other| other.group == row.group && other.case == *case);
                    let changes = WallChanges { base: change(row), anchor: since_anchor.and_then(change) };
                    wall = Some(RecordedWall { ns, changes });
                }
                (Group::Class(class), Subject::Metric { name, unit }, Some(Value::Number(value))) => {
                    values.insert(name, RecordedValue(value, unit, class));
                }
                _ => {}
            }
        }
        cases.insert(case.clone(), RecordedCase { checksum, values, wall });
    }
    if cases.is_empty() {
        return None;
    }
    let together = |rows: &[Row]| rows.iter().filter(own).find(|row| row.group == Group::Together).and_then(change);
    Some(RecordedHarness {
        package: harness.package.clone(),
        key: harness.key.clone(),
        tools: harness.tools.as_ref().ok().cloned(),
        cases,
        together: WallChanges { base: together(rows), anchor: together(anchor) },
    })
}

/// The change of a row in pairs, in percent with three decimals.
fn change(row: &Row) -> Option<WallChange> {
    let paired = row.paired.as_ref()?;
    let rounded = |value: Option<f64>| value.filter(|value| value.is_finite()).map(|value| (value * 1e3).round() / 1e3);
    let estimate = rounded(paired.change_percent)?;
    Some(WallChange(estimate, rounded(paired.lower_percent)?, rounded(paired.upper_percent)?))
}
