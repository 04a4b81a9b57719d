//! The sections `[models.NAME]`: which language models there are.

use aggregator_core::Price;
use aggregator_providers::http::SecretSource;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A language model of a service.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// Which interface the service has.
    pub service: ServiceKind,
    /// The model's name at the service.
    pub model: String,
    /// The address, without the service's own path. Default: that of the company, or of an Ollama on this machine.
    pub base: Option<String>,
    /// Where the key is. Default: `${OPENAI_API_KEY}` or `${ANTHROPIC_API_KEY}` at the address of the company, and none at another.
    pub key: Option<SecretSource>,
    /// Whether the key may be sent unencrypted to another machine: for a network that you trust.
    #[serde(default)]
    pub allow_plain_http_key: bool,
    /// Most tokens of an answer, with those of the reasoning. Default 2,048.
    pub max_tokens: Option<u32>,
    /// Whether what stands between `<think>` and `</think>` at the begin of a text is left out. Not for `anthropic`.
    pub remove_reasoning: Option<bool>,
    /// Whether the service is asked for its usage, which some servers refuse. For `openai` only. Default true.
    pub usage: Option<bool>,
    /// Whether the limit of tokens is named `max_completion_tokens`, as OpenAI's reasoning models want it. For `openai` only.
    pub max_completion_tokens: Option<bool>,
    /// Tokens of prompt and answer that the model is loaded with. For `ollama` only.
    pub context_tokens: Option<u32>,
    /// What tokens cost.
    pub price: Option<PricePerMillion>,
    /// Further fields of the request, such as `temperature`.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

/// An interface of services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceKind {
    /// Chat completions: OpenAI, vLLM, llama.cpp, LiteLLM, Groq and others.
    OpenAi,
    /// Messages of Anthropic.
    Anthropic,
    /// A server of Ollama.
    Ollama,
}

impl ServiceKind {
    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
        }
    }

    /// The address of the company, or of an Ollama on this machine.
    pub fn base(self) -> &'static str {
        match self {
            Self::OpenAi => "https://api.openai.com/v1",
            Self::Anthropic => "https://api.anthropic.com/v1",
            Self::Ollama => "http://127.0.0.1:11434",
        }
    }

    /// Where the key for that address is.
    pub fn key(self) -> Option<SecretSource> {
        match self {
            Self::OpenAi => Some(SecretSource::Variable("OPENAI_API_KEY".into())),
            Self::Anthropic => Some(SecretSource::Variable("ANTHROPIC_API_KEY".into())),
            Self::Ollama => None,
        }
    }
}

/// What a million tokens cost, in dollars.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PricePerMillion {
    /// Of the prompt.
    pub input: f64,
    /// Of the answer.
    pub output: f64,
}

impl PricePerMillion {
    /// The price of a token, in billionths of a dollar; `None` if one is negative, no number, or above $4,000,000.
    pub fn price(self) -> Option<Price> {
        let billionths = |dollars: f64| {
            let billionths = (dollars * 1_000.0).round();
            (0.0..=f64::from(u32::MAX)).contains(&billionths).then_some(billionths as u32)
        };
        Some(Price::new(billionths(self.input)?, billionths(self.output)?))
    }
}
