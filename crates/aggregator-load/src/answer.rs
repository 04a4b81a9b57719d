//! Checks an answer while it streams, and converts its events to the chunks that the driver reads.

use std::borrow::Cow;
use std::hash::Hasher as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aggregator_core::event::{EventKind, ExecutionError, Outcome, RankedSource};
use aggregator_core::{Event, ProviderErrorKind};
use futures::Stream;
use perf_load::{Answer, Chunk, ErrorKind};
use siphasher::sip::SipHasher13;

use crate::error_kinds;
use crate::expectation::{Contains, Expectation, Expected};

/// What is wrong with an answer that lacks a text that the scenario expects.
pub(crate) const TEXT_IS_MISSING: &str = "an expected text is missing";

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
            EventKind::ProviderFinished(report) => Self::provider(of_provider(&report.outcome)),
            EventKind::Done { .. } => Self::End(Ending::Done),
            EventKind::Failed { error, .. } => Self::End(Ending::Failed(of_query(error))),
            EventKind::Cancelled { .. } => Self::End(Ending::Cancelled),
            _ => Self::Other,
        }
    }

    /// A provider that ended, with what went wrong.
    pub(crate) fn provider(failed: Option<ErrorKind>) -> Self {
        failed.map_or(Self::Other, Self::ProviderFailed)
    }
}

/// The kind under which a provider counts that did not end well.
fn of_provider(outcome: &Outcome) -> Option<ErrorKind> {
    match outcome {
        Outcome::Ok => error_kinds::of_provider("ok", None),
        Outcome::Enough => error_kinds::of_provider("enough", None),
        Outcome::Skipped => error_kinds::of_provider("skipped", None),
        Outcome::Error(error) => error_kinds::of_provider("error", Some(word(error.kind))),
        Outcome::Timeout => error_kinds::of_provider("timeout", None),
        Outcome::Cancelled => error_kinds::of_provider("cancelled", None),
        Outcome::Partial(_) => error_kinds::of_provider("partial", None),
        _ => error_kinds::of_provider("unknown", None),
    }
}

/// The kind under which a query counts that failed.
fn of_query(error: &ExecutionError) -> ErrorKind {
    match error {
        ExecutionError::Unsuitable { .. } => error_kinds::of_query("unsuitable", None),
        ExecutionError::AllProvidersFailed { .. } => error_kinds::of_query("all_providers_failed", None),
        ExecutionError::Model(error) => error_kinds::of_query("model", Some(word(error.kind))),
        ExecutionError::DeadlineExceeded { .. } => error_kinds::of_query("deadline_exceeded", None),
        _ => error_kinds::of_query("unknown", None),
    }
}

/// The word of the wire format for the kind of an error.
fn word(kind: ProviderErrorKind) -> &'static str {
    match kind {
        ProviderErrorKind::Unreachable => "unreachable",
        ProviderErrorKind::Unauthorized => "unauthorized",
        ProviderErrorKind::RateLimited => "rate_limited",
        ProviderErrorKind::BadResponse => "bad_response",
        ProviderErrorKind::Truncated => "truncated",
        ProviderErrorKind::Panicked => "panicked",
        ProviderErrorKind::NotAsked => "not_asked",
        _ => "other",
    }
}

