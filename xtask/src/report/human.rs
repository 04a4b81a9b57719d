//! The table on a terminal: at most 100 columns, grouped by class, worst first.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{Report, notes, number};
use crate::plain_text::counted;
use crate::row::{Group, Row, Value};
use crate::verdict::Verdict;

const WIDTH: usize = 100;

/// Longer tables show the rows of a case that need no look each as one line; every value is in the reports.
const LONG_TABLE: usize = 150;

/// The whole report.
pub fn report(report: &Report, written: &str) -> String {
    let mut out = rows_with_notes(&report.rows);
    if let Some(line) = report.not_measured() {
        out.push_str(&wrapped(&line, "", "  "));
    }
    out.push_str(&wrapped(&report.summary(), "", "  "));
    let _ = writeln!(out, "reports: {written}");
    let code = report.exit_code;
    let style = match code {
        crate::exit_code::GREEN => AnsiColor::Green.on_default().bold(),
        crate::exit_code::RED => AnsiColor::Red.on_default().bold(),
        _ => AnsiColor::Yellow.on_default().bold(),
    };
    let _ = writeln!(out, "{style}{}{style:#}", report.meaning());
    out
}

/// The table and what to do about it.
pub fn rows_with_notes(all: &[Row]) -> String {
    let mut out = rows(all);
    let notes = notes::of(all);
    if notes.is_empty() {
        return out;
    }
    out.push_str("What now\n");
    for note in notes {
        let style = style(note.verdict);
        let text = wrapped(&format!("{} {}", note.verdict, note.rows), "  ", "    ");
        // Only the verdict is coloured: it is the first word, and the text is plain.
        let text = text.replacen(note.verdict.name(), &format!("{style}{}{style:#}", note.verdict), 1);
        out.push_str(&text);
        for reason in &note.reasons {
            out.push_str(&wrapped(reason, "    ", "    "));
        }
        if let Some(what_now) = &note.what_now {
            // A command is copied from here: each is a line of its own and is not broken.
            for part in what_now.split("; ") {
                let _ = writeln!(out, "    → {part}");
            }
        }
    }
    out.push('\n');
    out
}

/// One line of the table as texts.
enum Line {
    One {
        cells: [String; 5],
        verdict: Verdict,
    },
    /// Several rows of a case, with as many of their values as fit.
    Folded {
        case: String,
        values: Vec<String>,
        rows: usize,
        verdict: Verdict,
    },
}

impl Line {
    fn verdict(&self) -> Verdict {
        match self {
            Self::One { verdict, .. } | Self::Folded { verdict, .. } => *verdict,
        }
    }
}

const HEADS: [&str; 5] = ["case", "metric", "base", "now", "change"];

/// The table.
pub fn rows(rows: &[Row]) -> String {
    let fold = rows.len() > LONG_TABLE;
    let parts = rows.chunk_by(|a, b| a.group == b.group);
    let groups: Vec<_> = parts.map(|part| (head(part), lines(part, fold))).collect();
    let widths = widths(groups.iter().flat_map(|(_, lines)| lines), fold);
    let mut out = String::new();
    let bold = Style::new().bold();
    let heads = HEADS.map(str::to_owned);
    let _ = writeln!(out, "{bold}{}  verdict{bold:#}", cells(&heads, &widths));
    for ((name, rule), lines) in groups {
        let _ = writeln!(out, "{bold}{name}{bold:#}: {rule}");
        for line in lines {
            let verdict = line.verdict();
            let texts = match line {
                Line::One { cells: texts, .. } => cells(&texts, &widths),
                Line::Folded { case, values, rows, .. } => folded(&case, &values, rows, &widths),
            };
            let style = style(verdict);
            let _ = writeln!(out, "{texts}  {style}{verdict}{style:#}");
        }
    }
    out.push('\n');
    out
}

/// The name of a group and its rule.
fn head(rows: &[Row]) -> (&'static str, String) {
    let group = rows.first().map_or(Group::Behaviour, |row| row.group);
    let rule = match rows.iter().find_map(|row| row.spread) {
        Some(spread) => format!("median of {} processes and interquartile range; {}", spread.processes, group.rule()),
        None => group.rule().to_owned(),
    };
    (group.name(), rule)
}

