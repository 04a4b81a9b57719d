//! Cancellation of a query from another task or thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use futures::task::AtomicWaker;

use crate::event::CancelReason;

/// Ends a query from elsewhere; from [`QueryStream::canceller`](crate::QueryStream::canceller).
///
/// Cheap to clone, usable from any thread. Dropping it does nothing. It keeps nothing of the query alive but one small
/// allocation.
#[derive(Debug, Clone, Default)]
pub struct Canceller(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// 0 until the query is cancelled; then the reason, plus one.
    reason: AtomicU8,
    /// The task that polls the query.
    task: AtomicWaker,
}

impl Canceller {
    /// A handle that ends nothing by itself. For what lets several readers share one run: it gives each a handle of its own, and
    /// looks at the [`reason`](Self::reason) when that reader is polled. The handle of a query is from the query.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the query to end: its stream drops every provider at its next poll, reports their outcomes and ends with
    /// [`EventKind::Cancelled`](crate::event::EventKind::Cancelled). The first reason counts; after the end of the
    /// query nothing happens.
    pub fn cancel(&self, reason: CancelReason) {
        let code = match reason {
            CancelReason::Requested => 1,
            CancelReason::Shutdown => 2,
        };
        // Release pairs with the acquire in `reason`; a call that lost the race changes nothing, and waking twice is harmless.
        let _ = self.0.reason.compare_exchange(0, code, Ordering::Release, Ordering::Relaxed);
        self.0.task.wake();
    }

    /// The reason, once it was cancelled.
    pub fn reason(&self) -> Option<CancelReason> {
        match self.0.reason.load(Ordering::Acquire) {
            0 => None,
            2 => Some(CancelReason::Shutdown),
            _ => Some(CancelReason::Requested),
        }
    }

    /// What looks at the reason calls this when it is over: it need not be woken any more, and a waker keeps its task in memory.
    pub fn forget_task(&self) {
        drop(self.0.task.take());
    }

    /// Sets the task that is woken by the cancellation; one task at a time. What looks at the reason calls this before it returns
    /// `Pending`, and asks [`Self::reason`] once more afterwards.
    pub fn register(&self, waker: &std::task::Waker) {
        self.0.task.register(waker);
    }
}
