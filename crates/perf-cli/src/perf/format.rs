//! The formats of a report.

use std::fmt::Display;

use perf_judge::report::{Report, Wording};
use perf_report::{Page, Trends};
use perf_runner::error::Error;
use perf_runner::workspace::Workspace;

use crate::wording::wording;

/// A format of the report on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table for a terminal
    Human,
    /// The text of report.json
    Json,
    /// The text of report.md
    Markdown,
}

impl Format {
    /// Renders a report in this format; `written` names the files of the report.
    pub fn render(self, report: &Report, written: &str, workspace: &Workspace) -> Result<String, Error> {
        let wording = |step: &_, harness: Option<&str>| wording(&workspace.config, step, harness);
        match self {
            Self::Human => Ok(report.human(written, &wording)),
            Self::Json => json(report, &wording),
            Self::Markdown => Ok(report.markdown(&wording)),
        }
    }
}

/// Renders the text of report.json.
pub fn json(report: &Report, wording: Wording<'_>) -> Result<String, Error> {
    report.json(wording).map_err(bug)
}

/// Renders the text of summary.json.
pub fn summary(report: &Report) -> Result<String, Error> {
    report.summary_json().map_err(bug)
}

fn bug(error: impl Display) -> Error {
    Error::environment(format!("the report cannot be written as JSON: {error}"), "this is a bug: please report it")
}

/// Renders the text of report.html. `command` is how the gate is called, and `trends` are those of the history.
pub fn html(report: &Report, command: &str, wording: Wording<'_>, trends: &Trends) -> String {
    perf_report::render_html(&Page { report, wording, command, trends })
}
