//! What can go wrong before and after a run.

use std::path::PathBuf;

use perf_load::ScenarioError;

/// Why there is no run, or no report of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file of the scenario cannot be read, or is not valid.
    #[error(transparent)]
    File(#[from] ScenarioError),
    /// The target does not know what the scenario asks of it.
    #[error("the scenario cannot be run here: {0}")]
    Scenario(String),
    /// The command line asks for what cannot be.
    #[error("{0}")]
    Usage(String),
    /// The target cannot be asked at all.
    #[error("{0}")]
    Target(String),
    /// A file cannot be written.
    #[error("{path} cannot be written: {error}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Standard output is closed.
    #[error("the report cannot be written: {0}")]
    Output(#[source] std::io::Error),
    /// No runtime can be made.
    #[error("no runtime can be made: {0}")]
    Runtime(#[source] std::io::Error),
}
