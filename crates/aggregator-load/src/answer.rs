//! Checks an answer while it streams, and converts its events to the chunks that the driver reads.

use std::borrow::Cow;
use std::hash::Hasher as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aggregator_core::event::{EventKind, ExecutionError, Outcome, RankedSource};
use aggregator_core::{Event, ProviderErrorKind};
use futures::Stream;
use perf_load::{Answer, Chunk, ErrorKind};
use siphasher::sip::SipHasher13;

/// What a complete answer must be, whatever order its results arrived in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    /// Distinct results.
    pub results: u64,
    /// Digest of the final sources: number, address and score of each.
    pub sources: u64,
    /// Digest of the whole text.
    pub text: u64,
    /// Citations.
    pub citations: u64,
}

/// What is seen of an event, whether it was in this process or came over HTTP.
#[derive(Debug)]
pub(crate) enum Seen<'a> {
    /// A status.
    Status,
    /// A result that was not known before.
    Result {
        /// Its score.
        score: f64,
    },
    /// A known result.
    Revised {
        /// Its score.
        score: f64,
    },
    /// The final sources, digested.
    Sources(u64),
    /// A piece of the answer.
    Text(Cow<'a, str>),
    /// A citation.
    Citation,
    /// A provider ended otherwise than well.
    ProviderFailed(ErrorKind),
    /// The last event.
    End(Ending),
    /// Any other event.
    Other,
}

/// How a query ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// Well.
    Done,
    /// Badly.
    Failed(ErrorKind),
    /// It was ended from outside.
    Cancelled,
}

/// Digest of the final sources.
pub(crate) fn digest_sources<'a>(sources: impl IntoIterator<Item = (u32, &'a str, f64)>) -> u64 {
    let mut hasher = SipHasher13::new();
    for (number, url, score) in sources {
        hasher.write_u32(number);
        hasher.write_usize(url.len());
        hasher.write(url.as_bytes());
        hasher.write_u64(score.to_bits());
    }
    hasher.finish()
}

fn of_sources(list: &[RankedSource]) -> u64 {
    digest_sources(list.iter().map(|ranked| (ranked.number, ranked.source.url.as_str(), ranked.score)))
}

impl<'a> Seen<'a> {
    /// Of an event of the engine.
    pub(crate) fn of(kind: &'a EventKind) -> Self {
        match kind {
            EventKind::Status { .. } => Self::Status,
            EventKind::Result { score, .. } => Self::Result { score: *score },
            EventKind::ResultRevised { score, .. } => Self::Revised { score: *score },
            EventKind::Sources { list, .. } => Self::Sources(of_sources(list)),
            EventKind::AnswerDelta { text } => Self::Text(Cow::Borrowed(text.as_str())),
            EventKind::Citation { .. } => Self::Citation,
            EventKind::ProviderFinished(report) => match &report.outcome {
                Outcome::Ok | Outcome::Enough | Outcome::Skipped => Self::Other,
                Outcome::Error(error) => Self::ProviderFailed(of_error(error.kind)),
                Outcome::Timeout => Self::ProviderFailed(named("provider timed out")),
                Outcome::Cancelled => Self::ProviderFailed(named("provider cancelled")),
                Outcome::Partial(_) => Self::ProviderFailed(named("provider cut short")),
                _ => Self::ProviderFailed(named("unknown outcome of a provider")),
            },
            EventKind::Done { .. } => Self::End(Ending::Done),
            EventKind::Failed { error, .. } => Self::End(Ending::Failed(of_failure(error))),
            EventKind::Cancelled { .. } => Self::End(Ending::Cancelled),
            _ => Self::Other,
        }
    }
}

fn named(what: &'static str) -> ErrorKind {
    ErrorKind::Other(Cow::Borrowed(what))
}

fn of_failure(error: &ExecutionError) -> ErrorKind {
    match error {
        ExecutionError::Unsuitable { .. } => named("unsuitable query"),
        ExecutionError::AllProvidersFailed { .. } => named("no provider answered"),
        ExecutionError::Model(error) => of_error(error.kind),
        ExecutionError::DeadlineExceeded { .. } => named("deadline exceeded"),
        _ => named("query failed"),
    }
}

fn of_error(kind: ProviderErrorKind) -> ErrorKind {
    match kind {
        ProviderErrorKind::RateLimited => ErrorKind::RateLimited,
        ProviderErrorKind::Unreachable => ErrorKind::Connection,
        other => ErrorKind::Other(Cow::Owned(other.to_string())),
    }
}

