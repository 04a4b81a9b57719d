//! Chunks of OpenAI's chat completions, as other servers send them too.

use std::borrow::Cow;
use std::collections::VecDeque;

use aggregator_providers::decode::SseEvent;
use perf_load::{Answer, Chunk, ErrorKind};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::response::Parse;
use crate::answer::TEXT_IS_MISSING;
use crate::expectation::{Contains, Expectation};

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
    #[serde(borrow, default)]
    error: Option<Error<'a>>,
    #[serde(default)]
    search_results: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    citations: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, default)]
    delta: Delta<'a>,
}

#[derive(Deserialize, Default)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Error<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
}

/// Reads the chunks of one completion.
pub(super) struct Completion {
    has_sources: bool,
    has_text: bool,
    has_failed: bool,
    contains: Contains,
}

impl Completion {
    pub(super) fn new(expectation: &Expectation) -> Self {
        let contains = Contains::new(expectation);
        Self { has_sources: false, has_text: false, has_failed: false, contains }
    }

    fn answer(&self) -> Answer {
        if !self.has_text && !self.has_failed {
            return Answer::Wrong("no text".into());
        }
        match self.contains.holds() {
            Some(true) => Answer::Right,
            Some(false) => Answer::Wrong(TEXT_IS_MISSING.into()),
            None => Answer::Unchecked,
        }
    }
}

impl Parse for Completion {
    fn read(&mut self, event: &SseEvent, chunks: &mut VecDeque<Chunk>) {
        if event.data == "[DONE]" {
            chunks.push_back(Chunk::End(self.answer()));
            return;
        }
        let Ok(piece) = serde_json::from_str::<Piece<'_>>(&event.data) else {
            chunks.push_back(Chunk::Error(ErrorKind::Protocol));
            return;
        };
        if let Some(error) = piece.error {
            let kind = error.kind.as_deref().unwrap_or("error in the stream").replace('_', " ");
            self.has_failed = true;
            chunks.push_back(Chunk::Error(ErrorKind::Other(kind.into())));
            return;
        }
        let sources = [piece.search_results, piece.citations].into_iter().flatten().any(|list| !list.is_empty());
        if sources && !std::mem::replace(&mut self.has_sources, true) {
            chunks.push_back(Chunk::Source);
        }
        let text = piece.choices.first().and_then(|choice| choice.delta.content.as_deref()).unwrap_or_default();
        if text.is_empty() {
            chunks.push_back(Chunk::Event);
        } else {
            self.has_text = true;
            self.contains.read(text);
            chunks.push_back(Chunk::text(text));
        }
    }
}
