//! The runtime of all cases.

use tokio::runtime::{Builder, Runtime};

/// Makes a runtime of one thread whose clock is paused, so that no deadline depends on the load of the machine.
///
/// # Panics
/// When the system has no room for it.
pub(crate) fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a current-thread runtime")
}
