//! Streams of models: real bytes, and what services may send.

use std::path::Path;

use aggregator_core::{Chunk, FinishReason, ProviderError, ProviderErrorKind, Usage};
use aggregator_providers::model::{AnthropicParser, OllamaParser, OpenAiParser, Parse, Reasoning, chunks};
use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use proptest::prelude::*;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)).expect(name)
}

/// What came of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Answer {
    text: String,
    usages: Vec<Usage>,
    finish: Option<FinishReason>,
    error: Option<ProviderError>,
}

type Pieces = Vec<Result<Bytes, ProviderError>>;

fn items<P: Parse<Decoder: Unpin> + Unpin>(parser: P, pieces: Pieces) -> Vec<Result<Chunk, ProviderError>> {
    let mut stream = chunks(futures::stream::iter(pieces), parser);
    let mut items = Vec::new();
    // `None` is a poll that lets others run.
    while let Some(item) = loop {
        if let Some(item) = stream.next().now_or_never() {
            break item;
        }
    } {
        items.push(item);
    }
    items
}

fn answer_of(items: Vec<Result<Chunk, ProviderError>>) -> Answer {
    let mut answer = Answer::default();
    for item in items {
        assert_eq!(answer.error, None, "an error is the last item");
        match item {
            Ok(Chunk::Text(text)) => {
                assert!(!text.is_empty() && answer.finish.is_none());
                answer.text.push_str(&text);
            }
            Ok(Chunk::Usage(usage)) => answer.usages.push(usage),
            Ok(Chunk::Finish(reason)) => assert_eq!(answer.finish.replace(reason), None),
            Ok(other) => panic!("{other:?}"),
            Err(error) => answer.error = Some(error),
        }
    }
    answer
}

fn read<P: Parse<Decoder: Unpin> + Unpin>(parser: P, body: &[u8]) -> Answer {
    answer_of(items(parser, vec![Ok(Bytes::copy_from_slice(body))]))
}

fn openai(events: &[&str]) -> Answer {
    let body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    read(OpenAiParser::new(Reasoning::Keep), body.as_bytes())
}

fn anthropic(events: &[&str]) -> Answer {
    let body: String = events.iter().map(|event| format!("event: x\ndata: {event}\n\n")).collect();
    read(AnthropicParser::new(), body.as_bytes())
}

fn ollama(lines: &[&str]) -> Answer {
    read(OllamaParser::new(Reasoning::Keep), lines.join("\n").as_bytes())
}

fn complete(text: &str, usages: &[(u64, u64)], finish: FinishReason) -> Answer {
    let usages = usages.iter().map(|&(input, output)| Usage::new(input, output)).collect();
    Answer { text: text.into(), usages, finish: Some(finish), error: None }
}

fn failed(text: &str, kind: ProviderErrorKind, message: &str) -> Answer {
    Answer { text: text.into(), error: Some(ProviderError::new(kind, message)), ..Answer::default() }
}

const MOCK: &str = "Rust 1.0 was released on May 15, 2015 [1]. The language is sponsored by the Rust Foundation [2]. Ünïcode and \
                    🦀 survive.";
const TINY: &str = "A released3🦀l6 language source aAH' Mayerphei of63🦀 [2] Rust [1]";
const TRUNCATED: &str = "the model's stream ended without a finish_reason or [DONE]";

use FinishReason::{Filter, Length, Stop};
use ProviderErrorKind::{BadResponse, RateLimited, Truncated, Unauthorized, Unreachable};

