//! The names that spans, their attributes and those of their events have in OpenTelemetry. No other file has one of them as a text.
//!
//! Those of generative AI, errors and services are of OpenTelemetry's semantic conventions, schema 1.42.0, as in the package
//! `opentelemetry-semantic-conventions` 0.33.1, to which a test compares them. There they are marked as moved to the repository
//! `open-telemetry/semantic-conventions-genai`. The operations and the names of spans, an operation with its workflow, data source
//! or model, are those of its document `docs/gen-ai/gen-ai-spans.md` at 6f98aef; so is that a span covers a call with all of its retries.
//! All of it has the status "development": names may change. What the conventions have no name for begins with `aggregator.`.

/// The target of all spans and events of this crate, by which a subscriber can select them.
pub const TARGET: &str = "aggregator";

/// The version of the conventions.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.42.0";

// How the layer `tracing-opentelemetry` is told what `tracing` has no place for.
pub(crate) const OTEL_NAME: &str = "otel.name";
pub(crate) const OTEL_KIND: &str = "otel.kind";
pub(crate) const OTEL_STATUS: &str = "otel.status_code";
pub(crate) const OTEL_STATUS_DESCRIPTION: &str = "otel.status_description";

/// What is done: one of [`INVOKE_WORKFLOW`], [`RETRIEVAL`] and [`CHAT`].
pub const OPERATION_NAME: &str = "gen_ai.operation.name";
/// A whole query.
pub const INVOKE_WORKFLOW: &str = "invoke_workflow";
/// The name of the span of a query: [`INVOKE_WORKFLOW`] and [`WORKFLOW`].
pub const QUERY_SPAN: &str = "invoke_workflow answer";
/// A call of a search provider.
pub const RETRIEVAL: &str = "retrieval";
/// A call of a language model.
pub const CHAT: &str = "chat";

/// The name of the workflow: always [`WORKFLOW`].
pub const WORKFLOW_NAME: &str = "gen_ai.workflow.name";
/// The only workflow there is: search, then answer.
pub const WORKFLOW: &str = "answer";
/// The search provider, by its name in the engine.
pub const DATA_SOURCE_ID: &str = "gen_ai.data_source.id";
/// The model, by its name in the engine.
pub const REQUEST_MODEL: &str = "gen_ai.request.model";
/// Whether the answer is streamed: always.
pub const REQUEST_STREAM: &str = "gen_ai.request.stream";
/// Time from the call to the first text, in seconds.
pub const TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
/// Why the model ended its text; a list of one.
pub const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
/// Tokens of prompts.
pub const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
/// Tokens of answers.
pub const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
/// What was searched for; only where content is asked for.
pub const RETRIEVAL_QUERY_TEXT: &str = "gen_ai.retrieval.query.text";
/// The kind of the error, if there was one.
pub const ERROR_TYPE: &str = "error.type";
/// The kind of an error for which there is no name.
pub const ERROR_TYPE_OTHER: &str = "_OTHER";

/// How a query or a call ended.
pub const OUTCOME: &str = "aggregator.outcome";
/// What the query asks; only where content is asked for.
pub const QUERY_TEXT: &str = "aggregator.query.text";
/// Why it failed, in the words of the service; only where content is asked for.
pub const ERROR_MESSAGE: &str = "aggregator.error.message";
/// The kind of answer that is wanted.
pub const MODE: &str = "aggregator.mode";
/// Whether the run of another query answered: `cache` or `running`.
pub const REUSED: &str = "aggregator.reused";
/// Events of a query.
pub const EVENTS: &str = "aggregator.events";
/// Results of a query.
pub const RESULTS: &str = "aggregator.results";
/// Hits of a call of a provider.
pub const HITS: &str = "aggregator.hits";
/// Bytes of text of a call of a model.
pub const TEXT_BYTES: &str = "aggregator.text_bytes";
/// Gaps between two events that are longer than [`Observer::stalls_after`](crate::Observer::stalls_after).
pub const STALLS: &str = "aggregator.stalls";
/// Requests to services that were repeated.
pub const RETRIES: &str = "aggregator.retries";
/// The service that a policy acts for; of an event.
pub const SERVICE: &str = "aggregator.service";
/// How often a request was repeated so far, this time included; of an event.
pub const RETRY: &str = "aggregator.retry";
/// Time from the beginning of a query, call or operation to its end by tokio's clock, in seconds.
pub const DURATION: &str = "aggregator.duration";
/// Time from the beginning of the query to its first event, in seconds.
pub const TIME_TO_FIRST_EVENT: &str = "aggregator.time_to_first_event";
/// Time from the beginning of the query, or of the call, to its first result, in seconds.
pub const TIME_TO_FIRST_RESULT: &str = "aggregator.time_to_first_result";
/// Time from the beginning of the query to the first text of its answer, in seconds.
pub const TIME_TO_FIRST_TEXT: &str = "aggregator.time_to_first_text";

/// The name of an operation that an embedder monitors.
pub const OPERATION: &str = "aggregator.operation";
/// Change of the resident memory of the process during an operation, in bytes.
pub const RESIDENT_CHANGE: &str = "aggregator.resident_change";
/// Bytes that the process allocated during an operation.
pub const ALLOCATED_BYTES: &str = "aggregator.allocated_bytes";
/// Whether another operation ran meanwhile, whose memory is in the figures too.
pub const OVERLAPPED: &str = "aggregator.overlapped";
