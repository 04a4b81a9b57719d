//! The last event of a query: its summary, its failure or its cancellation.

use aggregator_core::event;
use serde::{Deserialize, Serialize};

use crate::analysis::{Suggestion, UnsuitableReason};
use crate::number::SafeInteger;
use crate::outcome::{FinishReason, ModelReport, ProviderError, ProviderReport, Usage, nano_usd};
use crate::source::RankedSource;
use crate::word::words;

/// The summary of a query.
///
/// The figures of its hits add up: `yielded` is the sum of `emitted`, `merged` and all that was dropped, and the sum
/// of all providers' hits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The frozen sources; in a query that ended before they were frozen, the provisional order.
    pub sources: Vec<RankedSource>,
    /// How each provider did, in name order.
    pub providers: Vec<ProviderReport>,
    /// What became of the hits.
    pub hits: HitCounts,
    /// What became of the answer; absent if no model was asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerSummary>,
    /// How each call of a model ended: those for partial syntheses, and those for the answer where several models
    /// answer.
    pub models: Vec<ModelReport>,
    /// What all models together counted, or else estimates; absent if none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What that costs, in billionths of a dollar; absent if no model has a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_nano_usd: Option<SafeInteger>,
}

impl From<&event::Summary> for Summary {
    fn from(summary: &event::Summary) -> Self {
        let event::Summary { sources, providers, hits, answer, models } = summary;
        let asked = answer.is_some() || !models.is_empty();
        Self {
            sources: sources.iter().map(RankedSource::from).collect(),
            providers: providers.iter().map(|report| ProviderReport::from(&**report)).collect(),
            hits: (*hits).into(),
            answer: answer.map(AnswerSummary::from),
            models: models.iter().map(|report| ModelReport::from(&**report)).collect(),
            usage: asked.then(|| summary.usage().into()),
            cost_nano_usd: summary.cost().map(nano_usd),
        }
    }
}

/// What became of the hits that providers yielded in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HitCounts {
    /// Hits that providers yielded.
    pub yielded: u32,
    /// Hits that became a `result`.
    pub emitted: u32,
    /// Hits that were merged into a known result.
    pub merged: u32,
    /// Hits that were dropped.
    pub dropped: Dropped,
}

impl From<event::HitCounts> for HitCounts {
    fn from(hits: event::HitCounts) -> Self {
        let event::HitCounts { yielded, emitted, merged, dropped } = hits;
        let event::Dropped { invalid_url, over_limit } = dropped;
        Self { yielded, emitted, merged, dropped: Dropped { invalid_url, over_limit } }
    }
}

/// Why hits were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dropped {
    /// The address is no `http` or `https` URL, is too long, or hides characters.
    pub invalid_url: u32,
    /// The provider had given as many hits as it was asked for.
    pub over_limit: u32,
}

/// What became of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AnswerSummary {
    /// Bytes of text emitted.
    pub bytes: u32,
    /// Deltas emitted.
    pub deltas: u32,
    /// Citations emitted.
    pub citations: u32,
    /// Numbers in markers that name no source of the model's prompt; they were removed from the text.
    pub invented: u32,
    /// Whether there was more to say.
    pub truncated: bool,
    /// Why the model ended the text; absent if it does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<FinishReason>,
    /// The number of sources, the best first, in the prompt of the model.
    pub shown: u32,
    /// Whether the answer cites at least one source.
    pub has_citations: bool,
    /// What the models of the answer together counted, or else an estimate.
    pub usage: Usage,
    /// Whether any of that is an estimate, by bytes.
    pub usage_is_estimated: bool,
    /// What that costs, in billionths of a dollar; absent if no model of the answer has a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_nano_usd: Option<SafeInteger>,
}

impl From<event::AnswerSummary> for AnswerSummary {
    fn from(answer: event::AnswerSummary) -> Self {
        let event::AnswerSummary {
            bytes,
            deltas,
            citations,
            invalid_citations,
            truncated,
            finish,
            shown,
            has_citations,
            usage,
            usage_is_estimated,
            cost,
        } = answer;
        Self {
            bytes,
            deltas,
            citations,
            invented: invalid_citations,
            truncated,
            finish: finish.map(Into::into),
            shown,
            has_citations,
            usage: usage.into(),
            usage_is_estimated,
            cost_nano_usd: cost.map(nano_usd),
        }
    }
}

/// Why a query failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ExecutionError {
    /// The query does not suit a search; no provider was asked.
    Unsuitable {
        /// Why not.
        reason: UnsuitableReason,
        /// What could make it better.
        suggestions: Vec<Suggestion>,
    },
    /// No provider gave anything, and none ended well.
    AllProvidersFailed {
        /// How each ended.
        reports: Vec<ProviderReport>,
    },
    /// The model failed before the answer was complete.
    Model(ProviderError),
    /// The time of the query was up before the answer was complete.
    DeadlineExceeded {
        /// The stage that was cut short.
        stage: Stage,
    },
    /// A reason that this version does not know.
    #[serde(other)]
    Unknown,
}

impl From<&event::ExecutionError> for ExecutionError {
    fn from(failure: &event::ExecutionError) -> Self {
        match failure {
            event::ExecutionError::Unsuitable { reason, suggestions } => Self::Unsuitable {
                reason: (*reason).into(),
                suggestions: suggestions.iter().map(|&suggestion| suggestion.into()).collect(),
            },
            event::ExecutionError::AllProvidersFailed { reports } => {
                Self::AllProvidersFailed { reports: reports.iter().map(|report| (&**report).into()).collect() }
            }
            event::ExecutionError::Model(error) => Self::Model(error.into()),
            event::ExecutionError::DeadlineExceeded { stage } => Self::DeadlineExceeded { stage: (*stage).into() },
            _ => Self::Unknown,
        }
    }
}

words! {
    /// A stage of a query.
    Stage of aggregator_core::event::Stage {
        /// Providers are asked.
        Searching,
        /// Pages of the best results are read.
        Reading,
        /// The model writes the answer.
        Answering;
        _
    }

    /// Who ended a query early.
    CancelReason of aggregator_core::event::CancelReason {
        /// The person or program that asked.
        Requested,
        /// The process is shutting down.
        Shutdown;
        _
    }
}
