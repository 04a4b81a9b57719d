//! The report for programs: every value, and nothing rounded.

use perf_gate::{CaseName, Key, Unit};
use serde::Serialize;

use super::{Comparison, Report};
use crate::budget::Reference;
use crate::failure::Failure;
use crate::row::{Group, Paired, Spread, Subject, Value};
use crate::verdict::Verdict;

/// Version of this form.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Stored<'a> {
    schema: u32,
    /// The run was measured and judged to its end; a reader need not guess from the rows.
    complete: bool,
    commit: &'a str,
    machine: &'a str,
    key: &'a Key,
    instructions: Counting<'a>,
    /// What wall time was compared with, and how.
    comparison: &'a Comparison,
    quick: bool,
    /// The pattern of `--only`, when not all cases were measured.
    only: Option<&'a str>,
    exit_code: u8,
    rows: Vec<StoredRow<'a>>,
}

/// Whether and with what instructions were counted; where they were not, no row is about them.
#[derive(Serialize)]
struct Counting<'a> {
    measured: bool,
    valgrind: Option<&'a str>,
    libc: Option<&'a str>,
    /// The line that people read, where nothing was counted.
    not_measured: Option<String>,
}

#[derive(Serialize)]
struct StoredRow<'a> {
    case: &'a CaseName,
    metric: Subject,
    class: Group,
    unit: Option<Unit>,
    base: Option<Value>,
    head: Option<Value>,
    /// Relative change from base to head.
    change: Option<f64>,
    /// Part of a budget that is used.
    limit_used: Option<f64>,
    spread: Option<Spread>,
    /// Of a wall time that was measured in pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    paired: Option<&'a Paired>,
    /// Of a budget: what the reference system promised and does.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a Reference>,
    verdict: Verdict,
    reason: Option<&'a str>,
    what_now: Option<&'a str>,
}

/// The whole report.
pub fn report(report: &Report) -> Result<String, Failure> {
    let rows = report.rows.iter().map(|row| StoredRow {
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
        what_now: row.what_now.as_deref(),
    });
    let tools = report.tools.as_ref().ok();
    let stored = Stored {
        schema: SCHEMA,
        complete: true,
        commit: &report.provenance.commit,
        machine: &report.provenance.machine,
        key: &report.key,
        instructions: Counting {
            measured: tools.is_some(),
            valgrind: tools.map(|tools| tools.valgrind.as_str()),
            libc: tools.map(|tools| tools.libc.as_str()),
            not_measured: report.not_measured(),
        },
        comparison: &report.comparison,
        quick: report.quick,
        only: report.only.as_deref(),
        exit_code: report.exit_code,
        rows: rows.collect(),
    };
    let text = serde_json::to_string_pretty(&stored).map_err(|error| {
        Failure::environment(
            format!("the report cannot be written as JSON: {error}"),
            "this is a bug: please report it",
        )
    })?;
    Ok(text + "\n")
}
