//! The history of the metrics of a case.

use std::fmt::Write as _;

use perf_gate::MetricName;
use perf_judge::next_step::NextStep;
use perf_judge::row::{Row, Subject};
use perf_judge::statistics::percent;
use perf_judge::text::{self, pluralize};

use super::parts;
use crate::figure::history;
use crate::html::Html;
use crate::input::{Page, Trend, TrendPoint};
use crate::label;

/// Writes the history of each metric of a case that has one.
pub fn write(html: &mut Html, page: &Page<'_>, rows: &[&Row]) {
    for (metric, trend) in of_case(page, rows) {
        html.element("p", &[("class", &"caption")], |html| {
            html.leaf("b", &[], format_args!("History of {metric}"));
            html.text(", each value as the change since the first one");
        });
        history::draw(html, trend);
        html.element("details", &[], |html| {
            let shown = history::newest(trend);
            html.leaf("summary", &[], format_args!("the last {} as numbers", pluralize(shown.len(), "value")));
            html.preformatted(numbers(shown));
        });
    }
}

/// One line for each value: day, commit, change and its bounds.
fn numbers(points: &[TrendPoint]) -> String {
    let mut out = String::new();
    for TrendPoint { commit, date, value, interval } in points {
        let change = |log: f64| label::signed_percent(Some(percent(log)), 2);
        let bounds =
            interval.map_or_else(String::new, |[lower, upper]| format!("{} to {}", change(lower), change(upper)));
        // A text from outside must not look like another line.
        let [date, commit] = [date, commit].map(|text| text::sanitize(text));
        let _ = writeln!(out, "{date} {} {:>9}  {bounds}", commit.chars().take(12).collect::<String>(), change(*value));
    }
    out
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
