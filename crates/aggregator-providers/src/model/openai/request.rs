//! The request of chat completions.

use aggregator_core::Prompt;
use serde_json::{Map, Value, json};

use super::OpenAiParser;
use crate::model::messages::system_and_user;
use crate::model::reasoning::Reasoning;
use crate::model::service::Service;

/// A service with chat completions.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OpenAi {
    /// The model's name at the service.
    pub model: String,
    /// Maximum number of tokens of the answer, with those of the reasoning.
    pub max_tokens: u32,
    /// The name of that limit in the request.
    pub token_limit_field: TokenLimitField,
    /// Whether the service is asked for its usage, which some servers do not know how to tell and refuse.
    pub with_usage: bool,
    /// What to do with reasoning in the text.
    pub reasoning: Reasoning,
    /// Further fields of the request, such as `temperature`. Those that the request has anyway are not replaced.
    pub extra: Map<String, Value>,
}

/// The name of the field that limits an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TokenLimitField {
    /// `max_tokens`, which all compatible servers know.
    #[default]
    MaxTokens,
    /// `max_completion_tokens`, without which OpenAI's own reasoning models refuse a request.
    MaxCompletionTokens,
}

impl OpenAi {
    /// Makes a service that tells its usage, with at most 2,048 tokens an answer.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            max_tokens: 2_048,
            token_limit_field: TokenLimitField::default(),
            with_usage: true,
            reasoning: Reasoning::default(),
            extra: Map::new(),
        }
    }
}

impl Service for OpenAi {
    type Parser = OpenAiParser;

    fn path(&self) -> &'static str {
        "chat/completions"
    }

    fn content_type(&self) -> &'static str {
        "text/event-stream"
    }

    fn body(&self, prompt: &Prompt, _max_prompt_tokens: u32) -> Value {
        let mut body = self.extra.clone();
        let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
        set("model", json!(self.model));
        set("messages", system_and_user(prompt));
        let limit = match self.token_limit_field {
            TokenLimitField::MaxTokens => "max_tokens",
            TokenLimitField::MaxCompletionTokens => "max_completion_tokens",
        };
        set(limit, json!(self.max_tokens));
        set("stream", json!(true));
        if self.with_usage {
            set("stream_options", json!({"include_usage": true}));
        }
        body.into()
    }

    fn parser(&self) -> OpenAiParser {
        OpenAiParser::new(self.reasoning)
    }
}
