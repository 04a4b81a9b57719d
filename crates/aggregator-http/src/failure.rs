//! What of a query's failure a client is told.

use std::time::Duration;

use aggregator_core::event::{ExecutionError, Outcome};
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
            let wait = reports.iter().filter_map(|report| match &report.outcome {
                Outcome::Error(error) => error.retry_after(),
                _ => None,
            });
            let failed = ApiError::new(StatusCode::BAD_GATEWAY, "all_providers_failed", message);
            match wait.min() {
                Some(wait) => failed.with_retry_after(wait),
                None => failed,
            }
        }
        _ => ApiError::new(StatusCode::BAD_GATEWAY, "model_failed", message),
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
