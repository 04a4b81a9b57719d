//! Errors that end the program.

use std::fmt;

/// An error with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
    hint: String,
    /// Whether the same request may succeed later: the server or the network is at fault.
    pub(crate) is_transient: bool,
    /// The status of the answer, if there was one.
    pub(crate) status: Option<u16>,
}

impl Error {
    /// Creates an error: what failed, with which value, and what the reader can do.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), is_transient: false, status: None }
    }
}

impl Error {
    /// Adds the status of the answer.
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    /// Says that the server or the network is at fault.
    pub(crate) fn transient(self) -> Self {
        Self { is_transient: true, ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}\n  hint: {}", self.message, self.hint)
    }
}

impl std::error::Error for Error {}
