//! Bencher Metric Format: a JSON object of benchmarks, each an object of measures with a value and perhaps its bounds.
//!
//! The schema is <https://bencher.dev/bmf.json>. A benchmark is a case; a measure is a metric. Wall time is `latency`, the
//! measure of Bencher in nanoseconds. Bencher creates measures of other names on first sight.

use std::collections::BTreeMap;

use serde::Serialize;

use super::measured::{self, Measured};
use super::{Export, ExportError};
use crate::row::Row;

/// The measure of wall time that every project of Bencher has.
const LATENCY: &str = "latency";

#[derive(Serialize)]
struct Value {
    value: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

/// Writes every measured number.
///
/// # Errors
/// If two rows have the same case and measure.
pub fn export(rows: &[Row]) -> Result<Export, ExportError> {
    let (measured, left_out) = measured::select(rows, |_| true, "");
    let mut benchmarks: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
    for measured in &measured {
        let case = measured.row.case.as_str();
        let measure = measure(measured);
        let (lower_value, upper_value) = measured.bounds().unzip();
        let value = Value { value: measured.head, lower_value, upper_value };
        if benchmarks.entry(case).or_default().insert(measure.clone(), value).is_some() {
            return Err(ExportError::SameName(format!("{case} {measure}")));
        }
    }
    Ok(Export { text: serde_json::to_string_pretty(&benchmarks)? + "\n", left_out })
}

fn measure(measured: &Measured<'_>) -> String {
    if measured.is_wall_time() { LATENCY.to_owned() } else { measured.name.to_string() }
}
