//! Terminal output: width, wrapping, progress, and what is not printed.

pub mod progress;
pub mod wrap;

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _, stdout};

use aggregator_core::CleanText;

/// A text without what a terminal obeys and nobody sees. Names in settings, arguments and paths may be a stranger's, as a folder that
/// was downloaded may have settings in it. What the engine says is clean already.
pub fn clean(text: impl Display) -> String {
    CleanText::multi_line(text.to_string()).into_string()
}

/// Writes lines to standard error, cleaned.
pub fn note(text: impl Display) {
    // If standard error is closed, there is nowhere to write it.
    let _ = writeln!(anstream::stderr(), "{}", clean(text));
}

/// Columns of a terminal that does not report its size.
const USUAL: usize = 80;

/// Columns of the terminal that standard output is, at least 20; `None` where it is none, so that nothing is wrapped in a file.
pub fn columns() -> Option<usize> {
    if !stdout().is_terminal() {
        return None;
    }
    let size = console::Term::stdout().size_checked();
    Some(size.map_or(USUAL, |(_, columns)| usize::from(columns).max(20)))
}
