//! What a span has in OpenTelemetry and `tracing` has no place for: a parent in another process, and lists.

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, Context, StringValue, Value};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::trace_parent::TraceParent;

/// Makes a span the child of one in another process. Without effect where no layer of OpenTelemetry is installed.
pub(crate) fn set_parent(span: &Span, parent: TraceParent) {
    let flags = if parent.is_sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let (trace, id) = (TraceId::from(parent.trace), SpanId::from(parent.span));
    let remote = SpanContext::new(trace, id, flags, true, TraceState::default());
    // Fails where the layer is not there, or the span is not recorded.
    let _ = span.set_parent(Context::new().with_remote_span_context(remote));
}

/// Sets an attribute to a list of one text.
pub(crate) fn set_list(span: &Span, name: &'static str, item: &'static str) {
    span.set_attribute(name, Value::Array(Array::String(vec![StringValue::from(item)])));
}
