//! Why a command ended before it had a judgement to give.

use std::fmt;
use std::path::Path;

use perf_judge::run::NoValue;
use perf_judge::selection::{InvalidPattern, NoMatch};

use crate::files::checked_read::InvalidFile;

/// What stopped a command; the variant decides the exit code.
#[derive(Debug)]
pub enum Error {
    /// A file in the data folder is not valid.
    InvalidFile(InvalidFile),
    /// Options, machine or build: what happened, and what to do next.
    Environment {
        /// What failed, with which value.
        message: String,
        /// What to do next.
        hint: String,
    },
    /// A baseline will not be written: why, and what to do next.
    Refused {
        /// Why nothing was written.
        message: String,
        /// What to do next.
        hint: String,
    },
    /// Ctrl-C or a termination signal.
    Interrupted,
}

impl Error {
    /// A error of options, machine or build.
    pub fn environment(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Environment { message: message.into(), hint: hint.into() }
    }

    /// A refusal to write a baseline.
    pub fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), hint: hint.into() }
    }

    /// A path that could not be used, with the system's reason.
    pub fn path(action: &str, path: &Path, error: &std::io::Error) -> Self {
        let hint = "check that the path exists, is of the right kind and that you may use it";
        Self::environment(format!("cannot {action} {}: {error}", path.display()), hint)
    }
}

/// Why a case gave no figure.
#[derive(Debug)]
pub enum CaseError {
    /// It is its own doing, or the machine did not give it enough time.
    NoValue(NoValue),
    /// Everything stops.
    Stopped(Error),
}

impl CaseError {
    /// The same, with the name of what was run before the reason.
    pub fn with_program(self, program: &str) -> Self {
        match self {
            Self::NoValue(why) => Self::NoValue(why.with_program(program)),
            stopped => stopped,
        }
    }

    /// Why the case has no value, unless everything stops.
    pub fn no_value(self) -> Result<NoValue, Error> {
        match self {
            Self::NoValue(why) => Ok(why),
            Self::Stopped(error) => Err(error),
        }
    }
}

impl From<Error> for CaseError {
    fn from(error: Error) -> Self {
        Self::Stopped(error)
    }
}

impl From<String> for CaseError {
    fn from(reason: String) -> Self {
        Self::NoValue(NoValue::Broken(reason))
    }
}

impl From<InvalidFile> for Error {
    fn from(error: InvalidFile) -> Self {
        Self::InvalidFile(error)
    }
}

impl From<InvalidPattern> for Error {
    fn from(error: InvalidPattern) -> Self {
        Self::environment(format!("`--only` is not a pattern: {error}"), "write it like 'suite/*' or '*/case/*'")
    }
}

impl From<NoMatch> for Error {
    fn from(error: NoMatch) -> Self {
        let NoMatch { pattern, cases } = error;
        Self::environment(format!("`--only '{pattern}'` matches no case"), format!("the cases are: {cases}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidFile(error) => writeln!(f, "error: {error}"),
            Self::Environment { message, hint } => writeln!(f, "error: {message}\n  hint: {hint}"),
            Self::Refused { message, hint } => writeln!(f, "refused: {message}\n  hint: {hint}"),
            Self::Interrupted => writeln!(
                f,
                "interrupted: nothing was written; the report of an earlier run is removed when a run begins"
            ),
        }
    }
}
