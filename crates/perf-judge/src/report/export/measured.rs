//! The rows that are a measured number.

use perf_gate::{Class, Metric, MetricName, Unit};

use crate::row::{Group, Row, Subject, Value};

/// Rows that a format has no place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// Number of the rows; at least 1.
    pub rows: usize,
    /// Why the format has no place for them.
    pub why: &'static str,
}

/// A row that is a measured number.
pub struct Measured<'a> {
    /// The row.
    pub row: &'a Row,
    /// The name of the metric.
    pub name: MetricName,
    /// The unit of the number.
    pub unit: Unit,
    /// The number.
    pub head: u64,
}

impl Measured<'_> {
    /// Confidence bounds of the number, in its unit: those of the change, applied to the number. `None` if the row was not
    /// compared in pairs.
    ///
    /// The change is an estimate from pairs and not the quotient of both numbers, so the bounds are scaled to surround the
    /// number as they surround the change.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let paired = self.row.paired.as_ref()?;
        let factor = |percent: Option<f64>| Some(1.0 + percent? / 100.0);
        let change = factor(paired.change_percent)?;
        let head = self.head as f64;
        let [lower, upper] =
            [paired.lower_percent, paired.upper_percent].map(|bound| Some(head * factor(bound)? / change));
        let (lower, upper) = (lower?, upper?);
        (lower.is_finite() && upper.is_finite() && lower <= head && head <= upper).then_some((lower, upper))
    }

    /// Whether the number is the wall time that the gate itself measures.
    pub fn is_wall_time(&self) -> bool {
        self.row.group == Group::Class(Class::Wall) && self.name == Metric::TIME.name()
    }
}

/// Sorts rows into measured numbers that `fits` takes, and the others. `misfit` is why it does not take a row.
pub fn select<'a>(
    rows: &'a [Row],
    fits: impl Fn(&Row) -> bool,
    misfit: &'static str,
) -> (Vec<Measured<'a>>, Vec<LeftOut>) {
    let (mut limits, mut without, mut misfits) = (0, 0, 0);
    let mut measured = Vec::new();
    for row in rows {
        match (row.group, row.subject, row.head) {
            (Group::Budget, ..) => limits += 1,
            (_, Subject::Metric { name, unit }, Some(Value::Number(head))) => match fits(row) {
                true => measured.push(Measured { row, name, unit, head }),
                false => misfits += 1,
            },
            _ => without += 1,
        }
    }
    let left_out =
        [(limits, "limits of metrics that have a row of their own"), (without, "without a number"), (misfits, misfit)];
    let left_out = left_out.into_iter().filter(|&(rows, _)| rows > 0).map(|(rows, why)| LeftOut { rows, why });
    (measured, left_out.collect())
}
