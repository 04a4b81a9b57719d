//! The stream of messages.

use aggregator_core::{Chunk, ProviderError, Usage};
use serde::Deserialize;
use serde_json::Value;

use crate::decode::{SseDecoder, SseLimits};
use crate::model::error;
use crate::model::json::{self, Count, Text};
use crate::model::parse::{Answer, Parse, Progress, Reason};
use crate::model::reasoning::Reasoning;

/// Reads the stream of messages.
///
/// Input tokens are those that were read anew, those from a cache and those written to one, together.
#[derive(Debug)]
pub struct AnthropicParser {
    answer: Answer,
}

/// All events in one: the name of a field means the same in each.
#[derive(Deserialize)]
struct Event {
    #[serde(default, rename = "type")]
    kind: Text,
    #[serde(default)]
    message: Option<Message>,
    #[serde(default)]
    content_block: Option<Block>,
    #[serde(default)]
    delta: Option<Delta>,
    #[serde(default)]
    usage: Option<Counts>,
    #[serde(default)]
    error: Value,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(default, rename = "type")]
    kind: Text,
    #[serde(default)]
    text: Text,
    #[serde(default)]
    name: Text,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default, rename = "type")]
    kind: Text,
    #[serde(default)]
    text: Text,
    #[serde(default)]
    stop_reason: Text,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    cache_creation_input_tokens: Count,
    #[serde(default)]
    cache_read_input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
}

impl Counts {
    fn usage(&self) -> Usage {
        let cached = self.cache_creation_input_tokens.0.saturating_add(self.cache_read_input_tokens.0);
        Usage::new(self.input_tokens.0.saturating_add(cached), self.output_tokens.0)
    }
}

impl AnthropicParser {
    /// Makes a parser for one answer.
    pub fn new() -> Self {
        Self { answer: Answer::new(Reasoning::Keep) }
    }
}

impl Default for AnthropicParser {
    fn default() -> Self {
        Self::new()
    }
}

fn reason_of(reason: &str) -> Reason {
    match reason {
        "end_turn" | "stop_sequence" => Reason::STOP,
        // A paused turn would go on with another request.
        "max_tokens" | "model_context_window_exceeded" | "pause_turn" => Reason::LENGTH,
        "refusal" => Reason::FILTER,
        "tool_use" => Reason::Tool,
        other => Reason::unknown(other),
    }
}

impl Parse for AnthropicParser {
    type Decoder = SseDecoder;

    fn decoder(&self) -> SseDecoder {
        SseDecoder::new(SseLimits::default())
    }

    fn read(&mut self, event: &str, chunks: &mut Vec<Chunk>) -> Result<Progress, ProviderError> {
        if event.trim().is_empty() {
            return Ok(Progress::More);
        }
        let event: Event = json::parse(event)?;
        let usage = event.usage.or(event.message.and_then(|message| message.usage));
        if let Some(counts) = usage {
            self.answer.usage(counts.usage(), chunks);
        }
        match event.kind.0.as_str() {
            "content_block_start" => match event.content_block {
                Some(block) if block.kind.0 == "text" => self.answer.text(block.text.0, chunks),
                Some(block) if block.kind.0 == "tool_use" => self.answer.tool(&block.name.0),
                _ => {}
            },
            "content_block_delta" => match event.delta {
                Some(delta) if delta.kind.0 == "text_delta" => self.answer.text(delta.text.0, chunks),
                // Thinking, its signature, citations, the arguments of a tool, and what comes one day.
                _ => {}
            },
            "message_delta" => {
                let reason = event.delta.map(|delta| delta.stop_reason.0).unwrap_or_default();
                if !reason.is_empty() {
                    self.answer.finish(reason_of(&reason), chunks);
                }
            }
            "message_stop" => {
                self.answer.mark_end();
                return Ok(Progress::Complete);
            }
            "error" => return Err(error::in_stream(&event.error)),
            _ if !event.error.is_null() => return Err(error::in_stream(&event.error)),
            _ => {}
        }
        Ok(Progress::More)
    }

    fn end(&mut self, chunks: &mut Vec<Chunk>) -> Result<(), ProviderError> {
        self.answer.end("a stop_reason or message_stop", chunks)
    }
}
