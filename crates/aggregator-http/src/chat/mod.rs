//! `POST /v1/chat/completions`: answers in the form of OpenAI's interface, streamed or whole.

mod answer;
mod chunk;
mod request;
mod task;
mod whole;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};

use crate::body::JsonBody;
use crate::error::ApiError;
use crate::request_log::RequestRecord;
use crate::shared::Shared;
use crate::sse;
use crate::time::unix_seconds;
pub(crate) use answer::SearchResult;
use chunk::{ChunkFrames, Head};
use request::ChatRequest;

/// Answers a chat.
pub(crate) async fn completions(
    State(shared): State<Shared>,
    Extension(record): Extension<Arc<RequestRecord>>,
    JsonBody(request): JsonBody<ChatRequest>,
) -> Result<Response, ApiError> {
    let offer = shared.offer(request.model.as_deref())?;
    let query = request.query()?;
    let head = Head { id: shared.next_id("chatcmpl"), created: unix_seconds(), model: offer.name.clone() };
    let (streams, lists_sources) = (request.streams(), request.x_source_list.unwrap_or(shared.settings.source_list));
    if let Some(text) = task::answer(&query) {
        return Ok(task::response(text, head, streams));
    }
    let events = shared.begin(query, &record, |query| offer.gateway.run(query))?;
    if streams {
        let frames = ChunkFrames::new(head, request.includes_usage(), lists_sources);
        return Ok(sse::response(events, frames, shared.settings.heartbeat));
    }
    let completion = whole::completion(events, head, lists_sources).await?;
    Ok(Json(completion).into_response())
}
