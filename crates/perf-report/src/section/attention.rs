//! Rows that did not pass, by verdict: why, what can be done, and their values.

use perf_judge::report::notes::{self, Note};
use perf_judge::row::Row;
use perf_judge::text::pluralize;
use perf_judge::verdict::Verdict;

use super::parts;
use crate::html::Html;
use crate::input::Page;

/// Rows of a verdict that are shown at once; more are folded.
const MAX_OPEN: usize = 30;

/// Writes the rows that neither pass nor are identical, worst first.
pub fn write(html: &mut Html, page: &Page<'_>) {
    let rows = &page.report.rows;
    let notes = notes::collect(rows);
    html.leaf("h2", &[], "Rows that did not pass");
    let verdicts = Verdict::ALL.into_iter().filter(|verdict| !parts::passes(*verdict));
    let of_verdict = verdicts.map(|verdict| {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.verdict == verdict).collect();
        let notes: Vec<&Note<'_>> = notes.iter().filter(|note| note.verdict == verdict).collect();
        (verdict, rows, notes)
    });
    let found: Vec<_> = of_verdict.filter(|(_, rows, _)| !rows.is_empty()).collect();
    if found.is_empty() {
        html.leaf("p", &[], "There are none.");
    }
    for (verdict, rows, notes) in found {
        html.element("h3", &[], |html| {
            parts::verdict(html, verdict);
            html.text(format_args!(" {}", pluralize(rows.len(), "row")));
        });
        for note in notes {
            html.element("div", &[("class", &format_args!("note {}", parts::weight(verdict)))], |html| {
                write_note(html, page, note)
            });
        }
        let table = |html: &mut Html| write_table(html, page, verdict, &rows);
        if rows.len() <= MAX_OPEN {
            table(html);
        } else {
            html.element("details", &[], |html| {
                html.leaf("summary", &[], format_args!("the {} rows", rows.len()));
                table(html);
            });
        }
    }
}

fn write_note(html: &mut Html, page: &Page<'_>, note: &Note<'_>) {
    html.element("p", &[], |html| html.leaf("b", &[], &note.rows));
    for reason in &note.reasons {
        html.leaf("p", &[("class", &"reason")], reason);
    }
    if !note.next_steps.is_empty() {
        html.element("ul", &[], |html| {
            for step in note.next_steps {
                html.element("li", &[], |html| parts::step(html, page, &(page.wording)(step, note.harness)));
            }
        });
    }
}

/// Writes rows, those of one case together, and below them the command that measures each case again.
fn write_table(html: &mut Html, page: &Page<'_>, verdict: Verdict, rows: &[&Row]) {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| &row.case);
    parts::rows(html, format_args!("Rows that are {verdict}"), &["case", "metric"], &rows, |html, row| {
        parts::row_name(html, |html| parts::link(html, &row.case));
        html.leaf("td", &[("class", &"name")], row.subject);
    });
    html.element("ul", &[], |html| {
        for row in rows.chunk_by(|a, b| a.case == b.case).filter_map(|of_case| of_case.first()) {
            html.element("li", &[], |html| parts::step(html, page, &parts::repeat(page, row)));
        }
    });
}
