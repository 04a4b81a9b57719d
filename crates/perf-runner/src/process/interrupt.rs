//! Ctrl-C and termination signals.
//!
//! The handler only sets a flag. Code that waits for a child checks the flag and kills the child, and code that writes a file
//! checks it first. So an interruption returns through `main` as an error, and destructors run.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Installs the handler; call it once.
///
/// # Errors
/// If a handler is already installed, or the system rejects it.
pub fn install_handler() -> Result<(), Error> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed)).map_err(|error| {
        Error::environment(
            format!("cannot install the handler for Ctrl-C: {error}"),
            "without it, an interruption could leave child processes running; try another terminal or machine",
        )
    })
}

/// Whether the user interrupted this program.
pub fn is_set() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Returns [`Error::Interrupted`] if the user interrupted this program.
pub fn check() -> Result<(), Error> {
    if is_set() { Err(Error::Interrupted) } else { Ok(()) }
}