/// The checks of one answer.
#[derive(Debug, Clone)]
pub(crate) struct AnswerCheck {
    expected: Option<Expected>,
    next: u64,
    results: u64,
    citations: u64,
    sources: Option<u64>,
    text: SipHasher13,
    has_text: bool,
    wrong: Option<&'static str>,
    /// Whether a provider did not finish, so that less may be found than expected.
    is_partial: bool,
}

impl AnswerCheck {
    /// Checks the contract of the events, and what is expected, if something is.
    pub(crate) fn new(expected: Option<Expected>) -> Self {
        Self {
            expected,
            next: 0,
            results: 0,
            citations: 0,
            sources: None,
            text: SipHasher13::new(),
            has_text: false,
            wrong: None,
            is_partial: false,
        }
    }

    /// What was found, if the answer came to a good end and all providers finished.
    pub(crate) fn found(&self) -> Option<Expected> {
        let sources = self.sources.filter(|_| !self.is_partial)?;
        Some(Expected { results: self.results, sources, text: self.text.finish(), citations: self.citations })
    }

    fn require(&mut self, holds: bool, otherwise: &'static str) {
        if !holds {
            self.wrong.get_or_insert(otherwise);
        }
    }

    /// Reads the next event; what the driver is told, and a second chunk where there are two.
    pub(crate) fn read(&mut self, seq: u64, seen: Seen<'_>) -> (Chunk, Option<Chunk>) {
        self.require(seq == self.next, "events out of order");
        self.require(seq > 0 || matches!(seen, Seen::Status), "no status at first");
        self.next = seq + 1;
        let chunk = match seen {
            Seen::Status | Seen::Other => Chunk::Event,
            Seen::Result { score } => {
                self.require(score > 0.0, "a score is not above zero");
                self.results += 1;
                Chunk::Result
            }
            Seen::Revised { score } => {
                self.require(score > 0.0, "a score is not above zero");
                Chunk::Event
            }
            Seen::Sources(digest) => {
                self.sources = Some(digest);
                Chunk::Source
            }
            Seen::Text(text) => {
                self.text.write(text.as_bytes());
                self.has_text |= !text.is_empty();
                Chunk::text(&text)
            }
            Seen::Citation => {
                self.citations += 1;
                Chunk::Event
            }
            Seen::ProviderFailed(kind) => {
                self.is_partial = true;
                Chunk::Warning(kind)
            }
            Seen::End(Ending::Done) => Chunk::End(self.answer()),
            Seen::End(Ending::Failed(kind)) => return (Chunk::Error(kind), Some(Chunk::End(Answer::Unchecked))),
            Seen::End(Ending::Cancelled) => {
                return (Chunk::Error(named("cancelled by the server")), Some(Chunk::End(Answer::Unchecked)));
            }
        };
        (chunk, None)
    }

    /// The verdict about a complete answer. One that lacks a provider is counted by what the provider did, and compared no further.
    fn answer(&mut self) -> Answer {
        if let Some(expected) = self.expected.filter(|_| !self.is_partial) {
            self.require(self.results == expected.results, "results are missing");
            self.require(self.sources == Some(expected.sources), "other sources");
            self.require(self.has_text || expected.text == SipHasher13::new().finish(), "no text");
            self.require(self.text.finish() == expected.text, "another text");
            self.require(self.citations == expected.citations, "other citations");
        }
        match self.wrong {
            Some(what) => Answer::Wrong(Cow::Borrowed(what)),
            None if self.expected.is_none() || self.is_partial => Answer::Unchecked,
            None => Answer::Right,
        }
    }
}

/// A stream of the engine's events as chunks, checked.
pub(crate) struct Checked<S> {
    events: S,
    check: AnswerCheck,
    second: Option<Chunk>,
}

impl<S> Checked<S> {
    pub(crate) fn new(events: S, expected: Option<Arc<Expected>>) -> Self {
        Self { events, check: AnswerCheck::new(expected.as_deref().copied()), second: None }
    }
}

impl<S: Stream<Item = Event> + Unpin> Stream for Checked<S> {
    type Item = Chunk;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Chunk>> {
        let this = &mut *self;
        if let Some(second) = this.second.take() {
            return Poll::Ready(Some(second));
        }
        let Some(event) = ready!(Pin::new(&mut this.events).poll_next(cx)) else { return Poll::Ready(None) };
        let (chunk, second) = this.check.read(event.seq, Seen::of(&event.kind));
        this.second = second;
        Poll::Ready(Some(chunk))
    }
}
