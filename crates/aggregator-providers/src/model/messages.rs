//! The prompt as a list of messages, in the form that chat completions have and Ollama shares.

use aggregator_core::Prompt;
use serde_json::{Value, json};

/// A message with the instructions and one with the question, the earlier turns and the sources.
pub(super) fn system_and_user(prompt: &Prompt) -> Value {
    json!([
        {"role": "system", "content": prompt.system},
        {"role": "user", "content": prompt.user},
    ])
}
