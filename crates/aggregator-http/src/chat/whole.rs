//! A chat completion as one JSON document.

use aggregator_core::Event;
use futures::{Stream, StreamExt as _};
use serde::Serialize;

use super::answer::{Annotation, Answer, End, SearchResult, Tokens};
use super::chunk::Head;
use crate::error::ApiError;

#[derive(Serialize)]
pub(crate) struct Completion {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
    choices: [Choice; 1],
    usage: Tokens,
    search_results: Vec<SearchResult>,
    citations: Vec<String>,
}

#[derive(Serialize)]
struct Choice {
    index: u32,
    message: Message,
    finish_reason: &'static str,
    logprobs: Option<()>,
}

#[derive(Serialize)]
struct Message {
    role: &'static str,
    content: String,
    refusal: Option<()>,
    annotations: Vec<Annotation>,
}

/// Waits for the end of a query, and makes one document of it. Dropping the future ends the query.
///
/// # Errors
/// The query has failed.
pub(crate) async fn completion(
    mut events: impl Stream<Item = Event> + Unpin,
    head: Head,
    lists_sources: bool,
) -> Result<Completion, ApiError> {
    let mut answer = Answer::default();
    let mut end = None;
    while let Some(event) = events.next().await {
        end = answer.add(&event).or(end);
    }
    let finish_reason = match end {
        Some(End::Finished(reason)) => reason,
        Some(End::Failed(error)) => return Err(error),
        None => return Err(crate::failure::shutdown()),
    };
    let mut content = answer.text.clone();
    if lists_sources {
        content.push_str(&answer.source_list());
    }
    let citations = answer.sources.iter().map(|source| source.url.clone()).collect();
    let Head { id, created, model } = head;
    Ok(Completion {
        id,
        object: "chat.completion",
        created,
        model,
        choices: [Choice {
            index: 0,
            message: Message { role: "assistant", content, refusal: None, annotations: answer.annotations },
            finish_reason,
            logprobs: None,
        }],
        usage: answer.usage.unwrap_or_default().into(),
        search_results: answer.sources,
        citations,
    })
}