/// The lines of one group, whose rows are in order: those of a case and a verdict follow each other.
fn lines(rows: &[Row], fold: bool) -> Vec<Line> {
    let needs_no_look = |row: &Row| matches!(row.verdict, Verdict::Pass | Verdict::New | Verdict::Inconclusive);
    let together = |a: &Row, b: &Row| {
        // Each case has one row of instructions; those that none could judge are all alike.
        let alike = a.case == b.case || (a.group == Group::Instructions && a.verdict == Verdict::Inconclusive);
        fold && a.verdict == b.verdict && alike && needs_no_look(a) && a.group != Group::Budget
    };
    let line = |part: &[Row]| match part {
        [] => None,
        [row] => {
            let (base, head, change) = (number::base(row), number::head(row), number::change(row));
            let cells = [row.case.to_string(), row.subject.to_string(), base, head, change];
            Some(Line::One { cells, verdict: row.verdict })
        }
        [first, ..] => {
            // What is zero, or no number, tells least: it is only counted.
            let telling = part.iter().filter(|row| matches!(row.head, Some(Value::Number(1..))));
            let values = telling.map(|row| format!("{} {}", row.subject, number::head(row))).collect();
            let one_case = part.iter().all(|row| row.case == first.case);
            let (case, values) = match one_case {
                true => (first.case.to_string(), values),
                false => (counted(part.len(), "case"), Vec::new()),
            };
            Some(Line::Folded { case, values, rows: part.len(), verdict: first.verdict })
        }
    };
    rows.chunk_by(together).filter_map(line).collect()
}

/// The case, and its values in the room of the other columns.
fn folded(case: &str, values: &[String], rows: usize, widths: &[usize; 5]) -> String {
    let width = widths[1..].iter().sum::<usize>() + 2 * (widths.len() - 2);
    let text = |shown: usize| {
        let mut text = values[..shown].join(", ");
        let others = rows - shown;
        let _ = match (shown, others) {
            (_, 0) => Ok(()),
            (0, others) => write!(text, "{others} values"),
            (_, others) => write!(text, ", {others} more"),
        };
        text
    };
    let fits = |text: &String| text.chars().count() <= width;
    let text = (0..=values.len()).rev().map(text).find(fits).unwrap_or_default();
    let case_width = widths[0];
    format!("  {:<case_width$}  {text:<width$}", shortened(case, case_width))
}

/// As wide as the widest text; the case gives way when that is too much for a line.
fn widths<'a>(lines: impl Iterator<Item = &'a Line>, folds: bool) -> [usize; 5] {
    let mut widths = HEADS.map(|head| head.chars().count());
    let mut verdict = "verdict".len();
    for line in lines {
        verdict = verdict.max(line.verdict().name().len());
        let cells = match line {
            Line::One { cells, .. } => cells.as_slice(),
            Line::Folded { case, .. } => std::slice::from_ref(case),
        };
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let used: usize = widths.iter().sum::<usize>() + 2 * widths.len() + 2 + verdict;
    let surplus = used.saturating_sub(WIDTH);
    widths[0] = widths[0].saturating_sub(surplus).max(12);
    if folds {
        // Lines of values take what room is left.
        let spare = WIDTH.saturating_sub(used);
        widths[2] += spare / 2;
        widths[3] += spare - spare / 2;
    }
    widths
}

fn cells(texts: &[String; 5], widths: &[usize; 5]) -> String {
    let mut out = String::from("  ");
    for (index, (text, &width)) in texts.iter().zip(widths).enumerate() {
        let text = shortened(text, width);
        // Names to the left, numbers to the right.
        let _ = if index < 2 { write!(out, "{text:<width$}") } else { write!(out, "{text:>width$}") };
        if index + 1 < texts.len() {
            out.push_str("  ");
        }
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
    let mut out = String::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
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

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Broken | Verdict::Regressed | Verdict::Missing => AnsiColor::Red.on_default().bold(),
        Verdict::Unfit | Verdict::Inconclusive | Verdict::New | Verdict::Accepted => AnsiColor::Yellow.on_default(),
        Verdict::Improved => AnsiColor::Green.on_default(),
        Verdict::Info | Verdict::Pass | Verdict::Identical => Style::new(),
    }
}
