//! Faults planted on purpose, to prove that the gate sees them; only with the feature `seeded-faults`, which nothing
//! ships and nothing is measured with but that proof (`xtask/tests/planted/seeded_faults.rs`).
//!
//! The environment variable `SEEDED_FAULT` picks one by name. Where a fault can stand between the engine and a stream it
//! does (`seeded_stream`); the others are a line each where they belong.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// The environment variable that picks a fault. A value with a colon in it picks a slow-down of the measured cases, which
/// the engine knows nothing of; who measures reads it (`aggregator-cases/src/slowdown`).
pub const VARIABLE: &str = "SEEDED_FAULT";

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $name:literal;)*) => {
        /// A fault that a build with the feature `seeded-faults` plants.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])* $fault,)*
        }

        impl Fault {
            const ALL: [(&'static str, Self); [$($name),*].len()] = [$(($name, Self::$fault)),*];

            /// The names of all of them.
            pub fn names() -> impl Iterator<Item = &'static str> {
                Self::ALL.into_iter().map(|(name, _)| name)
            }
        }
    };
}

faults! {
    /// Each delta of an answer is allocated once more.
    AllocationPerDelta = "allocation-per-delta";
    /// Each query leaves 64 bytes behind.
    LeakPerQuery = "leak-per-query";
    /// Each event takes one poll and one wake-up more.
    ExtraPollPerEvent = "extra-poll-per-event";
    /// The first provider is asked and polled before the status is out.
    StatusAfterProvider = "status-after-provider";
    /// Every seventh hit is counted and forgotten.
    DroppedResult = "dropped-result";
    /// A page that is known already becomes another result.
    KeptDuplicate = "kept-duplicate";
    /// The first status comes after 101 ms.
    LateStatus = "late-status";
    /// Nothing comes for 2 s in the middle of an answer.
    StallInAnswer = "stall-in-answer";
    /// Two neighbouring pieces of an answer change places.
    ReorderedDeltas = "reordered-deltas";
    /// The last piece of an answer is lost.
    LostLastDelta = "lost-last-delta";
    /// Every score is -1.
    NegativeScores = "negative-scores";
    /// Hits are read ahead into a buffer without bound.
    UnboundedBuffer = "unbounded-buffer";
    /// The model is never asked.
    NoAnswer = "no-answer";
    /// Equal scores are ordered by arrival.
    OrderOfArrival = "order-of-arrival";
    /// Something is kept for each query whose text was not seen before.
    MemoryPerDistinctQuery = "memory-per-distinct-query";
    /// A query that always has something never lets others run.
    NoPause = "no-pause";
    /// A query with a bracket is called unsuitable.
    AccusedQuery = "accused-query";
    /// Every query is called suitable.
    EveryQuerySuits = "every-query-suits";
    /// What is asked about is not sent.
    LostOperand = "lost-operand";
    /// Whatever looks like a citation is one.
    IndexAsCitation = "index-as-citation";
    /// Selection compares whole words.
    WholeWords = "whole-words";
    /// Tracking parameters are part of a page's key.
    TrackingKept = "tracking-kept";
    /// No parameter is part of a page's key.
    QueriesDropped = "queries-dropped";
    /// The first query of a process fills a table of 64 MiB.
    TableAtFirstQuery = "table-at-first-query";
    /// The first query of a process computes for a while.
    WorkAtFirstQuery = "work-at-first-query";
    /// The first query of a process keeps 55 MiB.
    MemoryAfterFirstQuery = "memory-after-first-query";
    /// The first query of a process sleeps for 200 ms.
    SleepAtFirstQuery = "sleep-at-first-query";
    /// One query of 200 sleeps for 1 ms.
    SleepInOneOf200Queries = "sleep-in-one-of-200-queries";
    /// However much is found, every provider has all of its time.
    NeverEnough = "never-enough";
    /// Sentences of which half of the subject words differ are about the same.
    HalfTheSubject = "half-the-subject";
    /// Every question goes on from the one before.
    EndlessSubject = "endless-subject";
    /// Sources never contradict each other in a number.
    EqualNumbers = "equal-numbers";
    /// No question goes on from the one before.
    ForgottenTurns = "forgotten-turns";
    /// Of the program: it has a table of 8 MiB. Each build with faults has it; who measures ignores it without this fault.
    LargerProgram = "larger-program";
    /// One query of the process is polled at a time.
    LockPerPoll = "lock-per-poll";
    /// Of the mocks: providers find nothing.
    EmptyMock = "empty-mock";
    /// Of the cases: one is gone.
    RemovedCase = "removed-case";
    /// Of the cases: one does nothing any more.
    IdleCase = "idle-case";
}

