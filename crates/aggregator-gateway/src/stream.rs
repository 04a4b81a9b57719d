//! The events of a query that came through a gateway.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use aggregator_core::{Canceller, Event};
use futures::Stream;
use futures::stream::FusedStream;

use crate::reader::Reader;
use crate::run::Run;

/// The events of one query, in order; from [`Gateway::run`](crate::Gateway::run).
///
/// It keeps the promises of a [`QueryStream`](aggregator_core::QueryStream): polling it does the work, each poll does a bounded
/// amount of it, and after 128 events in a row it lets others run. Its numbers and times are its own, also where others read the same run:
/// time is counted from its first poll.
///
/// Dropping it, at any time, gives up its place among those that run or wait. A run that others read goes on; with its last
/// reader it is dropped, and all of its calls with it.
///
/// A query is admitted, or found in the cache, when it is made. So one that is not polled keeps its place, and it should be
/// dropped if it is not read.
#[must_use = "a query does nothing unless its stream is polled"]
pub struct GatewayStream {
    source: Source,
}

// The query of the engine is the large one. It is not boxed, so that a gateway that does nothing allocates nothing.
#[allow(clippy::large_enum_variant)]
enum Source {
    /// A run of its own.
    Alone(Run),
    /// A run that others may read.
    Reader(Reader),
}

impl GatewayStream {
    pub(crate) fn alone(run: Run) -> Self {
        Self { source: Source::Alone(run) }
    }

    pub(crate) fn reading(reader: Reader) -> Self {
        Self { source: Source::Reader(reader) }
    }

    /// A handle that ends this query from elsewhere, and no other one that reads the same run.
    ///
    /// A reader of a shared run is given what it has not read yet, then an outcome of each provider that has not finished, and
    /// [`Cancelled`](aggregator_core::EventKind::Cancelled). Where the run has ended already, as it has when it comes from the
    /// cache, there is nothing to end: the rest of it is delivered.
    ///
    /// Take the first one before the stream waits: until its next poll, a query that was polled without a canceller is not
    /// woken by one.
    pub fn canceller(&mut self) -> Canceller {
        match &mut self.source {
            Source::Alone(run) => run.canceller(),
            Source::Reader(reader) => reader.canceller(),
        }
    }
}

impl Stream for GatewayStream {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        match &mut self.get_mut().source {
            Source::Alone(run) => {
                let event = run.poll(cx);
                if run.has_ended() {
                    run.release();
                }
                event
            }
            Source::Reader(reader) => reader.poll(cx),
        }
    }
}

impl FusedStream for GatewayStream {
    fn is_terminated(&self) -> bool {
        match &self.source {
            Source::Alone(run) => run.has_ended(),
            Source::Reader(reader) => reader.has_ended(),
        }
    }
}

impl fmt::Debug for GatewayStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("GatewayStream");
        match &self.source {
            Source::Alone(run) => shown.field("query", run.query()),
            Source::Reader(reader) => shown.field("events", &reader.events()),
        };
        shown.finish_non_exhaustive()
    }
}
