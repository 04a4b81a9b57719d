//! Failures of requests, by their kinds.

use aggregator_providers::http::HttpError;
use perf_load::ErrorKind;

/// The kind of a failed request.
pub(super) fn kind_of(error: &HttpError) -> ErrorKind {
    let other = |what: &'static str| ErrorKind::Other(what.into());
    match error {
        HttpError::Status { status: 429, .. } => ErrorKind::RateLimited,
        HttpError::Status { status: 503, .. } => ErrorKind::Overloaded,
        HttpError::Status { status, .. } => ErrorKind::Status(*status),
        HttpError::Connect { .. } | HttpError::ConnectTimeout { .. } | HttpError::Truncated { .. } => {
            ErrorKind::Connection
        }
        HttpError::Tls { .. } => other("no secure connection"),
        HttpError::RedirectRefused { .. } => other("redirect"),
        HttpError::FirstByteTimeout { .. } | HttpError::IdleTimeout { .. } | HttpError::TotalTimeout { .. } => {
            ErrorKind::Timeout
        }
        HttpError::Request { .. } => other("request cannot be made"),
        _ => ErrorKind::Protocol,
    }
}
