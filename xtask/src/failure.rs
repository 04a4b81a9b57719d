//! Why a command ended before it had a judgement to give.

use std::fmt;
use std::path::Path;

use crate::data_file::InvalidFile;
use crate::exit_code;

/// What stopped a command; the variant decides the exit code.
#[derive(Debug)]
pub enum Failure {
    /// A file in `benches-data` is not valid.
    InvalidFile(InvalidFile),
    /// Options, machine or build: what happened, and what to do next.
    Environment {
        /// What failed, with which value.
        what: String,
        /// What to do next.
        hint: String,
    },
    /// `baseline update` will not write: why, and what to do next.
    Refused {
        /// Why nothing was written.
        what: String,
        /// What to do next.
        hint: String,
    },
    /// Ctrl-C or a termination signal.
    Interrupted,
}

impl Failure {
    /// A failure of options, machine or build.
    pub fn environment(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Environment { what: what.into(), hint: hint.into() }
    }

    /// A refusal to write a baseline.
    pub fn refused(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { what: what.into(), hint: hint.into() }
    }

    /// A path that could not be used, with the system's reason.
    pub fn path(what: &str, path: &Path, error: &std::io::Error) -> Self {
        let hint = "check that the path exists, is of the right kind and that you may use it";
        Self::environment(format!("cannot {what} {}: {error}", path.display()), hint)
    }

    /// The code this program ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::InvalidFile(_) => exit_code::INVALID_FILE,
            Self::Environment { .. } => exit_code::USAGE,
            Self::Refused { .. } => exit_code::RED,
            Self::Interrupted => exit_code::INTERRUPTED,
        }
    }
}

impl From<InvalidFile> for Failure {
    fn from(error: InvalidFile) -> Self {
        Self::InvalidFile(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidFile(error) => writeln!(f, "error: {error}"),
            Self::Environment { what, hint } => writeln!(f, "error: {what}\n  hint: {hint}"),
            Self::Refused { what, hint } => writeln!(f, "refused: {what}\n  hint: {hint}"),
            Self::Interrupted => writeln!(
                f,
                "interrupted: nothing was written; the report of an earlier run is removed when a run begins"
            ),
        }
    }
}
