//! Who writes the answer: the promises between the engine and a language model.

use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;
use tokio::time::Instant;

use crate::event::RankedSource;
use crate::provider::ProviderError;
use crate::query::Query;

/// A model that writes an answer from sources.
///
/// # What an implementor promises
/// 1. [`answer`](Self::answer) returns at once; work begins when the stream is first polled.
/// 2. Text comes piece by piece as it is produced, each piece valid UTF-8; how it is cut does not matter.
/// 3. A source is cited as `[n]`, its [`RankedSource::number`].
/// 4. `Pending` is returned only after arranging a wake-up; a poll never blocks the thread.
/// 5. An error is the last item that matters; the end of the stream means that the answer is complete.
/// 6. Dropping the stream stops the generation at once, so that nobody pays for text nobody reads.
pub trait LanguageModel: Send + Sync {
    /// A name for people; asked when an engine is shown by its `Debug`.
    fn name(&self) -> &str;

    /// Describes the answer; polling the stream produces it, dropping the stream ends it.
    fn answer(&self, request: AnswerRequest) -> ChunkStream;
}

impl<M: LanguageModel + ?Sized> LanguageModel for Arc<M> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        (**self).answer(request)
    }
}

/// The pieces of one answer, in order.
pub type ChunkStream = Pin<Box<dyn Stream<Item = Result<Chunk, ProviderError>> + Send>>;

/// What a model is asked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AnswerRequest {
    /// The query.
    pub query: Arc<Query>,
    /// The frozen sources; there is at least one.
    pub sources: Arc<[RankedSource]>,
    /// When the engine stops listening.
    pub deadline: Instant,
}

impl AnswerRequest {
    /// Makes a request; the engine does, and so do tests of an implementor.
    pub fn new(query: Arc<Query>, sources: Arc<[RankedSource]>, deadline: Instant) -> Self {
        Self { query, sources, deadline }
    }

    /// The seed for random choices.
    pub fn seed(&self) -> u64 {
        self.query.seed()
    }
}

/// One item of a model's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chunk {
    /// The next piece of the answer.
    Text(String),
    /// What the answer cost; usually last.
    Usage(Usage),
}

/// What a model counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
}
