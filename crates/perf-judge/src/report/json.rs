//! The report for programs: every value, unrounded.

use perf_gate::{CaseName, Key, Unit};
use serde::Serialize;

use super::comparison::Comparison;
use super::run_report::{HarnessRun, Report, Wording};
use crate::budget::Reference;
use crate::judge::anchor::AnchorState;
use crate::row::{Group, PairedStats, Subject, Value};
use crate::rules::RuleChange;
use crate::run::Spread;
use crate::slack::Slack;
use crate::verdict::Verdict;

/// Version of `report.json`. Every reader has to check it, as [`stored`](super::stored) does. Schema 3 renamed `figure`, `smallest_percent`, `repeating`, `same`, `elsewhere` and `UNFIT` to
/// `statistic`, `mde_percent`, `baseline_not_comparable`, `unchanged`, `unaffected` and `UNSTABLE`.
pub(super) const SCHEMA: u32 = 3;

#[derive(Serialize)]
struct Stored<'a> {
    schema: u32,
    /// Always true: the file is written only after the run was measured and judged completely.
    complete: bool,
    commit: &'a str,
    machine: &'a str,
    harnesses: Vec<Harness<'a>>,
    /// Improvements that the baseline does not have yet.
    slack: Option<&'a Slack>,
    /// The rules that the change loosens; null without a base.
    rules_changed: Option<&'a [RuleChange]>,
    quick: bool,
    /// The pattern of `--only`, if it was given.
    only: Option<&'a str>,
    exit_code: u8,
    rows: Vec<StoredRow<'a>>,
}

/// The run of one harness.
#[derive(Serialize)]
struct Harness<'a> {
    package: &'a str,
    key: &'a Key,
    instructions: Counting<'a>,
    /// The base of wall time, and how it was compared.
    comparison: &'a Comparison,
    /// The comparison with the anchor.
    anchor: &'a AnchorState,
}

impl<'a> From<&'a HarnessRun> for Harness<'a> {
    fn from(harness: &'a HarnessRun) -> Self {
        let tools = harness.tools.as_ref().ok();
        Self {
            package: &harness.package,
            key: &harness.key,
            instructions: Counting {
                measured: tools.is_some(),
                valgrind: tools.map(|tools| tools.valgrind.as_str()),
                libc: tools.map(|tools| tools.libc.as_str()),
                not_measured: harness.not_measured(),
            },
            comparison: &harness.comparison,
            anchor: &harness.anchor,
        }
    }
}

/// Whether instructions were counted, and with which tools. If they were not, the report has no instructions rows.
#[derive(Serialize)]
struct Counting<'a> {
    measured: bool,
    valgrind: Option<&'a str>,
    libc: Option<&'a str>,
    /// The line of the other reports, if no instructions were counted.
    not_measured: Option<String>,
}

#[derive(Serialize)]
struct StoredRow<'a> {
    /// The package of the harness that has the case; absent if no harness has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    harness: Option<&'a str>,
    case: &'a CaseName,
    metric: Subject,
    class: Group,
    unit: Option<Unit>,
    base: Option<Value>,
    head: Option<Value>,
    /// Relative change from base to head: 0.12 for +12 %.
    change: Option<f64>,
    /// The value divided by the limit, for a budget.
    limit_used: Option<f64>,
    spread: Option<Spread>,
    /// The comparison in pairs, for a wall time with a base.
    #[serde(skip_serializing_if = "Option::is_none")]
    paired: Option<&'a PairedStats>,
    /// The promise and the value of the reference system, for a budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a Reference>,
    verdict: Verdict,
    reason: Option<&'a str>,
    next_steps: Vec<String>,
}

impl Report {
    /// The text of [`JSON_FILE`](super::JSON_FILE).
    ///
    /// # Errors
    /// If serialization fails, which is a bug.
    pub fn json(&self, wording: Wording<'_>) -> Result<String, serde_json::Error> {
        let rows = self.rows.iter().map(|row| StoredRow {
            harness: row.harness.as_deref(),
            case: &row.case,
            metric: row.subject,
            class: row.group,
            unit: row.subject.unit(),
            base: row.base,
            head: row.head,
            change: row.change(),
            limit_used: row.limit_used(),
            spread: row.spread,
            paired: row.paired.as_ref(),
            reference: row.reference.as_ref(),
            verdict: row.verdict,
            reason: row.reason.as_deref(),
            next_steps: row.next_steps.iter().map(|step| wording(step, row.harness.as_deref())).collect(),
        });
        let stored = Stored {
            schema: SCHEMA,
            complete: true,
            commit: &self.provenance.commit,
            machine: &self.provenance.machine,
            harnesses: self.harnesses.iter().map(Harness::from).collect(),
            slack: self.slack.as_ref(),
            rules_changed: self.rules.as_deref(),
            quick: self.quick,
            only: self.only.as_deref(),
            exit_code: self.exit_code,
            rows: rows.collect(),
        };
        Ok(serde_json::to_string_pretty(&stored)? + "\n")
    }
}
