//! Events: the contract between the engine and the reader of a query.
//!
//! Every query emits, in this order: [`EventKind::Status`]; `Analysis`, if it is analysed; one `ProviderStarted` per provider
//! that is asked; `Result`, `ResultRevised`, `Interim`, `PartialSynthesis` and `ProviderFinished` as providers answer; where
//! pages are read another `Status` and `PageRead` for each; `Sources`, unless all of them failed, and perhaps `Contradictions`; with a model and at least one source another `Status`,
//! then `AnswerDelta`, `Citation`, `Usage` and `ModelFinished`; and exactly one of `Done`, `Failed` and `Cancelled`, last. A
//! query that is cancelled leaves out what was to come, but no provider's `ProviderFinished`. When a policy acts, the
//! engine emits `Policy`. A gateway emits `Queued` for a query that waits for a place, and `Reused` for one that the run of
//! another query answers; both come before the first provider is asked.

#[doc(hidden)]
pub mod names;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::analysis::{Analysis, Suggestion, UnsuitableReason};
use crate::answer::contradictions::Contradiction;
use crate::model::{Cost, FinishReason, Usage};
use crate::policy::PolicyReport;
use crate::provider::{ProviderError, ProviderErrorKind};
use crate::search::patterns::InterimSummary;
use crate::search::select::Selection;

pub use crate::source::{ProviderName, RankedSource, ResultId, Source};
#[allow(deprecated)]
#[doc(hidden)]
pub use crate::text::is_forbidden;
pub use crate::text::{CleanText, is_clean, is_unsafe_char};

/// One event of a query.
#[derive(Clone, PartialEq)]
pub struct Event {
    /// Position in the stream: 0, 1, 2, … without a gap.
    pub seq: u64,
    /// What happened.
    pub kind: EventKind,
    /// Not a `Duration`: copying its 12 bytes right after they were written waits for the store: 5 ns an
    /// event. 584 years are enough.
    elapsed_nanos: u64,
}

