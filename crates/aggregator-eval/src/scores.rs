//! The scores of a question, by row.

use std::collections::BTreeMap;

/// The scores of a question by row: sums over the lists that it was asked with.
#[derive(Debug, Clone, Default)]
pub struct Scores {
    pub(crate) rows: BTreeMap<String, Score>,
}

/// The score of a question in a row, and what the row is.
#[derive(Debug, Clone)]
pub(crate) struct Score {
    pub(crate) about: String,
    pub(crate) gate: Gate,
    pub(crate) value: f64,
    pub(crate) of: f64,
}

impl Scores {
    /// Adds `value` of `of` to the score of a row.
    pub fn add(&mut self, row: String, about: &str, gate: Gate, value: f64, of: f64) {
        let score =
            self.rows.entry(row).or_insert_with(|| Score { about: about.to_owned(), gate, value: 0.0, of: 0.0 });
        score.value += value;
        score.of += of;
    }

    /// Adds 1 or 0 of 1.
    pub fn add_share(&mut self, row: String, about: &str, gate: Gate, holds: bool) {
        self.add(row, about, gate, f64::from(u8::from(holds)), 1.0);
    }
}

/// What is done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// The gate fails if the row's figure is lower than before.
    FailsIfLower,
    /// The row is shown and not judged.
    Shown,
}
