//! Children: started, limited, pinned, ended.
//!
//! - [`child`]: runs one. [`parallel`]: runs several. [`affinity`]: on one processor.
//! - [`interrupt`]: Ctrl-C. [`watchdog`]: what a killed program leaves behind.

pub mod affinity;
pub mod child;
pub mod interrupt;
pub mod parallel;
#[cfg(unix)]
pub mod watchdog;

use std::sync::atomic::{AtomicBool, Ordering};

static HELPERS_ALLOWED: AtomicBool = AtomicBool::new(false);

/// This program's `main` looks whether it was started as something else.
pub(crate) fn allow_helpers() {
    HELPERS_ALLOWED.store(true, Ordering::Relaxed);
}

/// Whether this program may start itself as something else. One whose `main` does not look, as that of a test, would do all
/// its work again.
pub fn can_run_as_helper() -> bool {
    HELPERS_ALLOWED.load(Ordering::Relaxed)
}
