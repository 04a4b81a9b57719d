//! The report for programs: every value, unrounded. Of held-out questions it has totals only.

use serde::Serialize;

use super::run_report::{Base, Report};
use crate::quality::name::Split;
use crate::quality::row::{BaseComparison, QuestionChanges};
use crate::quality::stored::Acceptance;
use crate::quality::worse::WorseQuestion;
use crate::report::comparison::Revision;
use crate::verdict::Verdict;

/// Version of `quality.json`; a reader has to check it.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    schema: u32,
    /// Always true: the file is written only after the run was judged completely.
    complete: bool,
    source: &'a str,
    commit: &'a str,
    machine: &'a str,
    /// Whether there is a stored file.
    stored: bool,
    /// The base; null if there is none.
    base: Option<&'a Revision>,
    /// Why there is no base; null if there is one.
    not_compared: Option<&'a str>,
    accepted: &'a [Acceptance],
    questions: usize,
    exit_code: u8,
    rows: Vec<WrittenRow<'a>>,
    worse_questions: &'a [WorseQuestion],
}

#[derive(Serialize)]
struct WrittenRow<'a> {
    row: String,
    setup: &'a str,
    split: Split,
    about: &'a str,
    questions: usize,
    figure: Option<f64>,
    stored: Option<f64>,
    changes: Option<QuestionChanges>,
    base: Option<WrittenBase>,
    verdict: Verdict,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct WrittenBase {
    #[serde(flatten)]
    comparison: BaseComparison,
    /// At 5 %, after Holm's correction over all rows.
    significant: bool,
}

impl Report {
    /// The text of [`JSON_FILE`](super::JSON_FILE).
    ///
    /// # Errors
    /// If serialization fails, which is a bug.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        let rows = self.rows.iter().map(|row| WrittenRow {
            row: row.key.to_string(),
            setup: row.key.name.setup(),
            split: row.key.split,
            about: &row.about,
            questions: row.questions,
            figure: row.figure,
            stored: row.stored,
            changes: row.changes,
            base: row.base.map(|comparison| WrittenBase { comparison, significant: comparison.is_significant() }),
            verdict: row.verdict,
            reason: row.reason.as_deref(),
        });
        let (base, not_compared) = match &self.base {
            Base::None(reason) => (None, Some(reason.as_str())),
            Base::Compared(revision) => (Some(revision), None),
        };
        let written = Written {
            schema: SCHEMA,
            complete: true,
            source: &self.source,
            commit: &self.provenance.commit,
            machine: &self.provenance.machine,
            stored: self.is_stored,
            base,
            not_compared,
            accepted: &self.accepted,
            questions: self.questions,
            exit_code: self.exit_code,
            rows: rows.collect(),
            worse_questions: &self.worse,
        };
        Ok(serde_json::to_string_pretty(&written)? + "\n")
    }
}
