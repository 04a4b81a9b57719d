//! What several sections write: verdicts, steps, tables.

use std::fmt::Display;

use perf_judge::next_step::NextStep;
use perf_judge::report::number;
use perf_judge::row::{PairedStats, Row};
use perf_judge::verdict::Verdict;

use crate::html::Html;
use crate::input::Page;
use crate::label;

/// How much attention a verdict needs; the name of a class in the style sheet.
pub fn weight(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Broken | Verdict::Regressed | Verdict::Missing => "bad",
        Verdict::Unstable | Verdict::Inconclusive | Verdict::New | Verdict::Accepted => "open",
        Verdict::Improved => "good",
        Verdict::Info | Verdict::Pass | Verdict::Identical => "plain",
    }
}

/// Whether rows with the verdict are folded.
pub fn passes(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::Identical)
}

/// Writes a verdict as a word; its colour says nothing more.
pub fn verdict(html: &mut Html, verdict: Verdict) {
    html.leaf("span", &[("class", &format_args!("verdict {}", weight(verdict)))], verdict);
}

/// Writes a step: its words, and its command so that it can be copied.
pub fn step(html: &mut Html, page: &Page<'_>, text: &str) {
    let is_command = |rest: &str| rest.starts_with(page.command) || rest.starts_with("cargo ");
    match text.split_once(": ") {
        Some((words, command)) if is_command(command) => {
            html.text(format_args!("{words}: "));
            html.leaf("code", &[], command);
        }
        _ => html.text(text),
    }
}

/// Writes a table in a box of its own, which scrolls where the screen is too narrow. `name` says what the table is of.
/// A column whose heading ends with `>` has numbers.
pub fn table(html: &mut Html, name: impl Display, columns: &[&str], rows: impl FnOnce(&mut Html)) {
    let attributes: [(_, &dyn Display); 4] =
        [("class", &"scroll"), ("role", &"region"), ("aria-label", &name), ("tabindex", &"0")];
    html.element("div", &attributes, |html| {
        html.element("table", &[], |html| {
            html.element("thead", &[], |html| {
                html.element("tr", &[], |html| {
                    for column in columns {
                        match column.strip_suffix('>') {
                            Some(column) => html.leaf("th", &[("scope", &"col"), ("class", &"number")], column),
                            None => html.leaf("th", &[("scope", &"col")], column),
                        }
                    }
                });
            });
            html.element("tbody", &[], rows);
        });
    });
}

/// Writes a cell that names its row.
pub fn row_name(html: &mut Html, content: impl FnOnce(&mut Html)) {
    html.element("th", &[("scope", &"row")], content);
}

/// Writes a cell with a number.
pub fn number_cell(html: &mut Html, content: impl Display) {
    html.leaf("td", &[("class", &"number")], content);
}

/// Writes rows as a table: the columns `first`, which `cells` writes, then the values. The change comes before them, because
/// the last columns are reached by scrolling on a narrow screen.
pub fn rows(
    html: &mut Html,
    name: impl Display,
    first: &[&'static str],
    rows: &[&Row],
    cells: impl Fn(&mut Html, &Row),
) {
    let in_pairs = rows.iter().any(|row| row.paired.is_some());
    let bounds = if in_pairs { &["bounds>"][..] } else { &[] };
    let columns = [first, &["change>"], bounds, &["base>", "head>", "class"]].concat();
    table(html, name, &columns, |html| {
        for row in rows {
            html.element("tr", &[], |html| {
                cells(html, row);
                let change = match &row.paired {
                    Some(paired) => label::signed_percent(paired.change_percent, paired.decimals()),
                    None => number::change(row),
                };
                number_cell(html, change);
                if in_pairs {
                    let bounds = row.paired.as_ref().and_then(number::bounds).unwrap_or_default();
                    number_cell(html, bounds.trim_matches(['(', ')']));
                }
                number_cell(html, number::base(row));
                number_cell(html, number::head(row));
                html.leaf("td", &[], row.group.name());
            });
        }
    });
}

/// Writes the place that a link to a case leads to. It is inside of what is folded, so that a browser opens that.
pub fn target(html: &mut Html, case: impl Display) {
    html.empty("span", &[("id", &format_args!("case-{case}"))]);
}

/// Writes a link to a case.
pub fn link(html: &mut Html, case: impl Display) {
    html.leaf("a", &[("href", &format_args!("#case-{case}"))], &case);
}

/// The change of a row in pairs with both bounds, as far as they are numbers.
pub fn change(paired: &PairedStats) -> String {
    number::paired_change(paired).unwrap_or_else(|| label::signed_percent(paired.change_percent, paired.decimals()))
}

/// The step that measures the case of a row as this run did.
pub fn repeat(page: &Page<'_>, row: &Row) -> String {
    let pairing = page.pairing_of(row);
    let against = pairing.map(|pairing| (pairing.revision.short().to_owned(), pairing.seed));
    let step = NextStep::Repeat { case: row.case.clone(), against, quick: page.report.quick };
    (page.wording)(&step, row.harness.as_deref())
}
