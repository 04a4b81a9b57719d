//! Ctrl-C and termination signals.
//!
//! The handler only raises a flag. Whoever waits for a child looks at the flag and ends that child, and nothing is
//! written once it is up; so every interruption takes the ordinary way out, with destructors, through `main`.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Starts to listen; called once.
pub fn install_handler() -> Result<(), Error> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed)).map_err(|error| {
        Error::environment(
            format!("cannot listen for Ctrl-C: {error}"),
            "without it an interruption could leave children running; try another terminal or machine",
        )
    })
}

/// Whether the user asked to stop.
pub fn is_set() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Fails once the user asked to stop.
pub fn check() -> Result<(), Error> {
    if is_set() { Err(Error::Interrupted) } else { Ok(()) }
}
