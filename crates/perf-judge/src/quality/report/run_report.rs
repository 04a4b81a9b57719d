//! A judged run of quality, and the lines that its text reports share.

use perf_gate::Provenance;

use crate::exit_status;
use crate::quality::judge::is_lower;
use crate::quality::row::Row;
use crate::quality::stored::Acceptance;
use crate::quality::worse::WorseQuestion;
use crate::report::comparison::Revision;
use crate::text::{self, pluralize};
use crate::verdict::Verdict;

use super::number;

/// Name of the report for programs in the output directory.
pub const JSON_FILE: &str = "quality.json";
/// Name of the page in the output directory.
pub const MARKDOWN_FILE: &str = "quality.md";

/// The base that the answers were compared with.
#[derive(Debug, Clone)]
pub enum Base {
    /// None, with the reason.
    None(String),
    /// The stored results of this commit.
    Compared(Revision),
}

/// A judged run, as the reports print it.
#[derive(Debug, Clone)]
pub struct Report {
    /// The command line without options, such as `cargo xtask perf quality`.
    pub command: String,
    /// Where the lines came from: the program, or a file of lines.
    pub source: String,
    /// The stored file, as messages name it.
    pub stored_file: String,
    /// Whether there is a stored file.
    pub is_stored: bool,
    /// Lower values that the last update stored.
    pub accepted: Vec<Acceptance>,
    /// Commit and machine.
    pub provenance: Provenance,
    /// The base.
    pub base: Base,
    /// Number of questions of the run.
    pub questions: usize,
    /// All rows, sorted by name.
    pub rows: Vec<Row>,
    /// The questions that made rows lower.
    pub worse: Vec<WorseQuestion>,
    /// The exit code of the run.
    pub exit_code: u8,
}

impl Report {
    /// The rows that are neither equal to the stored ones nor only shown, worst first.
    pub(super) fn not_passing(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> =
            self.rows.iter().filter(|row| !matches!(row.verdict, Verdict::Pass | Verdict::Info)).collect();
        // Stable, so that rows of a verdict stay sorted by name.
        rows.sort_by_key(|row| row.verdict);
        rows
    }

    /// The rows whose figure is equal, and not their right questions.
    pub(super) fn exchanged(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| row.has_exchanged_questions()).collect()
    }

    /// The line with the number of rows of each verdict, worst first.
    pub(super) fn summary(&self) -> String {
        format!(
            "{} of {}: {}",
            pluralize(self.rows.len(), "row"),
            pluralize(self.questions, "question"),
            counts(&self.rows)
        )
    }

    /// The lines about the stored file and the base.
    pub(super) fn context_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.is_stored {
            lines.push(format!("stored: there is no {}, so nothing is judged", self.stored_file));
        }
        for Acceptance { row, from, to, reason } in &self.accepted {
            let (from, to) = (number::figure(*from), number::figure(*to));
            lines.push(text::sanitize(&format!("accepted at the last update: {row} {from} to {to}: {reason}")));
        }
        lines.push(text::sanitize(&match &self.base {
            Base::None(reason) => format!("base: not compared: {reason}"),
            Base::Compared(revision) => {
                let tested = self.rows.iter().filter_map(|row| row.base).collect::<Vec<_>>();
                let differing = tested.iter().filter(|base| base.better + base.worse > 0).count();
                let significant = tested.iter().filter(|base| base.is_significant()).count();
                format!(
                    "base: {} ({}): {} compared, {differing} with other scores, {significant} of them significant at 5 % after \
                     Holm's correction",
                    revision.short(),
                    revision.chosen,
                    pluralize(tested.len(), "row"),
                )
            }
        }));
        lines
    }

    /// What can be done, as commands to copy.
    pub(super) fn next_steps(&self) -> Vec<String> {
        let command = &self.command;
        let mut steps = Vec::new();
        let has = |verdict| self.rows.iter().any(|row| row.verdict == verdict);
        if let Some(row) = self.not_passing().into_iter().find(|row| is_lower(row)) {
            steps.push(format!("if it is intended: {command} --update --accept '{}' --reason '…'", row.key));
        } else if has(Verdict::New) || has(Verdict::Improved) {
            steps.push(format!("store it: {command} --update"));
        }
        steps
    }

    /// The verdict of the run as one line.
    pub(super) fn verdict_line(&self) -> String {
        let new = self.rows.iter().filter(|row| row.verdict == Verdict::New).count();
        let lower = self.rows.iter().any(is_lower);
        match self.exit_code {
            exit_status::FAIL if lower => exit_status::describe(self.exit_code).to_owned(),
            exit_status::FAIL => {
                format!("FAIL (exit 1): {} not stored, which --require-baseline forbids", rows_are(new))
            }
            code if new > 0 => format!("{}; {} new and not compared", exit_status::describe(code), rows_are(new)),
            code => exit_status::describe(code).to_owned(),
        }
    }
}

fn rows_are(count: usize) -> String {
    format!("{} {}", pluralize(count, "row"), if count == 1 { "is" } else { "are" })
}

/// The number of rows of each verdict, worst first.
pub(super) fn counts(rows: &[Row]) -> String {
    let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let counts = Verdict::ALL.into_iter().map(|verdict| (count(verdict), verdict)).filter(|&(count, _)| count > 0);
    counts.map(|(count, verdict)| format!("{count} {verdict}")).collect::<Vec<_>>().join(", ")
}

/// The comparison of a row with the base, in words.
pub(super) fn base_line(row: &Row) -> Option<String> {
    let base = row.base?;
    let visible = match base.visible {
        Some(visible) => format!("smallest change to be seen {visible:.4}"),
        None => format!("{} can show no change", pluralize(base.questions, "question")),
    };
    let significance = if base.is_significant() { "significant after Holm" } else { "not significant after Holm" };
    Some(format!(
        "against the base: {}, {} better, {} worse of {}; p {} ({}), {significance} ({}); {visible}",
        number::change(Some(base.difference)),
        base.better,
        base.worse,
        pluralize(base.questions, "question"),
        number::p_value(base.p),
        base.test.name(),
        number::p_value(base.adjusted_p),
    ))
}
