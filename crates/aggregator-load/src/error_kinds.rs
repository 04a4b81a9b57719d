//! The kinds under which failures of queries and providers are counted: one table for the engine in this process and for a server, by
//! the words of the wire format.

use perf_load::ErrorKind;

/// The kind of a provider that did not end well, by its outcome and the kind of its error; `None` if it ended well.
pub(crate) fn of_provider(outcome: &str, error: Option<&str>) -> Option<ErrorKind> {
    Some(match outcome {
        "ok" | "enough" | "skipped" => return None,
        "error" => of_error(error),
        "timeout" => named("provider timed out"),
        "cancelled" => named("provider cancelled"),
        "partial" => named("provider cut short"),
        _ => named("unknown outcome of a provider"),
    })
}

/// The kind of a query that failed, by its error and, where the model failed, the kind of that error.
pub(crate) fn of_query(error: &str, of_model: Option<&str>) -> ErrorKind {
    match error {
        "unsuitable" => named("unsuitable query"),
        "all_providers_failed" => named("no provider answered"),
        "model" => of_error(of_model),
        "deadline_exceeded" => named("deadline exceeded"),
        _ => named("query failed"),
    }
}

/// The kind of the error of a provider or model.
fn of_error(error: Option<&str>) -> ErrorKind {
    match error {
        Some("rate_limited") => ErrorKind::RateLimited,
        Some("unreachable") => ErrorKind::Connection,
        Some("other") | None => named("failed"),
        Some(other) => ErrorKind::Other(other.replace('_', " ").into()),
    }
}

fn named(what: &'static str) -> ErrorKind {
    ErrorKind::Other(what.into())
}
