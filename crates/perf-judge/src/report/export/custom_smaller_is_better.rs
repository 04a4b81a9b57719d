//! `customSmallerIsBetter` of github-action-benchmark: a JSON list of named numbers, of which a smaller one is better.

use std::collections::BTreeSet;

use perf_gate::Class;
use serde::Serialize;

use super::measured::{self, Measured};
use super::{Export, ExportError};
use crate::report::number;
use crate::row::{Group, Row};

#[derive(Serialize)]
struct Entry {
    name: String,
    unit: &'static str,
    value: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    extra: String,
}

/// Writes every measured number of which a smaller one is better: those of all classes except behaviour and quality.
///
/// # Errors
/// If two rows have the same case and metric.
pub fn export(rows: &[Row]) -> Result<Export, ExportError> {
    let smaller_is_better =
        |row: &Row| !matches!(row.group, Group::Class(Class::Behaviour) | Group::Class(Class::Quality));
    let (measured, left_out) =
        measured::select(rows, smaller_is_better, "of behaviour and quality, of which a smaller number is not better");
    let entries: Vec<Entry> = measured.iter().map(entry).collect();
    let mut names = BTreeSet::new();
    if let Some(twice) = entries.iter().find(|entry| !names.insert(&entry.name)) {
        return Err(ExportError::SameName(twice.name.clone()));
    }
    Ok(Export { text: serde_json::to_string_pretty(&entries)? + "\n", left_out })
}

fn entry(measured: &Measured<'_>) -> Entry {
    let row = measured.row;
    let range = row.paired.as_ref().and_then(number::bounds).map(|bounds| format!("{bounds} % of the base"));
    let harness = row.harness.as_ref().map_or_else(String::new, |harness| format!("{harness}, "));
    Entry {
        name: format!("{} {}", row.case, measured.name),
        unit: measured.unit.name(),
        value: measured.head,
        range,
        extra: format!("{harness}{}: {}", row.group.name(), row.verdict),
    }
}