/// The checks of one answer.
#[derive(Debug, Clone)]
pub(crate) struct AnswerCheck {
    expectation: Expectation,
    /// The texts that have to occur, and the answer so far where there are some.
    contains: Contains,
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
    pub(crate) fn new(expectation: Expectation) -> Self {
        Self {
            contains: Contains::new(&expectation),
            expectation,
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
                self.contains.read(&text);
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
                let kind = ErrorKind::Other(Cow::Borrowed("cancelled by the server"));
                return (Chunk::Error(kind), Some(Chunk::End(Answer::Unchecked)));
            }
        };
        (chunk, None)
    }

    /// The verdict about a complete answer. One that lacks a provider is counted by what the provider did, and compared no further.
    fn answer(&mut self) -> Answer {
        let complete = self.expectation.complete.as_deref().copied().filter(|_| !self.is_partial);
        let contains = self.contains.holds();
        let min_results = self.expectation.min_results;
        if let Some(expected) = complete {
            self.require(self.results == expected.results, "results are missing");
            self.require(self.sources == Some(expected.sources), "other sources");
            self.require(self.has_text || expected.text == SipHasher13::new().finish(), "no text");
            self.require(self.text.finish() == expected.text, "another text");
            self.require(self.citations == expected.citations, "other citations");
        }
        self.require(self.results >= min_results, "results are missing");
        self.require(contains != Some(false), TEXT_IS_MISSING);
        match self.wrong {
            Some(what) => Answer::Wrong(Cow::Borrowed(what)),
            None if complete.is_some() || contains.is_some() || min_results > 0 => Answer::Right,
            None => Answer::Unchecked,
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
    pub(crate) fn new(events: S, expectation: Expectation) -> Self {
        Self { events, check: AnswerCheck::new(expectation), second: None }
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

#[cfg(all(test, feature = "network"))]
mod tests {
    use std::collections::{BTreeSet, VecDeque};

    use aggregator_core::event::{Stage, Truncation};
    use aggregator_core::{ProviderError, ProviderErrorKind as Kind};
    use aggregator_providers::decode::SseEvent;
    use serde_json::{Value, json};

    use super::*;
    use crate::http::read_event;

    /// What an event of a server counts as.
    fn over_http(name: &str, field: &str, value: impl serde::Serialize) -> Chunk {
        let value: Value = serde_json::to_value(value).unwrap();
        let data = json!({ "schema": 1, "seq": 0, "at_us": 0, "type": name, field: value });
        let event = SseEvent { event: name.to_owned(), data: data.to_string(), ..SseEvent::default() };
        let mut chunks = VecDeque::new();
        read_event(&event, &mut chunks);
        chunks.pop_front().unwrap()
    }

    #[test]
    fn a_failure_counts_as_the_same_kind_here_and_over_http() {
        let errors: Vec<ProviderError> = [
            Kind::Unreachable,
            Kind::Unauthorized,
            Kind::RateLimited,
            Kind::BadResponse,
            Kind::Truncated,
            Kind::Panicked,
            Kind::NotAsked,
            Kind::Other,
        ]
        .map(|kind| ProviderError::new(kind, "said so"))
        .into();
        let mut names = BTreeSet::new();
        let outcomes = [Outcome::Ok, Outcome::Enough, Outcome::Skipped, Outcome::Timeout, Outcome::Cancelled];
        let partial = [Outcome::Partial(Truncation::Limit), Outcome::Partial(Truncation::Error(errors[0].clone()))];
        for outcome in outcomes.into_iter().chain(partial).chain(errors.iter().cloned().map(Outcome::Error)) {
            let here = Seen::provider(of_provider(&outcome));
            let here = AnswerCheck::new(Expectation::default()).read(0, here).0;
            let wire = aggregator_wire::Outcome::from(&outcome);
            assert_eq!(over_http("provider_finished", "outcome", wire), here, "{outcome:?}");
            names.extend(of_provider(&outcome).map(|kind| kind.name()));
        }
        let deadline = ExecutionError::DeadlineExceeded { stage: Stage::Answering };
        let all_failed = ExecutionError::AllProvidersFailed { reports: Box::default() };
        for error in errors.into_iter().map(ExecutionError::Model).chain([deadline, all_failed]) {
            let wire = aggregator_wire::ExecutionError::from(&error);
            assert_eq!(over_http("failed", "error", wire), Chunk::Error(of_query(&error)), "{error:?}");
            names.insert(of_query(&error).name());
        }
        let names: Vec<String> = names.into_iter().collect();
        let expected = [
            "bad-response",
            "connection",
            "deadline-exceeded",
            "failed",
            "no-provider-answered",
            "not-asked",
            "panicked",
            "provider-cancelled",
            "provider-cut-short",
            "provider-timed-out",
            "rate-limited",
            "truncated",
            "unauthorized",
        ];
        assert_eq!(names, expected);
    }
}
