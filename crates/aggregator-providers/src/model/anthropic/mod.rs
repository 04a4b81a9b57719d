//! Messages: the interface of Anthropic.

mod parser;
mod request;

pub use parser::AnthropicParser;
pub use request::Anthropic;
