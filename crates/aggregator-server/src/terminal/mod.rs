//! What people see: width, wrapping, progress.

pub mod progress;
pub mod wrap;

use std::io::{IsTerminal as _, stdout};

/// Columns of the terminal that standard output is, at least 20; `None` where it is none, so that nothing is wrapped in a file.
pub fn columns() -> Option<usize> {
    if !stdout().is_terminal() {
        return None;
    }
    console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns).max(20))
}
