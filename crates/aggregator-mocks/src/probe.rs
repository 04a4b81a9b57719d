//! What a test can ask about a mock: which calls came, when, and how they ended.

use std::sync::{Arc, Mutex, PoisonError};

use aggregator_core::event::CleanText;
use tokio::time::Instant;

/// A view of all calls of the mocks it was given to; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Probe(Arc<Mutex<Vec<Call>>>);

/// One call of a mock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Name of the mock.
    pub mock: String,
    /// Text of the query.
    pub query: CleanText,
    /// Seed of the request.
    pub seed: u64,
    /// When it was called.
    pub at: Instant,
    /// Polls of its stream.
    pub polls: u32,
    /// Items its stream yielded.
    pub yielded: u32,
    /// How it ended.
    pub end: CallEnd,
}

/// How a call of a mock ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallEnd {
    /// The stream of the call exists.
    Active,
    /// The stream of the call came to its end or failed, and was dropped.
    Completed,
    /// The stream of the call was dropped before its end.
    Dropped,
}

impl Probe {
    /// A probe that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// All calls so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.with(|calls| calls.clone())
    }

    /// The number of calls whose stream still exists.
    pub fn active_calls(&self) -> usize {
        self.with(|calls| calls.iter().filter(|call| call.end == CallEnd::Active).count())
    }

    pub(crate) fn called(&self, mock: &str, query: &CleanText, seed: u64) -> CallGuard {
        let (mock, query) = (mock.to_owned(), query.clone());
        let call = Call { mock, query, seed, at: Instant::now(), polls: 0, yielded: 0, end: CallEnd::Active };
        let index = self.with(|calls| {
            calls.push(call);
            calls.len() - 1
        });
        CallGuard { probe: self.clone(), index }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Vec<Call>) -> T) -> T {
        // A panic while the lock is held would be a bug here; what was counted stays usable.
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Counts the polls and items of one call; dropped with its stream.
pub(crate) struct CallGuard {
    probe: Probe,
    index: usize,
}

impl CallGuard {
    pub(crate) fn polled(&self) {
        self.probe.with(|calls| calls[self.index].polls += 1);
    }

    pub(crate) fn yielded(&self) {
        self.probe.with(|calls| calls[self.index].yielded += 1);
    }

    pub(crate) fn completed(&self) {
        self.probe.with(|calls| calls[self.index].end = CallEnd::Completed);
    }
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        self.probe.with(|calls| {
            let end = &mut calls[self.index].end;
            if *end == CallEnd::Active {
                *end = CallEnd::Dropped;
            }
        });
    }
}
