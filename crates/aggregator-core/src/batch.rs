//! Many queries over one engine: a limited number at a time, replies as they finish.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::{FusedStream, FuturesUnordered};
use futures::{Stream, StreamExt as _};

use crate::engine::Engine;
use crate::query::{Query, QueryError};
use crate::reply::{IndexedReplyFuture, Reply};
use crate::sequencer::COOP_BUDGET;

/// The replies to many queries, in the order in which they finish; from [`Engine::batch`].
///
/// At most `concurrency` queries run at a time. The next one is taken from the list when one has finished, so that a list of
/// any length needs the memory of the running ones only. A text that is no query, a query that fails and a provider that panics
/// are one item each and stop none of the others. It owns no task: polling it does the work, and dropping it (at any time)
/// drops every running query with all its calls at once. After 128 items in a row it lets others run. After the last item it
/// always yields `None`.
///
/// All of it is one task of the caller. Where thousands run at a time and wait for the same moments, tokio's budget for one
/// task lets 128 of them go on and polls the others in vain: spawn a task for each then, with [`Engine::ask`].
#[must_use = "a batch does nothing unless it is polled"]
pub struct Batch<I> {
    engine: Engine,
    /// The queries that did not begin; `None` when all did.
    waiting: Option<I>,
    running: FuturesUnordered<IndexedReplyFuture>,
    concurrency: usize,
    next: u64,
    /// The number of items since the batch last yielded to other tasks.
    since_yield: u64,
}

/// What came of one query of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchItem {
    /// Position of the query in the batch, from 0.
    pub index: u64,
    /// What came of it; an error when it was no query. A query that failed is a [`Reply`] that says so.
    pub outcome: Result<Reply, QueryError>,
}

impl Engine {
    /// Describes the work of many queries, at most `concurrency` of them at a time; polling the stream performs it,
    /// dropping the stream ends it.
    ///
    /// The list may hold queries or plain texts; it is read as queries are begun, and may be endless. A `concurrency` of 0 counts
    /// as 1, because a batch that runs nothing would never end.
    ///
    /// ```
    /// # use aggregator_core::{Engine, Settings};
    /// # use futures::StreamExt as _;
    /// # async fn example(engine: Engine) {
    /// let mut batch = engine.batch(["what is a stream?", "", "what is a future?"], 2);
    /// while let Some(item) = batch.next().await {
    ///     match item.outcome {
    ///         Ok(reply) => println!("{}: {:?}, {} sources", item.index, reply.ending, reply.summary.sources.len()),
    ///         Err(error) => println!("{}: {error}", item.index),
    ///     }
    /// }
    /// # }
    /// ```
    pub fn batch<L>(&self, queries: L, concurrency: usize) -> Batch<L::IntoIter>
    where
        L: IntoIterator,
        L::Item: TryInto<Query>,
        QueryError: From<<L::Item as TryInto<Query>>::Error>,
    {
        Batch {
            engine: self.clone(),
            waiting: Some(queries.into_iter()),
            running: FuturesUnordered::new(),
            concurrency: concurrency.max(1),
            next: 0,
            since_yield: 0,
        }
    }
}

impl<I> Batch<I> {
    /// Queries that run now.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    fn item(&mut self, (index, reply): (u64, Reply)) -> Poll<Option<BatchItem>> {
        self.since_yield += 1;
        Poll::Ready(Some(BatchItem { index, outcome: Ok(reply) }))
    }

    /// Yields to other tasks. Like a query, a batch of short ones must not keep its thread to itself.
    fn yield_now(&mut self, cx: &mut Context<'_>) -> Poll<Option<BatchItem>> {
        self.since_yield = 0;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The list is not pinned, whatever it is.
impl<I> Unpin for Batch<I> {}

impl<I> Stream for Batch<I>
where
    I: Iterator<Item: TryInto<Query>>,
    QueryError: From<<I::Item as TryInto<Query>>::Error>,
{
    type Item = BatchItem;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<BatchItem>> {
        let this = self.get_mut();
        if this.since_yield == COOP_BUDGET {
            return this.yield_now(cx);
        }
        // Finished queries come first: a list of texts that are no queries must not keep them waiting.
        let mut next = this.running.poll_next_unpin(cx);
        if let Poll::Ready(Some(finished)) = next {
            return this.item(finished);
        }
        let mut begun = 0;
        while this.running.len() < this.concurrency
            && let Some(waiting) = &mut this.waiting
        {
            if begun == COOP_BUDGET {
                return this.yield_now(cx);
            }
            begun += 1;
            let Some(query) = waiting.next() else {
                this.waiting = None;
                break;
            };
            let index = this.next;
            this.next += 1;
            match query.try_into() {
                Ok(query) => this.running.push(IndexedReplyFuture { index, reply: this.engine.ask(query) }),
                Err(error) => {
                    this.since_yield += 1;
                    return Poll::Ready(Some(BatchItem { index, outcome: Err(error.into()) }));
                }
            }
        }
        if begun > 0 {
            next = this.running.poll_next_unpin(cx);
        }
        match next {
            Poll::Ready(Some(finished)) => this.item(finished),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                this.since_yield = 0;
                Poll::Pending
            }
        }
    }
}

impl<I> FusedStream for Batch<I>
where
    Self: Stream,
{
    fn is_terminated(&self) -> bool {
        self.waiting.is_none() && self.running.is_empty()
    }
}

impl<I> fmt::Debug for Batch<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("begun", &self.next)
            .field("running", &self.running.len())
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

impl TryFrom<&str> for Query {
    type Error = QueryError;
    fn try_from(text: &str) -> Result<Self, QueryError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Query {
    type Error = QueryError;
    fn try_from(text: String) -> Result<Self, QueryError> {
        Self::new(text)
    }
}

/// A query is one already: the error of a conversion that cannot fail.
impl From<Infallible> for QueryError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
