//! Outcomes of providers and models.

use aggregator_core::{event, model, provider};
use serde::{Deserialize, Serialize};

use crate::number::SafeInteger;
use crate::word::words;

/// The report of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProviderReport {
    /// The provider that the report is about.
    pub provider: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Time from asking it to its end.
    pub latency_us: SafeInteger,
    /// Hits it yielded in time, used or not.
    pub hits: u32,
}

impl From<&event::ProviderReport> for ProviderReport {
    fn from(report: &event::ProviderReport) -> Self {
        let event::ProviderReport { provider, outcome, latency, hits } = report;
        Self {
            provider: provider.to_string(),
            outcome: outcome.into(),
            latency_us: SafeInteger::micros(*latency),
            hits: *hits,
        }
    }
}

/// The report of a page that was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PageReport {
    /// The `id` of the result whose page it is.
    pub id: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// Time from the beginning of the reading to its end.
    pub latency_us: SafeInteger,
    /// Bytes of the passages that fit the query.
    pub bytes: u32,
}

impl From<&event::PageReport> for PageReport {
    fn from(report: &event::PageReport) -> Self {
        let event::PageReport { id, outcome, latency, bytes } = report;
        Self { id: id.0, outcome: outcome.into(), latency_us: SafeInteger::micros(*latency), bytes: *bytes }
    }
}

/// The report of one call of a model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelReport {
    /// The model that was called.
    pub model: String,
    /// What it did.
    pub role: Role,
    /// How it ended; the loser of a race is cancelled.
    pub outcome: Outcome,
    /// Time from the beginning of the answer to its first word; absent if it gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_text_us: Option<SafeInteger>,
    /// Bytes of text it gave, used or not.
    pub bytes: u32,
    /// What it counted, or else an estimate.
    pub usage: Usage,
    /// Whether the usage is an estimate, by bytes.
    pub usage_is_estimated: bool,
    /// What that costs, in billionths of a dollar; absent if it has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_nano_usd: Option<SafeInteger>,
    /// Numbers of the sources that its draft cites, in order; of a writer or lead none, whose citations are events.
    pub cited: Vec<u32>,
}

impl From<&event::ModelReport> for ModelReport {
    fn from(report: &event::ModelReport) -> Self {
        let event::ModelReport { model, role, outcome, first_text, bytes, usage, usage_is_estimated, cost, cited } =
            report;
        Self {
            model: model.to_string(),
            role: (*role).into(),
            outcome: outcome.into(),
            first_text_us: first_text.map(SafeInteger::micros),
            bytes: *bytes,
            usage: (*usage).into(),
            usage_is_estimated: *usage_is_estimated,
            cost_nano_usd: cost.map(nano_usd),
            cited: cited.to_vec(),
        }
    }
}

/// The billionths of a dollar.
pub(crate) fn nano_usd(cost: model::Cost) -> SafeInteger {
    SafeInteger::saturating(cost.0)
}

/// Tokens, as models counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of prompts.
    pub input_tokens: SafeInteger,
    /// Tokens of answers.
    pub output_tokens: SafeInteger,
}

impl From<model::Usage> for Usage {
    fn from(usage: model::Usage) -> Self {
        let model::Usage { input_tokens, output_tokens, .. } = usage;
        Self {
            input_tokens: SafeInteger::saturating(input_tokens),
            output_tokens: SafeInteger::saturating(output_tokens),
        }
    }
}

words! {
    /// Why a model ended its text.
    FinishReason of aggregator_core::model::FinishReason {
        /// The text is complete.
        Stop,
        /// The text has reached a limit of the model.
        Length,
        /// The model's service withheld the rest.
        Filter,
        /// The text is complete, and says that the sources do not answer the question.
        Unanswered;
        _
    }
}

/// How a provider or a model ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outcome {
    /// The provider or the model finished.
    Ok,
    /// The provider or the model gave output and did not finish.
    Partial {
        /// Why the output is incomplete.
        cut: Truncation,
    },
    /// The provider or the model gave nothing before its time was up.
    Timeout,
    /// The provider or the model gave nothing and failed.
    Error(ProviderError),
    /// The query ended first, or the answer of another model was taken.
    Cancelled,
    /// The provider gave nothing before others had found enough.
    Enough,
    /// The provider was not asked, because the query does not suit a search.
    Skipped,
    /// An ending that this version does not know.
    #[serde(other)]
    Unknown,
}

impl From<&event::Outcome> for Outcome {
    fn from(outcome: &event::Outcome) -> Self {
        match outcome {
            event::Outcome::Ok => Self::Ok,
            event::Outcome::Partial(cut) => Self::Partial { cut: cut.into() },
            event::Outcome::Timeout => Self::Timeout,
            event::Outcome::Error(error) => Self::Error(error.into()),
            event::Outcome::Cancelled => Self::Cancelled,
            event::Outcome::Enough => Self::Enough,
            event::Outcome::Skipped => Self::Skipped,
            _ => Self::Unknown,
        }
    }
}

/// The reason for which a provider or model with partial output did not finish.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Truncation {
    /// The provider or the model reached the limit of its output.
    Limit,
    /// The time of the provider or the model was up.
    Timeout,
    /// The providers together had found enough.
    Enough,
    /// The provider or the model failed.
    Error(ProviderError),
    /// Something that this version does not know.
    #[serde(other)]
    Unknown,
}

impl From<&event::Truncation> for Truncation {
    fn from(cut: &event::Truncation) -> Self {
        match cut {
            event::Truncation::Limit => Self::Limit,
            event::Truncation::Timeout => Self::Timeout,
            event::Truncation::Enough => Self::Enough,
            event::Truncation::Error(error) => Self::Error(error.into()),
            _ => Self::Unknown,
        }
    }
}

/// The error of a provider or a model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProviderError {
    /// What kind of failure it was.
    pub kind: ProviderErrorKind,
    /// A person's explanation, at most 200 bytes.
    pub message: String,
}

impl From<&provider::ProviderError> for ProviderError {
    fn from(error: &provider::ProviderError) -> Self {
        let provider::ProviderError { kind, message, .. } = error;
        Self { kind: (*kind).into(), message: message.to_string() }
    }
}

words! {
    /// What a model did for an answer.
    Role of aggregator_core::event::Role {
        /// The model was to write the answer.
        Writer,
        /// The model wrote a draft for the lead.
        Panelist,
        /// The model was to write the answer from the drafts of all.
        Lead,
        /// The model was to say what the results so far show.
        Interim;
        _
    }

    /// Kinds of failure of a provider or a model.
    ProviderErrorKind of aggregator_core::provider::ProviderErrorKind {
        /// The service could not be reached.
        Unreachable,
        /// The service refused the credentials.
        Unauthorized,
        /// The service asked to come back later.
        RateLimited,
        /// The service answered with something that is no answer.
        BadResponse,
        /// The answer ended in the middle.
        Truncated,
        /// The implementation of the provider or model panicked.
        Panicked,
        /// The service was not asked, because of a limit, or because it has failed again and again.
        NotAsked,
        /// Anything else.
        Other;
        _
    }
}
