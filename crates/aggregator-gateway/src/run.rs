//! A query of the engine that first waits for its turn.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aggregator_core::{CancelReason, Canceller, Event, EventKind, QueryStream};
use futures::StreamExt as _;
use futures::stream::FusedStream as _;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::admission::Ticket;

/// A query of the engine, with its place.
///
/// The first poll of a `QueryStream` gives its `Status`, starts its time and asks no provider. So it is polled once at once, and
/// then only when it is its turn, or when it has to end.
pub(crate) struct Run {
    query: QueryStream,
    /// `None` without admission, and after the end.
    ticket: Option<Ticket>,
    /// Until it is its turn.
    waiting: Option<Box<Waiting>>,
    /// Events that were put between those of the query.
    inserted: u64,
}

struct Waiting {
    /// The time the query may take.
    total: Duration,
    /// When the query was polled first.
    began: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    canceller: Option<Canceller>,
    said_so: bool,
}

impl Run {
    /// A query that may take `total`, and needs a turn if it has a ticket.
    pub(crate) fn new(query: QueryStream, ticket: Option<Ticket>, total: Duration) -> Self {
        let waiting = Waiting { total, began: None, timer: None, canceller: None, said_so: false };
        let waiting = ticket.is_some().then(|| Box::new(waiting));
        Self { query, ticket, waiting, inserted: 0 }
    }

    pub(crate) fn canceller(&mut self) -> Canceller {
        let canceller = self.query.canceller();
        if let Some(waiting) = &mut self.waiting {
            waiting.canceller = Some(canceller.clone());
        }
        canceller
    }

    /// How the query ends for a reader that leaves; see [`QueryStream::leave`].
    pub(crate) fn leave(&mut self, reason: CancelReason) -> Vec<EventKind> {
        self.query.leave(reason)
    }

    /// The number of queries that begin before this one; `None` once it is its turn.
    pub(crate) fn ahead(&self) -> Option<u32> {
        self.ticket.as_ref()?.ahead()
    }

    /// Gives the place to the next query.
    pub(crate) fn release(&mut self) {
        self.ticket = None;
    }

    pub(crate) fn query(&self) -> &QueryStream {
        &self.query
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.query.is_terminated()
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if self.waiting.is_some() {
            match self.poll_turn(cx) {
                Poll::Ready(None) => self.waiting = None,
                event => return event,
            }
        }
        let mut event = ready!(self.query.poll_next_unpin(cx));
        if let Some(event) = &mut event {
            event.seq += self.inserted;
        }
        Poll::Ready(event)
    }

    /// The events until the query goes on; `Ready(None)` when it does.
    #[cold]
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let (Some(waiting), Some(ticket)) = (&mut self.waiting, &self.ticket) else { return Poll::Ready(None) };
        let Some(began) = waiting.began else {
            let status = ready!(self.query.poll_next_unpin(cx));
            // Read after the query has read it, so that what is dated here is never later than the query's next event.
            waiting.began = Some(Instant::now());
            return Poll::Ready(status);
        };
        if ticket.is_admitted(cx.waker()) {
            return Poll::Ready(None);
        }
        if let Some(canceller) = &waiting.canceller {
            canceller.register(cx.waker());
            if canceller.reason().is_some() {
                return Poll::Ready(None);
            }
        }
        let deadline = began + waiting.total;
        let timer = waiting.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        match ticket.ahead() {
            Some(ahead) if !waiting.said_so => {
                waiting.said_so = true;
                let queued = Event::new(1, began.elapsed(), EventKind::Queued { ahead });
                self.inserted = 1;
                Poll::Ready(Some(queued))
            }
            _ => Poll::Pending,
        }
    }
}
