//! A model of a service.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;

use aggregator_core::model::ChunkStream;
use aggregator_core::{AnswerRequest, LanguageModel, Price, Prompt, ProviderError, ProviderErrorKind, RateWindow};
use futures::{StreamExt as _, TryStreamExt as _};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::time::Instant;

use super::error::said_by;
use super::rate_headers;
use super::service::Service;
use super::stream::chunks;
use crate::account::Account;
use crate::http::{Body, Endpoint, EndpointError, HttpClient, HttpError, PlainHttp, Request, Response, Secret};
use crate::rate_memory::RateMemory;

/// A language model of a service, over HTTP.
pub struct HttpModel<S> {
    settings: Settings,
    client: HttpClient,
    service: Arc<S>,
    account: Arc<Account>,
    endpoint: Endpoint,
    rate_limits: RateMemory,
}

/// What the owner sets for a model.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The name of the model in events.
    pub name: String,
    /// The address without the service's own path: `https://api.openai.com/v1`, `https://api.anthropic.com/v1`,
    /// `http://localhost:11434`.
    pub base: String,
    /// The key, if the service wants one.
    pub key: Option<Secret>,
    /// Whether the key may be sent unencrypted to another machine.
    pub plain_http: PlainHttp,
    /// The price of a token, if it has one.
    pub price: Option<Price>,
}

impl Settings {
    /// Settings of a model without a key or a price.
    pub fn new(name: impl Into<String>, base: impl Into<String>) -> Self {
        Self { name: name.into(), base: base.into(), key: None, plain_http: PlainHttp::Loopback, price: None }
    }

    /// Sets the key.
    #[must_use]
    pub fn with_key(self, key: Option<Secret>) -> Self {
        Self { key, ..self }
    }

    /// Sets the price of a token.
    #[must_use]
    pub fn with_price(self, price: Option<Price>) -> Self {
        Self { price, ..self }
    }
}

impl<S: Service> HttpModel<S> {
    /// A model of a service.
    ///
    /// # Errors
    /// If [`Settings::base`] is no address that the key may be sent to.
    pub fn new(client: HttpClient, service: S, settings: Settings) -> Result<Self, EndpointError> {
        // As the program's settings have it.
        let address = format!("models.{}.base", settings.name);
        let mut endpoint = Endpoint::new(&address, &settings.base)?;
        if settings.key.is_some() {
            endpoint = endpoint.for_key(&address, settings.plain_http)?;
        }
        let keys = settings.key.iter().cloned().collect();
        let account = Arc::new(Account { name: settings.name.clone(), keys, address });
        let endpoint = endpoint.with_path(service.path());
        Ok(Self { settings, client, service: Arc::new(service), account, endpoint, rate_limits: RateMemory::default() })
    }

