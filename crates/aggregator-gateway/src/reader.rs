//! One reader of a run that others read too, or that was kept.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aggregator_core::event::{EventKind, RunOrigin};
use aggregator_core::{Canceller, Event};
use tokio::time::Instant;

use crate::cache::KeptRun;
use crate::flight::Flight;

/// Events in a row after which a reader lets others run, as a query of the engine does.
const EVENTS_IN_A_ROW: u32 = 128;

/// A reader, with numbers and times of its own.
pub(crate) struct Reader {
    log: Log,
    /// Index of the next event in the log.
    position: usize,
    /// Whether the reader has still to be told that the run is not its own.
    is_untold: bool,
    /// Number of the next event.
    seq: u64,
    /// The first poll.
    began: Option<Instant>,
    in_a_row: u32,
    canceller: Option<Canceller>,
}

/// What a reader reads.
enum Log {
    /// A run under way. It is dropped with its last reader.
    Shared { flight: Arc<Flight>, reader: u64 },
    /// A run that has ended.
    Kept(Arc<KeptRun>),
    /// What is left for a reader that was cancelled. The run, if others read it, goes on.
    Rest(Vec<EventKind>),
    /// The last event was emitted.
    Ended,
}

impl Reader {
    /// The reader for which a run was begun.
    pub(crate) fn first(flight: Arc<Flight>) -> Self {
        Self::new(Log::Shared { reader: flight.add_reader(), flight }, false)
    }

    /// A reader of a run that others have begun.
    pub(crate) fn joining(flight: Arc<Flight>) -> Self {
        Self::new(Log::Shared { reader: flight.add_reader(), flight }, true)
    }

    /// A reader of a run that has ended.
    pub(crate) fn replaying(run: Arc<KeptRun>) -> Self {
        Self::new(Log::Kept(run), true)
    }

    fn new(log: Log, is_untold: bool) -> Self {
        Self { log, position: 0, is_untold, seq: 0, began: None, in_a_row: 0, canceller: None }
    }

    pub(crate) fn canceller(&mut self) -> Canceller {
        self.canceller.get_or_insert_with(Canceller::new).clone()
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.log, Log::Ended)
    }

    pub(crate) fn events(&self) -> u64 {
        self.seq
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if self.has_ended() {
            return Poll::Ready(None);
        }
        let now = Instant::now();
        let began = *self.began.get_or_insert(now);
        self.check_cancelled(now);
        if self.in_a_row == EVENTS_IN_A_ROW {
            self.in_a_row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Poll::Ready(kind) = self.poll_kind(now, cx) else {
            self.in_a_row = 0;
            if let Some(canceller) = &self.canceller {
                canceller.register(cx.waker());
                // It may have been cancelled before the task was registered, without waking it.
                if canceller.reason().is_some() {
                    cx.waker().wake_by_ref();
                }
            }
            return Poll::Pending;
        };
        if kind.as_ref().is_none_or(EventKind::is_terminal) {
            self.end();
        }
        let Some(kind) = kind else { return Poll::Ready(None) };
        let event = Event::new(self.seq, now.saturating_duration_since(began), kind);
        self.seq += 1;
        self.in_a_row += 1;
        Poll::Ready(Some(event))
    }

    /// The next event of the log that this reader is shown.
    fn poll_kind(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<Option<EventKind>> {
        loop {
            let kind = match &self.log {
                Log::Shared { flight, reader } => ready!(flight.poll(*reader, self.position, cx)),
                Log::Kept(run) => run.events.get(self.position).cloned(),
                Log::Rest(rest) => rest.get(self.position).cloned(),
                Log::Ended => None,
            };
            match &kind {
                // As soon as the run asks, so that it is told once and before.
                Some(first) if self.is_untold && !precedes_providers(first) => {
                    self.is_untold = false;
                    return Poll::Ready(self.reused(now));
                }
                // Others may have begun since.
                Some(EventKind::Queued { .. }) if self.is_untold => {
                    self.position += 1;
                    match self.ahead() {
                        Some(ahead) => return Poll::Ready(Some(EventKind::Queued { ahead })),
                        None => continue,
                    }
                }
                _ => {}
            }
            self.position += 1;
            match (&self.log, &kind) {
                // What policies did then does not happen now.
                (Log::Kept(_), Some(EventKind::Policy(_))) => {}
                _ => return Poll::Ready(kind),
            }
        }
    }

    /// Where the run comes from, if it is not the reader's own.
    fn reused(&self, now: Instant) -> Option<EventKind> {
        let (origin, age) = match &self.log {
            Log::Shared { flight, .. } => (RunOrigin::Running, flight.age(now)),
            Log::Kept(run) => (RunOrigin::Cache, now.saturating_duration_since(run.ended)),
            Log::Rest(_) | Log::Ended => return None,
        };
        Some(EventKind::Reused { origin, age })
    }

    /// The number of queries that begin before the run.
    fn ahead(&self) -> Option<u32> {
        if let Log::Shared { flight, .. } = &self.log { flight.ahead() } else { None }
    }

    /// Lets a reader that was cancelled leave the run. A run that has ended is read to its end instead: all of it is there.
    fn check_cancelled(&mut self, now: Instant) {
        if let Some(reason) = self.canceller.as_ref().and_then(Canceller::reason)
            && let Log::Shared { flight, .. } = &self.log
            && let Some(mut rest) = flight.leave(self.position, reason)
        {
            if mem::take(&mut self.is_untold) {
                // It does not wait any longer. The end comes after the providers, so there is a place.
                rest.retain(|kind| !matches!(kind, EventKind::Queued { .. }));
                let place = rest.iter().position(|kind| !precedes_providers(kind)).unwrap_or(rest.len());
                rest.splice(place..place, self.reused(now));
            }
            self.leave();
            self.position = 0;
            self.log = Log::Rest(rest);
        }
    }

    fn leave(&mut self) {
        if let Log::Shared { flight, reader } = &self.log {
            flight.forget(*reader);
        }
    }

    fn end(&mut self) {
        self.leave();
        self.log = Log::Ended;
        if let Some(canceller) = &self.canceller {
            canceller.forget_task();
        }
    }
}

/// Whether an event comes before the first provider is asked.
fn precedes_providers(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Status { .. } | EventKind::Analysis(_) | EventKind::Queued { .. })
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.end();
    }
}
