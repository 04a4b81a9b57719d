//! What a report is drawn from.

use std::collections::BTreeMap;

use perf_gate::{CaseName, MetricName};
use perf_judge::report::comparison::{Comparison, Pairing};
use perf_judge::report::{HarnessRun, Report, Wording};
use perf_judge::row::Row;

/// A judged run, and what a report needs beside it.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// The judged run.
    pub report: &'a Report,
    /// Next steps in the words of the command line.
    pub wording: Wording<'a>,
    /// How the gate is called, such as `cargo xtask`. What starts with it is shown as a command.
    pub command: &'a str,
    /// Earlier values; empty where no history is kept.
    pub trends: &'a Trends,
}

/// The history of the metrics of cases.
pub type Trends = BTreeMap<(CaseName, MetricName), Trend>;

/// The history of one metric of one case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trend {
    /// The recorded values, oldest first.
    pub points: Vec<TrendPoint>,
    /// Indices into `points`, ascending: the first value after each change. An index beyond the points is ignored.
    pub changes: Vec<usize>,
}

/// One recorded value.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendPoint {
    /// The commit that was measured, in full or abbreviated.
    pub commit: String,
    /// The day of the commit, to be shown as it is.
    pub date: String,
    /// The change since the first point, as a log ratio: 0.01 is about 1 % more. A value that is not finite is left
    /// out.
    pub value: f64,
    /// The confidence bounds of `value`, lower and upper, as log ratios.
    pub interval: Option<[f64; 2]>,
}

impl<'a> Page<'a> {
    /// The harness of a row.
    pub(crate) fn harness_of(&self, row: &Row) -> Option<&'a HarnessRun> {
        let package = row.harness.as_deref()?;
        self.report.harnesses.iter().find(|harness| harness.package == package)
    }

    /// How the wall time of a row was compared, if it was measured in pairs.
    pub(crate) fn pairing_of(&self, row: &Row) -> Option<&'a Pairing> {
        match &self.harness_of(row)?.comparison {
            Comparison::Pairs(pairing) => Some(pairing),
            Comparison::None(_) | Comparison::Unchanged(_) | Comparison::Unaffected { .. } => None,
        }
    }
}
