//! The chat of Ollama.

mod parser;
mod request;

pub use parser::OllamaParser;
pub use request::Ollama;
