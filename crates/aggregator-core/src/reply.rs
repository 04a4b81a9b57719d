//! A whole query, read to its end: for callers who want the answer and not its events.

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{FutureExt as _, StreamExt as _};

use crate::cancel::Canceller;
use crate::engine::Engine;
use crate::event::{CancelReason, EventKind, QueryFailure, Summary};
use crate::model::Usage;
use crate::query::Query;
use crate::source::ResultId;
use crate::stream::QueryStream;

/// What came of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// How it ended.
    pub ending: Ending,
    /// The answer's text, as far as it was written; empty when no model was asked.
    pub answer: String,
    /// The citations in it, in order.
    pub citations: Vec<Citation>,
    /// What the model said the answer cost; its last word, where it said several.
    pub usage: Option<Usage>,
    /// Sources, providers and hits.
    pub summary: Box<Summary>,
}

/// How a query ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Well.
    Done,
    /// Badly; what was found until then is kept.
    Failed(Box<QueryFailure>),
    /// From outside.
    Cancelled(CancelReason),
}

/// A citation of a frozen source in an answer; a marker with several numbers, as `[1, 3]`, is one of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Where the whole marker stands: byte offsets into the answer.
    pub span: Range<u32>,
    /// The same in characters (Unicode scalar values).
    pub chars: Range<u32>,
    /// The number of the source.
    pub number: u32,
    /// The cited result.
    pub id: ResultId,
}

/// A query being read to its end; from [`Engine::ask`]. Dropping it ends the query and all its calls.
#[must_use = "a query does nothing unless it is polled"]
#[derive(Debug)]
pub struct Asking {
    stream: QueryStream,
    answer: String,
    citations: Vec<Citation>,
    usage: Option<Usage>,
}

impl Engine {
    /// Describes the work of a query, for who wants its reply and not its events; polling the future performs it, dropping
    /// it ends it. See [`Engine::run`].
    ///
    /// The answer is kept in memory; its length is limited by
    /// [`Settings::max_answer_bytes`](crate::Settings::max_answer_bytes).
    pub fn ask(&self, query: Query) -> Asking {
        Asking { stream: self.run(query), answer: String::new(), citations: Vec::new(), usage: None }
    }
}

impl Asking {
    /// A handle that ends this query from elsewhere; see [`QueryStream::canceller`].
    pub fn canceller(&mut self) -> Canceller {
        self.stream.canceller()
    }
}

impl Future for Asking {
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
                EventKind::Done { summary } => (Ending::Done, summary),
                EventKind::Failed { error, partial } => (Ending::Failed(error), partial),
                EventKind::Cancelled { reason, partial } => (Ending::Cancelled(reason), partial),
                _ => continue,
            };
            let (answer, citations) = (std::mem::take(&mut self.answer), std::mem::take(&mut self.citations));
            return Poll::Ready(Reply { ending, answer, citations, usage: self.usage, summary });
        }
    }
}

/// A query with its place in a batch.
#[derive(Debug)]
pub(crate) struct Numbered {
    pub(crate) index: u64,
    pub(crate) reply: Asking,
}

impl Future for Numbered {
    type Output = (u64, Reply);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let reply = ready!(self.reply.poll_unpin(cx));
        Poll::Ready((self.index, reply))
    }
}
