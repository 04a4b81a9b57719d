//! The report for a step summary.

use std::fmt::Write as _;

use super::run_report::{Report, Wording};
use super::{notes, number};
use crate::budget::Reference;
use crate::row::Row;
use crate::rules::RuleChange;

impl Report {
    /// The text of [`MARKDOWN_FILE`](super::MARKDOWN_FILE): the last line of the run first, then next steps, then every row.
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
        out.push_str("| class | case | metric | base | head | change | verdict |\n|---|---|---|---:|---:|---:|---|\n");
        for row in &self.rows {
            let cells = [
                row.group.name().to_owned(),
                row.case.to_string(),
                row.subject.to_string(),
                number::base(row),
                number::head(row),
                number::change(row),
                row.verdict.to_string(),
            ];
            let _ = writeln!(out, "| {} |", cells.map(|cell| escaped(&cell)).join(" | "));
        }
        in_pairs(&mut out, self);
        promises(&mut out, self);
        let (commit, machine) = (escaped(&self.provenance.commit), escaped(&self.provenance.machine));
        let repeats = if self.quick { ", with fewer repeats (`--quick`)" } else { "" };
        let _ = writeln!(out, "\nCommit {commit}, measured on {machine}{repeats}.");
        out
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
    out.push_str("\n### Wall time, in pairs with the base\n\n");
    out.push_str(
        "| case | change | margin | lower bound | upper bound | MDE | pairs | confirming | outliers | statistic | verdict |\n",
    );
    out.push_str("|---|---:|---:|---:|---:|---:|---:|---:|---:|---|---|\n");
    let percent = |value: Option<f64>| value.map_or_else(|| number::NONE.to_owned(), |value| format!("{value:+.2} %"));
    for (row, paired) in rows {
        let cells = [
            row.case.to_string(),
            percent(paired.change_percent),
            format!("{:.0} %", paired.margin_percent),
            percent(paired.lower_percent),
            percent(paired.upper_percent),
            percent(paired.mde_percent),
            paired.pairs.to_string(),
            paired.confirming.to_string(),
            format!("{} mild, {} severe", paired.mild_outliers, paired.severe_outliers),
            paired.statistic.to_string(),
            row.verdict.to_string(),
        ];
        let _ = writeln!(out, "| {} |", cells.map(|cell| escaped(&cell)).join(" | "));
    }
    out.push_str(
        "\nThe bounds are one-sided 99 % confidence bounds. The MDE is the minimum detectable effect: the smallest slowdown \
         that pairs like these show with a power of 95 %.\n\
         Outliers are counted by Tukey's fences; none is removed. Pairs are compared by the median or by the minimum of each \
         process, whichever has the smaller MDE.\n",
    );
}

/// The promises of the reference system with the values of both systems.
fn promises(out: &mut String, report: &Report) {
    let promised = |row: &Row| row.reference.clone().map(|reference| (reference, row.clone()));
    let mut rows: Vec<(Reference, Row)> = report.rows.iter().filter_map(promised).collect();
    if rows.is_empty() {
        return;
    }
    // Several rows can correspond to one promise.
    rows.sort_by(|a, b| a.0.promised.cmp(&b.0.promised));
    out.push_str("\n### Promises of the reference system\n\n");
    out.push_str("| promise | value there | value here | limit here | row | verdict |\n|---|---|---:|---:|---|---|\n");
    for (Reference { promised, measured }, row) in rows {
        let name = format!("{} {}", row.case, row.subject);
        let cells = [promised, measured, number::head(&row), number::base(&row), name, row.verdict.to_string()];
        let _ = writeln!(out, "| {} |", cells.map(|cell| escaped(&cell)).join(" | "));
    }
}

/// Escapes text for one cell of a Markdown table.
fn escaped(text: &str) -> String {
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
