//! The report for a step summary. Rows that pass are folded, so that the others are seen.

use std::fmt::Write as _;

use super::run_report::{Report, Wording};
use super::{notes, number, pairs};
use crate::budget::Reference;
use crate::row::{PairedStats, Row};
use crate::rules::RuleChange;
use crate::text::pluralize;
use crate::verdict::Verdict;

impl Report {
    /// The text of [`MARKDOWN_FILE`](super::MARKDOWN_FILE): the last line of the run first, then next steps, then every
    /// row. Rows that pass are folded.
    pub fn markdown(&self, wording: Wording<'_>) -> String {
        let mut out = format!("## Performance: {}\n\n{}\n\n", self.verdict_line(), self.summary());
        for line in self.context_lines() {
            let _ = writeln!(out, "{}\n", escaped(&line));
        }
        if let Some(slack) = &self.slack {
            let _ = writeln!(out, "{}\n", escaped(&self.slack_line(slack)));
        }
        rules(&mut out, self.rules.as_deref().unwrap_or_default());
        let notes = notes::collect(&self.rows);
        if !notes.is_empty() {
            out.push_str("### Next steps\n\n");
        }
        for note in &notes {
            let _ = writeln!(out, "- **{}** {}", note.verdict, escaped(&note.rows));
            for reason in &note.reasons {
                let _ = writeln!(out, "  - {}", escaped(reason));
            }
            for step in note.next_steps {
                let _ = writeln!(out, "  - → {}", escaped(&wording(step, note.harness)));
            }
        }
        if !notes.is_empty() {
            out.push('\n');
        }
        let cells = |row: &Row| {
            let cells = [
                row.group.name().to_owned(),
                row.case.to_string(),
                row.subject.to_string(),
                number::base(row),
                number::head(row),
                number::change(row),
                row.verdict.to_string(),
            ];
            cells.map(|cell| escaped(&cell)).join(" | ")
        };
        let rows: Vec<_> = self.rows.iter().map(|row| (row, cells(row))).collect();
        let head = "| class | case | metric | base | head | change | verdict |\n|---|---|---|---:|---:|---:|---|";
        table(&mut out, head, &rows);
        in_pairs(&mut out, self);
        promises(&mut out, self);
        let (commit, machine) = (escaped(&self.provenance.commit), escaped(&self.provenance.machine));
        let repeats = if self.quick { ", with fewer repeats (`--quick`)" } else { "" };
        let _ = writeln!(out, "Commit {commit}, measured on {machine}{repeats}.");
        out
    }
}

/// Writes a table of rows with their cells; `head` is its heading, two lines of Markdown. Rows that pass are folded, by group and
/// verdict, below the others.
fn table(out: &mut String, head: &str, rows: &[(&Row, String)]) {
    let passes = |row: &Row| matches!(row.verdict, Verdict::Pass | Verdict::Identical);
    let (folded, open): (Vec<_>, Vec<_>) = rows.iter().partition(|(row, _)| passes(row));
    let lines = |rows: &[&(&Row, String)]| rows.iter().map(|(_, cells)| format!("| {cells} |\n")).collect::<String>();
    if !open.is_empty() {
        let _ = writeln!(out, "{head}\n{}", lines(&open));
    }
    for part in folded.chunk_by(|(a, _), (b, _)| (a.group, a.verdict) == (b.group, b.verdict)) {
        let Some((first, _)) = part.first() else { continue };
        let state = match (first.verdict, part.len()) {
            (Verdict::Identical, 1) => "is identical",
            (Verdict::Identical, _) => "are identical",
            (_, 1) => "passes",
            _ => "pass",
        };
        let (group, count) = (first.group.name(), pluralize(part.len(), "row"));
        // GitHub renders Markdown inside HTML only below a blank line.
        let _ = writeln!(out, "<details><summary>{group}: {count} {state}</summary>\n");
        let _ = writeln!(out, "{head}\n{}\n</details>\n", lines(part));
    }
}

