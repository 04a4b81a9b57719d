//! The reply to a query as one value, for callers that need no events.

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::future::FusedFuture;
use futures::stream::FusedStream as _;
use futures::{FutureExt as _, StreamExt as _};

use crate::cancel::Canceller;
use crate::engine::Engine;
use crate::event::{CancelReason, EventKind, ExecutionError, Summary};
use crate::model::Usage;
use crate::query::Query;
use crate::source::ResultId;
use crate::stream::QueryStream;

/// The outcome of a query, with its answer and its summary.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// How it ended.
    pub ending: QueryOutcome,
    /// The answer's text, as far as it was written; empty when no model was asked.
    pub answer: String,
    /// The citations in it, in order.
    pub citations: Vec<Citation>,
    /// What the model said the answer cost; its last word, where it said several.
    pub usage: Option<Usage>,
    /// Sources, providers and hits.
    pub summary: Box<Summary>,
}

/// How a query ended: the kind of its last event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryOutcome {
    /// The query ended with [`EventKind::Done`].
    Done,
    /// The query failed. The summary has what was found before.
    Failed(Box<ExecutionError>),
    /// The query was cancelled.
    Cancelled(CancelReason),
}

#[doc(hidden)]
#[deprecated(note = "renamed to `QueryOutcome`")]
pub type Ending = QueryOutcome;

/// A citation of a frozen source in an answer; a marker with several numbers, as `[1, 3]`, is one of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Where the whole marker stands: byte offsets into the answer.
    pub span: Range<u32>,
    /// Range of the marker in characters (Unicode scalar values) of the answer.
    pub chars: Range<u32>,
    /// The number of the source.
    pub number: u32,
    /// The result that the answer cites.
    pub id: ResultId,
}

/// The future of a [`Reply`]; from [`Engine::ask`]. Dropping it ends the query and all its calls.
#[must_use = "a query does nothing unless it is polled"]
#[derive(Debug)]
pub struct ReplyFuture {
    stream: QueryStream,
    answer: String,
    citations: Vec<Citation>,
    usage: Option<Usage>,
}

#[doc(hidden)]
#[deprecated(note = "renamed to `ReplyFuture`")]
pub type Asking = ReplyFuture;

impl Engine {
    /// Describes the work of a query, for a caller that needs its reply and not its events. Polling the future performs the
    /// work, and dropping it ends the query. See [`Engine::run`].
    ///
    /// The answer is kept in memory; its length is limited by
    /// [`Settings::max_answer_bytes`](crate::Settings::max_answer_bytes).
    pub fn ask(&self, query: Query) -> ReplyFuture {
        ReplyFuture { stream: self.run(query), answer: String::new(), citations: Vec::new(), usage: None }
    }
}

impl ReplyFuture {
    /// A handle that ends this query from elsewhere; see [`QueryStream::canceller`].
    pub fn canceller(&mut self) -> Canceller {
        self.stream.canceller()
    }
}

impl FusedFuture for ReplyFuture {
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}

impl Future for ReplyFuture {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reply> {
        loop {
            let event = ready!(self.stream.poll_next_unpin(cx)).expect("it is not polled after its reply");
            let (ending, summary) = match event.kind {
                EventKind::AnswerDelta { text } => {
                    self.answer.push_str(&text);
                    continue;
                }
                EventKind::Citation { span, chars, number, id } => {
                    self.citations.push(Citation { span, chars, number, id });
                    continue;
                }
                EventKind::Usage(usage) => {
                    self.usage = Some(usage);
                    continue;
                }
                EventKind::Done { summary } => (QueryOutcome::Done, summary),
                EventKind::Failed { error, partial } => (QueryOutcome::Failed(error), partial),
                EventKind::Cancelled { reason, partial } => (QueryOutcome::Cancelled(reason), partial),
                _ => continue,
            };
            let (answer, citations) = (std::mem::take(&mut self.answer), std::mem::take(&mut self.citations));
            return Poll::Ready(Reply { ending, answer, citations, usage: self.usage, summary });
        }
    }
}

/// The future of a [`Reply`], with the position of its query in a batch.
#[derive(Debug)]
pub(crate) struct IndexedReplyFuture {
    pub(crate) index: u64,
    pub(crate) reply: ReplyFuture,
}

impl Future for IndexedReplyFuture {
    type Output = (u64, Reply);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let reply = ready!(self.reply.poll_unpin(cx));
        Poll::Ready((self.index, reply))
    }
}
