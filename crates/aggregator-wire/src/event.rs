//! One event of a query.

use aggregator_core::event;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::analysis::Analysis;
use crate::findings::{Contradiction, InterimSummary};
use crate::number::{FiniteF64, SafeInteger};
use crate::outcome::{ModelReport, PageReport, ProviderReport, Usage};
use crate::policy::{PolicyReport, RunOrigin};
use crate::source::{RankedSource, Selection, Source};
use crate::span::Span;
use crate::summary::{CancelReason, ExecutionError, Stage, Summary};
use crate::text::clean;

/// The version of the form. It is in every event, and grows when a reader of the older form would misunderstand the
/// newer: not with new fields, types of events and words, which readers pass over.
pub const SCHEMA: u32 = 1;

/// The number [`SCHEMA`]; an event with any other is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Schema;

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(SCHEMA)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = u64::deserialize(deserializer)?;
        if given != u64::from(SCHEMA) {
            let update = if given > u64::from(SCHEMA) { "reader" } else { "sender" };
            return Err(D::Error::custom(format!(
                "the event has schema {given}, and this program reads schema {SCHEMA}: update the {update}"
            )));
        }
        Ok(Self)
    }
}

/// One event of a query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The version of the form.
    pub schema: Schema,
    /// Position in the stream: 0, 1, 2, … without a gap.
    pub seq: SafeInteger,
    /// Time since the query began.
    pub at_us: SafeInteger,
    /// What happened; its fields are the event's own, with its name as `type`.
    #[serde(flatten)]
    pub kind: EventKind,
}