impl Event {
    /// Makes an event that was emitted `elapsed` after the first poll of its query.
    #[inline]
    pub fn new(seq: u64, elapsed: Duration, kind: EventKind) -> Self {
        Self { seq, kind, elapsed_nanos: u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX) }
    }

    /// Time from the first poll of the stream to the poll that emitted this event.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed_nanos)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seq, elapsed) = (self.seq, self.elapsed());
        f.debug_struct("Event").field("seq", &seq).field("elapsed", &elapsed).field("kind", &self.kind).finish()
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// A stage begins. The first event of every query, emitted before any provider is asked.
    Status {
        /// The stage that begins.
        stage: Stage,
    },
    /// What the query is; right after the first event, where the engine [analyses](crate::Settings::analysis) queries.
    Analysis(Arc<Analysis>),
    /// Too many queries run already: this one begins when others have ended. Right after the first event, from what
    /// admits queries to an engine.
    Queued {
        /// The number of queries that begin before it.
        ahead: u32,
    },
    /// The events of this query are those of a run of the same query, from what shares runs. Before the first provider, once.
    Reused {
        /// Where the run comes from.
        origin: RunOrigin,
        /// Time since the end of the run, if it is from a cache, else since its beginning.
        age: Duration,
    },
    /// A policy acts for a provider or a model: a request waits, is repeated, or is not made; from what
    /// [has policies](crate::SearchProvider::has_policies).
    Policy(Arc<PolicyReport>),
    /// A provider was asked.
    ProviderStarted {
        /// The provider that was asked.
        provider: ProviderName,
    },
    /// A provider finished, with any outcome; exactly once per provider, also for one that was never asked because the
    /// query was cancelled, or its time was up, before its turn came.
    ProviderFinished(Arc<ProviderReport>),
    /// A page that was not known before.
    Result {
        /// Number of the result within this query, in order of discovery.
        id: ResultId,
        /// Rank of the result among the results so far, from 1; later results may move it.
        rank: u32,
        /// Fused score of the result so far, a sum of RRF terms, above 0; see [`crate::search`].
        score: f64,
        /// The page that was found.
        source: Arc<Source>,
    },
    /// Another provider confirmed a known page.
    ResultRevised {
        /// The result that another provider confirmed.
        id: ResultId,
        /// Rank of the result among the results so far, from 1.
        rank: u32,
        /// Fused score of the result so far, a sum of RRF terms, above 0.
        score: f64,
        /// The page as its best-ranked provider shows it; may differ from what `Result` said.
        source: Arc<Source>,
    },
    /// A summary of the results so far; after every [`Settings::streaming_batch_size`](crate::Settings::streaming_batch_size)
    /// of them, where that is set.
    Interim(Box<InterimSummary>),
    /// What a model makes of the results so far; where [that is asked for](crate::Settings::interim_synthesis). The search goes
    /// on meanwhile, so it may be about fewer results than there are.
    PartialSynthesis(Box<PartialSynthesis>),
    /// All results are in; this is the final order, and the only pages the answer may cite. Emitted with no model too. Where pages
    /// were read, the snippet of a source is what of its page fits the query.
    Sources {
        /// The best results, in final order, numbered from 1.
        list: Arc<[RankedSource]>,
        /// Why each was selected; where they are [selected](crate::Settings::selection) and not taken by rank.
        selection: Option<Arc<Selection>>,
    },
    /// A page of one of the best results was read, with any outcome; once for each page that is read, before `Sources`. Only in an
    /// engine that [reads pages](crate::EngineBuilder::page_reader), and not for pages that are dropped with the query.
    PageRead(Arc<PageReport>),
    /// Frozen sources that contradict each other, at least one pair; right after `Sources`, where the engine
    /// [looks for them](crate::Settings::report_contradictions).
    Contradictions(Box<[Contradiction]>),
    /// The next piece of the answer; never empty, at most [`MAX_DELTA_BYTES`](crate::answer::MAX_DELTA_BYTES).
    AnswerDelta {
        /// Text of the piece.
        text: CleanText,
    },
    /// The answer cites a frozen source, as in `[1]`, `[1, 3-5]`, `【1】` or `[^1]`; one event for each number of a marker.
    /// Follows the delta that completes the marker; where the marker may stand in a code span, the delta that tells that it
    /// does not.
    Citation {
        /// Where the whole marker stands: byte offsets into the concatenated answer.
        span: Range<u32>,
        /// Range of the marker in characters (Unicode scalar values) of the concatenated answer.
        chars: Range<u32>,
        /// The number of the source.
        number: u32,
        /// The result that the answer cites.
        id: ResultId,
    },
    /// A model said what it took. Each of these events has what all models of the answer have told so far, so the last one counts.
    Usage(Usage),
    /// A model finished, with any outcome; only in an ensemble, and not for models that are dropped with the query.
    ModelFinished(Arc<ModelReport>),
    /// The query ended well; last event. Partial failures are in the summary.
    Done {
        /// What was found and done.
        summary: Box<Summary>,
    },
    /// The query ended badly; last event. What was found until then is kept.
    Failed {
        /// Why.
        error: Box<ExecutionError>,
        /// What was found before it failed.
        partial: Box<Summary>,
    },
    /// The query was ended from outside; last event.
    Cancelled {
        /// Who or what ended it.
        reason: CancelReason,
        /// What was found before it ended.
        partial: Box<Summary>,
    },
}

impl EventKind {
    /// Whether this is a last event.
    pub fn is_terminal(&self) -> bool {
        self.summary().is_some()
    }

    /// The summary that a last event carries.
    pub fn summary(&self) -> Option<&Summary> {
        match self {
            Self::Done { summary } => Some(summary),
            Self::Failed { partial, .. } | Self::Cancelled { partial, .. } => Some(partial),
            _ => None,
        }
    }
}

/// Where the events of a query come from that did not run itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunOrigin {
    /// From a run that has ended, out of a cache.
    Cache,
    /// From a run that was under way.
    Running,
}

/// A stage of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Providers are asked.
    Searching,
    /// Pages of the best results are read.
    Reading,
    /// The model writes the answer.
    Answering,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Searching => "searching",
            Self::Reading => "reading",
            Self::Answering => "answering",
        })
    }
}

/// The report of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderReport {
    /// The provider that the report is about.
    pub provider: ProviderName,
    /// How it ended.
    pub outcome: Outcome,
    /// Time from asking it to its end.
    pub latency: Duration,
    /// Hits it yielded in time, used or not.
    pub hits: u32,
}

