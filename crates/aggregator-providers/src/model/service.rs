//! What is particular of a service.

use aggregator_core::Prompt;
use serde_json::Value;

use super::parse::Parse;

/// What is particular of a service: its requests and its answers. Pure.
pub trait Service: Send + Sync {
    /// Reads the service's answers.
    type Parser: Parse<Decoder: Send + Unpin> + Send + Unpin + 'static;

    /// The path of the request below the base address, without a slash in front.
    fn path(&self) -> &'static str;

    /// Headers of a request besides the key and the type of its body; names in lower case.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The header that has the key, in lower case, and what stands before the key in it.
    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }

    /// The type of a streamed answer.
    fn content_type(&self) -> &'static str;

    /// The body of a request for a text from a prompt, which has at most `max_prompt_tokens`.
    fn body(&self, prompt: &Prompt, max_prompt_tokens: u32) -> Value;

    /// A parser for one answer.
    fn parser(&self) -> Self::Parser;
}
