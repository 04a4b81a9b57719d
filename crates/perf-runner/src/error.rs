//! Errors that end a command before it has a verdict.

use std::fmt;
use std::path::Path;

use perf_judge::run::NoValue;
use perf_judge::selection::{InvalidPattern, NoMatch};

use crate::files::checked_read::InvalidFile;

/// An error that ends a command; its variant decides the exit code.
#[derive(Debug)]
pub enum Error {
    /// A file in the data folder is not valid.
    InvalidFile(InvalidFile),
    /// The options, the machine or the build prevent a measurement.
    Environment {
        /// What failed, and with which value.
        message: String,
        /// What the user can do next.
        hint: String,
    },
    /// A baseline is not written, on purpose.
    Refused {
        /// Why the baseline is not written.
        message: String,
        /// What the user can do next.
        hint: String,
    },
    /// The user pressed Ctrl-C, or a termination signal arrived.
    Interrupted,
}

impl Error {
    /// Creates an [`Error::Environment`].
    pub fn environment(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Environment { message: message.into(), hint: hint.into() }
    }

    /// Creates an [`Error::Refused`].
    pub fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), hint: hint.into() }
    }

    /// Creates an [`Error::Environment`] for a path; `action` is a verb, and `error` the reason of the system.
    pub fn path(action: &str, path: &Path, error: &std::io::Error) -> Self {
        let hint = "check that the path exists and is accessible";
        Self::environment(format!("cannot {action} {}: {error}", path.display()), hint)
    }
}

/// An error while one case is measured.
#[derive(Debug)]
pub enum CaseError {
    /// The case has no value; the other cases are still measured.
    NoValue(NoValue),
    /// The whole command ends.
    Stopped(Error),
}

impl CaseError {
    /// Puts the name of the program that failed in front of the reason.
    pub fn with_program(self, program: &str) -> Self {
        match self {
            Self::NoValue(why) => Self::NoValue(why.with_program(program)),
            stopped => stopped,
        }
    }

    /// Returns why the case has no value.
    ///
    /// # Errors
    /// If the whole command ends.
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
        Self::environment(
            format!("`--only` is not a valid pattern: {error}"),
            "use a pattern such as 'suite/*' or '*/case/*'",
        )
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
