//! The judgement of a run, shown to people and to programs.
//!
//! - [`human`]: the table on a terminal. [`pairs`]: wall time that was measured beside its base.
//! - [`markdown`]: the same for a step summary.
//! - [`json`]: every value, for programs.
//! - [`number`]: values with their units.

mod human;
mod json;
mod markdown;
mod notes;
mod number;
mod pairs;

use std::path::Path;

use clap::ValueEnum;
use perf_gate::{CaseName, Key, Provenance, Tools};
use serde::Serialize;

use crate::callgrind::Unusable;
use crate::compare::link::Layouts;
use crate::compare::revision::Revision;
use crate::exit_code;
use crate::failure::Failure;
use crate::instructions::Instructions;
use crate::plain_text::{self, counted};
use crate::row::{Group, Row};
use crate::verdict::Verdict;
use crate::whole_file;

pub use human::{rows as human_rows, rows_with_notes as human_rows_with_notes};

/// What goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The table
    Human,
    /// report.json
    Json,
    /// report.md
    Markdown,
}

/// What wall time was compared with.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Nothing, with the reason.
    None(String),
    /// A commit from which nothing that is measured differs.
    Same(Revision),
    /// A commit that was measured beside the change.
    Pairs(Box<Pairing>),
}

/// How pairs were measured.
#[derive(Debug, Clone, Serialize)]
pub struct Pairing {
    /// The base.
    pub revision: Revision,
    /// What chose layouts and orders.
    pub seed: u64,
    /// All pairs that were judged.
    pub pairs: usize,
    /// Those of them that an earlier run of the same comparison measured.
    pub earlier_pairs: usize,
    /// How often more of them were asked for after they had been seen; each time they are judged more strictly.
    pub looks: u32,
    /// Seconds that building took, both sides and what is measured alone.
    pub building_seconds: f64,
    /// Seconds that linking took, all layouts of both sides.
    pub linking_seconds: f64,
    /// Seconds that the processes took.
    pub measuring_seconds: f64,
    /// The case of which the base was measured against itself.
    pub control: CaseName,
    /// How layouts were made to differ.
    pub layouts: Layouts,
    /// Why the base was measured with cases of its own, if it was.
    pub own_cases: Option<String>,
    /// Why values that repeat were compared with those of the base, measured here, in place of the stored ones, if they
    /// were; of instructions alone, where only their tools differ.
    pub repeating: Option<String>,
}

/// A judged run.
#[derive(Debug)]
pub struct Report {
    /// Commit and machine.
    pub provenance: Provenance,
    /// What makes its values comparable.
    pub key: Key,
    /// What its instruction counts depend on as well, or why there are none.
    pub tools: Result<Tools, Unusable>,
    /// What wall time was compared with.
    pub comparison: Comparison,
    /// Fewer repeats were made.
    pub quick: bool,
    /// Only cases that match were measured.
    pub only: Option<String>,
    /// The code the run ends with.
    pub exit_code: u8,
    /// Every row, in the order of the table.
    pub rows: Vec<Row>,
}

/// Names of the files in the output directory.
pub const JSON_FILE: &str = "report.json";
/// The same for a step summary.
pub const MARKDOWN_FILE: &str = "report.md";

impl Report {
    /// The run in one of its forms; `written` says where the reports are.
    pub fn render(&self, format: Format, written: &str) -> Result<String, Failure> {
        match format {
            Format::Human => Ok(human::report(self, written)),
            Format::Json => json::report(self),
            Format::Markdown => Ok(markdown::report(self)),
        }
    }

    /// Writes both files.
    pub fn write(&self, dir: &Path) -> Result<(), Failure> {
        let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
        whole_file::write(&dir.join(JSON_FILE), &json::report(self)?, is_json)?;
        whole_file::write(&dir.join(MARKDOWN_FILE), &markdown::report(self), |_| true)
    }

    /// How many rows there are of each verdict, worst first.
    fn summary(&self) -> String {
        let count = |verdict| self.rows.iter().filter(|row| row.verdict == verdict).count();
        let counts = Verdict::ALL.into_iter().map(|verdict| (verdict, count(verdict))).filter(|&(_, count)| count > 0);
        let counts: Vec<_> = counts.map(|(verdict, count)| format!("{count} {verdict}")).collect();
        let only = self.only.as_ref().map(|only| format!(" of the cases that match '{}'", plain_text::visible(only)));
        format!("{}{}: {}", counted(self.rows.len(), "row"), only.unwrap_or_default(), counts.join(", "))
    }

    /// The verdict of the run. Green says what it is not about, too.
    fn meaning(&self) -> String {
        if self.exit_code != exit_code::GREEN {
            return exit_code::meaning(self.exit_code).to_owned();
        }
        let count = |verdict: Verdict| self.rows.iter().filter(|row| row.verdict == verdict).count();
        let not_judged = |group: Group| {
            let is_one =
                |row: &&Row| row.group == group && matches!(row.verdict, Verdict::Inconclusive | Verdict::Unfit);
            match self.rows.iter().filter(is_one).count() {
                0 => None,
                some => Some(format!("{} of {} could not be", counted(some, "row"), group.name())),
            }
        };
        let not_measured = self.tools.is_err().then(|| "instructions were not measured".to_owned());
        let missing: Vec<String> =
            [not_measured, not_judged(Group::Instructions), not_judged(Group::Wall)].into_iter().flatten().collect();
        let mut meaning = match missing.is_empty() {
            true => exit_code::meaning(self.exit_code).to_owned(),
            false => format!("{}; {}", exit_code::GREEN_IN_PART, missing.join("; ")),
        };
        if let new @ 1.. = count(Verdict::New) {
            meaning.push_str(&format!("; {} NEW and compared with nothing", counted(new, "row")));
        }
        meaning
    }

    /// The line that stands for a class that is not there.
    fn not_measured(&self) -> Option<String> {
        let reason = self.tools.as_ref().err()?;
        Some(plain_text::visible(&Instructions::not_measured(reason)))
    }
}

#[cfg(test)]
mod tests;
