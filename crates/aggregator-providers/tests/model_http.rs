//! Requests of models, responses that are no answer, and a model behind something that posts.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_core::{
    AnswerRequest, Chunk, FinishReason, LanguageModel, Price, ProviderError, ProviderErrorKind, Query, Usage,
};
use aggregator_providers::model::{
    Anthropic, HttpModel, Ollama, OpenAi, Post, PostFuture, PostRequest, PostResponse, Service, TokenLimitField,
    from_response,
};
use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use ProviderErrorKind::{BadResponse, RateLimited, Truncated, Unauthorized, Unreachable};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)).expect(name)
}

fn request() -> AnswerRequest {
    let query = Query::new("when was Rust 1.0 released?").unwrap();
    AnswerRequest::new(Arc::new(query), Arc::new([]), Instant::now() + Duration::from_secs(60))
}

#[test]
fn real_errors_are_told() {
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
            "HTTP 401, auth_error (is the key set, and for this service?): Authentication Error, No api key passed in.",
        ),
        (
            "litellm-err-badjson.json",
            400,
            BadResponse,
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
            BadResponse,
            "HTTP 400: {'error': '/chat/completions: Invalid model name passed in model=no-such. Call `/v1/models` to view \
             available models for your key.'}",
        ),
        (
            "llama-err-ctx.json",
            400,
            BadResponse,
            "HTTP 400, exceed_context_size_error: request (20017 tokens) exceeds the available context size (1024 tokens), try \
             increasing it",
        ),
        ("llama-err-nomsg.json", 400, BadResponse, "HTTP 400, invalid_request_error: 'messages' is required"),
    ];
    for (name, status, kind, message) in cases {
        assert_eq!(from_response(status, &fixture(name)), ProviderError::new(kind, message), "{name}");
    }
    for name in ["litellm-err-mock-ctx.json", "llama-err-badjson.json"] {
        let error = from_response(400, &fixture(name));
        assert!(error.message().starts_with("HTTP 400") && (150..=200).contains(&error.message().len()), "{error}");
    }
}

