//! The stream of chat completions.

use aggregator_core::{Chunk, FinishReason, ProviderError, Usage};
use serde::Deserialize;
use serde_json::Value;

use crate::decode::{SseDecoder, SseLimits};
use crate::model::error;
use crate::model::json::{self, Count, Text};
use crate::model::parse::{Answer, Parse, Progress, Reason};
use crate::model::reasoning::Reasoning;

/// Reads the stream of chat completions.
///
/// Only the first choice counts. A refusal is text of the answer, which then ends as
/// [`Filter`](aggregator_core::FinishReason::Filter).
#[derive(Debug)]
pub struct OpenAiParser {
    answer: Answer,
    refused: bool,
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<Counts>,
    #[serde(default)]
    error: Value,
    /// `error` in the events of some servers, with the message beside it.
    #[serde(default)]
    object: Text,
    #[serde(default)]
    message: Value,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: Count,
    #[serde(default)]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Text,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    content: Text,
    #[serde(default)]
    refusal: Text,
    #[serde(default)]
    tool_calls: Value,
    #[serde(default)]
    function_call: Value,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default)]
    prompt_tokens: Count,
    #[serde(default)]
    completion_tokens: Count,
}

impl OpenAiParser {
    /// Makes a parser for one answer.
    pub fn new(reasoning: Reasoning) -> Self {
        Self { answer: Answer::new(reasoning), refused: false }
    }

    fn choice(&mut self, choice: Choice, chunks: &mut Vec<Chunk>) {
        if let Some(delta) = choice.delta {
            self.refused |= !delta.refusal.0.is_empty();
            self.answer.text(delta.content.0, chunks);
            self.answer.text(delta.refusal.0, chunks);
            for call in delta.tool_calls.as_array().into_iter().flatten() {
                self.answer.tool(call["function"]["name"].as_str().unwrap_or_default());
            }
            if delta.function_call.is_object() {
                self.answer.tool(delta.function_call["name"].as_str().unwrap_or_default());
            }
        }
        let reason = match choice.finish_reason.0.as_str() {
            "" => return,
            _ if self.refused => Reason::FILTER,
            reason => reason_of(reason),
        };
        self.answer.finish(reason, chunks);
    }
}

fn reason_of(reason: &str) -> Reason {
    match reason {
        "stop" | "eos" | "eos_token" | "stop_sequence" | "end_turn" => Reason::Known(FinishReason::Stop),
        "length" | "max_tokens" | "model_length" => Reason::LENGTH,
        "content_filter" => Reason::FILTER,
        "tool_calls" | "function_call" => Reason::Tool,
        "abort" | "error" => Reason::Failed(format!("the model's service broke the text off: `{reason}`")),
        other => Reason::unknown(other),
    }
}

impl Parse for OpenAiParser {
    type Decoder = SseDecoder;

    fn decoder(&self) -> SseDecoder {
        SseDecoder::new(SseLimits::default())
    }

    fn read(&mut self, event: &str, chunks: &mut Vec<Chunk>) -> Result<Progress, ProviderError> {
        let event = event.trim();
        if event.is_empty() {
            return Ok(Progress::More);
        }
        if event == "[DONE]" {
            self.answer.mark_end();
            return Ok(Progress::Complete);
        }
        let event: Event = json::parse(event)?;
        for choice in event.choices.into_iter().flatten().filter(|choice| choice.index.0 == 0) {
            self.choice(choice, chunks);
        }
        if let Some(counts) = event.usage {
            let usage = Usage::new(counts.prompt_tokens.0, counts.completion_tokens.0);
            self.answer.usage(usage, chunks);
        }
        if !event.error.is_null() {
            return Err(error::in_stream(&event.error));
        }
        if event.object.0 == "error" {
            return Err(error::in_stream(&event.message));
        }
        Ok(Progress::More)
    }

    fn end(&mut self, chunks: &mut Vec<Chunk>) -> Result<(), ProviderError> {
        self.answer.end("a finish_reason or [DONE]", chunks)
    }
}
