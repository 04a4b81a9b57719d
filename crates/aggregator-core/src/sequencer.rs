//! The only place where the events of a query get their number and their time.

use tokio::time::Instant;

use crate::event::{Event, EventKind};

/// Cooperative budget: the maximum number of events in a row that a query emits before it yields to other tasks. tokio gives
/// its own resources the same.
pub(crate) const COOP_BUDGET: u64 = 128;

/// Numbers and dates the events of one query. Holds the time that was read in the current poll.
pub(crate) struct EventSequencer {
    next: u64,
    /// Number of the event before which the query yields. An absolute number, so that emitting an event updates one counter
    /// only.
    yield_at: u64,
    /// First poll of the stream.
    began: Option<Instant>,
    /// Current poll of the stream.
    now: Instant,
}

impl EventSequencer {
    pub(crate) fn new() -> Self {
        // Replaced by the first poll; time is not counted before.
        Self { next: 0, yield_at: COOP_BUDGET, began: None, now: Instant::now() }
    }

    /// Reads the clock: once a poll, for the event's time and for what deadlines are compared with.
    #[inline]
    pub(crate) fn read_clock(&mut self) {
        self.now = Instant::now();
        self.began.get_or_insert(self.now);
    }

    /// The time of the current poll.
    #[inline]
    pub(crate) fn now(&self) -> Instant {
        self.now
    }

    /// Whether the budget is spent. Without one, a query that always has an event would keep its thread to itself.
    #[inline]
    pub(crate) fn is_exhausted(&self) -> bool {
        #[cfg(feature = "seeded-faults")]
        if crate::seeded_fault::is_active(crate::seeded_fault::Fault::NoPause) {
            return false;
        }
        self.next == self.yield_at
    }

    /// Starts a new budget; to be called when the query yields.
    #[inline]
    pub(crate) fn reset_budget(&mut self) {
        self.yield_at = self.next + COOP_BUDGET;
    }

    /// Numbers and dates an event. The event is made where it is emitted, so that it is moved as rarely as possible.
    #[inline]
    pub(crate) fn event(&mut self, kind: EventKind) -> Event {
        let seq = self.next;
        self.next += 1;
        Event::new(seq, self.now.saturating_duration_since(self.began.unwrap_or(self.now)), kind)
    }

    /// The number of events so far.
    pub(crate) fn len(&self) -> u64 {
        self.next
    }
}
