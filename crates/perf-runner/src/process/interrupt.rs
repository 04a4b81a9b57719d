//! Ctrl-C and termination signals.
//!
//! The handler only raises a flag. Whoever waits for a child looks at the flag and ends that child, and nothing is
//! written once it is up; so every interruption takes the ordinary way out, with destructors, through `main`.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

static RAISED: AtomicBool = AtomicBool::new(false);

/// Starts to listen; called once.
pub fn listen() -> Result<(), Error> {
    ctrlc::set_handler(|| RAISED.store(true, Ordering::Relaxed)).map_err(|error| {
        Error::environment(
            format!("cannot listen for Ctrl-C: {error}"),
            "without it an interruption could leave children running; try another terminal or machine",
        )
    })
}

/// Whether the user asked to stop.
pub fn raised() -> bool {
    RAISED.load(Ordering::Relaxed)
}

/// Fails once the user asked to stop.
pub fn check() -> Result<(), Error> {
    if raised() { Err(Error::Interrupted) } else { Ok(()) }
}