/// The report of a page that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageReport {
    /// The result whose page it is.
    pub id: ResultId,
    /// How it ended. After `Ok` without bytes the page has no passage that fits the query, and the snippet stays.
    pub outcome: Outcome,
    /// Time from the beginning of the reading to its end.
    pub latency: Duration,
    /// Bytes of the passages that fit the query; they are the snippet of the frozen source.
    pub bytes: u32,
}

/// How a provider ended; exactly one per provider and query.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The provider or the model finished.
    Ok,
    /// The provider gave hits, or the model text, and was then cut short.
    Partial(Truncation),
    /// The provider or the model gave nothing before its time was up.
    Timeout,
    /// The provider or the model gave nothing and failed.
    Error(ProviderError),
    /// The query ended first.
    Cancelled,
    /// The provider gave nothing before others had found enough; see
    /// [`Settings::enough_providers`](crate::Settings::enough_providers).
    Enough,
    /// The provider was not asked, because the query does not suit a search.
    Skipped,
}

/// The reason for which a provider that had given hits, or a model that had given text, did not finish.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Truncation {
    /// The provider had given as many hits as it was asked for, or the model as many bytes, and was stopped there.
    Limit,
    /// The time of the provider or the model was up.
    Timeout,
    /// The providers together had found enough.
    Enough,
    /// The provider or the model failed.
    Error(ProviderError),
}

#[doc(hidden)]
#[deprecated(note = "renamed to `Truncation`")]
pub type Cut = Truncation;

/// What a model makes of the results so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialSynthesis {
    /// The results that it is about.
    pub results: u32,
    /// A few sentences, at most [`MAX_PARTIAL_BYTES`](crate::answer::partial::MAX_PARTIAL_BYTES); no markers.
    pub text: CleanText,
}

/// What a model did for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The model was to write the answer.
    Writer,
    /// The model wrote a draft for the lead.
    Panelist,
    /// The model was to write the answer from the drafts of all.
    Lead,
    /// The model was to say what the results so far show.
    Interim,
}

/// The report of one call of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelReport {
    /// The model that was called.
    pub model: ProviderName,
    /// What it did.
    pub role: Role,
    /// How it ended; the loser of a race is cancelled.
    pub outcome: Outcome,
    /// Time from the beginning of the answer to its first word.
    pub first_text: Option<Duration>,
    /// Bytes of text it gave, used or not.
    pub bytes: u32,
    /// What it counted, or else an estimate: it may charge for what was cancelled.
    pub usage: Usage,
    /// Whether the usage is an estimate, by bytes.
    pub usage_is_estimated: bool,
    /// What that costs, if it has a price.
    pub cost: Option<Cost>,
    /// The sources that its draft cites, in order; of a writer or lead none, whose citations are events.
    pub cited: Box<[u32]>,
}

/// The summary of a query: what was found, and what became of it.
///
/// The figures add up: `yielded = emitted + merged + dropped.total()`, and `yielded` is the sum of all
/// [`ProviderReport::hits`].
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The frozen sources; in a query that ended before they were frozen, the provisional order.
    pub sources: Arc<[RankedSource]>,
    /// How each provider did, in name order.
    pub providers: Box<[Arc<ProviderReport>]>,
    /// What became of the hits.
    pub hits: HitCounts,
    /// What became of the answer; `None` when no model was asked.
    pub answer: Option<AnswerSummary>,
    /// How each call of a model ended, in that order: those for partial syntheses, and those for the answer where several
    /// models answer.
    pub models: Box<[Arc<ModelReport>]>,
}

/// What became of the hits that providers yielded in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HitCounts {
    /// Hits that providers yielded.
    pub yielded: u32,
    /// Hits that became a `Result`.
    pub emitted: u32,
    /// Hits that were merged into a known result.
    pub merged: u32,
    /// Hits that were dropped.
    pub dropped: Dropped,
}

/// Why hits were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// The address is no `http` or `https` URL, is too long, or hides characters.
    pub invalid_url: u32,
    /// The provider had given as many hits as it was asked for.
    pub over_limit: u32,
}

impl Dropped {
    /// All dropped hits.
    pub fn total(&self) -> u32 {
        self.invalid_url + self.over_limit
    }
}

