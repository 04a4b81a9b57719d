//! Streams of models, one piece for each event: a service sends an event as soon as it has one.

use bytes::Bytes;
use serde_json::Value;

/// Tokens of the prompt that the models tell; those of the answer are its pieces. The mocks' models say the same.
const PROMPT_TOKENS: u64 = 1_200;

/// Chat completions, as OpenAI sends them.
pub(crate) fn openai(texts: &[String]) -> Vec<Bytes> {
    const HEAD: &str = r#"{"id":"chatcmpl-BkR2z1Kc0Yw4vTn8sQeXo5LdJ7uPa","object":"chat.completion.chunk","created":1795880798,"model":"gpt-4.1-mini-2025-04-14","service_tier":"default","system_fingerprint":"fp_44709d6fcb""#;
    let event = |rest: String| Bytes::from(format!("data: {HEAD},{rest}}}\n\n"));
    let delta = |delta: &str, finish: &str| {
        format!(r#""choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null"#)
    };
    let first = event(delta(r#"{"role":"assistant","content":"","refusal":null}"#, "null"));
    let pieces = texts.iter().map(|text| event(delta(&format!(r#"{{"content":{}}}"#, quoted(text)), "null")));
    let (input, output) = (PROMPT_TOKENS, texts.len());
    let total = input + output as u64;
    let usage = format!(
        r#""choices":[],"usage":{{"prompt_tokens":{input},"completion_tokens":{output},"total_tokens":{total},"prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}}"#
    );
    let last = [event(delta("{}", r#""stop""#)), event(usage), Bytes::from_static(b"data: [DONE]\n\n")];
    [first].into_iter().chain(pieces).chain(last).collect()
}

/// Messages, as Anthropic sends them.
pub(crate) fn anthropic(texts: &[String]) -> Vec<Bytes> {
    let event = |name: &str, rest: &str| {
        Bytes::from(format!(
            "event: {name}\ndata: {{\"type\":\"{name}\"{}{rest}}}\n\n",
            if rest.is_empty() { "" } else { "," }
        ))
    };
    let (input, output) = (PROMPT_TOKENS, texts.len());
    let first = [
        event(
            "message_start",
            &format!(
                r#""message":{{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant","model":"claude-sonnet-4","content":[],"stop_reason":null,"stop_sequence":null,"usage":{{"input_tokens":{input},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}}"#
            ),
        ),
        event("content_block_start", r#""index":0,"content_block":{"type":"text","text":""}"#),
        event("ping", ""),
    ];
    let pieces = texts.iter().map(|text| {
        event("content_block_delta", &format!(r#""index":0,"delta":{{"type":"text_delta","text":{}}}"#, quoted(text)))
    });
    let last = [
        event("content_block_stop", r#""index":0"#),
        event(
            "message_delta",
            &format!(
                r#""delta":{{"stop_reason":"end_turn","stop_sequence":null}},"usage":{{"output_tokens":{output}}}"#
            ),
        ),
        event("message_stop", ""),
    ];
    first.into_iter().chain(pieces).chain(last).collect()
}

/// Lines of JSON, as Ollama sends them.
pub(crate) fn ollama(texts: &[String]) -> Vec<Bytes> {
    const HEAD: &str = r#"{"model":"llama3.2","created_at":"2026-11-28T16:00:00.123456789Z""#;
    let line = |text: &str, rest: &str| {
        let text = quoted(text);
        Bytes::from(format!("{HEAD},\"message\":{{\"role\":\"assistant\",\"content\":{text}}},{rest}}}\n"))
    };
    let (input, output) = (PROMPT_TOKENS, texts.len());
    let last = format!(
        r#""done":true,"done_reason":"stop","total_duration":4883583458,"load_duration":1334875,"prompt_eval_count":{input},"prompt_eval_duration":342546000,"eval_count":{output},"eval_duration":4535599000"#
    );
    texts.iter().map(|text| line(text, r#""done":false"#)).chain([line("", &last)]).collect()
}

/// A text as JSON.
fn quoted(text: &str) -> Value {
    text.into()
}
