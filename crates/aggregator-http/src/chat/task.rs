//! Requests that a front end makes by itself: for the title of a chat, its tags, or what could be asked next.
//!
//! Open WebUI sends them to the model of the chat, as a text that begins with `### Task:` and has the chat between
//! `<chat_history>` tags, and reads JSON of a given form. A search for such a text would find nothing of use and cost as much as a
//! question, so they are answered from the chat itself.

use aggregator_core::Query;
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::json;

use super::chunk::Head;

/// Most words of a title.
const TITLE_WORDS: usize = 6;

/// The answer, if the query is such a request.
pub(crate) fn answer(query: &Query) -> Option<String> {
    let text = query.lines().as_str();
    let history = text.strip_prefix("### Task:")?.split_once("<chat_history>")?.1;
    let wants = |key: &str| text.contains(&format!("\"{key}\""));
    let answer = if wants("title") {
        json!({"title": title(history)})
    } else if wants("tags") {
        json!({"tags": ["General"]})
    } else if wants("follow_ups") {
        json!({"follow_ups": []})
    } else if wants("queries") {
        json!({"queries": []})
    } else {
        json!({"text": ""})
    };
    Some(answer.to_string())
}

/// The first words of the first question.
fn title(history: &str) -> String {
    let first = history.lines().find_map(|line| line.trim().strip_prefix("USER:")).unwrap_or("Chat");
    let mut words: Vec<&str> = first.split_whitespace().take(TITLE_WORDS + 1).collect();
    if words.is_empty() {
        return "Chat".into();
    }
    if words.len() > TITLE_WORDS {
        words[TITLE_WORDS] = "…";
    }
    words.join(" ")
}

/// The answer as a chat completion.
pub(crate) fn response(text: String, head: Head, streams: bool) -> Response {
    let Head { id, created, model } = head;
    let usage = json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0});
    if !streams {
        let message = json!({"role": "assistant", "content": text});
        return Json(json!({
            "id": id, "object": "chat.completion", "created": created, "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage,
        }))
        .into_response();
    }
    let chunk = |delta: serde_json::Value, finish_reason: Option<&str>| {
        let chunk = json!({
            "id": id, "object": "chat.completion.chunk", "created": created, "model": model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
        });
        format!("data: {chunk}\n\n")
    };
    let text = chunk(json!({"role": "assistant", "content": text}), None);
    let mut response = Response::new(Body::from(text + &chunk(json!({}), Some("stop")) + "data: [DONE]\n\n"));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(text: &str) -> Option<String> {
        answer(&Query::new(text).unwrap())
    }

    #[test]
    fn tasks_of_a_front_end_are_answered_and_nothing_else_is() {
        let task = |wants: &str| {
            format!(
                "### Task:\nGenerate.\n### Output:\nJSON: {{ \"{wants}\": \"…\" }}\n### Chat History:\n<chat_history>\n\
                 USER: why is the sky blue in the morning and red later?\nASSISTANT: Light.\n</chat_history>"
            )
        };
        let title = r#"{"title":"why is the sky blue in …"}"#;
        assert_eq!(answered(&task("title")).as_deref(), Some(title));
        assert_eq!(answered(&task("tags")).as_deref(), Some(r#"{"tags":["General"]}"#));
        assert_eq!(answered(&task("follow_ups")).as_deref(), Some(r#"{"follow_ups":[]}"#));
        assert_eq!(answered(&task("queries")).as_deref(), Some(r#"{"queries":[]}"#));
        for question in [
            "what is the title of the chat?",
            "### Task:\nsort a list",
            "### Task:\nis 3 < 4?",
            "a task: <chat_history>",
        ] {
            assert_eq!(answered(question), None, "{question}");
        }
    }
}
