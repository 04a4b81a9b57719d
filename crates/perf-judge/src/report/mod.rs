//! The judgement of a run, shown to people and to programs.
//!
//! - [`run_report`]: a judged run. [`comparison`]: what it was compared with.
//! - `human`: the table on a terminal; `pairs`: wall time that was measured beside its base.
//! - `markdown`: the same for a step summary. `json`: every value, for programs.
//! - `notes`: what can be done; `number`: values with their units.

pub mod comparison;
mod human;
mod json;
mod markdown;
mod notes;
mod number;
mod pairs;
pub mod run_report;

pub use human::{rows as human_rows, rows_with_notes as human_rows_with_notes};
pub use run_report::{HarnessRun, JSON_FILE, MARKDOWN_FILE, Report, Wording};