/// What became of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AnswerSummary {
    /// Bytes of text emitted.
    pub bytes: u32,
    /// Deltas emitted.
    pub deltas: u32,
    /// Citations emitted.
    pub citations: u32,
    /// Numbers in markers that named no source in the prompt of the model. They were removed from the text.
    pub invalid_citations: u32,
    /// Whether there was more to say: the text was cut at the limit of
    /// [`Settings::max_answer_bytes`](crate::Settings::max_answer_bytes), by a limit or a filter of the model, or it is a draft whose model was cut short, as
    /// no model of the panel gave a complete one.
    pub truncated: bool,
    /// Why the model ended the text, if it says so.
    pub finish: Option<FinishReason>,
    /// The number of frozen sources, the best first, in the prompt of the model of the answer. Only these can be cited.
    pub shown: u32,
    /// Whether the answer cites at least one source. One that cites none is what the model says by itself, or that the sources
    /// do not answer the question. Whether a source supports what cites it is not checked.
    pub has_citations: bool,
    /// What the models of the answer together counted, or else an estimate: it may have to be paid for what was cancelled,
    /// too. Partial syntheses are apart; [`Summary::usage`] has both.
    pub usage: Usage,
    /// Whether any of that is an estimate, by bytes.
    pub usage_is_estimated: bool,
    /// What that costs, if the models have prices.
    pub cost: Option<Cost>,
}

impl AnswerSummary {
    #[doc(hidden)]
    #[deprecated(note = "renamed to the field `invalid_citations`")]
    pub fn invented(&self) -> u32 {
        self.invalid_citations
    }
}

impl Summary {
    /// What all models together counted, partial syntheses too, or else estimates.
    pub fn usage(&self) -> Usage {
        let answer = self.answer.map(|answer| answer.usage).unwrap_or_default();
        self.interim().map(|report| report.usage).fold(answer, Usage::saturating_add)
    }

    /// What that costs, as far as the models have prices.
    pub fn cost(&self) -> Option<Cost> {
        let answer = self.answer.and_then(|answer| answer.cost);
        self.interim().filter_map(|report| report.cost).chain(answer).reduce(Cost::saturating_add)
    }

    fn interim(&self) -> impl Iterator<Item = &ModelReport> {
        self.models.iter().map(|report| &**report).filter(|report| report.role == Role::Interim)
    }
}

/// The reason for which a query failed while it ran.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExecutionError {
    /// The query does not suit a search; no provider was asked.
    #[error("{reason}: {}", suggested(.suggestions))]
    Unsuitable {
        /// Why not.
        reason: UnsuitableReason,
        /// What could make it better.
        suggestions: Vec<Suggestion>,
    },
    /// No provider gave a result or ended well. The reasons are in the summary.
    #[error("no provider answered: {}", list(.reports))]
    AllProvidersFailed {
        /// How each ended.
        reports: Box<[Arc<ProviderReport>]>,
    },
    /// The model failed. The results are in the summary.
    #[error("the model failed ({0}); the results are kept")]
    Model(ProviderError),
    /// The time of the query was up before the answer was complete.
    #[error("the query's time was up while {stage}; what was found is kept")]
    DeadlineExceeded {
        /// The stage that was cut short.
        stage: Stage,
    },
}

#[doc(hidden)]
#[deprecated(note = "renamed to `ExecutionError`")]
pub type QueryFailure = ExecutionError;

fn suggested(suggestions: &[Suggestion]) -> String {
    suggestions.iter().map(Suggestion::to_string).collect::<Vec<_>>().join(", or ")
}

fn list(reports: &[Arc<ProviderReport>]) -> String {
    let describe = |report: &Arc<ProviderReport>| match &report.outcome {
        Outcome::Error(ProviderError { kind: ProviderErrorKind::Panicked, .. }) => {
            format!("{} panicked", report.provider)
        }
        Outcome::Error(error) => format!("{} {error}", report.provider),
        Outcome::Timeout => format!("{} timed out", report.provider),
        other => format!("{} {other:?}", report.provider),
    };
    reports.iter().map(describe).collect::<Vec<_>>().join("; ")
}

/// The reason for which a query was ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CancelReason {
    /// The person or program that asked.
    Requested,
    /// The process is shutting down.
    Shutdown,
}
