//! Operations of an embedder: how long each takes, how it ends, and what memory it needs.
//!
//! ```
//! # use aggregator_observe::{Observer, Status};
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let observer = Observer::new();
//! let sum = observer.monitor("sum").future(async { 1 + 1 }).await; // also `try_future`, `stream` and `try_stream`
//!
//! let operation = observer.monitor("load").start(); // a guard: dropped without an end it counts as cancelled
//! let report = operation.end(Status::Ok);
//! assert!(sum == 2 && report.name == "load" && !report.overlapped);
//! # });
//! ```

mod operation;
mod overlap;
mod watched;

use std::borrow::Cow;

use futures::{Stream, TryFuture, TryStream};

use crate::observer::Observer;
pub use operation::Operation;
pub use watched::{Watched, WatchedTry};

/// Watches one operation; from [`Observer::monitor`].
#[derive(Debug, Clone)]
#[must_use = "nothing is watched before an operation begins"]
pub struct Monitor {
    observer: Observer,
    name: Cow<'static, str>,
}

impl Observer {
    /// A monitor of an operation of that name. Names are labels of metrics: there should be few.
    pub fn monitor(&self, name: impl Into<Cow<'static, str>>) -> Monitor {
        Monitor { observer: self.clone(), name: name.into() }
    }
}

impl Monitor {
    /// Begins the operation. Reads the resident memory, which takes some microseconds, as its end does.
    pub fn start(self) -> Operation {
        Operation::start(self.observer, self.name)
    }

    /// A future whose operation begins with the first poll, and ends well. Dropping it before is its cancellation.
    pub fn future<F: Future>(self, future: F) -> Watched<F> {
        Watched::new(future, self.observer, self.name)
    }

    /// The same, which fails with an error.
    pub fn try_future<F: TryFuture>(self, future: F) -> WatchedTry<F> {
        WatchedTry::new(future, self.observer, self.name)
    }

    /// A stream whose operation begins with the first poll, and ends well with the end of the stream. Dropping it before is its
    /// cancellation.
    pub fn stream<S: Stream>(self, stream: S) -> Watched<S> {
        Watched::new(stream, self.observer, self.name)
    }

    /// The same, which ends and fails with the first item that is an error.
    pub fn try_stream<S: TryStream>(self, stream: S) -> WatchedTry<S> {
        WatchedTry::new(stream, self.observer, self.name)
    }
}
