//! Reports of a judged run.
//!
//! - [`run_report`]: a judged run. [`comparison`]: the base of the comparison.
//! - `human`: the table on a terminal. `pairs`: rows of wall time in pairs.
//! - `markdown`: the report for a step summary. `json`: the report for programs, with every value.
//! - `notes`: reasons and next steps. `number`: values with their units.

pub mod comparison;
mod human;
mod json;
mod markdown;
mod notes;
mod number;
mod pairs;
pub mod run_report;

pub use human::{rows as human_rows, rows_with_notes as human_rows_with_notes};
pub(crate) use human::{style, wrapped_to};
pub(crate) use markdown::escaped;
pub use run_report::{HarnessRun, JSON_FILE, MARKDOWN_FILE, Report, Wording};
