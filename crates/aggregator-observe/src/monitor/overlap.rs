//! Which operations of the process run at the same time.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Of the process, as the memory is.
static RUNNING: Mutex<Running> = Mutex::new(Running { now: 0, begun: 0 });

struct Running {
    now: u64,
    begun: u64,
}

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An operation that runs until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    /// Its number, from 1.
    number: u64,
    is_not_first: bool,
}

impl Place {
    pub(super) fn take() -> Self {
        let mut running = running();
        running.now += 1;
        running.begun += 1;
        Self { number: running.begun, is_not_first: running.now > 1 }
    }

    /// Whether another one has run since it was taken.
    pub(super) fn overlapped(&self) -> bool {
        self.is_not_first || running().begun > self.number
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        running().now -= 1;
    }
}
