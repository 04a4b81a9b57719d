//! Exit codes, and errors with what to do about them.

use std::fmt;

use crate::terminal;

/// An exit code of `aggregator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Answered, found or done.
    Done = 0,
    /// Nothing was found, or nothing of it answers the question.
    Nothing = 1,
    /// The command line or the settings are wrong.
    Usage = 2,
    /// Documents or the index cannot be read or written.
    Documents = 3,
    /// The time was up, or the engine failed.
    Failed = 4,
    /// Interrupted.
    Interrupted = 130,
}

/// An error that ends the program.
#[derive(Debug)]
pub struct ProgramError {
    /// The exit code that the error leads to.
    pub exit: Exit,
    what: String,
}

impl ProgramError {
    /// Makes an error; the message says what failed, with which value, and what to do next. It is cleaned: values may be a stranger's.
    pub fn new(exit: Exit, what: impl fmt::Display) -> Self {
        Self { exit, what: terminal::clean(what) }
    }
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// The error of writing standard output. A closed pipe ends the program with exit code 0.
pub fn output(error: &std::io::Error) -> ProgramError {
    let exit = if error.kind() == std::io::ErrorKind::BrokenPipe { Exit::Done } else { Exit::Failed };
    ProgramError::new(exit, format!("standard output cannot be written: {error}"))
}
