//! The table on a terminal: one screen, grouped by class, worst first. It has at most 80 columns, and at most 100 where wall time
//! was measured in pairs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use perf_gate::Class;

use super::run_report::{Report, Wording};
use super::{notes, number, pairs};
use crate::next_step::NextStep;
use crate::row::{Group, Row};
use crate::rules::RuleChange;
use crate::text::{self, pluralize};
use crate::verdict::Verdict;

/// Maximum columns of a line of text; lines with commands may be longer, so that they can be copied.
pub const WIDTH: usize = 80;

/// Maximum columns of a table with rows in pairs, which have the most columns.
const PAIRS_WIDTH: usize = 100;

/// Maximum number of rows that are all shown; a table of more rows is summarised.
const MAX_SCREEN_ROWS: usize = 40;

impl Report {
    /// The report for a terminal; `written` has the paths of the report files.
    pub fn human(&self, written: &str, wording: Wording<'_>) -> String {
        let verbosity = if self.rows.len() > MAX_SCREEN_ROWS { Verbosity::Summary } else { Verbosity::Full };
        let mut out = with_notes(&self.rows, verbosity, wording);
        for line in self.context_lines() {
            out.push_str(&wrapped(&line, "", "  "));
        }
        if let Some(slack) = &self.slack {
            let line = wrapped(&self.slack_line(slack), "", "  ");
            let style = if slack.is_warning() { AnsiColor::Yellow.on_default() } else { Style::new() };
            let _ = write!(out, "{style}{line}{style:#}");
            let _ = writeln!(out, "  → {}", wording(&NextStep::StoreImprovement, None));
        }
        if !self.rows.is_empty() && self.rows.iter().all(|row| row.verdict == Verdict::Identical) {
            let _ = writeln!(out, "  → {}", wording(&NextStep::MeasureAnyway, None));
        }
        out.push_str(&rules(self.rules.as_deref().unwrap_or_default()));
        out.push_str(&wrapped(&self.summary(), "", "  "));
        let _ = writeln!(out, "reports: {written}");
        let code = self.exit_code;
        let style = match code {
            crate::exit_status::PASS => AnsiColor::Green.on_default().bold(),
            crate::exit_status::FAIL => AnsiColor::Red.on_default().bold(),
            _ => AnsiColor::Yellow.on_default().bold(),
        };
        let _ = writeln!(out, "{style}{}{style:#}", self.verdict_line());
        out
    }
}

/// Maximum number of rule changes of one kind on a screen; `report.md` has all.
const MAX_RULES: usize = 5;

/// The rules that the change loosens.
fn rules(changes: &[RuleChange]) -> String {
    let mut out = String::new();
    if changes.is_empty() {
        return out;
    }
    let _ = writeln!(out, "{BOLD}Rules changed by this change{BOLD:#}");
    for kind in changes.chunk_by(|a, b| a.kind == b.kind) {
        for RuleChange { kind, what } in kind.iter().take(MAX_RULES) {
            out.push_str(&wrapped(&text::sanitize(&format!("{kind}: {what}")), "  ", "    "));
        }
        if let (Some(first), more @ 1..) = (kind.first(), kind.len().saturating_sub(MAX_RULES)) {
            let _ = writeln!(out, "  {}: {more} more, in report.md", first.kind);
        }
    }
    out.push('\n');
    out
}

/// The table with all rows, and their next steps.
pub fn rows_with_notes(all: &[Row], wording: Wording<'_>) -> String {
    with_notes(all, Verbosity::Full, wording)
}

fn with_notes(all: &[Row], verbosity: Verbosity, wording: Wording<'_>) -> String {
    let mut out = table(all, verbosity);
    let notes = notes::collect(all);
    if notes.is_empty() {
        return out;
    }
    out.push_str("Next steps\n");
    for same_verdict in notes.chunk_by(|a, b| a.verdict == b.verdict) {
        let shown = if verbosity == Verbosity::Full { same_verdict.len() } else { MAX_NOTES };
        same_verdict.iter().take(shown).for_each(|note| write_note(&mut out, note, wording));
        if let (Some(note), more @ 1..) = (same_verdict.first(), same_verdict.len().saturating_sub(shown)) {
            let _ = writeln!(out, "  {} {more} more like these, in report.md", note.verdict);
        }
    }
    out.push('\n');
    out
}

/// Maximum number of notes of one verdict on a screen.
const MAX_NOTES: usize = 3;

