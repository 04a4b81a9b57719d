//! The queries that run, so that all of them can be ended with the server.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use aggregator_core::{CancelReason, Canceller, Event};
use futures::{Stream, StreamExt as _};

use crate::metrics::{Metrics, QueryMetrics};

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

    /// Remembers a query until the guard is dropped.
    pub(crate) fn add(self: &Arc<Self>, canceller: Canceller, metrics: &Arc<Metrics>) -> Watched {
        let mut state = self.lock();
        if state.ends {
            canceller.cancel(CancelReason::Shutdown);
        }
        let number = state.next;
        state.next += 1;
        state.cancellers.insert(number, canceller);
        Watched { running: Arc::clone(self), number, metrics: QueryMetrics::new(metrics) }
    }
}

/// A query that is remembered while it runs.
#[derive(Debug)]
pub(crate) struct Watched {
    running: Arc<Running>,
    number: u64,
    metrics: QueryMetrics,
}

impl Watched {
    /// The events of the query, which is forgotten when they are dropped.
    pub(crate) fn around<S>(self, events: S) -> WatchedEvents<S> {
        WatchedEvents { events, watched: self }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.running.lock().cancellers.remove(&self.number);
    }
}

/// Events of a query that is remembered.
#[derive(Debug)]
pub(crate) struct WatchedEvents<S> {
    events: S,
    watched: Watched,
}

impl<S: Stream<Item = Event> + Unpin> Stream for WatchedEvents<S> {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let this = self.get_mut();
        let polled = this.events.poll_next_unpin(cx);
        if let Poll::Ready(Some(event)) = &polled {
            this.watched.metrics.see(event);
        }
        polled
    }
}
