//! What a client of chat completions asks: its fields, and the query that they are.

use aggregator_core::{Query, QueryError, Turn};
use serde::Deserialize;

use crate::error::ApiError;

/// Most turns that are kept, the last ones: one less than a query has, because the context is one.
const MAX_TURNS: usize = 15;

/// A request to `/v1/chat/completions`. Fields that are not here are not looked at: clients send many.
#[derive(Debug, Deserialize)]
pub(crate) struct ChatRequest {
    pub(crate) model: Option<String>,
    messages: Vec<Message>,
    #[serde(default)]
    pub(crate) stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    /// How many answers.
    #[serde(default)]
    n: Option<u32>,
    #[serde(default)]
    tool_choice: Option<serde_json::Value>,
    /// Ours: whether a list of the cited sources stands below the answer, for clients that show no citations.
    #[serde(default)]
    pub(crate) x_source_list: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Option<Content>,
}

/// A text, or parts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
}

impl ChatRequest {
    pub(crate) fn streams(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    pub(crate) fn includes_usage(&self) -> bool {
        self.stream_options.as_ref().and_then(|options| options.include_usage).unwrap_or(false)
    }

    /// The query: the last message of the user, with the turns before it and the context of the system.
    ///
    /// # Errors
    /// When there is no such message, it has more than text, or something is wanted that this server does not do.
    pub(crate) fn query(&self) -> Result<Query, ApiError> {
        if self.n.is_some_and(|n| n != 1) {
            let what = "n is not 1: one answer is given to a request; send the request again for another one";
            return Err(ApiError::invalid("unsupported_value", what).about("n"));
        }
        if self.tool_choice.as_ref().is_some_and(|choice| choice.is_object() || choice == "required") {
            let what =
                "tool_choice asks for a call of a tool, and this server calls none: leave it out, or set it to none";
            return Err(ApiError::invalid("unsupported_value", what).about("tool_choice"));
        }
        let texts: Vec<(&str, String)> = self
            .messages
            .iter()
            .enumerate()
            .map(|(at, message)| Ok((message.role.as_str(), text(message, at)?)))
            .collect::<Result<_, ApiError>>()?;
        let Some(last) = texts.iter().rposition(|(role, _)| *role == "user") else {
            let what = "there is no message of the role user: send the question as the last message";
            return Err(ApiError::invalid("invalid_messages", what).about("messages"));
        };
        let query = Query::new(texts[last].1.clone()).map_err(|error| of_query(&error))?;
        let mut system = Vec::new();
        let mut turns: Vec<Turn> = Vec::new();
        for (role, text) in texts[..last].iter() {
            match *role {
                "system" | "developer" => system.push(text.as_str()),
                "user" => turns.push(Turn::new(text.as_str())),
                // An answer to nothing, as a greeting, is no turn.
                "assistant" => {
                    if let Some(turn) = turns.pop() {
                        turns.push(turn.with_answer(text.as_str()));
                    }
                }
                _ => {}
            }
        }
        let system = system.join("\n");
        let context = (!system.trim().is_empty()).then(|| Turn::context(system));
        // The context is kept, whatever the length of the chat.
        let kept = turns.split_off(turns.len().saturating_sub(MAX_TURNS));
        Ok(query.with_turns(context.into_iter().chain(kept)))
    }
}

/// The text of a message.
fn text(message: &Message, at: usize) -> Result<String, ApiError> {
    let parts = match &message.content {
        None => return Ok(String::new()),
        Some(Content::Text(text)) => return Ok(text.clone()),
        Some(Content::Parts(parts)) => parts,
    };
    let mut all = Vec::new();
    for part in parts {
        match (part.kind.as_str(), &part.text) {
            ("text" | "input_text" | "output_text" | "refusal", text) => all.push(text.clone().unwrap_or_default()),
            (other, _) => {
                let what =
                    format!("messages[{at}] has a part of the type {other:?}, and only text is read: leave it out");
                return Err(ApiError::invalid("unsupported_content", what).about(format!("messages[{at}].content")));
            }
        }
    }
    Ok(all.join("\n"))
}

/// An error of a query, as a client is told it.
pub(crate) fn of_query(error: &QueryError) -> ApiError {
    let code = match error {
        QueryError::TooLong { .. } => "context_length_exceeded",
        _ => "invalid_query",
    };
    ApiError::invalid(code, error.to_string()).about("messages")
}