fn write_note(out: &mut String, note: &notes::Note<'_>, wording: Wording<'_>) {
    let style = style(note.verdict);
    let text = wrapped(&format!("{} {}", note.verdict, note.rows), "  ", "    ");
    // Only the verdict, the first word, is coloured.
    let text = text.replacen(note.verdict.name(), &format!("{style}{}{style:#}", note.verdict), 1);
    out.push_str(&text);
    for reason in &note.reasons {
        out.push_str(&wrapped(reason, "    ", "    "));
    }
    // Commands are not wrapped, so that they can be copied.
    for step in note.next_steps {
        let _ = writeln!(out, "    → {}", wording(step, note.harness));
    }
}

/// The number of rows that a table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verbosity {
    /// All rows, for the review of a baseline.
    Full,
    /// The worst rows that need attention; all others are counted.
    Summary,
}

/// Maximum number of rows of one group and verdict on a screen; `report.md` has all.
const MAX_ROWS_PER_VERDICT: usize = 5;

/// The table with all rows.
pub fn rows(rows: &[Row]) -> String {
    table(rows, Verbosity::Full)
}

fn table(rows: &[Row], verbosity: Verbosity) -> String {
    let mut out = String::new();
    let has_pairs = rows.iter().any(|row| row.paired.is_some());
    let width = if has_pairs { PAIRS_WIDTH } else { WIDTH };
    for (index, part) in rows.chunk_by(|a, b| a.group == b.group).enumerate() {
        let Some(group) = part.first().map(|row| row.group) else { continue };
        let lines = lines(part, verbosity);
        let widths = widths(&lines, width);
        if index == 0 {
            let heads = ["case", "base", "head", "change"].map(str::to_owned);
            let _ = writeln!(out, "{BOLD}{}  verdict{BOLD:#}", cells(&format!("  {}", heads[0]), &heads[1..], &widths));
        }
        let (name, rule) = (group.name(), rule(part));
        let _ = writeln!(out, "{BOLD}{name}{BOLD:#}: {rule}");
        if lines.iter().any(|line| matches!(line, Line::Pairs(..))) {
            let _ = writeln!(out, "{BOLD}{}  verdict{BOLD:#}", pairs::header(group));
        }
        for line in lines {
            match line {
                Line::Case(case) => {
                    let _ = writeln!(out, "  {case}");
                }
                Line::Values { label, values, verdict } => {
                    let style = style(verdict);
                    let _ = writeln!(out, "{}  {style}{verdict}{style:#}", cells(&label, &values, &widths));
                }
                Line::Pairs(text, verdict, margin) => {
                    with_verdict(&mut out, &text, verdict, width);
                    if let Some(margin) = margin {
                        let _ = writeln!(out, "    {margin}");
                    }
                }
                Line::Folded(text, verdict) => with_verdict(&mut out, &text, verdict, width),
            }
        }
        if let Some(line) = pairs::detectable(part) {
            out.push_str(&wrapped_to(width, &line, "  ", "    "));
        }
    }
    out.push('\n');
    out
}

fn with_verdict(out: &mut String, text: &str, verdict: Verdict, width: usize) {
    let style = style(verdict);
    let width = width - VERDICT - 2;
    let _ = writeln!(out, "{text:<width$}  {style}{verdict}{style:#}");
}

const BOLD: Style = Style::new().bold();

/// Characters of the longest verdict.
const VERDICT: usize = "INCONCLUSIVE".len();

/// One line of the table.
enum Line {
    /// The name of the case of the lines below.
    Case(String),
    /// A row: its label, and base, head and change.
    Values { label: String, values: [String; 3], verdict: Verdict },
    /// A row of wall time in pairs, with a remark on its margin if that is not the default.
    Pairs(String, Verdict, Option<String>),
    /// The number of rows that are not shown.
    Folded(String, Verdict),
}

/// The heading of a group: its rule, or the statistic of wall times without a base.
fn rule(rows: &[Row]) -> String {
    let group = rows.first().map_or(Group::Class(Class::Behaviour), |row| row.group);
    match rows.iter().find_map(|row| row.spread) {
        Some(spread) => format!("median and interquartile range of {} processes", spread.processes),
        None => group.rule().to_owned(),
    }
}

