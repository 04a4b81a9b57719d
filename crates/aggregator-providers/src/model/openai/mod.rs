//! Chat completions: the interface of OpenAI, and of the many servers that have it too.

mod parser;
mod request;

pub use parser::OpenAiParser;
pub use request::{OpenAi, TokenLimitField};
