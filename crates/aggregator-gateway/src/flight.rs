//! A run that several readers share. No task drives it: a reader that finds no new event in its log polls it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake as _, Waker};
use std::time::Duration;

use aggregator_core::event::EventKind;
use aggregator_core::{CancelReason, Event, Query};
use tokio::time::Instant;

use crate::cache::Cache;
use crate::registry::Registration;
use crate::run::Run;
use crate::waiting_readers::WaitingReaders;

/// One part in this many of a run's time may have passed when another reader joins it.
///
/// A query that joins has the other half of its own deadline at least, which is what a search may take if there is a model.
/// Later a run of its own is more likely to be complete in time than the rest of the one under way.
const JOINS_BEFORE_PART: u32 = 2;

/// A run and what it has emitted, shared by its readers; the last of them drops it.
///
/// The lock is held while the run is polled, and for a look at the log. A slow reader, or one that its task no longer
/// polls, delays no other reader: the others poll the run, and the slow one reads from the log what it has missed. The limits of
/// the engine on a query's events bound the log.
pub(crate) struct Flight {
    /// The first poll of the run.
    began: OnceLock<Instant>,
    /// Time the run may take.
    total: Duration,
    readers: Arc<WaitingReaders>,
    /// Wakes all readers.
    waker: Waker,
    next_reader: AtomicU64,
    log: Mutex<Log>,
}

/// What a run does at its end.
pub(crate) struct AtEnd {
    /// Where it is found by other queries; only if they may join.
    pub(crate) registration: Option<Registration<Flight>>,
    /// Where it is kept, if it is complete, and under which key.
    pub(crate) cache: Option<(Arc<Cache>, Query)>,
}

struct Log {
    events: Vec<EventKind>,
    /// All events, shared with the cache; then the list above is empty.
    complete: Option<Arc<[EventKind]>>,
    /// Until the last event.
    live: Option<(Run, AtEnd)>,
}

impl Log {
    fn events(&self) -> &[EventKind] {
        self.complete.as_deref().unwrap_or(&self.events)
    }
}

/// Lets all readers look again, and the run be polled again, when a poll of the run returns an event or unwinds.
struct WakesOnDrop<'a> {
    readers: &'a Arc<WaitingReaders>,
    is_armed: bool,
}

impl Drop for WakesOnDrop<'_> {
    fn drop(&mut self) {
        if self.is_armed {
            self.readers.wake_by_ref();
        }
    }
}

impl Flight {
    /// A run that may take `total`.
    pub(crate) fn new(run: Run, total: Duration, at_end: AtEnd) -> Self {
        let readers = Arc::new(WaitingReaders::new());
        Self {
            began: OnceLock::new(),
            total,
            waker: Waker::from(Arc::clone(&readers)),
            readers,
            next_reader: AtomicU64::new(0),
            log: Mutex::new(Log { events: Vec::new(), complete: None, live: Some((run, at_end)) }),
        }
    }

    /// The number of a new reader.
    pub(crate) fn add_reader(&self) -> u64 {
        self.next_reader.fetch_add(1, Ordering::Relaxed)
    }

    /// A reader has gone.
    pub(crate) fn forget(&self, reader: u64) {
        self.readers.forget(reader);
    }

    /// Whether another reader may join. A run that has ended is not found any more.
    pub(crate) fn is_open(&self, now: Instant) -> bool {
        let is_early = |began: &Instant| now.saturating_duration_since(*began) < self.total / JOINS_BEFORE_PART;
        self.began.get().is_none_or(is_early)
    }

    /// Time since the run began.
    pub(crate) fn age(&self, now: Instant) -> Duration {
        self.began.get().map_or(Duration::ZERO, |began| now.saturating_duration_since(*began))
    }

    /// The number of queries that begin before this one, if it waits for its turn.
    pub(crate) fn ahead(&self) -> Option<u32> {
        self.lock().live.as_ref()?.0.ahead()
    }

    /// The event at a position of the log, which may be that of the next event; `Ready(None)` behind the last one.
    pub(crate) fn poll(&self, reader: u64, position: usize, cx: &mut Context<'_>) -> Poll<Option<EventKind>> {
        // Declared before the lock, so that it wakes after the lock is released.
        let mut wakes = WakesOnDrop { readers: &self.readers, is_armed: false };
        let mut guard = self.lock();
        let log = &mut *guard;
        if let Some(event) = log.events().get(position) {
            return Poll::Ready(Some(event.clone()));
        }
        let Some((run, _)) = &mut log.live else { return Poll::Ready(None) };
        if self.readers.take_woken() {
            wakes.is_armed = true;
            match run.poll(&mut Context::from_waker(&self.waker)) {
                Poll::Ready(Some(Event { kind, .. })) => {
                    self.began.get_or_init(Instant::now);
                    log.events.push(kind.clone());
                    if kind.is_terminal() {
                        self.finish(guard);
                    }
                    return Poll::Ready(Some(kind));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                // The run wakes the readers itself.
                Poll::Pending => wakes.is_armed = false,
            }
        }
        if !self.readers.wait(reader, cx.waker()) {
            // The run was woken while it was polled: it lets others run, and goes on.
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// How the run ends for a reader at a position that leaves: what it has not read yet, and the end. `None` if the run has
    /// not begun or has ended.
    pub(crate) fn leave(&self, position: usize, reason: CancelReason) -> Option<Vec<EventKind>> {
        let mut log = self.lock();
        let mut rest = log.events.get(position..).filter(|_| !log.events.is_empty())?.to_vec();
        rest.extend(log.live.as_mut()?.0.leave(reason));
        Some(rest)
    }

    /// Keeps and unregisters the run, whose last event is in the log. It does so without the lock, because other readers are woken.
    #[cold]
    fn finish(&self, mut log: MutexGuard<'_, Log>) {
        let Some((run, AtEnd { registration, cache })) = log.live.take() else { return };
        let kept = cache.map(|kept| {
            let events: Arc<[EventKind]> = std::mem::take(&mut log.events).into();
            log.complete = Some(Arc::clone(&events));
            (kept, events)
        });
        drop(log);
        // Kept before it can no longer be joined, so that a query that comes now finds one or the other. One that still joins
        // reads all of it.
        if let Some(((cache, key), events)) = kept {
            cache.keep(key, &events, Instant::now());
        }
        drop(registration);
        drop(run);
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        // A poll that panicked has added nothing to the log; what is in it is good for the others.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
