//! Responses from a script instead of the network.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_core::{Hit, ProviderError, Query, SearchProvider, SearchRequest};
use aggregator_providers::http::{HttpClient, HttpError, Limits, RawResponse, Request, Sending, Transport};
use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, stream};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, sleep};

/// A step of a body.
#[derive(Debug, Clone)]
pub enum Step {
    /// These bytes at once.
    Bytes(Bytes),
    /// Nothing for a while.
    Wait(Duration),
    /// The connection is lost.
    Lost,
    /// Nothing more, ever.
    Hang,
    /// The same bytes again and again, each after a wait.
    Forever(Bytes, Duration),
}

/// Answers every request in the same way, and keeps them.
#[derive(Clone)]
pub struct Script {
    pub wait: Duration,
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<Step>,
    pub requests: Arc<Mutex<Vec<Request>>>,
    /// Shared with every body that is open.
    pub open: Arc<()>,
}

/// Without its texts, which may have a key on purpose.
impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Script {
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self {
            wait: Duration::ZERO,
            status,
            headers,
            body: vec![Step::Bytes(body.into())],
            requests: Arc::default(),
            open: Arc::default(),
        }
    }

    pub fn steps(body: impl IntoIterator<Item = Step>) -> Self {
        Self { body: body.into_iter().collect(), ..Self::new(200, "") }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn client(&self) -> HttpClient {
        self.client_with(Limits::SEARCH)
    }

    pub fn client_with(&self, limits: Limits) -> HttpClient {
        HttpClient::with_transport(Arc::new(self.clone()), limits)
    }

    /// Bodies that are open, beside scripts.
    pub fn open_bodies(&self) -> usize {
        Arc::strong_count(&self.open)
    }

    /// The addresses that were asked.
    pub fn urls(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(|request| request.endpoint().url().to_string()).collect()
    }
}

impl Transport for Script {
    fn send(&self, request: Request) -> Sending {
        let Self { wait, status, headers, body, requests, open } = self.clone();
        async move {
            requests.lock().unwrap().push(request);
            sleep(wait).await;
            let headers = headers.iter().map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a script has valid headers"))
            });
            let body = stream::iter(body).flat_map(|step| match step {
                Step::Bytes(bytes) => stream::iter([Ok(bytes)]).boxed(),
                Step::Wait(wait) => sleep(wait).map(|()| Ok(Bytes::new())).into_stream().boxed(),
                Step::Lost => stream::iter([Err(HttpError::Truncated { cause: "connection reset".into() })]).boxed(),
                Step::Hang => stream::pending().boxed(),
                Step::Forever(bytes, wait) => stream::repeat(bytes)
                    .then(move |bytes| async move {
                        if !wait.is_zero() {
                            sleep(wait).await;
                        }
                        Ok(bytes)
                    })
                    .boxed(),
            });
            Ok(RawResponse {
                status,
                headers: headers.collect::<HeaderMap>(),
                body: body.inspect(move |_| _ = &open).boxed(),
            })
        }
        .boxed()
    }
}

/// The request for a query, with 10 hits and 8 s.
pub fn request(text: &str, max_hits: u32) -> SearchRequest {
    let query = Arc::new(Query::new(text).expect("the test asks something"));
    SearchRequest::new(query, max_hits, Instant::now() + Duration::from_secs(8))
}

/// All hits, or the first error.
pub async fn search(provider: &dyn SearchProvider, max_hits: u32) -> Result<Vec<Hit>, ProviderError> {
    let stream = provider.search(request("rust async", max_hits));
    stream.collect::<Vec<_>>().await.into_iter().collect()
}

/// The error of a search, as people read it, with the wait that it has.
pub async fn failure(provider: &dyn SearchProvider) -> String {
    let error = search(provider, 10).await.expect_err("the service fails");
    let wait = error.retry_after().map(|wait| format!(" [wait {} s]", wait.as_secs_f64())).unwrap_or_default();
    format!("{error}{wait}")
}
