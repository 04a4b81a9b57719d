//! The head of a report: the verdict of the run, and what limits it.

use perf_judge::exit_status;

use crate::html::Html;
use crate::input::Page;

/// Writes the heading, the number of rows of each verdict, and the lines about base, instructions and slack.
pub fn write(html: &mut Html, page: &Page<'_>) {
    let report = page.report;
    let line = report.verdict_line();
    let (verdict, sentence) = line.split_once(": ").unwrap_or((&line, ""));
    let weight = match report.exit_code {
        exit_status::PASS => "good",
        exit_status::FAIL => "bad",
        _ => "open",
    };
    html.element("header", &[], |html| {
        html.element("h1", &[], |html| {
            html.text("Performance: ");
            html.leaf("span", &[("class", &format_args!("verdict {weight}"))], verdict);
        });
        html.element("p", &[("class", &"sentence")], |html| {
            html.text(capitalised(sentence));
            html.text(".");
        });
        html.leaf("p", &[], report.summary());
        html.element("ul", &[("class", &"quiet")], |html| {
            for line in report.context_lines() {
                html.leaf("li", &[], line);
            }
            if let Some(slack) = &report.slack {
                html.leaf("li", &[], report.slack_line(slack));
            }
        });
    });
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
