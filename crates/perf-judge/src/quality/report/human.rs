//! The text for a terminal: rows that are not equal to the stored ones, worst first, and one line for each setup.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::groups;
use super::number;
use super::run_report::{Report, base_line, counts};
use crate::exit_status;
use crate::quality::name::Split;
use crate::quality::row::Row;
use crate::quality::worse::WorseQuestion;
use crate::report::{style, wrapped_to};
use crate::text::{self, pluralize};
use crate::verdict::Verdict;

/// Maximum columns of a line of text; commands and rows with long names may be longer.
const WIDTH: usize = 100;

/// Maximum number of rows of one verdict; the page has all.
const MAX_ROWS: usize = 12;

/// Maximum number of questions that are shown with their answers.
const MAX_QUESTIONS: usize = 3;

/// Maximum characters of an answer.
const MAX_ANSWER: usize = 300;

/// Maximum number of ids of a row's questions in one line.
const MAX_IDS: usize = 12;

const BOLD: Style = Style::new().bold();

impl Report {
    /// The report for a terminal; `written` names the files of the report.
    pub fn human(&self, written: &str) -> String {
        let mut out = self.human_changes();
        let steps = self.next_steps();
        for step in &steps {
            let _ = writeln!(out, "→ {step}");
        }
        if !steps.is_empty() {
            out.push('\n');
        }
        for group in groups::by_setup(&self.rows) {
            let rows = pluralize(group.rows.len(), "row");
            let _ = writeln!(out, "{:<16}  {rows}: {}", group.setup, counts(group.rows));
        }
        if !self.rows.is_empty() {
            out.push('\n');
        }
        for line in self.context_lines() {
            out.push_str(&wrapped_to(WIDTH, &line, "", "  "));
        }
        let _ = writeln!(out, "{}", self.summary());
        let _ = writeln!(out, "reports: {written}");
        let style = match self.exit_code {
            exit_status::PASS => AnsiColor::Green.on_default().bold(),
            exit_status::FAIL => AnsiColor::Red.on_default().bold(),
            _ => AnsiColor::Yellow.on_default().bold(),
        };
        let _ = writeln!(out, "{style}{}{style:#}", self.verdict_line());
        out
    }

    /// The rows that are not equal to the stored ones, and the questions that got worse; empty if there is nothing to say.
    pub fn human_changes(&self) -> String {
        let mut out = String::new();
        let rows = self.not_passing();
        if !rows.is_empty() {
            table(&mut out, &rows, &self.worse);
        }
        exchanged(&mut out, &self.exchanged());
        worse(&mut out, &self.worse);
        out
    }
}

fn table(out: &mut String, rows: &[&Row], worse: &[WorseQuestion]) {
    let width = rows.iter().map(|row| row.key.to_string().chars().count()).max().unwrap_or(0).clamp(24, 60);
    let _ = writeln!(out, "{BOLD}quality{BOLD:#}: fails if lower than stored; higher is an improvement");
    let heads = format!("  {:<width$}  {:>7}  {:>7}  {:>7}  {:>9}  verdict", "row", "stored", "now", "change", "+ / -");
    let _ = writeln!(out, "{BOLD}{heads}{BOLD:#}");
    for of_verdict in rows.chunk_by(|a, b| a.verdict == b.verdict) {
        for row in of_verdict.iter().take(MAX_ROWS) {
            let counts = row.changes.map(|changes| (changes.better, changes.worse));
            let style = style(row.verdict);
            let _ = writeln!(
                out,
                "  {:<width$}  {:>7}  {:>7}  {:>7}  {:>9}  {style}{}{style:#}",
                row.key,
                number::figure(row.stored),
                number::figure(row.figure),
                number::change(row.change()),
                number::better_worse(counts),
                row.verdict,
            );
            details(out, row, worse);
        }
        if let (Some(row), more @ 1..) = (of_verdict.first(), of_verdict.len().saturating_sub(MAX_ROWS)) {
            let _ = writeln!(out, "  and {more} more {}, all in quality.md", row.verdict);
        }
    }
    out.push('\n');
}

/// The lines below a row that is not new.
fn details(out: &mut String, row: &Row, worse: &[WorseQuestion]) {
    if row.verdict == Verdict::New {
        return;
    }
    let lines = row.reason.clone().into_iter().chain(base_line(row));
    lines.for_each(|line| out.push_str(&wrapped_to(WIDTH, &line, "    ", "      ")));
    if row.verdict != Verdict::Regressed {
        return;
    }
    if row.key.split == Split::HeldOut {
        out.push_str("    of held-out questions only totals are shown\n");
        return;
    }
    let name = row.key.to_string();
    let has_row = |question: &&WorseQuestion| question.rows.iter().any(|score| score.row == name);
    let ids: Vec<&str> = worse.iter().filter(has_row).map(|question| question.question.as_str()).collect();
    if ids.is_empty() {
        return;
    }
    let mut line = format!("got worse: {}", ids.iter().take(MAX_IDS).copied().collect::<Vec<_>>().join(", "));
    if ids.len() > MAX_IDS {
        let _ = write!(line, " and {} more", ids.len() - MAX_IDS);
    }
    out.push_str(&wrapped_to(WIDTH, &line, "    ", "      "));
}

/// The rows with an equal figure of other questions.
fn exchanged(out: &mut String, rows: &[&Row]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "{BOLD}Equal figures of other questions{BOLD:#}");
    for row in rows.iter().take(MAX_ROWS) {
        let reason = row.reason.as_deref().unwrap_or_default();
        out.push_str(&wrapped_to(WIDTH, &format!("{}: {reason}", row.key), "  ", "    "));
    }
    if rows.len() > MAX_ROWS {
        let _ = writeln!(out, "  and {} more, all in quality.md", rows.len() - MAX_ROWS);
    }
    out.push('\n');
}

/// The first questions that got worse, with their answers.
fn worse(out: &mut String, questions: &[WorseQuestion]) {
    if questions.is_empty() {
        return;
    }
    let _ = writeln!(out, "{BOLD}Questions that got worse{BOLD:#}");
    for question in questions.iter().take(MAX_QUESTIONS) {
        let list = question.list.as_deref().map_or_else(String::new, |list| format!(" {list}"));
        let kind = question.kind.as_deref().map_or_else(String::new, |kind| format!(" ({kind})"));
        let rows = pluralize(question.rows.len(), "row");
        let head = format!("{} {}{list}{kind}, in {rows}", question.question, question.setup);
        out.push_str(&wrapped_to(WIDTH, &text::sanitize(&head), "  ", "    "));
        for (label, said) in [("query", &question.query), ("before", &question.before), ("after", &question.after)] {
            if let Some(said) = said {
                let line = format!("{label}: {}", shortened(said));
                out.push_str(&wrapped_to(WIDTH, &line, "    ", "      "));
            }
        }
    }
    if questions.len() > MAX_QUESTIONS {
        let _ = writeln!(out, "  and {} more, all in quality.md", questions.len() - MAX_QUESTIONS);
    }
    out.push('\n');
}

/// A text of the program on one line, bounded.
fn shortened(said: &str) -> String {
    let said = text::sanitize(said);
    match said.chars().nth(MAX_ANSWER) {
        None if said.is_empty() => "(empty)".to_owned(),
        None => said,
        Some(_) => said.chars().take(MAX_ANSWER).chain(['…']).collect(),
    }
}
