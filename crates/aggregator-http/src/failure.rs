//! What of a query's failure a client is told.

use std::time::Duration;

use aggregator_core::event::{ExecutionError, Outcome};
use aggregator_core::{ProviderError, ProviderErrorKind};
use aggregator_gateway::Overloaded;
use http::StatusCode;

use crate::error::ApiError;

/// The error of a query that failed.
pub(crate) fn of_execution(error: &ExecutionError) -> ApiError {
    let message = error.to_string();
    match error {
        ExecutionError::Unsuitable { .. } => ApiError::invalid("unsuitable_query", message).about("messages"),
        ExecutionError::DeadlineExceeded { .. } => {
            ApiError::new(StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded", message)
        }
        ExecutionError::AllProvidersFailed { reports } => {
            let errors = reports.iter().map(|report| match &report.outcome {
                Outcome::Error(error) => Some(error),
                _ => None,
            });
            of_services("all_providers_failed", message, errors)
        }
        ExecutionError::Model(error) => of_services("model_failed", message, std::iter::once(Some(error))),
        _ => ApiError::new(StatusCode::BAD_GATEWAY, "model_failed", message),
    }
}

/// Services have failed. Where all of them only want to be asked later, so does this server.
fn of_services<'a>(
    code: &'static str,
    message: String,
    errors: impl Iterator<Item = Option<&'a ProviderError>> + Clone,
) -> ApiError {
    let is_later =
        |error: &ProviderError| matches!(error.kind, ProviderErrorKind::RateLimited | ProviderErrorKind::NotAsked);
    let status = match errors.clone().all(|error| error.is_some_and(is_later)) {
        true => StatusCode::SERVICE_UNAVAILABLE,
        false => StatusCode::BAD_GATEWAY,
    };
    let failed = ApiError::new(status, code, message);
    match errors.flatten().filter_map(ProviderError::retry_after).min() {
        Some(wait) => failed.with_retry_after(wait),
        None => failed,
    }
}

/// The server ends.
pub(crate) fn shutdown() -> ApiError {
    let what = "the server is shutting down: send the request again";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", what).with_retry_after(Duration::from_secs(1))
}

/// Too many queries run.
pub(crate) fn overloaded(error: &Overloaded) -> ApiError {
    let after = error.retry_after.unwrap_or(Duration::from_secs(1));
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", error.to_string()).with_retry_after(after)
}
