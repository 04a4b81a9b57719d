//! A model behind HTTP, whatever speaks HTTP.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::model::ChunkStream;
use aggregator_core::{AnswerRequest, LanguageModel, Price, ProviderError, ProviderErrorKind};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::error::from_response;
use super::parse::Parse;
use super::stream::chunks;

/// What is particular of a service: its requests and its answers. Pure.
pub trait Service: Send + Sync {
    /// Reads the service's answers.
    type Parser: Parse<Decoder: Send + Unpin> + Send + Unpin + 'static;

    /// The path of the request below the base address, without a slash in front.
    fn path(&self) -> &'static str;

    /// Headers of a request besides the key and the type of its body.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The header that has the key, and what stands before the key in it.
    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }

    /// The type of a streamed answer.
    fn content_type(&self) -> &'static str;

    /// The body of a request.
    fn body(&self, request: &AnswerRequest) -> Value;

    /// A parser for one answer.
    fn parser(&self) -> Self::Parser;
}

/// Sends a request with a body of JSON, and gives the response as soon as its headers are there.
///
/// # What an implementor promises
/// 1. Nothing is sent before the future is first polled. Dropping future or body closes the connection.
/// 2. A response of any status is a response; an error says that there is none. Redirects are not followed.
/// 3. Clocks and the size of the body are the implementor's: a body that is silent too long, or too large, ends with an error.
/// 4. The values of headers are in no message.
pub trait Post: Send + Sync {
    /// Describes the call; polling the future performs it.
    fn post(&self, request: PostRequest) -> PostFuture;
}

impl<P: Post + ?Sized> Post for Arc<P> {
    fn post(&self, request: PostRequest) -> PostFuture {
        (**self).post(request)
    }
}

/// The call of [`Post`].
pub type PostFuture = Pin<Box<dyn Future<Output = Result<PostResponse, ProviderError>> + Send>>;

/// The body of a response, decompressed, in pieces as they come.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, ProviderError>> + Send>>;

/// A request.
#[derive(Debug)]
#[non_exhaustive]
pub struct PostRequest {
    /// The address.
    pub url: Url,
    /// Names in lower case, and values. `content-type` is not among them.
    pub headers: Vec<(&'static str, SecretString)>,
    /// JSON.
    pub body: Bytes,
    /// When the engine stops reading the answer.
    pub deadline: Instant,
}

/// A response.
#[non_exhaustive]
pub struct PostResponse {
    /// The status of HTTP.
    pub status: u16,
    /// The value of the header `content-type`.
    pub content_type: Option<String>,
    /// What the header `retry-after` says.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: BodyStream,
}

impl PostResponse {
    /// Makes a response.
    pub fn new(status: u16, content_type: Option<String>, body: BodyStream) -> Self {
        Self { status, content_type, retry_after: None, body }
    }

    /// Sets the time after which the service may be asked again.
    #[must_use]
    pub fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.retry_after = after;
        self
    }
}

impl fmt::Debug for PostResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("PostResponse");
        debug.field("status", &self.status).field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

/// A language model behind HTTP.
pub struct HttpModel<S, P> {
    name: String,
    service: Arc<S>,
    post: Arc<P>,
    url: Url,
    key: Option<SecretString>,
    price: Option<Price>,
}

impl<S: Service, P: Post> HttpModel<S, P> {
    /// Makes a model.
    ///
    /// `base` is the address without the service's own path: `https://api.openai.com/v1`, `https://api.anthropic.com/v1`,
    /// `http://localhost:11434`.
    pub fn new(name: impl Into<String>, service: S, base: &Url, post: P) -> Self {
        let mut url = base.clone();
        // Only an address without a host has no segments, and that is refused when it is called.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(service.path().split('/'));
        }
        Self { name: name.into(), service: Arc::new(service), post: Arc::new(post), url, key: None, price: None }
    }

    /// Sets the key of the service.
    #[must_use]
    pub fn with_key(mut self, key: Option<SecretString>) -> Self {
        self.key = key;
        self
    }

    /// Sets the price of a token.
    #[must_use]
    pub fn with_price(mut self, price: Option<Price>) -> Self {
        self.price = price;
        self
    }

    fn headers(&self) -> Vec<(&'static str, SecretString)> {
        let fixed = self.service.headers().iter().copied().chain([("accept", self.service.content_type())]);
        let mut headers: Vec<_> = fixed.map(|(name, value)| (name, SecretString::from(value))).collect();
        if let Some(key) = &self.key {
            let (name, before) = self.service.key_header();
            headers.push((name, SecretString::from(format!("{before}{}", key.expose_secret()))));
        }
        headers
    }
}

impl<S, P> fmt::Debug for HttpModel<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpModel").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<S: Service + 'static, P: Post + 'static> LanguageModel for HttpModel<S, P> {
    fn name(&self) -> &str {
        &self.name
    }

    fn price(&self) -> Option<Price> {
        self.price
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let (service, post) = (Arc::clone(&self.service), Arc::clone(&self.post));
        let (url, headers) = (self.url.clone(), self.headers());
        let answer = async move {
            let body = Bytes::from(service.body(&request).to_string());
            let response = post.post(PostRequest { url, headers, body, deadline: request.deadline }).await?;
            let body = accept(response, service.content_type()).await?;
            Ok::<_, ProviderError>(chunks(body, service.parser()))
        };
        Box::pin(futures::stream::once(answer).try_flatten())
    }
}

/// The body of a response that is an answer; else the error that it tells.
async fn accept(response: PostResponse, expected: &str) -> Result<BodyStream, ProviderError> {
    let PostResponse { status, content_type, retry_after, body } = response;
    if !(200..300).contains(&status) {
        let error = from_response(status, &begin_of(body).await);
        return Err(match retry_after {
            Some(after) => error.with_retry_after(after),
            None => error,
        });
    }
    // Some servers give no type or a vague one, so only those are refused that cannot be a stream.
    let kind = content_type.unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_other = kind == "text/html" || (kind == "application/json" && expected == "text/event-stream");
    if !is_other {
        return Ok(body);
    }
    let told = from_response(status, &begin_of(body).await);
    let message = format!("the model's service answered with {kind} instead of {expected}: {}", told.message());
    Err(ProviderError::new(ProviderErrorKind::BadResponse, message))
}

/// The begin of a body, as far as it comes: a body that breaks off says something all the same.
async fn begin_of(mut body: BodyStream) -> Vec<u8> {
    const MAX: usize = 64 << 10;
    let mut begin = Vec::new();
    while let Some(Ok(piece)) = body.next().await {
        begin.extend_from_slice(&piece[..piece.len().min(MAX - begin.len())]);
        if begin.len() == MAX {
            break;
        }
    }
    begin
}
