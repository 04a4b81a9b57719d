//! What a measurement of quality gives: scores, answers, and what each row is; as lines of JSON or as a table.

use std::collections::BTreeSet;
use std::io::{self, Write};

use rag_eval::questions::{Ability, Question};
use serde::Serialize;

use crate::dataset::Split;
use crate::score::Scored;
use crate::scores::{Gate, Score, Scores};
use crate::table::Table;

/// Where scores and answers go.
pub struct Lines<'w> {
    sink: Sink<'w>,
    described: BTreeSet<String>,
}

enum Sink<'w> {
    /// Lines of JSON, for the gate.
    Json(&'w mut dyn Write),
    /// Figures of rows, for people.
    Table(&'w mut Table),
}

#[derive(Serialize)]
struct Header {
    schema: u32,
    program: &'static str,
}

#[derive(Serialize)]
struct About<'a> {
    row: &'a str,
    about: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    shown: bool,
}

#[derive(Serialize)]
struct ScoreLine<'a> {
    row: &'a str,
    split: Split,
    question: &'a str,
    value: f64,
    of: f64,
}

#[derive(Serialize)]
struct AnswerLine<'a> {
    setup: &'a str,
    list: &'a str,
    question: &'a str,
    domain: &'a str,
    lang: &'a str,
    ability: Ability,
    query: &'a str,
    answer: &'a str,
}

impl<'w> Lines<'w> {
    /// Writes lines of JSON, the header first.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn json(out: &'w mut dyn Write) -> io::Result<Self> {
        let mut lines = Self { sink: Sink::Json(out), described: BTreeSet::new() };
        lines.write(&Header { schema: 1, program: "aggregator-eval" })?;
        Ok(lines)
    }

    /// Adds the scores up in a table.
    pub fn table(table: &'w mut Table) -> Self {
        Self { sink: Sink::Table(table), described: BTreeSet::new() }
    }

    /// Says what a row is, unless that was said.
    fn about(&mut self, row: &str, about: &str, gate: Gate) -> io::Result<()> {
        if !self.described.insert(row.to_owned()) {
            return Ok(());
        }
        if let Sink::Table(table) = &mut self.sink {
            table.describe(row, about);
        }
        self.write(&About { row, about, shown: gate == Gate::Shown })
    }

    /// Writes the scores of a question.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn scores(&mut self, split: Split, question: &str, scores: &Scores) -> io::Result<()> {
        for (row, Score { about, gate, value, of }) in &scores.rows {
            self.about(row, about, *gate)?;
            if let Sink::Table(table) = &mut self.sink {
                table.add(row, split, *value, *of);
            }
            self.write(&ScoreLine { row, split, question, value: *value, of: *of })?;
        }
        Ok(())
    }

    /// Writes an answer, where its question is of the tuning split; the others are consulted through their totals only.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn answer(&mut self, scored: &Scored<'_>) -> io::Result<()> {
        if scored.split == Split::HeldOut {
            return Ok(());
        }
        let Question { domain, lang, ability, query, .. } = scored.question;
        let (setup, list, question) = (scored.setup, scored.list, scored.question.id.as_str());
        let (ability, answer) = (*ability, scored.answered.text.as_str());
        self.write(&AnswerLine { setup, list, question, domain, lang, ability, query, answer })
    }

    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        match &mut self.sink {
            Sink::Json(out) => {
                serde_json::to_writer(&mut *out, line)?;
                out.write_all(b"\n")
            }
            Sink::Table(_) => Ok(()),
        }
    }
}
