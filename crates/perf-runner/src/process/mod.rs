//! Child processes: started, limited, pinned and killed.
//!
//! - [`child`]: one child with limits. [`parallel`]: several jobs at once. [`affinity`]: pinning to a processor.
//! - [`interrupt`]: Ctrl-C. [`watchdog`]: kills remaining children after this program was killed.

pub mod affinity;
pub mod child;
pub mod interrupt;
pub mod parallel;
#[cfg(unix)]
pub mod watchdog;

use std::sync::atomic::{AtomicBool, Ordering};

static HELPERS_ALLOWED: AtomicBool = AtomicBool::new(false);

/// Records that `main` called [`crate::run_as_helper`].
pub(crate) fn allow_helpers() {
    HELPERS_ALLOWED.store(true, Ordering::Relaxed);
}

/// Whether this program may start itself as a helper. A program whose `main` does not call [`crate::run_as_helper`], such as
/// a test, would repeat all its work instead.
pub fn can_run_as_helper() -> bool {
    HELPERS_ALLOWED.load(Ordering::Relaxed)
}
