//! What load is put on: a trait, what it is asked, and what it answers.

use std::borrow::Cow;
use std::sync::Arc;

use futures::stream::BoxStream;

use crate::error_kind::ErrorKind;
use crate::scenario::{Fault, Query};
use crate::size::Size;

/// Something that answers requests with streams: a library in this process, or a client of a server.
///
/// The driver calls [`start`](Self::start) at the request's actual start, polls the stream until it ends or yields
/// [`Chunk::End`], and stamps the time of each chunk on tokio's clock when it is yielded. So a target reads no clock, and the same one
/// is measured in virtual time (`tokio::time::pause`) and in real time.
pub trait Target: Send + Sync {
    /// Starts one request. This must not block; work belongs into the stream.
    ///
    /// Dropping the stream has to end the request: that is how the driver cancels, times out, and stops.
    fn start(&self, request: Request) -> BoxStream<'static, Chunk>;
}

impl<F> Target for F
where
    F: Fn(Request) -> BoxStream<'static, Chunk> + Send + Sync,
{
    fn start(&self, request: Request) -> BoxStream<'static, Chunk> {
        self(request)
    }
}

/// One request of a plan. All that is drawn for it depends on the scenario's seed and its number only, not on the order in which
/// requests start or end.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its number, from 0. In the open model it is the number of its intended start; in the closed model the user's number times
    /// 2^32, plus the number of the user's query.
    pub id: u64,
    /// The user that sends it; only in the closed model.
    pub user: Option<u32>,
    /// The query, drawn from the scenario's mix.
    pub query: Arc<Query>,
    /// How large it is, where a trace says so.
    pub size: Option<Size>,
    /// The target profile that the scenario names.
    pub profile: Option<Arc<str>>,
    /// The faults that this request was drawn to meet. The target says what they mean, and ignores or refuses those that it does not
    /// know.
    pub faults: Vec<Arc<Fault>>,
    /// Seed of everything that the target draws for this request.
    pub seed: u64,
}

/// One item of an answer, of which the driver notes the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// The headers of the response arrived. A target in this process has none.
    Headers,
    /// An event that no other variant names, such as a status.
    Event,
    /// One result of a search.
    Result,
    /// A list of sources, or one source.
    Source,
    /// A piece of the answer's text. An empty piece is an event, but no text.
    Text {
        /// Its length in bytes.
        bytes: u32,
        /// The tokens in it; 0 if the target does not know.
        tokens: u32,
    },
    /// A sign of life without content, as a comment in server-sent events. It counts in no metric.
    Heartbeat,
    /// Something failed that the request survives, such as one of several providers. It is counted by kind in
    /// [`Report::warnings`](crate::Report::warnings), and the request may still succeed.
    Warning(ErrorKind),
    /// The request failed. The first kind counts. The stream is polled on, because a client reads what still comes.
    Error(ErrorKind),
    /// The end of the answer, by which a client knows that nothing is missing. A stream that ends without one has failed
    /// ([`ErrorKind::NoEnd`]).
    End(Answer),
}

impl Chunk {
    /// A piece of text of which the tokens are not known; longer than 4 GiB counts as 4 GiB.
    pub fn text(text: &str) -> Self {
        Self::Text { bytes: u32::try_from(text.len()).unwrap_or(u32::MAX), tokens: 0 }
    }
}

/// What a target says about a complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is what the scenario says it must be.
    Right,
    /// It is not. The text names the defect in a few words without figures, because requests are counted by it: `no text`,
    /// `results are missing`.
    Wrong(Cow<'static, str>),
    /// The target cannot tell.
    Unchecked,
}
