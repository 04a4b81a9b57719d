//! Reports of a judged run.
//!
//! - [`run_report`]: a judged run. [`comparison`]: the base of the comparison.
//! - `human`: the table on a terminal. `pairs`: rows of wall time in pairs.
//! - `markdown`: the report for a step summary. `json`: the report for programs, with every value.
//! - [`stored`]: the reader of the report for programs. [`export`]: its rows in formats of other programs.
//! - [`summary`]: what the comment on a pull request shows, with the reader of it.
//! - [`notes`]: reasons and next steps. [`number`]: values with their units.
//!
//! `report.html` is drawn by the crate `perf-report`, from the same [`Report`].

pub mod comparison;
pub mod export;
mod human;
mod json;
mod markdown;
pub mod notes;
pub mod number;
mod pairs;
pub mod run_report;
pub mod stored;
pub mod summary;

pub use human::{rows as human_rows, rows_with_notes as human_rows_with_notes};
pub(crate) use human::{style, wrapped_to};
pub(crate) use markdown::escaped;
pub use pairs::detectable;
pub use run_report::{HarnessRun, JSON_FILE, MARKDOWN_FILE, Report, Wording};
