//! The request of Ollama's chat.

use aggregator_core::Prompt;
use serde_json::{Map, Value, json};

use super::OllamaParser;
use crate::model::messages::system_and_user;
use crate::model::reasoning::Reasoning;
use crate::model::service::Service;

/// A server of Ollama.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ollama {
    /// The model's name at the server.
    pub model: String,
    /// Maximum number of tokens of the answer, with those of the thinking.
    pub max_tokens: u32,
    /// Number of tokens of prompt and answer that the model is loaded with. Without it there is room for half as many tokens
    /// again as the prompt may have, because they are estimated, and for the answer. The server's own default is smaller than
    /// a prompt, and it drops the begin of a longer one without a word.
    pub context_tokens: Option<u32>,
    /// What to do with reasoning in the text.
    pub reasoning: Reasoning,
    /// Further fields of the request, such as `think` and `keep_alive`. Those that the request has anyway are not replaced.
    pub extra: Map<String, Value>,
}

impl Ollama {
    /// Makes a server, with at most 2,048 tokens an answer.
    pub fn new(model: impl Into<String>) -> Self {
        let reasoning = Reasoning::default();
        Self { model: model.into(), max_tokens: 2_048, context_tokens: None, reasoning, extra: Map::new() }
    }

    /// The same for each request with the same limit, because the model is loaded anew for another one.
    fn context(&self, max_prompt_tokens: u32) -> u32 {
        self.context_tokens.unwrap_or_else(|| {
            let prompt = max_prompt_tokens.saturating_add(max_prompt_tokens / 2);
            prompt.saturating_add(self.max_tokens).checked_next_multiple_of(1_024).unwrap_or(u32::MAX)
        })
    }
}

impl Service for Ollama {
    type Parser = OllamaParser;

    fn path(&self) -> &'static str {
        "api/chat"
    }

    fn content_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn body(&self, prompt: &Prompt, max_prompt_tokens: u32) -> Value {
        let mut body = self.extra.clone();
        let mut options = match body.remove("options") {
            Some(Value::Object(options)) => options,
            _ => Map::new(),
        };
        options.insert("num_predict".to_owned(), json!(self.max_tokens));
        options.insert("num_ctx".to_owned(), json!(self.context(max_prompt_tokens)));
        let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
        set("options", options.into());
        set("model", json!(self.model));
        set("messages", system_and_user(prompt));
        set("stream", json!(true));
        body.into()
    }

    fn parser(&self) -> OllamaParser {
        OllamaParser::new(self.reasoning)
    }
}
