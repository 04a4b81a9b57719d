//! Comma-separated values by RFC 4180: a header, and one line for each row of the report.
//!
//! A text that a spreadsheet would take for a formula has an apostrophe in front of it. A checksum begins with `0x`, so that
//! no digit of it is lost to a number.

use std::fmt::Write as _;

use super::Export;
use crate::row::{PairedStats, Row, Value};

/// The names of the columns. `base` and `head` are in `unit`; `change` and `limit_used` are shares, such as 0.12 for 12 %.
const COLUMNS: [&str; 15] = [
    "harness",
    "case",
    "metric",
    "class",
    "unit",
    "base",
    "head",
    "change",
    "limit_used",
    "change_percent",
    "lower_percent",
    "upper_percent",
    "mde_percent",
    "verdict",
    "reason",
];

/// Writes every row.
pub fn export(rows: &[Row]) -> Export {
    let mut text = COLUMNS.join(",") + LINE_END;
    for row in rows {
        let cells = cells(row);
        let _ = write!(text, "{}{LINE_END}", cells.map(quoted).join(","));
    }
    Export { text, left_out: Vec::new() }
}

const LINE_END: &str = "\r\n";

fn cells(row: &Row) -> [String; 15] {
    let optional = |text: Option<&str>| text.map_or_else(String::new, inert);
    let number = |number: Option<f64>| number.filter(|n| n.is_finite()).map_or_else(String::new, |n| n.to_string());
    let paired = |percent: fn(&PairedStats) -> Option<f64>| number(row.paired.as_ref().and_then(percent));
    [
        optional(row.harness.as_deref()),
        inert(row.case.as_str()),
        inert(&row.subject.to_string()),
        row.group.name().to_owned(),
        optional(row.subject.unit().map(|unit| unit.name())),
        value(row.base),
        value(row.head),
        number(row.change()),
        number(row.limit_used()),
        paired(|paired| paired.change_percent),
        paired(|paired| paired.lower_percent),
        paired(|paired| paired.upper_percent),
        paired(|paired| paired.mde_percent),
        row.verdict.to_string(),
        optional(row.reason.as_deref()),
    ]
}

fn value(value: Option<Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Checksum(checksum)) => format!("0x{checksum}"),
    }
}

/// The text, which no spreadsheet takes for a formula.
fn inert(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

/// The cell, in quotes if it has to be.
fn quoted(cell: String) -> String {
    if cell.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}
