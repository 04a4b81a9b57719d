//! The spans: what each has from its beginning, and room for what is known at its end.

use std::time::Duration;

use aggregator_core::{ProviderError, Query};
use tracing::Span;
use tracing::field::Empty;

use crate::names;
#[cfg(feature = "otel")]
use crate::otel_span::{set_list, set_parent};
use crate::outcome::error_name;
use crate::trace_parent::TraceParent;

/// The span of a query; `parent` is that of a client.
pub(crate) fn query(query: &Query, content: bool, parent: Option<TraceParent>) -> Span {
    let span = tracing::info_span!(
        target: names::TARGET,
        "query",
        { names::OTEL_NAME } = names::QUERY_SPAN,
        { names::OTEL_KIND } = if parent.is_some() { "server" } else { "internal" },
        { names::OTEL_STATUS } = Empty,
        { names::OTEL_STATUS_DESCRIPTION } = Empty,
        { names::OPERATION_NAME } = names::INVOKE_WORKFLOW,
        { names::WORKFLOW_NAME } = names::WORKFLOW,
        { names::MODE } = tracing::field::display(query.mode()),
        { names::QUERY_TEXT } = content.then(|| query.text().as_str()),
        { names::OUTCOME } = Empty,
        { names::ERROR_TYPE } = Empty,
        { names::ERROR_MESSAGE } = Empty,
        { names::REUSED } = Empty,
        { names::EVENTS } = Empty,
        { names::RESULTS } = Empty,
        { names::STALLS } = Empty,
        { names::RETRIES } = Empty,
        { names::INPUT_TOKENS } = Empty,
        { names::OUTPUT_TOKENS } = Empty,
        { names::DURATION } = Empty,
        { names::TIME_TO_FIRST_EVENT } = Empty,
        { names::TIME_TO_FIRST_RESULT } = Empty,
        { names::TIME_TO_FIRST_TEXT } = Empty,
    );
    #[cfg(feature = "otel")]
    if let Some(parent) = parent {
        set_parent(&span, parent);
    }
    span
}

/// The span of a call of a provider; `text` is what it is to search for.
pub(crate) fn retrieval(provider: &str, text: Option<&str>) -> Span {
    tracing::info_span!(
        target: names::TARGET,
        "retrieval",
        { names::OTEL_NAME } = format_args!("{} {provider}", names::RETRIEVAL),
        { names::OTEL_KIND } = "client",
        { names::OTEL_STATUS } = Empty,
        { names::OTEL_STATUS_DESCRIPTION } = Empty,
        { names::OPERATION_NAME } = names::RETRIEVAL,
        { names::DATA_SOURCE_ID } = provider,
        { names::RETRIEVAL_QUERY_TEXT } = text,
        { names::OUTCOME } = Empty,
        { names::ERROR_TYPE } = Empty,
        { names::ERROR_MESSAGE } = Empty,
        { names::HITS } = Empty,
        { names::DURATION } = Empty,
        { names::TIME_TO_FIRST_RESULT } = Empty,
    )
}

/// The span of a call of a model.
pub(crate) fn chat(model: &str) -> Span {
    tracing::info_span!(
        target: names::TARGET,
        "chat",
        { names::OTEL_NAME } = format_args!("{} {model}", names::CHAT),
        { names::OTEL_KIND } = "client",
        { names::OTEL_STATUS } = Empty,
        { names::OTEL_STATUS_DESCRIPTION } = Empty,
        { names::OPERATION_NAME } = names::CHAT,
        { names::REQUEST_MODEL } = model,
        { names::REQUEST_STREAM } = true,
        { names::OUTCOME } = Empty,
        { names::ERROR_TYPE } = Empty,
        { names::ERROR_MESSAGE } = Empty,
        { names::INPUT_TOKENS } = Empty,
        { names::OUTPUT_TOKENS } = Empty,
        { names::FINISH_REASONS } = Empty,
        { names::TEXT_BYTES } = Empty,
        { names::DURATION } = Empty,
        { names::TIME_TO_FIRST_CHUNK } = Empty,
    )
}

/// The span of an operation that an embedder monitors.
pub(crate) fn operation(name: &str) -> Span {
    tracing::info_span!(
        target: names::TARGET,
        "operation",
        { names::OTEL_NAME } = name,
        { names::OTEL_STATUS } = Empty,
        { names::OPERATION } = name,
        { names::OUTCOME } = Empty,
        { names::ERROR_TYPE } = Empty,
        { names::DURATION } = Empty,
        { names::RESIDENT_CHANGE } = Empty,
        { names::ALLOCATED_BYTES } = Empty,
        { names::OVERLAPPED } = Empty,
    )
}

/// Records a time in seconds, if there is one.
pub(crate) fn record_time(span: &Span, name: &'static str, time: Option<Duration>) {
    if let Some(time) = time {
        span.record(name, time.as_secs_f64());
    }
}

/// Records a count. Signed, because OpenTelemetry has no other whole numbers, and an unsigned one would arrive as text.
pub(crate) fn record_count(span: &Span, name: &'static str, count: impl Into<u64>) {
    span.record(name, i64::try_from(count.into()).unwrap_or(i64::MAX));
}

/// Marks a span as failed. A description of the status is the kind: messages of services may repeat what was asked.
pub(crate) fn record_error(span: &Span, kind: &'static str) {
    span.record(names::ERROR_TYPE, kind);
    span.record(names::OTEL_STATUS, "error");
    span.record(names::OTEL_STATUS_DESCRIPTION, kind);
}

/// The same of the error of a provider or a model, with its message where content is asked for.
pub(crate) fn record_provider_error(span: &Span, error: &ProviderError, content: bool) {
    record_error(span, error_name(error));
    if content {
        span.record(names::ERROR_MESSAGE, error.message());
    }
}

/// Records why a model ended its text. The conventions want a list, which `tracing` has not.
pub(crate) fn record_finish(span: &Span, reason: &'static str) {
    #[cfg(feature = "otel")]
    set_list(span, names::FINISH_REASONS, reason);
    #[cfg(not(feature = "otel"))]
    span.record(names::FINISH_REASONS, reason);
}