    fn request(&self, body: &Value, deadline: Instant) -> Result<Request, HttpError> {
        let mut http = Request::post_json(self.endpoint.clone(), body)?;
        for (name, value) in self.service.headers() {
            http = http.with_header(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        http = http.with_header(ACCEPT, HeaderValue::from_static(self.service.content_type()));
        if let Some(key) = &self.settings.key {
            let (name, before) = self.service.key_header();
            http = http.with_header(HeaderName::from_static(name), key.header(before, "")?);
        }
        Ok(http.with_deadline(deadline))
    }
}

impl<S: Service + 'static> HttpModel<S> {
    /// Sends a request, and yields the text that comes back.
    fn text(&self, http: Result<Request, HttpError>) -> ChunkStream {
        let (client, service, account) = (self.client.clone(), self.service.clone(), self.account.clone());
        let rate_limits = self.rate_limits.clone();
        let answer = async move {
            let failed = |error| account.transport_failure(error);
            let response = client.send(http.map_err(failed)?).await.map_err(failed)?;
            let answer = accept(response, service.content_type(), &account, &rate_limits).await?;
            let of_body = account.clone();
            let body = answer.body.map_err(move |error| of_body.transport_failure(error));
            let is_of_body = |error: &ProviderError| error.source().is_some_and(|source| source.is::<HttpError>());
            let mut is_empty = true;
            Ok(chunks(body, service.parser()).map(move |item| match item {
                Err(error) if is_of_body(&error) => Err(error),
                Err(error) if is_empty && let Some(other) = &answer.other_type => {
                    Err(account.error(ProviderErrorKind::BadResponse, &format!("{other}: {}", error.message())))
                }
                Err(error) => Err(account.named(error)),
                Ok(chunk) => {
                    is_empty = false;
                    Ok(chunk)
                }
            }))
        };
        Box::pin(futures::stream::once(answer).try_flatten())
    }
}

impl<S> fmt::Debug for HttpModel<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("HttpModel");
        debug.field("settings", &self.settings).field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl<S: Service + 'static> LanguageModel for HttpModel<S> {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn price(&self) -> Option<Price> {
        self.settings.price
    }

    fn rate_windows(&self) -> Vec<RateWindow> {
        self.rate_limits.last()
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        // The prompt is dropped before its copy in the body becomes bytes.
        let body = self.service.body(&request.prompt(), request.max_prompt_tokens);
        self.text(self.request(&body, request.deadline))
    }
}

/// A model that writes a text from any prompt, not only an answer from sources.
pub trait PromptedModel: LanguageModel {
    /// Describes the text; polling the stream produces it, dropping the stream ends it. The items are those of an
    /// [answer](LanguageModel::answer).
    fn write(&self, prompt: &Prompt, deadline: Instant) -> ChunkStream;
}

impl<S: Service + 'static> PromptedModel for HttpModel<S> {
    fn write(&self, prompt: &Prompt, deadline: Instant) -> ChunkStream {
        let max_prompt_tokens = u32::try_from(prompt.tokens()).unwrap_or(u32::MAX);
        self.text(self.request(&self.service.body(prompt, max_prompt_tokens), deadline))
    }
}

/// A response that may be an answer.
struct Answer {
    body: Body,
    /// That it is said to be of another type, for people: why there is no answer in it, if there is none.
    other_type: Option<String>,
}

/// The body of a response that may be an answer; else the error that it tells.
async fn accept(
    response: Response,
    expected: &str,
    account: &Account,
    rate_limits: &RateMemory,
) -> Result<Answer, ProviderError> {
    rate_limits.remember(rate_headers::windows(response.headers(), Instant::now()));
    let status = response.status();
    if let Err(error) = response.error_for_status() {
        let (kind, said) = said_by(status, &begin_of(response.into_body()).await);
        let message = match kind {
            ProviderErrorKind::Unauthorized => format!("{} ({said})", account.refused_key()),
            _ => said,
        };
        let wait = if let HttpError::Status { retry_after, .. } = &error { *retry_after } else { None };
        let refused = account.error(kind, &message).with_source(error);
        return Err(match wait {
            Some(wait) => refused.with_retry_after(wait),
            None => refused,
        });
    }
    let kind = response.header(&CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let other_type =
        (!kind.is_empty() && kind != expected).then(|| format!("answered with {kind} instead of {expected}"));
    // Some servers give a vague type or none, so only those are refused at once that cannot be a stream.
    let is_no_stream = kind == "text/html" || (kind == "application/json" && expected == "text/event-stream");
    match other_type {
        Some(other) if is_no_stream => {
            let (_, said) = said_by(status, &begin_of(response.into_body()).await);
            Err(account.error(ProviderErrorKind::BadResponse, &format!("{other}: {said}")))
        }
        other_type => Ok(Answer { body: response.into_body(), other_type }),
    }
}

/// The begin of a body, as far as it comes: a body that breaks off says something all the same.
async fn begin_of(mut body: Body) -> Vec<u8> {
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
