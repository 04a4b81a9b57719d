//! The queries that run, so that all of them can be ended with the server.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use aggregator_core::{CancelReason, Canceller, Event};
use futures::{Stream, StreamExt as _};

/// The queries that run.
#[derive(Debug, Default)]
pub(crate) struct Running {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    cancellers: BTreeMap<u64, Canceller>,
    ends: bool,
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends all queries, and those that begin from now on.
    pub(crate) fn end_all(&self) {
        let mut state = self.lock();
        state.ends = true;
        state.cancellers.values().for_each(|canceller| canceller.cancel(CancelReason::Shutdown));
    }

    /// Whether the server ends.
    pub(crate) fn ends(&self) -> bool {
        self.lock().ends
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().cancellers.len()
    }

    /// Remembers a query until the registration is dropped.
    pub(crate) fn add(self: &Arc<Self>, canceller: Canceller) -> Registration {
        let mut state = self.lock();
        if state.ends {
            canceller.cancel(CancelReason::Shutdown);
        }
        let number = state.next;
        state.next += 1;
        state.cancellers.insert(number, canceller);
        Registration { running: Arc::clone(self), number }
    }
}

/// A query that is remembered while it runs.
#[derive(Debug)]
pub(crate) struct Registration {
    running: Arc<Running>,
    number: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.running.lock().cancellers.remove(&self.number);
    }
}

/// Events of a query that is remembered until they are dropped.
#[derive(Debug)]
pub(crate) struct RunningEvents<S> {
    pub(crate) events: S,
    pub(crate) _registration: Registration,
}

impl<S: Stream<Item = Event> + Unpin> Stream for RunningEvents<S> {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.get_mut().events.poll_next_unpin(cx)
    }
}