fn real() -> [(&'static str, Answer); 6] {
    [
        ("litellm-stream.sse", complete(MOCK, &[], Stop)),
        ("litellm-stream-usage.sse", complete(MOCK, &[(8, 40)], Stop)),
        ("litellm-stream-short.sse", complete(MOCK, &[(8, 40)], Stop)),
        ("litellm-tool-inline.sse", complete("inline override", &[], Stop)),
        ("llama-stream.sse", complete(TINY, &[(34, 24)], Length)),
        ("llama-stream-short.sse", complete("b'41S isS-a [2]NA", &[(19, 12)], Length)),
    ]
}

#[test]
fn real_streams_are_read() {
    for (name, expected) in real() {
        assert_eq!(read(OpenAiParser::new(Reasoning::Keep), &fixture(name)), expected, "{name}");
        assert_eq!(read(OpenAiParser::new(Reasoning::Remove), &fixture(name)), expected, "{name}");
    }
    let expected = complete("Rust 1.0 is 🦀 of 2015 [1].", &[(125, 1), (125, 15)], Stop);
    assert_eq!(read(AnthropicParser::new(), &fixture("anthropic.sse")), expected);
    let expected = complete("Rust 1.0 is 🦀 of 2015 [1].", &[(26, 282)], Stop);
    assert_eq!(read(OllamaParser::new(Reasoning::Keep), &fixture("ollama.ndjson")), expected);
}

/// Every cut gives the same items, and every end too early is found, with a prefix of the text.
fn cut_everywhere<P: Parse<Decoder: Unpin> + Unpin>(name: &str, parser: impl Fn() -> P) {
    let bytes = Bytes::from(fixture(name));
    let whole = items(parser(), vec![Ok(bytes.clone())]);
    let expected = answer_of(whole.clone());
    assert_eq!(expected.error, None);
    let mut complete_ends = 0;
    for cut in 0..=bytes.len() {
        let pieces = vec![Ok(bytes.slice(..cut)), Ok(bytes.slice(cut..))];
        assert_eq!(items(parser(), pieces), whole, "{name} cut at {cut}");
        let reset = ProviderError::new(ProviderErrorKind::Unreachable, "connection reset");
        let early = answer_of(items(parser(), vec![Ok(bytes.slice(..cut))]));
        let broken = answer_of(items(parser(), vec![Ok(bytes.slice(..cut)), Err(reset.clone())]));
        assert!(expected.text.starts_with(&early.text), "{name} up to {cut}: {early:?}");
        match early.error {
            None => {
                complete_ends += 1;
                assert_eq!((&early.text, early.finish), (&expected.text, expected.finish), "{name} up to {cut}");
            }
            Some(error) => {
                assert_eq!((error.kind, early.finish), (Truncated, None), "{name} up to {cut}");
                assert_eq!(broken.error, Some(reset), "{name}: the body says why");
            }
        }
    }
    assert!(complete_ends > 0 && complete_ends < bytes.len() / 2, "{name}: {complete_ends} of {}", bytes.len());
}

#[test]
fn streams_may_be_cut_and_end_anywhere() {
    // The others have the same events, and are cut where decoders are tested.
    for name in ["litellm-tool-inline.sse", "llama-stream-short.sse"] {
        cut_everywhere(name, || OpenAiParser::new(Reasoning::Keep));
    }
    cut_everywhere("anthropic.sse", AnthropicParser::new);
    cut_everywhere("ollama.ndjson", || OllamaParser::new(Reasoning::Keep));
}

const HI: &str = r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi [1]"},"finish_reason":null}]}"#;
const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

fn finish_of(reason: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"{reason}"}}]}}"#)
}

#[test]
fn the_end_of_chat_completions() {
    assert_eq!(openai(&[HI, STOP, "[DONE]"]), complete("Hi [1]", &[], Stop));
    assert_eq!(openai(&[HI, STOP]), complete("Hi [1]", &[], Stop), "the mark may be missing");
    let no_reason = Answer { text: "Hi [1]".into(), ..Answer::default() };
    assert_eq!(openai(&[HI, "[DONE]"]), no_reason, "the reason may be missing");
    assert_eq!(openai(&[HI]), failed("Hi [1]", Truncated, TRUNCATED));
    assert_eq!(openai(&[]), failed("", Truncated, TRUNCATED));
    assert_eq!(
        openai(&[HI, STOP, "[DONE]", HI, "{"]),
        complete("Hi [1]", &[], Stop),
        "nothing is read behind the mark"
    );
    let last = format!("data: {HI}\n\ndata: {STOP}");
    let read_last = |body: &str| read(OpenAiParser::new(Reasoning::Keep), body.as_bytes());
    assert_eq!(read_last(&last), complete("Hi [1]", &[], Stop), "the last empty line may be missing");
    assert_eq!(read_last(&last[..last.len() - 1]), failed("Hi [1]", Truncated, TRUNCATED));
}

