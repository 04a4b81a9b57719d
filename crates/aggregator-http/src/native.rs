//! `POST /v1/query` and `POST /v1/search`: this server's own interface.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::event::EventKind;
use aggregator_core::{Event, Mode, Query, QueryError, Turn};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use futures::StreamExt as _;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use crate::body::JsonBody;
use crate::chat::SearchResult;
use crate::error::ApiError;
use crate::failure;
use crate::request_log::RequestRecord;
use crate::shared::Shared;
use crate::sse::{self, Frames};

/// A query.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryRequest {
    query: String,
    /// The engine that answers, by its name.
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    max_sources: Option<u32>,
    #[serde(default)]
    deadline_ms: Option<u64>,
    /// Earlier turns of the conversation, the first one first.
    #[serde(default)]
    turns: Vec<TurnRequest>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TurnRequest {
    question: String,
    #[serde(default)]
    answer: String,
}

impl QueryRequest {
    fn query(&self) -> Result<Query, ApiError> {
        let mut query = Query::new(self.query.clone()).map_err(|error| invalid(&error, "query"))?;
        if let Some(mode) = &self.mode {
            let mode: Mode = mode.parse().map_err(|error: aggregator_core::answer::mode::UnknownMode| {
                ApiError::invalid("invalid_query", error.to_string()).about("mode")
            })?;
            query = query.with_mode(mode);
        }
        if let Some(max_sources) = self.max_sources {
            query = query.with_max_sources(max_sources).map_err(|error| invalid(&error, "max_sources"))?;
        }
        if let Some(deadline) = self.deadline_ms {
            let deadline = Duration::from_millis(deadline);
            query = query.with_deadline(deadline).map_err(|error| invalid(&error, "deadline_ms"))?;
        }
        let turns = self.turns.iter().map(|turn| Turn::new(turn.question.as_str()).with_answer(turn.answer.as_str()));
        Ok(query.with_turns(turns))
    }
}

fn invalid(error: &QueryError, param: &str) -> ApiError {
    ApiError::invalid("invalid_query", error.to_string()).about(param)
}

/// Each event under its name, with its number.
struct NativeFrames;

impl Frames for NativeFrames {
    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        use std::io::Write as _;
        // Writing to memory does not fail.
        let _ = write!(out, "id: {}\nevent: {}\ndata: ", event.seq, aggregator_wire::event_name(&event.kind));
        // JSON without line breaks is one line of data.
        aggregator_wire::Event::from(event).append_json_line(out);
        out.push(b'\n');
    }
}

/// Streams the events of a query.
pub(crate) async fn query(
    State(shared): State<Shared>,
    Extension(record): Extension<Arc<RequestRecord>>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<QueryRequest>,
) -> Result<Response, ApiError> {
    if let Some(last) = headers.get("last-event-id") {
        let last = last.to_str().unwrap_or("an id");
        let what = format!("the stream after event {last:?} is not kept: send the query again, without Last-Event-ID");
        return Err(ApiError::new(StatusCode::CONFLICT, "stream_not_kept", what));
    }
    let gateway = &shared.offer(request.model.as_deref())?.gateway;
    let events = shared.begin(request.query()?, &record, |query| gateway.run(query))?;
    Ok(sse::response(events, NativeFrames, shared.settings.heartbeat))
}

/// A search.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchRequest {
    query: String,
    #[serde(default)]
    max_results: Option<u32>,
}

#[derive(Serialize)]
struct SearchResponse {
    results: Vec<SearchResult>,
    /// How each provider did.
    providers: Vec<aggregator_wire::ProviderReport>,
}

/// Searches, without an answer.
pub(crate) async fn search(
    State(shared): State<Shared>,
    Extension(record): Extension<Arc<RequestRecord>>,
    JsonBody(request): JsonBody<SearchRequest>,
) -> Result<Response, ApiError> {
    let mut query = Query::new(request.query).map_err(|error| invalid(&error, "query"))?;
    if let Some(max_results) = request.max_results {
        query = query.with_max_sources(max_results).map_err(|_| {
            let what = format!("max_results = {max_results} is not between 1 and {}", Query::MAX_SOURCES);
            ApiError::invalid("invalid_query", what).about("max_results")
        })?;
    }
    let mut events = shared.begin(query, &record, |query| shared.offers.search(query))?;
    while let Some(event) = events.next().await {
        match &event.kind {
            EventKind::Failed { error, .. } => return Err(failure::of_execution(error)),
            EventKind::Cancelled { .. } => return Err(failure::shutdown()),
            EventKind::Done { summary } => {
                let results = summary.sources.iter().map(SearchResult::of).collect();
                let providers = summary.providers.iter().map(|report| (&**report).into()).collect();
                return Ok(Json(SearchResponse { results, providers }).into_response());
            }
            _ => {}
        }
    }
    Err(failure::shutdown())
}