/// The rules that the change loosens.
fn rules(out: &mut String, changes: &[RuleChange]) {
    if changes.is_empty() {
        return;
    }
    out.push_str("### Rules changed by this change\n\n");
    for RuleChange { kind, what } in changes {
        let _ = writeln!(out, "- **{kind}** {}", escaped(what));
    }
    out.push('\n');
}

/// Wall time in pairs: estimates, confidence bounds and minimum detectable effects.
fn in_pairs(out: &mut String, report: &Report) {
    let rows: Vec<_> = report.rows.iter().filter_map(|row| Some((row, row.paired.as_ref()?))).collect();
    if rows.is_empty() {
        return;
    }
    out.push_str("### Wall time, in pairs with the base\n\n");
    let head = "| case | change | margin | lower bound | upper bound | MDE | pairs | confirming | outliers | statistic | verdict |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---|---|";
    let percent = |value: Option<f64>| value.map_or_else(|| number::NONE.to_owned(), |value| format!("{value:+.2} %"));
    let cells = |row: &Row, paired: &PairedStats| {
        let cells = [
            row.case.to_string(),
            percent(paired.change_percent),
            format!("{} %", paired.margin_percent),
            percent(paired.lower_percent),
            percent(paired.upper_percent),
            percent(paired.mde_percent),
            paired.pairs.to_string(),
            paired.confirming.to_string(),
            format!("{} mild, {} severe", paired.mild_outliers, paired.severe_outliers),
            paired.statistic.map_or_else(|| "all cases".to_owned(), |statistic| statistic.to_string()),
            row.verdict.to_string(),
        ];
        cells.map(|cell| escaped(&cell)).join(" | ")
    };
    let rows: Vec<_> = rows.into_iter().map(|(row, paired)| (row, cells(row, paired))).collect();
    table(out, head, &rows);
    if let Some(line) = pairs::detectable(&report.rows) {
        let _ = writeln!(out, "This run {}.\n", escaped(&line));
    }
    out.push_str(
        "The bounds are one-sided confidence bounds, of 99.5 % for a case and of 99 % for all cases together; each look halves \
         what is left to 100 %. The MDE is the minimum detectable effect: the smallest slowdown that pairs like these show with \
         a power of 95 %.\n\
         Outliers are counted by Tukey's fences; none is removed. A case is compared by the median, the minimum and the minima \
         of the faster half of its processes; the statistic that shows a change is in the table, or the one with the smallest \
         MDE.\n\n",
    );
}

/// The promises of the reference system with the values of both systems.
fn promises(out: &mut String, report: &Report) {
    let mut rows: Vec<(&Row, &Reference)> =
        report.rows.iter().filter_map(|row| Some((row, row.reference.as_ref()?))).collect();
    if rows.is_empty() {
        return;
    }
    // Several rows can correspond to one promise.
    rows.sort_by(|(a, of_a), (b, of_b)| (a.verdict, &of_a.promised).cmp(&(b.verdict, &of_b.promised)));
    out.push_str("### Promises of the reference system\n\n");
    let head = "| promise | value there | value here | limit here | row | verdict |\n|---|---|---:|---:|---|---|";
    let cells = |row: &Row, Reference { promised, measured }: &Reference| {
        let name = format!("{} {}", row.case, row.subject);
        let (head, base, verdict) = (number::head(row), number::base(row), row.verdict.to_string());
        [promised, measured, &head, &base, &name, &verdict].map(|cell| escaped(cell)).join(" | ")
    };
    let rows: Vec<_> = rows.into_iter().map(|(row, reference)| (row, cells(row, reference))).collect();
    table(out, head, &rows);
}

/// Escapes text for one cell of a Markdown table.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '@' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_cell_stays_a_cell() {
        assert_eq!(escaped("a|b\nc `d` <img> *e*"), "a\\|b c \\`d\\` &lt;img&gt; \\*e\\*");
    }
}