#[test]
fn reasons_of_chat_completions() {
    let ended = |reason: &str| openai(&[HI, &finish_of(reason), "[DONE]"]);
    assert_eq!(ended("length"), complete("Hi [1]", &[], Length));
    assert_eq!(ended("content_filter"), complete("Hi [1]", &[], Filter));
    let no_reason = Answer { text: "Hi [1]".into(), ..Answer::default() };
    assert_eq!(ended(""), no_reason, "an empty reason is none");
    let message = "the model ended its text for a reason that is not known: `tired`";
    assert_eq!(ended("tired"), failed("Hi [1]", BadResponse, message));
    assert_eq!(ended("abort"), failed("Hi [1]", BadResponse, "the model's service broke the text off: `abort`"));
    let message = "the model called a tool instead of answering; none was offered, and none is executed";
    assert_eq!(ended("function_call"), failed("Hi [1]", BadResponse, message));
    let twice = openai(&[HI, STOP, &finish_of("length")]);
    assert_eq!(twice, complete("Hi [1]", &[], Stop), "the first one counts");
}

#[test]
fn usage_of_chat_completions() {
    let usage = |usage: &str| format!(r#"{{"choices":[],"usage":{usage}}}"#);
    let told = |text: &str| openai(&[HI, STOP, &usage(text), "[DONE]"]).usages;
    assert_eq!(told(r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#), [Usage::new(9, 3)]);
    for nothing in ["{}", "null", r#"{"prompt_tokens":null,"completion_tokens":"3"}"#, r#"{"prompt_tokens":-1}"#] {
        assert_eq!(told(nothing), [], "{nothing}");
    }
    assert_eq!(told(r#"{"prompt_tokens":1e300,"completion_tokens":2.0}"#), [Usage::new(u64::MAX, 2)]);
    let each =
        [usage(r#"{"prompt_tokens":9,"completion_tokens":1}"#), usage(r#"{"prompt_tokens":9,"completion_tokens":2}"#)];
    let answer = openai(&[HI, &each[0], &each[0], &each[1], &each[0], STOP]);
    assert_eq!(answer.usages, [Usage::new(9, 1), Usage::new(9, 2)], "told when it grows");
}

#[test]
fn what_is_no_text_is_left_out() {
    let events = [
        "",
        r#"{"choices":[]}"#,
        r#"{"choices":null,"obfuscation":"x","later":{"a":[1]}}"#,
        r#"{}"#,
        r#"{"choices":[{}]}"#,
        r#"{"choices":[{"index":0,"delta":null}]}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"another choice"},"finish_reason":"stop"}]}"#,
        r#"{"choices":[{"delta":{"content":null,"reasoning_content":"hm","reasoning":"hm","annotations":[1]}}]}"#,
        r#"{"choices":[{"delta":{"content":7,"tool_calls":null}}]}"#,
        r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"Hi "},3]}}]}"#,
        r#"{"choices":[{"delta":{"content":"[1]"},"logprobs":{"content":[]}}],"error":null}"#,
        STOP,
    ];
    assert_eq!(openai(&events), complete("Hi [1]", &[], Stop));
}

#[test]
fn a_refusal_is_an_answer_that_was_filtered() {
    let refusal = r#"{"choices":[{"delta":{"refusal":"I cannot."}}]}"#;
    assert_eq!(openai(&[refusal, STOP, "[DONE]"]), complete("I cannot.", &[], Filter));
}

#[test]
fn tools_are_not_executed() {
    let call =
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"web","arguments":""}}]}}]}"#;
    let rest = r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}"#;
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;
    let message = "the model called the tool `web` instead of answering; none was offered, and none is executed";
    let expected = Answer { usages: vec![Usage::new(9, 3)], ..failed("", BadResponse, message) };
    assert_eq!(openai(&[call, rest, &finish_of("tool_calls"), usage, "[DONE]"]), expected, "the usage counts");
    assert_eq!(openai(&[call, STOP, usage]), expected, "whatever the reason says");
    assert_eq!(openai(&[call, usage, "[DONE]"]), expected);
    assert_eq!(openai(&[HI, call, STOP]), complete("Hi [1]", &[], Stop), "there is an answer beside it");
    let block = r#"{"type":"content_block_start","content_block":{"type":"tool_use","name":"web"}}"#;
    let stop = r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#;
    assert_eq!(anthropic(&[block, stop]), failed("", BadResponse, message));
    let call = r#"{"message":{"content":"","tool_calls":[{"function":{"name":"web"}}]},"done":false}"#;
    assert_eq!(ollama(&[call, r#"{"done":true,"done_reason":"stop"}"#]), failed("", BadResponse, message));
}

#[test]
fn errors_in_a_stream_of_chat_completions() {
    let limit = r#"{"error":{"message":"Slow\ndown","type":"rate_limit_error","param":null,"code":null}}"#;
    let expected = failed("Hi [1]", RateLimited, "the model's stream failed, rate_limit_error: Slow down");
    assert_eq!(openai(&[HI, limit, HI, "[DONE]"]), expected);
    let of = |event: &str| openai(&[event]).error.unwrap();
    assert_eq!(of(r#"{"error":"boom"}"#).message(), "the model's stream failed: boom");
    assert_eq!(of(r#"{"error":{}}"#).message(), "the model's stream failed: {}");
    let key = of(r#"{"error":{"message":"Incorrect key sk-abc123","code":"invalid_api_key"}}"#);
    assert_eq!(key.kind, Unauthorized);
    assert_eq!(key.message(), "the model's stream failed, invalid_api_key: Incorrect key [key]");
    let router = of(r#"{"error":{"code":429,"message":"busy"},"choices":[{"finish_reason":"error","delta":{}}]}"#);
    assert_eq!((router.kind, router.message()), (RateLimited, "the model's stream failed: busy"));
    let beside = of(r#"{"object":"error","message":"too long","code":400}"#);
    assert_eq!((beside.kind, beside.message()), (BadResponse, "the model's stream failed: too long"));
}

#[test]
fn a_malformed_event_ends_the_answer_behind_the_text() {
    let answer = openai(&[HI, r#"{"choices":[{"delta":{"con\u001bt"#, STOP]);
    assert_eq!((answer.text.as_str(), answer.finish), ("Hi [1]", None));
    let error = answer.error.unwrap();
    let message = "an event of the model's stream is malformed (EOF while parsing a string at line 1 column 33): \
                   {\"choices\":[{\"delta\":{\"con\\u001bt";
    assert_eq!((error.kind, error.message()), (BadResponse, message));
    let deep = format!("{}{}", r#"{"choices":"#, "[".repeat(100_000));
    for wrong in ["<html>\u{1b}[2J", "null", "[]", "7", r#"{"choices":7}"#, r#"{"choices":[7]}"#, &deep] {
        let error = openai(&[HI, wrong]).error.expect(wrong);
        assert!(error.kind == BadResponse && error.message().len() <= 200, "{error}");
        assert!(error.message().starts_with("an event of the model's stream is malformed ("), "{error}");
        assert!(!error.message().contains(char::is_control), "{error}");
    }
}

#[test]
fn an_endless_line_or_event_ends_the_answer() {
    let body = format!("data: {HI}\n\ndata: {}", "x".repeat(300 << 10));
    let answer = read(OpenAiParser::new(Reasoning::Keep), body.as_bytes());
    assert_eq!(answer, failed("Hi [1]", BadResponse, "the model's stream: a line is longer than 262144 bytes"));
    let body = format!("data: {HI}\n\n{}", format!("data: {}\n", "x".repeat(200 << 10)).repeat(6));
    let answer = read(OpenAiParser::new(Reasoning::Keep), body.as_bytes());
    assert_eq!(answer, failed("Hi [1]", BadResponse, "the model's stream: an event is larger than 1048576 bytes"));
}

#[test]
fn reasoning_in_the_text_is_removed_where_that_is_set() {
    let event = |text: &str| format!(r#"data: {{"choices":[{{"delta":{{"content":"{text}"}}}}]}}"#);
    let body = ["<thi", "nk>hm", "</think>", "\\n\\nYes", " <think>."].map(event).join("\n\n");
    let body = format!("{body}\n\ndata: {STOP}\n\n");
    let of = |reasoning| read(OpenAiParser::new(reasoning), body.as_bytes());
    assert_eq!(of(Reasoning::Remove), complete("Yes <think>.", &[], Stop));
    assert_eq!(of(Reasoning::Keep), complete("<think>hm</think>\n\nYes <think>.", &[], Stop));
    let body = format!("{}\n\n", event(" <th"));
    let cut = read(OpenAiParser::new(Reasoning::Remove), body.as_bytes());
    assert_eq!(cut, failed(" <th", Truncated, TRUNCATED), "what was held back is text after all");
    let body = format!("{}\n\ndata: {{\n\n", event(" <th"));
    assert_eq!(read(OpenAiParser::new(Reasoning::Remove), body.as_bytes()).text, " <th");
}

#[test]
fn the_end_of_messages() {
    let text = r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}}"#;
    let stop = |reason: &str| format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}"}}}}"#);
    let reasons = [
        ("end_turn", Stop),
        ("stop_sequence", Stop),
        ("max_tokens", Length),
        ("model_context_window_exceeded", Length),
        ("pause_turn", Length),
        ("refusal", Filter),
    ];
    for (reason, expected) in reasons {
        assert_eq!(anthropic(&[text, &stop(reason)]), complete("Hi", &[], expected), "{reason}");
    }
    let missing = "the model's stream ended without a stop_reason or message_stop";
    assert_eq!(anthropic(&[text]), failed("Hi", Truncated, missing));
    let unknown = "the model ended its text for a reason that is not known: `bored`";
    assert_eq!(anthropic(&[text, &stop("bored")]), failed("Hi", BadResponse, unknown));
    let only_mark = Answer { text: "Hi".into(), ..Answer::default() };
    assert_eq!(anthropic(&[text, r#"{"type":"message_stop"}"#, text]), only_mark);
}

#[test]
fn events_of_messages() {
    let events = [
        r#"{"type":"ping"}"#,
        r#"{"type":"later","delta":{"type":"text_delta","text":"no"}}"#,
        r#"{"type":"message_start","message":{"usage":{"input_tokens":5,"output_tokens":1}}}"#,
        r#"{"type":"content_block_start","content_block":{"type":"text","text":"Hi"}}"#,
        r#"{"type":"content_block_delta","delta":{"type":"signature_delta","signature":"s"}}"#,
        r#"{"type":"content_block_delta","delta":{"type":"citations_delta","citation":{"title":"t"}}}"#,
        r#"{"type":"content_block_delta","delta":null}"#,
        r#"{"type":"content_block_start","content_block":{"type":"redacted_thinking","data":"x"}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":2}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}"#,
    ];
    assert_eq!(anthropic(&events), complete("Hi", &[(5, 1), (5, 2), (5, 3)], Stop));
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}"#;
    let expected = failed("", Unreachable, "the model's stream failed, overloaded_error: Overloaded");
    assert_eq!(anthropic(&[error]), expected);
}

#[test]
fn the_end_of_ollama() {
    let hi = r#"{"message":{"role":"assistant","content":"Hi","thinking":"hm"},"done":false}"#;
    assert_eq!(ollama(&[hi, "", r#"{"done":true,"done_reason":"length"}"#, "{"]), complete("Hi", &[], Length));
    let old = r#"{"message":null,"done":true,"eval_count":3}"#;
    assert_eq!(ollama(&[hi, old]), complete("Hi", &[(0, 3)], Stop), "an old server gives no reason");
    let missing = "the model's stream ended without a line with `done`";
    assert_eq!(ollama(&[hi]), failed("Hi", Truncated, missing));
    assert_eq!(ollama(&[hi, r#"{"done":tr"#]), failed("Hi", Truncated, missing));
    let error = failed("Hi", BadResponse, "the model's stream failed: llama runner process has terminated");
    assert_eq!(ollama(&[hi, r#"{"error":"llama runner process has terminated"}"#]), error);
    let load = ollama(&[r#"{"done":true,"done_reason":"load"}"#]).error.unwrap();
    assert_eq!(load.message(), "the model was asked for an answer and did another thing: `load`");
}

#[test]
fn a_poll_does_a_bounded_amount_of_work() {
    let body = "data: {}\n\n".repeat(1_000) + &format!("data: {HI}\n\ndata: {STOP}\n\n");
    let mut stream =
        chunks(futures::stream::iter([Ok::<_, ProviderError>(Bytes::from(body))]), OpenAiParser::new(Reasoning::Keep));
    let mut pending = 0;
    while stream.next().now_or_never().is_none() {
        pending += 1;
    }
    assert_eq!(pending, 1_000 / 128, "1,000 events without text are read in eight polls");
}

#[test]
fn the_body_is_dropped_as_soon_as_the_answer_is_complete() {
    let body = format!("data: {HI}\n\ndata: {STOP}\n\ndata: [DONE]\n\n");
    let open = std::sync::Arc::new(());
    let held = std::sync::Arc::clone(&open);
    // The connection stays open behind the end mark.
    let pieces = futures::stream::iter([Ok::<_, ProviderError>(Bytes::from(body))]).chain(futures::stream::pending());
    let mut stream = chunks(pieces.map(move |piece| (piece, &held).0), OpenAiParser::new(Reasoning::Keep));
    let mut items = 0;
    while let Some(item) = stream.next().now_or_never().expect("nothing is waited for behind the end mark") {
        item.unwrap();
        items += 1;
    }
    assert_eq!((items, std::sync::Arc::strong_count(&open)), (2, 1));
}

/// The body of a fuzz target: no parser panics, an error is the last item and short.
fn any_body(body: &[u8]) {
    read(OpenAiParser::new(Reasoning::Remove), body);
    read(AnthropicParser::new(), body);
    read(OllamaParser::new(Reasoning::Remove), body);
}

fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[]".to_owned()),
        Just("true".to_owned()),
        Just("-1e999".to_owned()),
        Just("18446744073709551616".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        "\"(stop|text|error|tool_use|text_delta|message_delta|content_block_delta|load|ü🦀|<think>)\"",
        "[0-9]{1,3}",
    ];
    let key = "(choices|delta|content|index|finish_reason|usage|prompt_tokens|error|message|type|text|stop_reason|tool_calls|\
               function|name|done|done_reason|eval_count|content_block|object|code|refusal)";
    scalar.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key, inner), 0..5).prop_map(|fields| {
                let fields: Vec<String> = fields.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_body_breaks_a_parser(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        any_body(&bytes);
    }

    #[test]
    fn no_json_breaks_a_parser(values in prop::collection::vec(value(), 0..6)) {
        any_body(values.iter().map(|value| format!("data: {value}\n\n")).collect::<String>().as_bytes());
        any_body(values.join("\n").as_bytes());
    }
}