#[test]
fn errors_of_other_shapes_are_told() {
    let cases = [
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            RateLimited,
            "HTTP 529, overloaded_error: Overloaded",
        ),
        (
            404,
            r#"{"error":"model \"m\" not found, try pulling it first"}"#,
            BadResponse,
            "HTTP 404: model \"m\" not found, try pulling it first",
        ),
        (404, r#"{"detail":"Not Found"}"#, BadResponse, "HTTP 404: Not Found"),
        (422, r#"{"detail":[{"loc":["body"],"msg":"Field required"}]}"#, BadResponse, "HTTP 422: Field required"),
        (
            400,
            r#"{"object":"error","message":"too long","type":"BadRequestError","code":400}"#,
            BadResponse,
            "HTTP 400, BadRequestError: too long",
        ),
        (400, r#"{"error":{"message":null,"code":7}}"#, BadResponse, r#"HTTP 400: {"code":7,"message":null}"#),
        (502, "<html><body>Bad gateway</body></html>", BadResponse, "HTTP 502: a page of HTML instead of a message"),
        (503, " upstream\u{1b}[31m gone\n", BadResponse, "HTTP 503: upstream[31m gone"),
        (500, "", BadResponse, "HTTP 500: no message"),
        (403, "null", Unauthorized, "HTTP 403 (is the key set, and for this service?): null"),
    ];
    for (status, body, kind, message) in cases {
        assert_eq!(from_response(status, body.as_bytes()), ProviderError::new(kind, message), "{body}");
    }
    let large = from_response(500, &vec![0xff; 1 << 20]);
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
    assert_eq!(service.body(&request), expected);
    service.with_usage = false;
    service.max_tokens = 7;
    service.token_limit_field = TokenLimitField::MaxCompletionTokens;
    service.extra.insert("temperature".into(), json!(0.5));
    service.extra.insert("stream".into(), json!(false));
    let expected =
        json!({"model": "gpt", "messages": messages, "max_completion_tokens": 7, "stream": true, "temperature": 0.5});
    assert_eq!(service.body(&request), expected, "`extra` replaces nothing");
}

#[test]
fn the_request_of_messages() {
    let (request, prompt) = (request(), request().prompt());
    let expected = json!({
        "model": "c", "max_tokens": 2048, "system": prompt.system, "stream": true,
        "messages": [{"role": "user", "content": prompt.user}],
    });
    assert_eq!(Anthropic::new("c").body(&request), expected);
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
    assert_eq!(service.body(&request), expected);
    service.context_tokens = Some(8_000);
    assert_eq!(service.body(&request)["options"]["num_ctx"], 8_000);
    request.max_prompt_tokens = u32::MAX;
    service.context_tokens = None;
    assert_eq!(service.body(&request)["options"]["num_ctx"], u32::MAX);
}

/// Gives one response, and keeps the request.
#[derive(Clone, Default)]
struct Recorder {
    response: Arc<Mutex<Option<Result<PostResponse, ProviderError>>>>,
    request: Arc<Mutex<Option<PostRequest>>>,
}

impl Post for Recorder {
    fn post(&self, request: PostRequest) -> PostFuture {
        let this = self.clone();
        Box::pin(async move {
            *this.request.lock().unwrap() = Some(request);
            this.response.lock().unwrap().take().expect("one call")
        })
    }
}

impl Recorder {
    fn with(status: u16, content_type: Option<&str>, body: &[u8]) -> Self {
        let pieces: Vec<_> = body.chunks(100).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let response =
            PostResponse::new(status, content_type.map(str::to_owned), futures::stream::iter(pieces).boxed());
        Self::answering(Ok(response.with_retry_after(Some(Duration::from_secs(3)))))
    }

    fn answering(response: Result<PostResponse, ProviderError>) -> Self {
        let recorder = Self::default();
        *recorder.response.lock().unwrap() = Some(response);
        recorder
    }

    fn request(&self) -> Option<PostRequest> {
        self.request.lock().unwrap().take()
    }
}

fn ask<S: Service + 'static>(service: S, base: &str, post: &Recorder) -> Vec<Result<Chunk, ProviderError>> {
    let model = HttpModel::new("m", service, &Url::parse(base).unwrap(), post.clone())
        .with_key(Some(SecretString::from("sk-canary")))
        .with_price(Some(Price::new(1, 2)));
    assert_eq!((model.name(), model.price()), ("m", Some(Price::new(1, 2))));
    let stream = model.answer(request());
    assert!(post.request().is_none(), "nothing is sent before the stream is polled");
    assert!(!format!("{model:?}").contains("canary"));
    stream.collect().now_or_never().expect("everything is there")
}

fn sent(post: &Recorder) -> (String, Vec<(&'static str, String)>, Value) {
    let request = post.request().expect("a request was sent");
    assert!(!format!("{request:?}").contains("canary"), "{request:?}");
    let header = |(name, value): &(&'static str, SecretString)| (*name, value.expose_secret().to_owned());
    let headers = request.headers.iter().map(header).collect();
    (request.url.to_string(), headers, serde_json::from_slice(&request.body).unwrap())
}

#[test]
fn a_model_posts_and_streams() {
    let post = Recorder::with(200, Some("text/event-stream; charset=utf-8"), &fixture("litellm-stream-usage.sse"));
    let items = ask(OpenAi::new("gpt"), "https://example.org/v1/", &post);
    let text: String =
        items.iter().filter_map(|item| if let Ok(Chunk::Text(text)) = item { Some(&**text) } else { None }).collect();
    assert!(text.starts_with("Rust 1.0 was") && text.ends_with("survive."));
    assert_eq!(items[items.len() - 2..], [Ok(Chunk::Finish(FinishReason::Stop)), Ok(Chunk::Usage(Usage::new(8, 40)))]);
    let (url, headers, body) = sent(&post);
    assert_eq!(url, "https://example.org/v1/chat/completions");
    assert_eq!(headers, [("accept", "text/event-stream".into()), ("authorization", "Bearer sk-canary".into())]);
    assert_eq!(body, OpenAi::new("gpt").body(&request()));

    let post = Recorder::with(200, None, &fixture("anthropic.sse"));
    assert_eq!(ask(Anthropic::new("c"), "https://example.org/v1", &post).len(), 5);
    let (url, headers, _) = sent(&post);
    assert_eq!(url, "https://example.org/v1/messages");
    let expected = [("anthropic-version", "2023-06-01"), ("accept", "text/event-stream"), ("x-api-key", "sk-canary")];
    assert_eq!(headers, expected.map(|(name, value)| (name, value.to_owned())));

    let post = Recorder::with(200, Some("application/x-ndjson"), &fixture("ollama.ndjson"));
    assert_eq!(ask(Ollama::new("l"), "http://localhost:11434", &post).len(), 4);
    assert_eq!(sent(&post).0, "http://localhost:11434/api/chat");
}

fn error_of(post: &Recorder) -> ProviderError {
    let mut items = ask(OpenAi::new("gpt"), "https://example.org", post);
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0).unwrap_err()
}

#[test]
fn a_response_that_is_no_answer_is_an_error() {
    let error = error_of(&Recorder::with(429, Some("application/json"), &fixture("litellm-err-mock-429.json")));
    assert_eq!((error.kind, error.retry_after()), (RateLimited, Some(Duration::from_secs(3))));
    assert!(error.message().starts_with("HTTP 429, throttling_error: litellm.RateLimitError"), "{error}");
    let page = error_of(&Recorder::with(200, Some("text/html; charset=utf-8"), b"<html>Log in</html>"));
    let message = "the model's service answered with text/html instead of text/event-stream: HTTP 200: a page of HTML instead of \
                   a message";
    assert_eq!(page, ProviderError::new(BadResponse, message));
    let json = error_of(&Recorder::with(200, Some("Application/JSON"), br#"{"error":{"message":"boom"}}"#));
    let message = "the model's service answered with application/json instead of text/event-stream: HTTP 200: boom";
    assert_eq!(json, ProviderError::new(BadResponse, message));
    assert_eq!(error_of(&Recorder::with(200, None, b"")).kind, Truncated);
    let refused = ProviderError::new(Unreachable, "connection refused");
    assert_eq!(error_of(&Recorder::answering(Err(refused.clone()))), refused);
    let endless = futures::stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 1_000]))).boxed();
    let endless = error_of(&Recorder::answering(Ok(PostResponse::new(500, None, endless))));
    assert!(endless.message().starts_with("HTTP 500: xxx"), "an endless body is not read to its end");
}
