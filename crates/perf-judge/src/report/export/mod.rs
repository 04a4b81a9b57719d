//! The rows of a run in formats that other programs read.
//!
//! - [`bencher`]: Bencher Metric Format. [`custom_smaller_is_better`]: a tool of github-action-benchmark.
//! - [`csv`]: every row, for spreadsheets.
//! - `measured`: the rows that are a measured number.

pub mod bencher;
pub mod csv;
pub mod custom_smaller_is_better;
mod measured;

pub use measured::LeftOut;

/// Rows in another format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The text, which ends with a line end.
    pub text: String,
    /// The rows that the format has no place for.
    pub left_out: Vec<LeftOut>,
}

/// Why rows cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Two rows would have one name.
    #[error("two rows would have the name `{0}`")]
    SameName(String),
    /// Serialization failed, which is a bug.
    #[error("it cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
