//! Reads `report.json`, to export the rows of a run that has ended.

use perf_gate::{CaseName, MetricName, Unit};
use serde::Deserialize;

use super::json::SCHEMA;
use crate::budget::Reference;
use crate::row::{Group, PairedStats, Row, Subject, Value};
use crate::run::Spread;
use crate::verdict::Verdict;

/// A run as `report.json` has it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredReport {
    /// The commit that was measured.
    pub commit: String,
    /// The exit code of the run.
    pub exit_code: u8,
    /// All rows, in the order of the table. They have no next steps, which the file has as text only.
    pub rows: Vec<Row>,
}

/// Why a text is not a report that this program reads.
#[derive(Debug, thiserror::Error)]
pub enum StoredReportError {
    /// It is not JSON, or a field is missing or not of its type.
    #[error("it is not the JSON of a report: {0}")]
    Form(#[from] serde_json::Error),
    /// It has another schema.
    #[error("its schema is {found}, and this program reads schema {SCHEMA}")]
    Schema {
        /// The schema of the text.
        found: u32,
    },
    /// The metric of a row is neither `case` nor `checksum` and has no unit.
    #[error("row {row}: `{metric}` has no unit")]
    NoUnit {
        /// Number of the row, from 1.
        row: usize,
        /// The metric.
        metric: MetricName,
    },
}

#[derive(Deserialize)]
struct Head {
    schema: u32,
}

/// The fields that are needed; further ones are for other readers.
#[derive(Deserialize)]
struct Body {
    commit: String,
    exit_code: u8,
    rows: Vec<StoredRow>,
}

#[derive(Deserialize)]
struct StoredRow {
    harness: Option<String>,
    case: CaseName,
    metric: MetricName,
    class: Group,
    unit: Option<Unit>,
    base: Option<Value>,
    head: Option<Value>,
    spread: Option<Spread>,
    paired: Option<PairedStats>,
    reference: Option<Reference>,
    verdict: Verdict,
    reason: Option<String>,
}

/// Reads the text of a `report.json`.
///
/// # Errors
/// If it is not the JSON of a report, or has another schema.
pub fn read(text: &str) -> Result<StoredReport, StoredReportError> {
    let Head { schema: found } = serde_json::from_str(text)?;
    if found != SCHEMA {
        return Err(StoredReportError::Schema { found });
    }
    let Body { commit, exit_code, rows } = serde_json::from_str(text)?;
    let rows = rows.into_iter().enumerate().map(|(index, stored)| {
        let subject = Subject::from_parts(stored.metric, stored.unit)
            .ok_or(StoredReportError::NoUnit { row: index + 1, metric: stored.metric })?;
        Ok(Row {
            group: stored.class,
            harness: stored.harness,
            case: stored.case,
            subject,
            base: stored.base,
            head: stored.head,
            spread: stored.spread,
            paired: stored.paired,
            reference: stored.reference,
            verdict: stored.verdict,
            reason: stored.reason,
            next_steps: Vec::new(),
        })
    });
    Ok(StoredReport { commit, exit_code, rows: rows.collect::<Result<_, StoredReportError>>()? })
}
