//! The readers that wait for a shared run.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// The readers that wait for a run, and the run's waker: it wakes all of them.
///
/// Each event has to go to each reader anyway, so that waking all is at most twice the wake-ups that are needed. In return no
/// reader is the one on which the others depend.
///
/// While the run is to be polled, no reader waits: [`wait`](Self::wait) refuses. So the reader that is polled next polls the run.
#[derive(Debug)]
pub(crate) struct WaitingReaders(Mutex<Waiting>);

#[derive(Debug)]
struct Waiting {
    /// Whether the run is to be polled.
    is_woken: bool,
    /// By the number of the reader, so that they are woken in the order in which they came.
    wakers: BTreeMap<u64, Waker>,
}

impl WaitingReaders {
    /// No reader waits, and the run is to be polled.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Waiting { is_woken: true, wakers: BTreeMap::new() }))
    }

    /// Whether the run is to be polled. The caller does it.
    pub(crate) fn take_woken(&self) -> bool {
        mem::take(&mut self.lock().is_woken)
    }

    /// Lets a reader wait. Returns whether it waits: it does not, if the run is to be polled.
    #[must_use]
    pub(crate) fn wait(&self, reader: u64, waker: &Waker) -> bool {
        let mut waiting = self.lock();
        if waiting.is_woken {
            return false;
        }
        let replaced = waiting.wakers.insert(reader, waker.clone());
        // A waker may hold the last reference to a task that has a reader, so it is dropped without the lock.
        drop(waiting);
        drop(replaced);
        true
    }

    /// A reader has gone.
    pub(crate) fn forget(&self, reader: u64) {
        let waker = self.lock().wakers.remove(&reader);
        drop(waker);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that may panic happens under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for WaitingReaders {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut waiting = self.lock();
        waiting.is_woken = true;
        let wakers = mem::take(&mut waiting.wakers);
        drop(waiting);
        wakers.into_values().for_each(Waker::wake);
    }
}
