//! Outcomes as words, for labels and attributes.

use aggregator_core::event::{ExecutionError, Outcome, Truncation};
use aggregator_core::{ProviderError, ProviderErrorKind};

use crate::names;

/// How a query ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueryEnd {
    /// With its answer or its sources.
    Done,
    /// With an error.
    Failed,
    /// From outside, with a last event.
    Cancelled,
    /// Its stream was dropped before the last event, as when a client is gone.
    Dropped,
    /// It was not begun, because too many run.
    Refused,
}

impl QueryEnd {
    /// The outcome as a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
        }
    }
}

/// The outcome of a call of a provider or a model as a word.
pub fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Partial(_) => "partial",
        Outcome::Timeout => "timeout",
        Outcome::Error(_) => "error",
        Outcome::Cancelled => "cancelled",
        Outcome::Enough => "enough",
        _ => "skipped",
    }
}

/// The kind of the error of an outcome, if there is one.
pub fn error_of(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Timeout | Outcome::Partial(Truncation::Timeout) => Some("timeout"),
        Outcome::Error(error) | Outcome::Partial(Truncation::Error(error)) => Some(error_name(error)),
        _ => None,
    }
}

/// The kind of an error as a word.
pub(crate) fn error_name(error: &ProviderError) -> &'static str {
    match error.kind {
        ProviderErrorKind::Unreachable => "unreachable",
        ProviderErrorKind::Unauthorized => "unauthorized",
        ProviderErrorKind::RateLimited => "rate_limited",
        ProviderErrorKind::BadResponse => "bad_response",
        ProviderErrorKind::Truncated => "truncated",
        ProviderErrorKind::Panicked => "panicked",
        ProviderErrorKind::NotAsked => "not_asked",
        _ => names::ERROR_TYPE_OTHER,
    }
}

/// The kind of the error of a query as a word.
pub(crate) fn execution_error_name(error: &ExecutionError) -> &'static str {
    match error {
        ExecutionError::Unsuitable { .. } => "unsuitable",
        ExecutionError::AllProvidersFailed { .. } => "all_providers_failed",
        ExecutionError::Model(_) => "model",
        ExecutionError::DeadlineExceeded { .. } => "timeout",
        _ => names::ERROR_TYPE_OTHER,
    }
}
