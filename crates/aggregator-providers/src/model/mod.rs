//! Language models that stream their answer over HTTP.
//!
//! Three services are spoken: [`OpenAi`] (chat completions, which most servers have: vLLM, llama.cpp, LiteLLM, Groq and others),
//! [`Anthropic`] (messages) and [`Ollama`]. Each is two pure parts, the body of a request and a [`Parse`]r of what comes back;
//! [`chunks`] puts a parser behind any stream of bytes, and [`HttpModel`] asks a service.
//!
//! # What becomes of a stream
//! | what the service sends | what the engine gets |
//! |---|---|
//! | text | [`Chunk::Text`] |
//! | reasoning, marked as such | nothing: it is no part of the answer (see [`Reasoning`] for reasoning that is not marked) |
//! | usage, once or in parts | [`Chunk::Usage`] whenever it grows |
//! | the end of the text, with a reason | [`Chunk::Finish`] |
//! | a call of a tool | an error: none was offered and none is executed |
//! | a reason that is not known | an error with the reason: the text may be cut |
//! | an error in the stream | the error, behind the text so far |
//! | something that is not JSON | [`BadResponse`], behind the text so far |
//! | the end of the bytes, without a reason and an end mark | [`Truncated`], behind the text so far |
//! | unknown fields, unknown events, null, empty lists | nothing |
//!
//! [`Chunk::Text`]: aggregator_core::Chunk::Text
//! [`Chunk::Usage`]: aggregator_core::Chunk::Usage
//! [`Chunk::Finish`]: aggregator_core::Chunk::Finish
//! [`BadResponse`]: aggregator_core::ProviderErrorKind::BadResponse
//! [`Truncated`]: aggregator_core::ProviderErrorKind::Truncated

mod anthropic;
mod error;
mod http;
mod json;
mod messages;
mod ollama;
mod openai;
mod parse;
mod rate_headers;
mod reasoning;
mod service;
mod stream;

pub use anthropic::{Anthropic, AnthropicParser};
pub use http::{HttpModel, PromptedModel, Settings};
pub use ollama::{Ollama, OllamaParser};
pub use openai::{OpenAi, OpenAiParser, TokenLimitField};
pub use parse::{Parse, Progress};
pub use reasoning::Reasoning;
pub use service::Service;
pub use stream::{Chunks, chunks};
