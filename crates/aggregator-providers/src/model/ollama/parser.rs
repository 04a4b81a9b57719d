//! The stream of Ollama's chat.

use aggregator_core::{Chunk, ProviderError, Usage};
use serde::Deserialize;
use serde_json::Value;

use crate::decode::{NdjsonDecoder, NdjsonLimits};
use crate::model::error;
use crate::model::json::{self, Count, Text};
use crate::model::parse::{Answer, Parse, Progress, Reason};
use crate::model::reasoning::Reasoning;

/// Reads the stream of Ollama's chat.
#[derive(Debug)]
pub struct OllamaParser {
    answer: Answer,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    message: Option<Message>,
    #[serde(default)]
    done: Option<bool>,
    #[serde(default)]
    done_reason: Text,
    #[serde(default)]
    prompt_eval_count: Count,
    #[serde(default)]
    eval_count: Count,
    #[serde(default)]
    error: Value,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Text,
    #[serde(default)]
    tool_calls: Value,
}

impl OllamaParser {
    /// Makes a parser for one answer.
    pub fn new(reasoning: Reasoning) -> Self {
        Self { answer: Answer::new(reasoning) }
    }
}

fn reason_of(reason: &str) -> Reason {
    match reason {
        // Older servers give none.
        "stop" | "" => Reason::STOP,
        "length" => Reason::LENGTH,
        "load" | "unload" => {
            Reason::Failed(format!("the model was asked for an answer and did another thing: `{reason}`"))
        }
        other => Reason::unknown(other),
    }
}

impl Parse for OllamaParser {
    type Decoder = NdjsonDecoder;

    fn decoder(&self) -> NdjsonDecoder {
        NdjsonDecoder::new(NdjsonLimits::default())
    }

    fn read(&mut self, event: &str, chunks: &mut Vec<Chunk>) -> Result<Progress, ProviderError> {
        let line: Line = json::parse(event)?;
        if !line.error.is_null() {
            return Err(error::in_stream(&line.error));
        }
        if let Some(message) = line.message {
            self.answer.text(message.content.0, chunks);
            for call in message.tool_calls.as_array().into_iter().flatten() {
                self.answer.tool(call["function"]["name"].as_str().unwrap_or_default());
            }
        }
        self.answer.usage(Usage::new(line.prompt_eval_count.0, line.eval_count.0), chunks);
        if line.done != Some(true) {
            return Ok(Progress::More);
        }
        self.answer.finish(reason_of(&line.done_reason.0), chunks);
        Ok(Progress::Complete)
    }

    fn end(&mut self, chunks: &mut Vec<Chunk>) -> Result<(), ProviderError> {
        self.answer.end("a line with `done`", chunks)
    }
}
