//! Where the events of a query get their number and their time, and nowhere else.

use tokio::time::Instant;

use crate::event::{Event, EventKind};

/// Most events that a query gives out in a row before it lets others run: the budget that tokio gives its own resources.
pub(crate) const MAX_IN_A_ROW: u64 = 128;

/// The numbering of one query's events, and the clock as it was read in the current poll.
pub(crate) struct Outbox {
    next: u64,
    /// The event before which the query lets others run. Told by its number, so that an event counts nothing more.
    rest_before: u64,
    /// First poll of the stream.
    began: Option<Instant>,
    /// Current poll of the stream.
    now: Instant,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        // Replaced by the first poll; time is not counted before.
        Self { next: 0, rest_before: MAX_IN_A_ROW, began: None, now: Instant::now() }
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

    /// Whether it is time to let others run: a query that always has something would keep its thread to itself.
    #[inline]
    pub(crate) fn is_exhausted(&self) -> bool {
        #[cfg(feature = "seeded-faults")]
        if crate::seeded_fault::is(crate::seeded_fault::Fault::NoPause) {
            return false;
        }
        self.next == self.rest_before
    }

    /// Others run now.
    #[inline]
    pub(crate) fn rest(&mut self) {
        self.rest_before = self.next + MAX_IN_A_ROW;
    }

    /// Numbers and dates an event. Made in place by those who emit it: an event is moved as seldom as possible.
    #[inline]
    pub(crate) fn event(&mut self, kind: EventKind) -> Event {
        let seq = self.next;
        self.next += 1;
        Event::new(seq, self.now.saturating_duration_since(self.began.unwrap_or(self.now)), kind)
    }

    /// How many events there were.
    pub(crate) fn len(&self) -> u64 {
        self.next
    }
}
