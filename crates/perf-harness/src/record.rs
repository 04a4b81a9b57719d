//! Counts as records.

use perf_gate::{CaseName, Checksum, Metric, Record};

use crate::case::Case;

/// Prints counts as records, one JSON object a line.
///
/// # Panics
/// When a value cannot be a record.
pub fn print_records(case: &impl Case, checksum: u64, counts: impl IntoIterator<Item = (Metric, u64)>) {
    for record in to_records(case, checksum, counts) {
        println!("{}", serde_json::to_string(&record).expect("a record is JSON"));
    }
}

/// Converts counts to records.
///
/// # Panics
/// When a value cannot be a record.
pub fn to_records(case: &impl Case, checksum: u64, counts: impl IntoIterator<Item = (Metric, u64)>) -> Vec<Record> {
    let name = CaseName::new(case.name()).expect("cases have names of three parts");
    let record = |(metric, value)| {
        Record::new(name.clone(), metric, value, Checksum(checksum)).expect("a count is a valid value")
    };
    counts.into_iter().map(record).collect()
}
