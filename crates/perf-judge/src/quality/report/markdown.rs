//! The page with every row, by setup and by what is counted of it.

use std::fmt::Write as _;

use super::run_report::{Base, Report, base_line, counts};
use super::{groups, number};
use crate::quality::row::{BaseComparison, Row};
use crate::quality::worse::{WorseQuestion, WorseScore};
use crate::report::escaped;
use crate::text;

/// Maximum number of questions with their answers; quality.json has all.
const MAX_QUESTIONS: usize = 100;

/// Maximum characters of an answer.
const MAX_ANSWER: usize = 2_000;

impl Report {
    /// The text of [`MARKDOWN_FILE`](super::MARKDOWN_FILE): the verdict, the rows that are not equal to the stored ones, the
    /// questions that got worse, then every row.
    pub fn markdown(&self) -> String {
        let mut out = format!("## Quality: {}\n\n{}\n\n", self.verdict_line(), self.summary());
        for line in self.context_lines() {
            let _ = writeln!(out, "{}\n", escaped(&line));
        }
        let rows = self.not_passing();
        if !rows.is_empty() {
            let _ = writeln!(out, "### Rows that are not equal to the stored ones\n");
            table(&mut out, &rows);
            for row in &rows {
                let lines: Vec<String> = row.reason.clone().into_iter().chain(base_line(row)).collect();
                if !lines.is_empty() {
                    let _ = writeln!(
                        out,
                        "- **{}** {}: {}",
                        row.verdict,
                        escaped(&row.key.to_string()),
                        escaped(&lines.join("; "))
                    );
                }
            }
            for step in self.next_steps() {
                let _ = writeln!(out, "- → {}", escaped(&step));
            }
            out.push('\n');
        }
        let exchanged = self.exchanged();
        if !exchanged.is_empty() {
            let _ = writeln!(out, "### Equal figures of other questions\n");
            for row in exchanged {
                let reason = row.reason.as_deref().unwrap_or_default();
                let _ = writeln!(out, "- {}: {}", escaped(&row.key.to_string()), escaped(reason));
            }
            out.push('\n');
        }
        worse(&mut out, &self.worse);
        for group in groups::by_setup(&self.rows) {
            let _ = writeln!(out, "### {}: {}\n", escaped(group.setup), counts(group.rows));
            for (kind, rows) in group.by_kind() {
                if !kind.is_empty() {
                    let _ = writeln!(out, "#### {} / {}\n", escaped(group.setup), escaped(kind));
                }
                table(&mut out, &rows.iter().collect::<Vec<_>>());
            }
        }
        explanation(&mut out, self);
        let (commit, machine) = (escaped(&self.provenance.commit), escaped(&self.provenance.machine));
        let _ = writeln!(out, "Commit {commit}, run on {machine}; lines of {}.", escaped(&self.source));
        out
    }
}

/// Writes a table of rows.
fn table(out: &mut String, rows: &[&Row]) {
    out.push_str(
        "| row | figure | stored | change | questions | better / worse | base: better / worse | p | smallest change | verdict | what it is |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---|---|\n",
    );
    for row in rows {
        let of_base = |text: &dyn Fn(BaseComparison) -> String| row.base.map_or_else(|| number::NONE.to_owned(), text);
        let cells = [
            row.key.to_string(),
            number::figure(row.figure),
            number::figure(row.stored),
            number::change(row.change()),
            row.questions.to_string(),
            number::better_worse(row.changes.map(|changes| (changes.better, changes.worse))),
            number::better_worse(row.base.map(|base| (base.better, base.worse))),
            of_base(&|base| {
                let star = if base.is_significant() { ", significant" } else { "" };
                format!("{}{star}", number::p_value(base.p))
            }),
            of_base(&|base| base.visible.map_or_else(|| number::NONE.to_owned(), |visible| format!("{visible:.4}"))),
            row.verdict.to_string(),
            row.about.clone(),
        ];
        let _ = writeln!(out, "| {} |", cells.map(|cell| escaped(&cell)).join(" | "));
    }
    out.push('\n');
}

/// The questions that got worse, with their answers.
fn worse(out: &mut String, questions: &[WorseQuestion]) {
    if questions.is_empty() {
        return;
    }
    out.push_str("### Questions that got worse\n\nOf held-out questions only totals are shown.\n\n");
    for question in questions.iter().take(MAX_QUESTIONS) {
        let list = question.list.as_deref().map_or_else(String::new, |list| format!(", {list}"));
        let kind = question.kind.as_deref().map_or_else(String::new, |kind| format!(" ({kind})"));
        let head = text::sanitize(&format!("{}: {}{list}{kind}", question.question, question.setup));
        let _ = writeln!(out, "- **{}**", escaped(&head));
        for (label, said) in [("query", &question.query), ("before", &question.before), ("after", &question.after)] {
            if let Some(said) = said {
                let said: String = text::sanitize(said).chars().take(MAX_ANSWER).collect();
                let _ = writeln!(
                    out,
                    "  - {label}: {}",
                    if said.is_empty() { "(empty)".to_owned() } else { escaped(&said) }
                );
            }
        }
        let score = |score: &WorseScore| {
            let (before, after) = (number::figure(Some(score.before)), number::figure(Some(score.after)));
            format!("{} {before} to {after}", escaped(&score.row))
        };
        let _ = writeln!(out, "  - rows: {}", question.rows.iter().map(score).collect::<Vec<_>>().join("; "));
    }
    if questions.len() > MAX_QUESTIONS {
        let _ = writeln!(out, "- and {} more, all in quality.json", questions.len() - MAX_QUESTIONS);
    }
    out.push('\n');
}

fn explanation(out: &mut String, report: &Report) {
    out.push_str(
        "A figure is the sum of the scores of its questions over what there is in them. A row fails if its figure is lower than \
         the stored one; INFO rows are only shown.\n",
    );
    if matches!(report.base, Base::Compared(_)) {
        out.push_str(
            "Against the base the same questions are compared: by McNemar's exact test where each score is 0 or 1, else by the \
             paired bootstrap. `p` is the p-value of one row alone; `significant` is at 5 % after Holm's correction over all \
             rows. The smallest change is what the row could have shown at 5 % without that correction: 6 questions of all in one \
             direction, or 2.80 standard errors of the paired differences. These tests advise, and decide no verdict.\n",
        );
    }
    out.push('\n');
}