/// The lines of one group, whose rows are sorted by verdict (worst first), then by case.
fn lines(rows: &[Row], verbosity: Verbosity) -> Vec<Line> {
    let mut lines = Vec::new();
    for part in rows.chunk_by(|a, b| a.verdict == b.verdict) {
        let Some(first) = part.first() else { continue };
        let verdict = first.verdict;
        let of_pairs = part.iter().any(|row| row.paired.is_some());
        let is_folded = matches!(verdict, Verdict::Pass | Verdict::Identical | Verdict::New | Verdict::Inconclusive);
        let shown = match verbosity {
            Verbosity::Full => part.len(),
            // A mean that passes says nothing that the row of its case does not show.
            Verbosity::Summary if is_folded && first.group == Group::Mean => 0,
            Verbosity::Summary if of_pairs => part.len(),
            Verbosity::Summary if is_folded => 0,
            Verbosity::Summary if verdict == Verdict::Info => part.len(),
            Verbosity::Summary => MAX_ROWS_PER_VERDICT,
        };
        let mut worst: Vec<&Row> = part.iter().collect();
        if shown < part.len() {
            let size = |row: &Row| row.change().map_or(f64::INFINITY, f64::abs);
            worst.sort_by(|a, b| size(b).total_cmp(&size(a)));
            worst.truncate(shown);
            worst.sort_by(|a, b| (&a.case, a.subject).cmp(&(&b.case, b.subject)));
        }
        for of_case in worst.chunk_by(|a, b| a.case == b.case) {
            // These groups have one row for each case, so the case is its label.
            let single = first.group == Group::Class(Class::Instructions) || first.group.is_wall_time();
            if let (false, Some(row)) = (single, of_case.first()) {
                lines.push(Line::Case(row.case.to_string()));
            }
            lines.extend(of_case.iter().map(|row| match &row.paired {
                Some(paired) => Line::Pairs(pairs::line(row, paired), verdict, pairs::other_margin(row, paired)),
                None => {
                    let label = if single { format!("  {}", row.case) } else { format!("    {}", row.subject) };
                    let values = [number::base(row), number::head(row), number::change(row)];
                    Line::Values { label, values, verdict }
                }
            }));
        }
        if shown < part.len() {
            lines.push(Line::Folded(folded(part, shown), verdict));
        }
    }
    lines
}

/// The line for rows that are not shown; for instructions with the range of their changes.
fn folded(rows: &[Row], shown: usize) -> String {
    let cases: BTreeSet<_> = rows.iter().map(|row| &row.case).collect();
    let mut text = match shown {
        0 => format!("  {} of {}", pluralize(rows.len(), "row"), pluralize(cases.len(), "case")),
        shown => format!("  and {} more, all in report.md", rows.len() - shown),
    };
    let counted =
        rows.iter().filter(|row| row.group == Group::Class(Class::Instructions) && row.verdict == Verdict::Pass);
    let changes: Vec<f64> = counted.filter_map(Row::change).collect();
    if !changes.is_empty() {
        let min = changes.iter().copied().fold(f64::INFINITY, f64::min) * 100.0;
        let max = changes.iter().copied().fold(f64::NEG_INFINITY, f64::max) * 100.0;
        let _ = write!(text, ", {min:+.2} % to {max:+.2} %");
    }
    text
}

/// The width of each column: that of its widest text; labels get what remains of the `width` of the table.
fn widths(lines: &[Line], width: usize) -> [usize; 4] {
    let mut widths = [0; 4];
    for line in lines {
        if let Line::Values { values, .. } = line {
            for (width, text) in widths[1..].iter_mut().zip(values) {
                *width = (*width).max(text.chars().count());
            }
        }
    }
    for (width, min) in widths[1..].iter_mut().zip([6, 6, 6]) {
        *width = (*width).max(min);
    }
    let used: usize = widths[1..].iter().map(|width| width + 2).sum::<usize>() + 2 + VERDICT;
    widths[0] = width.saturating_sub(used).max(16);
    widths
}

fn cells(label: &str, values: &[String], widths: &[usize; 4]) -> String {
    let mut out = format!("{:<width$}", shortened(label, widths[0]), width = widths[0]);
    for (text, width) in values.iter().zip(&widths[1..]) {
        let _ = write!(out, "  {text:>width$}");
    }
    out
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

fn wrapped(text: &str, first: &str, others: &str) -> String {
    wrapped_to(WIDTH, text, first, others)
}

/// Wraps text to lines of at most `width` columns; `first` precedes the first line, `others` each other line.
pub(crate) fn wrapped_to(width: usize, text: &str, first: &str, others: &str) -> String {
    let mut out = String::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            out.push_str(&line);
            out.push('\n');
            line = others.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(&line);
    out.push('\n');
    out
}

/// The colour of a verdict.
pub(crate) fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Broken | Verdict::Regressed | Verdict::Missing => AnsiColor::Red.on_default().bold(),
        Verdict::Unstable | Verdict::Inconclusive | Verdict::New | Verdict::Accepted => AnsiColor::Yellow.on_default(),
        Verdict::Improved => AnsiColor::Green.on_default(),
        Verdict::Info | Verdict::Pass | Verdict::Identical => Style::new(),
    }
}
