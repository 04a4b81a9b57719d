//! Terminal output: width, wrapping, progress.

pub mod progress;
pub mod wrap;

use std::io::{IsTerminal as _, stdout};

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
