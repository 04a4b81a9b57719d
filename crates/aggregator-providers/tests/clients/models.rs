//! Requests of models, responses that are no answer, and a model over scripted responses.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::{
    AnswerRequest, Chunk, FinishReason, LanguageModel, Price, ProviderError, ProviderErrorKind, Query, Usage,
};
use aggregator_providers::http::{Limits, Secret};
use aggregator_providers::model::{Anthropic, HttpModel, Ollama, OpenAi, Service, Settings, TokenLimitField};
use bytes::Bytes;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::scripted::{Script, Step};

use ProviderErrorKind::{BadResponse, Other, RateLimited, Truncated, Unauthorized, Unreachable};

const CANARY: &str = "canary-0815-4711";

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)).expect(name)
}

fn request() -> AnswerRequest {
    let query = Query::new("when was Rust 1.0 released?").unwrap();
    AnswerRequest::new(Arc::new(query), Arc::new([]), Instant::now() + Duration::from_secs(60))
}

#[tokio::test(start_paused = true)]
async fn real_errors_are_told() {
    let cases = [
        (
            "litellm-err-400.json",
            500,
            BadResponse,
            "HTTP 500: Router.acompletion() missing 1 required positional argument: 'messages'",
        ),
        (
            "litellm-err-401.json",
            401,
            Unauthorized,
            "the key was refused: check KEY (HTTP 401, auth_error: Authentication Error, No api key passed in.)",
        ),
        (
            "litellm-err-badjson.json",
            400,
            Other,
            "HTTP 400, invalid_request_error: Invalid JSON payload: unexpected end of data: line 1 column 10 (char 9)",
        ),
        (
            "litellm-err-mock-429.json",
            429,
            RateLimited,
            "HTTP 429, throttling_error: litellm.RateLimitError: this is a mock rate limit error. Received Model Group=mock-429 \
             Available Model Group Fallbacks=None",
        ),
        (
            "litellm-err-mock-500.json",
            500,
            BadResponse,
            "HTTP 500: litellm.InternalServerError: this is a mock internal server error. Received Model Group=mock-500 \
             Available Model Group Fallbacks=None",
        ),
        (
            "litellm-err-no-such.json",
            400,
            Other,
            "HTTP 400: {'error': '/chat/completions: Invalid model name passed in model=no-such. Call `/v1/models` to view \
             available models for your key.'}",
        ),
        (
            "llama-err-ctx.json",
            400,
            Other,
            "HTTP 400, exceed_context_size_error: request (20017 tokens) exceeds the available context size (1024 tokens), try \
             increasing it",
        ),
        ("llama-err-nomsg.json", 400, Other, "HTTP 400, invalid_request_error: 'messages' is required"),
    ];
    for (name, status, kind, message) in cases {
        assert_eq!(refusal(status, fixture(name)).await, named(kind, message), "{name}");
    }
    for name in ["litellm-err-mock-ctx.json", "llama-err-badjson.json"] {
        let error = refusal(400, fixture(name)).await;
        assert!(error.message().starts_with("m: HTTP 400") && (150..=200).contains(&error.message().len()), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_of_other_shapes_are_told() {
    let cases = [
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Unreachable,
            "HTTP 529, overloaded_error: Overloaded",
        ),
        (
            404,
            r#"{"error":"model \"m\" not found, try pulling it first"}"#,
            BadResponse,
            "HTTP 404: model \"m\" not found, try pulling it first",
        ),
        (404, r#"{"detail":"Not Found"}"#, BadResponse, "HTTP 404: Not Found"),
        (422, r#"{"detail":[{"loc":["body"],"msg":"Field required"}]}"#, Other, "HTTP 422: Field required"),
        (
            400,
            r#"{"object":"error","message":"too long","type":"BadRequestError","code":400}"#,
            Other,
            "HTTP 400, BadRequestError: too long",
        ),
        (400, r#"{"error":{"message":null,"code":7}}"#, Other, r#"HTTP 400: {"code":7,"message":null}"#),
        (502, "<html><body>Bad gateway</body></html>", Unreachable, "HTTP 502: a page of HTML instead of a message"),
        (503, " upstream\u{1b}[31m gone\n", Unreachable, "HTTP 503: upstream[31m gone"),
        (500, "", BadResponse, "HTTP 500: no message"),
        (403, "null", Unauthorized, "the key was refused: check KEY (HTTP 403: null)"),
    ];
    for (status, body, kind, message) in cases {
        assert_eq!(refusal(status, body).await, named(kind, message), "{body}");
    }
    let large = refusal(500, vec![0xff; 1 << 20]).await;
    assert!(large.message().len() <= 200, "{large}");
}

#[test]
fn the_request_of_chat_completions() {
    let (request, prompt) = (request(), request().prompt());
    let mut service = OpenAi::new("gpt");
    let messages = json!([{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]);
    let expected = json!({
        "model": "gpt", "messages": messages, "max_tokens": 2048, "stream": true, "stream_options": {"include_usage": true},
    });
    assert_eq!(service.body(&prompt, request.max_prompt_tokens), expected);
    service.with_usage = false;
    service.max_tokens = 7;
    service.token_limit_field = TokenLimitField::MaxCompletionTokens;
    service.extra.insert("temperature".into(), json!(0.5));
    service.extra.insert("stream".into(), json!(false));
    let expected =
        json!({"model": "gpt", "messages": messages, "max_completion_tokens": 7, "stream": true, "temperature": 0.5});
    assert_eq!(service.body(&prompt, request.max_prompt_tokens), expected, "`extra` replaces nothing");
}

#[test]
fn the_request_of_messages() {
    let (request, prompt) = (request(), request().prompt());
    let expected = json!({
        "model": "c", "max_tokens": 2048, "system": prompt.system, "stream": true,
        "messages": [{"role": "user", "content": prompt.user}],
    });
    assert_eq!(Anthropic::new("c").body(&prompt, request.max_prompt_tokens), expected);
}

#[test]
fn the_request_of_ollama() {
    let (mut request, prompt) = (request(), request().prompt());
    request.max_prompt_tokens = 2_000;
    let mut service = Ollama::new("l");
    service.extra.insert("think".into(), json!(false));
    service.extra.insert("options".into(), json!({"seed": 1, "num_ctx": 1}));
    let messages = json!([{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]);
    // 2,000 and half of it and 2,048 are 5,048, which 5 · 1,024 is the next multiple of.
    let options = json!({"seed": 1, "num_predict": 2048, "num_ctx": 5120});
    let expected = json!({"model": "l", "messages": messages, "options": options, "stream": true, "think": false});
    assert_eq!(service.body(&prompt, request.max_prompt_tokens), expected);
    service.context_tokens = Some(8_000);
    assert_eq!(service.body(&prompt, request.max_prompt_tokens)["options"]["num_ctx"], 8_000);
    request.max_prompt_tokens = u32::MAX;
    service.context_tokens = None;
    assert_eq!(service.body(&prompt, request.max_prompt_tokens)["options"]["num_ctx"], u32::MAX);
}

fn model<S: Service>(service: S, base: &str, script: &Script) -> HttpModel<S> {
    let key = Secret::from_variable("KEY", Some(CANARY.into())).unwrap();
    let settings = Settings::new("m", base).with_key(Some(key)).with_price(Some(Price::new(1, 2)));
    let model = HttpModel::new(script.client_with(Limits::MODEL), service, settings).unwrap();
    assert!(!format!("{model:?}").contains("canary"));
    model
}

/// Also of a refusal, which is when it matters.
#[tokio::test(start_paused = true)]
async fn what_is_left_of_its_windows_is_known_after_an_answer() {
    for status in [200, 429] {
        let script = Script::new(status, "{}").header("x-ratelimit-limit-requests", "60");
        let script = script.header("x-ratelimit-remaining-requests", "7").header("x-ratelimit-reset-requests", "6m0s");
        let model = model(OpenAi::new("gpt"), "https://api.example/v1", &script);
        assert_eq!(model.rate_windows(), []);
        while model.answer(request()).next().await.is_some_and(|chunk| chunk.is_ok()) {}
        let windows = model.rate_windows();
        assert_eq!(windows.iter().map(|window| (window.limit, window.remaining)).collect::<Vec<_>>(), [(60, 7)]);
        assert_eq!(windows[0].resets_at, Instant::now() + Duration::from_secs(360));
    }
}

async fn ask<S: Service + 'static>(service: S, base: &str, script: &Script) -> Vec<Result<Chunk, ProviderError>> {
    let model = model(service, base, script);
    assert_eq!((model.name(), model.price()), ("m", Some(Price::new(1, 2))));
    let stream = model.answer(request());
    assert!(script.urls().is_empty(), "nothing is sent before the stream is polled");
    stream.collect().await
}

async fn error_of(script: &Script) -> ProviderError {
    let mut items = ask(OpenAi::new("gpt"), "https://example.org", script).await;
    assert_eq!((items.len(), script.open_bodies()), (1, 1), "{items:?}");
    items.remove(0).unwrap_err()
}

async fn refusal(status: u16, body: impl Into<Bytes>) -> ProviderError {
    error_of(&Script::new(status, body)).await
}

/// An error of the model of these tests.
fn named(kind: ProviderErrorKind, message: &str) -> ProviderError {
    ProviderError::new(kind, format!("m: {message}"))
}

/// Address, headers but the type of the body, and body of the only request.
fn sent(script: &Script) -> (String, Vec<(String, String)>, Value) {
    let requests = script.requests.lock().unwrap();
    let [request] = &requests[..] else { panic!("{} requests", requests.len()) };
    assert!(!format!("{request:?} {:?}", request.headers()).contains("canary"), "{request:?}");
    let header = |(name, value): (&http::header::HeaderName, &http::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    let mut headers: Vec<_> = request.headers().iter().map(header).collect();
    headers.retain(|header| *header != ("content-type".to_owned(), "application/json".to_owned()));
    headers.sort();
    let body = serde_json::from_slice(request.body().expect("it is a POST")).unwrap();
    (request.endpoint().url().to_string(), headers, body)
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A response in pieces of 100 bytes.
fn answering(content_type: &str, body: &[u8]) -> Script {
    let pieces = body.chunks(100).map(|piece| Step::Bytes(Bytes::copy_from_slice(piece)));
    Script::steps(pieces).header("content-type", content_type)
}

#[tokio::test(start_paused = true)]
async fn a_model_posts_and_streams() {
    let script = answering("text/event-stream; charset=utf-8", &fixture("litellm-stream-usage.sse"));
    let items = ask(OpenAi::new("gpt"), "https://example.org/v1/", &script).await;
    let text: String =
        items.iter().filter_map(|item| if let Ok(Chunk::Text(text)) = item { Some(&**text) } else { None }).collect();
    assert!(text.starts_with("Rust 1.0 was") && text.ends_with("survive."));
    assert_eq!(items[items.len() - 2..], [Ok(Chunk::Finish(FinishReason::Stop)), Ok(Chunk::Usage(Usage::new(8, 40)))]);
    let (url, headers, body) = sent(&script);
    assert_eq!(url, "https://example.org/v1/chat/completions");
    let bearer = format!("Bearer {CANARY}");
    assert_eq!(headers, pairs(&[("accept", "text/event-stream"), ("authorization", &bearer)]));
    assert_eq!(body, OpenAi::new("gpt").body(&request().prompt(), request().max_prompt_tokens));

    let script = answering("text/event-stream", &fixture("anthropic.sse"));
    assert_eq!(ask(Anthropic::new("c"), "https://example.org/v1", &script).await.len(), 5);
    let (url, headers, _) = sent(&script);
    assert_eq!(url, "https://example.org/v1/messages");
    let expected = [("accept", "text/event-stream"), ("anthropic-version", "2023-06-01"), ("x-api-key", CANARY)];
    assert_eq!(headers, pairs(&expected));

    let script = answering("application/x-ndjson", &fixture("ollama.ndjson"));
    assert_eq!(ask(Ollama::new("l"), "http://localhost:11434", &script).await.len(), 4);
    assert_eq!(sent(&script).0, "http://localhost:11434/api/chat");
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_no_answer_is_an_error() {
    let limited = Script::new(429, fixture("litellm-err-mock-429.json")).header("retry-after", "3");
    let error = error_of(&limited).await;
    assert_eq!((error.kind, error.retry_after()), (RateLimited, Some(Duration::from_secs(3))));
    assert!(error.message().starts_with("m: HTTP 429, throttling_error: litellm.RateLimitError"), "{error}");
    let page = answering("text/html; charset=utf-8", b"<html>Log in</html>");
    let message = "answered with text/html instead of text/event-stream: HTTP 200: a page of HTML instead of a message";
    assert_eq!(error_of(&page).await, named(BadResponse, message));
    let json = answering("Application/JSON", br#"{"error":{"message":"boom"}}"#);
    let message = "answered with application/json instead of text/event-stream: HTTP 200: boom";
    assert_eq!(error_of(&json).await, named(BadResponse, message));
    assert_eq!(error_of(&answering("", b"")).await.kind, Truncated);
    let endless =
        Script { status: 500, ..Script::steps([Step::Forever(Bytes::from_static(&[b'x'; 1_000]), Duration::ZERO)]) };
    let endless = error_of(&endless).await;
    assert!(endless.message().starts_with("m: HTTP 500: xxx"), "an endless body is not read to its end");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_stands_still_or_is_lost_ends_behind_the_text() {
    let beginning = Bytes::from_static(b"data: {\"choices\":[{\"delta\":{\"content\":\"Rust\"}}]}\n\n");
    let hung = "m: the response stood still for 30 s";
    for (then, message) in [(Step::Hang, hung), (Step::Lost, "m: the response ended early: connection reset")] {
        let script = Script::steps([Step::Bytes(beginning.clone()), then]).header("content-type", "text/event-stream");
        let items = ask(OpenAi::new("gpt"), "https://example.org", &script).await;
        let expected = [Ok(Chunk::Text("Rust".into())), Err(ProviderError::new(Truncated, message))];
        assert_eq!((&items[..], script.open_bodies()), (&expected[..], 1));
    }
}

/// Wherever a service repeats the key: whole, or where the message is cut.
#[tokio::test(start_paused = true)]
async fn no_error_repeats_the_key() {
    for before in (0..=200).step_by(3) {
        let said = format!(r#"{{"error":{{"message":"{}{CANARY}"}}}}"#, "y".repeat(before));
        let in_stream = answering("text/event-stream", format!("data: {said}\n\n").as_bytes());
        for script in [in_stream, Script::new(401, said.clone()), Script::new(200, said)] {
            let error = error_of(&script).await;
            assert!(!error.message().contains(&CANARY[..8]), "{error}");
        }
    }
}

#[test]
fn a_key_is_sent_to_no_address_where_others_could_read_it() {
    let key = Secret::from_variable("KEY", Some(CANARY.into())).unwrap();
    let settings = Settings::new("m", "http://example.org/v1").with_key(Some(key));
    let error = HttpModel::new(Script::new(200, "").client(), OpenAi::new("gpt"), settings).unwrap_err();
    assert!(
        error.to_string().starts_with("models.m.base is http://example.org, where others could read the key"),
        "{error}"
    );
}
