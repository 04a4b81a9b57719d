//! What a client came to, in the words of the table of faults.

use std::error::Error as _;

use aggregator_core::{Chunk, FinishReason, Hit, ProviderError, ProviderErrorKind};
use aggregator_mocks::fault_server::catalog::{ExpectedOutcome as Outcome, TEXT};
use aggregator_providers::decode::DecodeError;
use aggregator_providers::http::HttpError;

/// The outcome of a search.
pub fn of_search(items: &[Result<Hit, ProviderError>]) -> Outcome {
    match items.last() {
        Some(Err(error)) => of_error(error),
        _ => Outcome::Hits(items.len()),
    }
}

/// The outcome of an answer.
pub fn of_answer(items: &[Result<Chunk, ProviderError>]) -> Outcome {
    let (mut text, mut finish) = (String::new(), None);
    for item in items {
        match item {
            Ok(Chunk::Text(piece)) => text.push_str(piece),
            Ok(Chunk::Finish(reason)) => finish = Some(*reason),
            Ok(_) => {}
            Err(error) => return of_error(error),
        }
    }
    match finish {
        Some(FinishReason::Length) => Outcome::LengthLimit,
        Some(FinishReason::Filter) => Outcome::Filtered,
        _ if text.is_empty() => Outcome::Empty,
        // The table has texts by what they are; another one is told apart by this.
        _ if text == TEXT => Outcome::Text(TEXT),
        _ => Outcome::Text(text.leak()),
    }
}

fn of_error(error: &ProviderError) -> Outcome {
    let source = error.source();
    if source.is_some_and(|source| source.is::<DecodeError>()) {
        return Outcome::TooLarge;
    }
    match source.and_then(|source| source.downcast_ref::<HttpError>()) {
        Some(HttpError::Connect { .. } | HttpError::ConnectTimeout { .. }) => Outcome::Connect,
        Some(HttpError::FirstByteTimeout { .. }) => Outcome::FirstByte,
        Some(HttpError::IdleTimeout { .. }) => Outcome::Idle,
        Some(HttpError::TotalTimeout { .. }) => Outcome::Total,
        Some(HttpError::TooLarge { .. } | HttpError::Ratio { .. } | HttpError::HeadersTooLarge { .. }) => {
            Outcome::TooLarge
        }
        Some(HttpError::Truncated { .. }) => Outcome::Truncated,
        Some(HttpError::ContentType { .. }) => Outcome::ContentType,
        Some(HttpError::ContentEncoding { .. }) => Outcome::Encoding,
        Some(HttpError::RedirectRefused { .. }) => Outcome::Redirect,
        Some(HttpError::Status { status, .. }) => match error.kind {
            ProviderErrorKind::RateLimited => Outcome::RateLimited { wait: error.retry_after() },
            ProviderErrorKind::Unauthorized => Outcome::Auth,
            _ if *status >= 500 => Outcome::Unavailable,
            _ => Outcome::Request,
        },
        Some(_) => Outcome::InvalidResponse,
        None => of_message(error),
    }
}

/// Of what was read whole and is no answer.
fn of_message(error: &ProviderError) -> Outcome {
    let says = |part: &str| error.message().contains(part);
    match error.kind {
        ProviderErrorKind::Truncated => Outcome::Truncated,
        _ if says("stream failed") || says("without an answer") => Outcome::ServiceError,
        _ if says("answered with") => Outcome::ContentType,
        _ if says("tool") => Outcome::ToolCalls,
        _ if says("no text") => Outcome::Empty,
        _ => Outcome::InvalidResponse,
    }
}