impl From<&event::Event> for Event {
    fn from(event: &event::Event) -> Self {
        Self {
            schema: Schema,
            seq: SafeInteger::saturating(event.seq),
            at_us: SafeInteger::micros(event.elapsed()),
            kind: (&event.kind).into(),
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    /// A stage begins. The first event of every query.
    Status {
        /// The stage that begins.
        stage: Stage,
    },
    /// What the query is.
    Analysis(Box<Analysis>),
    /// Too many queries run already: this one begins when others have ended.
    Queued {
        /// The number of queries that begin before it.
        ahead: u32,
    },
    /// The events of this query are those of a run of the same query.
    Reused {
        /// Where the run comes from.
        origin: RunOrigin,
        /// Time since the end of the run, if it is from a cache, else since its beginning.
        age_us: SafeInteger,
    },
    /// A policy acts for a provider or a model: a request waits, is repeated, or is not made.
    Policy(PolicyReport),
    /// A provider was asked.
    ProviderStarted {
        /// The provider that was asked.
        provider: String,
    },
    /// A provider finished; exactly once per provider.
    ProviderFinished(ProviderReport),
    /// A page that was not known before.
    Result(ProvisionalResult),
    /// Another provider confirmed a known page.
    ResultRevised(ProvisionalResult),
    /// A summary of the results so far.
    Interim(Box<InterimSummary>),
    /// What a model makes of the results so far.
    PartialSynthesis {
        /// The results that it is about.
        results: u32,
        /// A few sentences, at most 2,048 bytes.
        text: String,
    },
    /// All results are in; this is the final order, and the only pages the answer may cite.
    Sources {
        /// The best results, numbered from 1.
        list: Vec<RankedSource>,
        /// Why each was selected; absent if they are taken by rank.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        selection: Option<Selection>,
    },
    /// A page of one of the best results was read, with any outcome.
    PageRead(PageReport),
    /// Sources that contradict each other.
    Contradictions {
        /// At least one pair.
        list: Vec<Contradiction>,
    },
    /// The next piece of the answer.
    AnswerDelta {
        /// The text; never empty.
        text: String,
    },
    /// The answer cites a source; one event for each number of a marker.
    Citation {
        /// Where the whole marker stands in the concatenated answer: bytes of UTF-8.
        bytes: Span,
        /// Range of the marker in characters (Unicode scalar values) of the concatenated answer.
        chars: Span,
        /// The number of the source.
        number: u32,
        /// The `id` of the cited result.
        id: u32,
    },
    /// The model said what the answer took.
    Usage(Usage),
    /// A model is through; only where several answer.
    ModelFinished(Box<ModelReport>),
    /// The query ended well; last event.
    Done {
        /// What was found and done.
        summary: Box<Summary>,
    },
    /// The query ended badly; last event.
    Failed {
        /// Why.
        error: Box<ExecutionError>,
        /// The error in a sentence.
        message: String,
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
    /// An event that this version does not know.
    #[serde(other)]
    Unknown,
}

/// A result with its provisional rank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvisionalResult {
    /// Number of the result within this query, in order of discovery from 0.
    pub id: u32,
    /// Rank of the result among the results so far, from 1; later results may move it.
    pub rank: u32,
    /// Score of the result so far, a sum of RRF terms, above 0.
    pub score: FiniteF64,
    /// The page as its best-ranked provider shows it.
    pub source: Source,
}

impl EventKind {
    /// Whether this is a last event. One of a type that is not known is none: the newer types of a schema are never
    /// last.
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

/// The `type` that an event has in JSON.
pub fn event_name(kind: &event::EventKind) -> &'static str {
    use event::EventKind as Core;
    match kind {
        Core::Status { .. } => "status",
        Core::Analysis(_) => "analysis",
        Core::Queued { .. } => "queued",
        Core::Reused { .. } => "reused",
        Core::Policy(_) => "policy",
        Core::ProviderStarted { .. } => "provider_started",
        Core::ProviderFinished(_) => "provider_finished",
        Core::Result { .. } => "result",
        Core::ResultRevised { .. } => "result_revised",
        Core::Interim(_) => "interim",
        Core::PartialSynthesis(_) => "partial_synthesis",
        Core::Sources { .. } => "sources",
        Core::PageRead(_) => "page_read",
        Core::Contradictions(_) => "contradictions",
        Core::AnswerDelta { .. } => "answer_delta",
        Core::Citation { .. } => "citation",
        Core::Usage(_) => "usage",
        Core::ModelFinished(_) => "model_finished",
        Core::Done { .. } => "done",
        Core::Failed { .. } => "failed",
        Core::Cancelled { .. } => "cancelled",
        _ => "unknown",
    }
}

impl From<&event::EventKind> for EventKind {
    fn from(kind: &event::EventKind) -> Self {
        use event::EventKind as Core;
        let found = |id: event::ResultId, rank, score, source: &event::Source| ProvisionalResult {
            id: id.0,
            rank,
            score: FiniteF64::nearest(score),
            source: source.into(),
        };
        match kind {
            Core::Status { stage } => Self::Status { stage: (*stage).into() },
            Core::Analysis(analysis) => Self::Analysis(Box::new((&**analysis).into())),
            Core::Queued { ahead } => Self::Queued { ahead: *ahead },
            Core::Reused { origin, age } => {
                Self::Reused { origin: (*origin).into(), age_us: SafeInteger::micros(*age) }
            }
            Core::Policy(report) => Self::Policy((&**report).into()),
            Core::ProviderStarted { provider } => Self::ProviderStarted { provider: provider.to_string() },
            Core::ProviderFinished(report) => Self::ProviderFinished((&**report).into()),
            Core::Result { id, rank, score, source } => Self::Result(found(*id, *rank, *score, source)),
            Core::ResultRevised { id, rank, score, source } => Self::ResultRevised(found(*id, *rank, *score, source)),
            Core::Interim(interim) => Self::Interim(Box::new((&**interim).into())),
            Core::PartialSynthesis(partial) => {
                let event::PartialSynthesis { results, text } = &**partial;
                Self::PartialSynthesis { results: *results, text: text.to_string() }
            }
            Core::Sources { list, selection } => Self::Sources {
                list: list.iter().map(RankedSource::from).collect(),
                selection: selection.as_ref().map(|selection| (&**selection).into()),
            },
            Core::PageRead(report) => Self::PageRead((&**report).into()),
            Core::Contradictions(found) => {
                Self::Contradictions { list: found.iter().map(Contradiction::from).collect() }
            }
            Core::AnswerDelta { text } => Self::AnswerDelta { text: text.to_string() },
            Core::Citation { span, chars, number, id } => {
                Self::Citation { bytes: span.into(), chars: chars.into(), number: *number, id: id.0 }
            }
            Core::Usage(usage) => Self::Usage((*usage).into()),
            Core::ModelFinished(report) => Self::ModelFinished(Box::new((&**report).into())),
            Core::Done { summary } => Self::Done { summary: Box::new((&**summary).into()) },
            Core::Failed { error, partial } => Self::Failed {
                error: Box::new((&**error).into()),
                message: clean(&error.to_string()),
                partial: Box::new((&**partial).into()),
            },
            Core::Cancelled { reason, partial } => {
                Self::Cancelled { reason: (*reason).into(), partial: Box::new((&**partial).into()) }
            }
            _ => Self::Unknown,
        }
    }
}
