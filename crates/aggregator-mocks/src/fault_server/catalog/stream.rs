//! Streams of a model whose framing is right and whose events are odd: what all three kinds of service have in common.

use std::time::Duration;

use super::super::script::Script;
use super::answer::{Answer, PAUSE, end, end_because, openai, start, text};
use super::entry::{Ending, Entry, Service};
use super::outcome::ExpectedOutcome::{
    Empty, Filtered, Idle, InvalidResponse, LengthLimit, ServiceError, Text, TooLarge, ToolCalls, Total, Truncated,
};

pub(super) fn entries(answer: &Answer) -> Vec<Entry> {
    let service = answer.service;
    let entry = |fault, does, pieces: &[&[Vec<u8>]]| of_pieces(answer, fault, does, &pieces.concat());
    let (start, end) = (start(service), end(service));
    let texts = &answer.pieces[start.len()..answer.pieces.len() - end.len()];
    let error = [error_event(service)];
    let reason = |openai: &'static str, anthropic: &'static str, ollama: &'static str| match service {
        Service::OpenAi => end_because(service, openai),
        Service::Anthropic => end_because(service, anthropic),
        _ => end_because(service, ollama),
    };
    let (long, filtered) =
        (reason("length", "max_tokens", "length"), reason("content_filter", "refusal", "content_filter"));
    let unclosed = [unclosed(service)];
    let bad_json = [framed(service, r#"{"choices": [{"index": 0, "delta": {"content": "#)];
    let wrong_type = [framed(service, "42")];
    let unknown = [framed(service, r#"{"type":"telemetry","latency_ms":5}"#)];
    let head = answer.head(&[("Connection", "close")]);
    let endless = |fault, does, sent: Vec<u8>, every| {
        let script = Script::reading().send([&*head, &start.concat()].concat()).repeat(sent, every);
        Entry::new(service, fault, does, script).ends(Ending::Endless)
    };
    let no_text = text(service, "").repeat(50);
    let mut all = vec![
        entry("error-first", "an error instead of text, with status 200", &[&error]).expect(ServiceError),
        entry(
            "error-in-text",
            "an error after half of the text, and the end of the response",
            &[&start, &texts[..2], &error],
        )
        .expect(ServiceError),
        entry(
            "broken-json",
            "an event in the middle whose JSON is cut",
            &[&start, &texts[..2], &bad_json, &texts[2..], &end],
        ),
        entry(
            "event-of-a-number",
            "an event in the middle that is a number",
            &[&start, &texts[..2], &wrong_type, &texts[2..], &end],
        ),
        entry(
            "unknown-event",
            "an event of an unknown type, between two of text",
            &[&start, &texts[..2], &unknown, &texts[2..], &end],
        )
        .expect(answer.outcome)
        .or(InvalidResponse),
        entry("end-missing", "the whole text, and none of the events that end it", &[&start, texts]).expect(Truncated),
        entry("end-twice", "the events that end an answer, twice", &[&start, texts, &end, &end]).expect(answer.outcome),
        entry("text-after-end", "more text behind the end", &[&start, texts, &end, &[text(service, " More.")]])
            .expect(answer.outcome)
            .or(InvalidResponse),
        entry("no-text", "an answer of no text, that ends in order", &[&start, &end]).expect(Empty),
        entry("too-long", "half of the text, and that it is as long as it may be", &[&start, &texts[..2], &long])
            .expect(LengthLimit),
        entry("tool-call", "a call of a tool, which was not offered, instead of text", &[&tool_call(service)])
            .expect(ToolCalls),
        entry("nothing", "a response of no event", &[]).expect(Truncated).or(InvalidResponse),
        endless("event-unclosed", "an event or a line whose end never comes", unclosed.concat(), Duration::ZERO)
            .expect(TooLarge),
        endless(
            "endless-empty-text",
            "pieces of no text as fast as they are read, without an end",
            no_text,
            Duration::ZERO,
        )
        .expect(TooLarge)
        .or(Total),
    ];
    if service != Service::Ollama {
        let parts = [&start, &texts[..2], &filtered];
        all.push(entry("content-filter", "half of the text, and that the rest is withheld", &parts).expect(Filtered));
        all.extend(event_lines(answer));
        let alive = if service == Service::OpenAi {
            &b": alive\n\n"[..]
        } else {
            b"event: ping\ndata: {\"type\":\"ping\"}\n\n"
        };
        all.push(
            endless("keep-alive-only", "every 5 ms that it is alive, and no text", alive.to_vec(), PAUSE)
                .expect(Total)
                .or(Idle),
        );
    }
    all
}

/// A complete response in chunks, one a piece.
pub(super) fn of_pieces(answer: &Answer, fault: &'static str, does: &'static str, pieces: &[Vec<u8>]) -> Entry {
    // A chunk of 0 bytes would be the last one.
    Entry::new(answer.service, fault, does, Script::answering(answer.chunked(pieces)))
}

/// JSON as one event or line.
pub(super) fn framed(service: Service, json: &str) -> Vec<u8> {
    match service {
        Service::Ollama => format!("{json}\n"),
        _ => format!("data: {json}\n\n"),
    }
    .into_bytes()
}

fn error_event(service: Service) -> Vec<u8> {
    match service {
        Service::OpenAi => framed(
            service,
            concat!(
                r#"{"error":{"message":"The server had an error","type":"server_error","param":null,"#,
                r#""code":null}}"#,
            ),
        ),
        Service::Anthropic => {
            let json = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
            super::answer::anthropic(json)
        }
        _ => framed(service, r#"{"error":"an error was encountered while running the model"}"#),
    }
}

/// Lines without the empty one that ends an event; for Ollama a line without its end.
fn unclosed(service: Service) -> Vec<u8> {
    match service {
        Service::Ollama => b"0123456789".repeat(100),
        _ => b"data: 0123456789\n".repeat(100),
    }
}

fn tool_call(service: Service) -> Vec<Vec<u8>> {
    match service {
        Service::OpenAi => {
            let delta = concat!(
                r#"{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"t1","type":"function","#,
                r#""function":{"name":"search","arguments":"{\"q\":\"trees\"}"}}]}"#,
            );
            [vec![openai(delta, "null")], end_because(service, "tool_calls")].concat()
        }
        Service::Anthropic => {
            let block = [
                concat!(
                    r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","#,
                    r#""name":"search","input":{}}}"#,
                ),
                concat!(
                    r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","#,
                    r#""partial_json":"{\"q\":\"trees\"}"}}"#,
                ),
            ];
            let block = block.map(super::answer::anthropic);
            [&start(service)[..1], &block, &end_because(service, "tool_use")].concat()
        }
        _ => {
            let call = concat!(
                r#""message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"search","#,
                r#""arguments":{"q":"trees"}}}]},"done":false"#,
            );
            [vec![super::answer::ollama(call)], end(service)].concat()
        }
    }
}

/// Everything that the standard of events allows around the same data.
fn event_lines(answer: &Answer) -> Vec<Entry> {
    let plain = String::from_utf8_lossy(&answer.body()).into_owned();
    let entry = |fault, does, body: String| of_pieces(answer, fault, does, &[body.into_bytes()]).expect(answer.outcome);
    let ends_with = |end: &str| plain.replace('\n', end);
    let crlf: Vec<Vec<u8>> = ends_with("\r\n").split_inclusive('\r').map(|piece| piece.as_bytes().to_vec()).collect();
    vec![
        entry("lines-crlf", "lines end with CR LF", ends_with("\r\n")),
        of_pieces(answer, "lines-crlf-split", "lines end with CR LF, and pieces between the two", &crlf)
            .expect(answer.outcome),
        entry("lines-cr", "lines end with CR", ends_with("\r")),
        entry(
            "comments",
            "comments and empty events between the events",
            plain.replace("\n\n", "\n\n: alive\n\n\n:\n\n"),
        ),
        entry("fields", "`id`, `retry` and unknown fields in every event", {
            plain.replace("data: ", "id: 7\nretry: 10000\nx-field: 1\nlonely\ndata: ")
        }),
        entry("no-space", "no space behind the colon", plain.replace("data: ", "data:").replace("event: ", "event:")),
        entry("data-of-two-lines", "data of two lines, which belong together", {
            plain.replace("data: {", "data: {\ndata: ")
        }),
        {
            let cut = plain.trim_end().to_owned();
            // The standard drops an event that no empty line ends.
            entry("no-last-empty-line", "the last event has no empty line behind it", cut).or(Truncated)
        },
    ]
}

/// The same text from bytes that were recorded.
pub(super) fn recorded(
    answer: &Answer,
    fault: &'static str,
    does: &'static str,
    script: Script,
    text: &'static str,
) -> Entry {
    Entry::new(answer.service, fault, does, script).expect(Text(text))
}
