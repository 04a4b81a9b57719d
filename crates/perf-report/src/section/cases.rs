//! Every row, by suite and case: a case is folded unless a row of it fails.

use std::collections::BTreeMap;

use perf_gate::CaseName;
use perf_judge::report::number;
use perf_judge::row::{Group, Row};
use perf_judge::text::pluralize;

use super::{pairs, parts, trend};
use crate::html::{Attribute, Html};
use crate::input::Page;

/// Cases with a failing row that are unfolded; in a run in which everything fails, the others stay folded.
const MAX_OPEN: usize = 12;

/// Writes all cases.
pub fn write(html: &mut Html, page: &Page<'_>) {
    html.leaf("h2", &[], "Cases");
    trend::write_hint(html, page);
    let mut cases: BTreeMap<&CaseName, Vec<&Row>> = BTreeMap::new();
    for row in &page.report.rows {
        cases.entry(&row.case).or_default().push(row);
    }
    if cases.is_empty() {
        html.leaf("p", &[], "The run has no rows.");
    }
    let cases: Vec<(&CaseName, Vec<&Row>)> = cases.into_iter().collect();
    let mut opened = 0;
    for suite in cases.chunk_by(|(a, _), (b, _)| suite_of(a) == suite_of(b)) {
        let Some((first, _)) = suite.first() else { continue };
        html.element("h3", &[], |html| {
            html.text(suite_of(first));
            html.leaf("small", &[], format_args!(" {}", pluralize(suite.len(), "case")));
        });
        for (case, rows) in suite {
            let fails = rows.iter().any(|row| parts::weight(row.verdict) == "bad");
            let is_open = fails && opened < MAX_OPEN;
            opened += usize::from(is_open);
            let open: &[Attribute<'_>] = if is_open { &[("open", &"")] } else { &[] };
            html.element("details", open, |html| write_case(html, page, case, rows));
        }
    }
}

/// The first part of the name of a case.
fn suite_of(case: &CaseName) -> &str {
    case.as_str().split('/').next().unwrap_or_default()
}

fn write_case(html: &mut Html, page: &Page<'_>, case: &CaseName, rows: &[&Row]) {
    html.element("summary", &[], |html| {
        html.leaf("h4", &[], case);
        if let Some(worst) = rows.iter().map(|row| row.verdict).min() {
            html.text(" ");
            parts::verdict(html, worst);
        }
        if let Some(paired) = rows.iter().find_map(|row| row.paired.as_ref()) {
            html.leaf("small", &[], format_args!(" time {}", parts::change(paired)));
        }
    });
    parts::target(html, case);
    if let Some(row) = rows.first() {
        html.element("p", &[], |html| parts::step(html, page, &parts::repeat(page, row)));
    }
    parts::rows(html, format_args!("Rows of {case}"), &["verdict", "metric"], rows, |html, row| {
        html.element("td", &[], |html| parts::verdict(html, row.verdict));
        parts::row_name(html, |html| html.text(row.subject));
    });
    let remarks: Vec<(&Row, String)> = rows.iter().filter_map(|row| Some((*row, remark(row)?))).collect();
    if !remarks.is_empty() {
        html.element("ul", &[("class", &"quiet")], |html| {
            for (row, remark) in remarks {
                let limit = if row.group == Group::Budget { "budget of " } else { "" };
                html.leaf("li", &[], format_args!("{limit}{}: {remark}", row.subject));
            }
        });
    }
    for (row, paired) in rows.iter().filter_map(|row| Some((row, row.paired.as_ref()?))) {
        // A mean that passes says nothing that the pairs above it do not show.
        if row.group == Group::Mean && parts::passes(row.verdict) {
            html.element("details", &[], |html| {
                html.leaf("summary", &[], "the means of the same pairs");
                pairs::write(html, page, row, paired);
            });
        } else {
            pairs::write(html, page, row, paired);
        }
    }
    trend::write(html, page, rows);
}

/// The reason of a row, and the promise that a budget is from.
fn remark(row: &Row) -> Option<String> {
    let promise = row.reference.as_ref().map(|reference| {
        format!(
            "promise of the reference system: {}; measured there: {}; here: {}",
            reference.promised,
            reference.measured,
            number::head(row)
        )
    });
    let parts: Vec<String> = row.reason.iter().cloned().chain(promise).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