/// Whether a fault is active in this process.
///
/// # Panics
/// When the variable names no fault: a typing error must not look like a gate that sees nothing.
pub fn is_active(fault: Fault) -> bool {
    static PLANTED: OnceLock<Option<Fault>> = OnceLock::new();
    let read = || {
        let name = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty() && !name.contains(':'))?;
        let found = Fault::ALL.iter().find(|(known, _)| *known == name);
        let known = || Fault::ALL.map(|(name, _)| name).join(" ");
        Some(found.unwrap_or_else(|| panic!("{VARIABLE}={name} is no fault; there are: {}", known())).1)
    };
    *PLANTED.get_or_init(read) == Some(fault)
}

/// What a query does before it looks for its next event.
#[derive(Default)]
pub(crate) struct Delays {
    events_at_extra_poll: Option<u64>,
    late: Option<Pin<Box<Sleep>>>,
}

impl Delays {
    pub(crate) fn poll(&mut self, events: u64, cx: &mut Context<'_>) -> Poll<()> {
        // Once an event, and not at every poll: a query that always wakes itself would stop the virtual clock.
        if is_active(Fault::ExtraPollPerEvent) && self.events_at_extra_poll != Some(events) {
            self.events_at_extra_poll = Some(events);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if is_active(Fault::LateStatus) && events == 0 {
            let late = self.late.get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(101))));
            ready!(late.as_mut().poll(cx));
        }
        Poll::Ready(())
    }
}

/// Blocks the thread, as no code of an engine may.
#[allow(clippy::disallowed_methods)]
fn block_for(time: Duration) {
    std::thread::sleep(time);
}

/// What a query does at its beginning.
pub(crate) fn at_the_beginning() {
    static QUERIES: AtomicU64 = AtomicU64::new(0);
    if is_active(Fault::SleepInOneOf200Queries) && QUERIES.fetch_add(1, Ordering::Relaxed) % 200 == 199 {
        block_for(Duration::from_millis(1));
    }
    static FIRST: Once = Once::new();
    FIRST.call_once(|| {
        if is_active(Fault::TableAtFirstQuery) {
            drop(black_box(vec![1_u8; 64 << 20]));
        }
        if is_active(Fault::SleepAtFirstQuery) {
            block_for(Duration::from_millis(200));
        }
        if is_active(Fault::WorkAtFirstQuery) {
            black_box((0..1_000_000_u64).fold(0, |sum, turn| black_box(sum ^ turn)));
        }
        if is_active(Fault::MemoryAfterFirstQuery) {
            std::mem::forget(black_box(vec![1_u8; 55 << 20]));
        }
        if is_active(Fault::LargerProgram) {
            black_box(PLANTED_TABLE[black_box(0)]);
        }
    });
}

/// The table of [`Fault::LargerProgram`].
static PLANTED_TABLE: [u8; 8 << 20] = [1; 8 << 20];

/// What a query holds during each poll.
pub(crate) fn poll_lock() -> Option<MutexGuard<'static, ()>> {
    static LOCK: Mutex<()> = Mutex::new(());
    is_active(Fault::LockPerPoll).then(|| LOCK.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What a query does at its end.
pub(crate) fn at_the_end(query: &str) {
    if is_active(Fault::MemoryPerDistinctQuery) {
        static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(query.to_owned());
    }
    if is_active(Fault::LeakPerQuery) {
        // Hidden from the optimiser, which removes an unused allocation.
        std::mem::forget(black_box(Box::new([0_u8; 64])));
    }
}
