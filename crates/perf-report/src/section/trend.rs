//! The history of the metrics of a case.

use perf_gate::MetricName;
use perf_judge::next_step::NextStep;
use perf_judge::row::{Row, Subject};

use super::parts;
use crate::figure::history;
use crate::html::Html;
use crate::input::{Page, Trend};

/// Writes the history of each metric of a case that has one.
pub fn write(html: &mut Html, page: &Page<'_>, rows: &[&Row]) {
    for (metric, trend) in of_case(page, rows) {
        html.element("p", &[("class", &"caption")], |html| {
            html.leaf("b", &[], format_args!("History of {metric}"));
            html.text(", each value as the change since the first one");
        });
        history::draw(html, trend);
    }
}

/// Writes how a history is kept, if there is none.
pub fn write_hint(html: &mut Html, page: &Page<'_>) {
    if page.trends.is_empty() {
        html.element("p", &[], |html| {
            html.text("No history is kept yet. To ");
            parts::step(html, page, &(page.wording)(&NextStep::RecordHistory, None));
        });
    }
}

/// The metrics of the rows of a case with their history; each metric once.
fn of_case<'a>(page: &Page<'a>, rows: &[&Row]) -> Vec<(MetricName, &'a Trend)> {
    let mut found: Vec<(MetricName, &Trend)> = Vec::new();
    for row in rows {
        let Subject::Metric { name, .. } = row.subject else { continue };
        if let Some(trend) = page.trends.get(&(row.case.clone(), name))
            && !found.iter().any(|(known, _)| *known == name)
        {
            found.push((name, trend));
        }
    }
    found
}
