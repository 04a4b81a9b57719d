//! The request of messages.

use aggregator_core::Prompt;
use serde_json::{Map, Value, json};

use super::AnthropicParser;
use crate::model::service::Service;

/// The service of Anthropic.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Anthropic {
    /// The model's name at the service.
    pub model: String,
    /// Maximum number of tokens of the answer, with those of the thinking; the service demands one.
    pub max_tokens: u32,
    /// Further fields of the request, such as `temperature`. Those that the request has anyway are not replaced.
    pub extra: Map<String, Value>,
}

impl Anthropic {
    /// Makes a service, with at most 2,048 tokens an answer.
    pub fn new(model: impl Into<String>) -> Self {
        Self { model: model.into(), max_tokens: 2_048, extra: Map::new() }
    }
}

impl Service for Anthropic {
    type Parser = AnthropicParser;

    fn path(&self) -> &'static str {
        "messages"
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("x-api-key", "")
    }

    fn content_type(&self) -> &'static str {
        "text/event-stream"
    }

    fn body(&self, prompt: &Prompt, _max_prompt_tokens: u32) -> Value {
        let mut body = self.extra.clone();
        let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
        set("model", json!(self.model));
        set("max_tokens", json!(self.max_tokens));
        set("system", json!(prompt.system));
        set("messages", json!([{"role": "user", "content": prompt.user}]));
        set("stream", json!(true));
        body.into()
    }

    fn parser(&self) -> AnthropicParser {
        AnthropicParser::new()
    }
}
