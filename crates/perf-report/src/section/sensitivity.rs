//! What the run could have seen: the slowdowns that its pairs would have shown, and the rows that could not be judged.

use perf_gate::Class;
use perf_judge::report::detectable;
use perf_judge::row::{Group, Row};
use perf_judge::verdict::Verdict;

use super::parts;
use crate::html::Html;
use crate::input::Page;

/// Writes the smallest slowdowns that would have been found, and for each class how many rows were judged.
pub fn write(html: &mut Html, page: &Page<'_>) {
    let rows = &page.report.rows;
    html.leaf("h2", &[], "What this run could have seen");
    html.element("p", &[], |html| match detectable(rows) {
        Some(line) => {
            html.text(format_args!("This run {line}. "));
            html.text(
                "That is the minimum detectable effect: the smallest slowdown that pairs like these show with a \
                 probability of 95 %.",
            );
        }
        None if is_identical(rows) => {
            html.text("The programs that are measured are those of the base, so their time is, too.")
        }
        None => html
            .text("No wall time was judged in pairs, so a slowdown without more instructions or heap would not show."),
    });
    if rows.is_empty() {
        return;
    }
    parts::table(html, "Rows of each class", &["class", "rows>", "judged>", "not judged>", "rule"], |html| {
        for part in rows.chunk_by(|a, b| a.group == b.group) {
            let Some(first) = part.first() else { continue };
            let is_undecided = |row: &&Row| {
                matches!(row.verdict, Verdict::Unstable | Verdict::Inconclusive | Verdict::New | Verdict::Info)
            };
            let undecided = part.iter().filter(is_undecided).count();
            html.element("tr", &[], |html| {
                parts::row_name(html, |html| html.text(first.group.name()));
                for count in [part.len(), part.len() - undecided, undecided] {
                    parts::number_cell(html, count);
                }
                html.leaf("td", &[], first.group.rule());
            });
        }
    });
}

/// Whether there are wall times, and none of a program that differs from that of the base.
fn is_identical(rows: &[Row]) -> bool {
    let mut wall = rows.iter().filter(|row| row.group == Group::Class(Class::Wall)).peekable();
    wall.peek().is_some() && wall.all(|row| row.verdict == Verdict::Identical)
}
