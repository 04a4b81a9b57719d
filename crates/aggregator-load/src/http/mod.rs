//! A server as a target.

mod chat;
mod failure;
mod native;
mod response;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aggregator_mocks::{Pace, catalog};
use aggregator_providers::http::{Endpoint, HttpClient, HttpError, Limits, PlainHttp, Request as HttpRequest, Secret};
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};
use perf_load::{Chunk, Query, Request, Scenario, Target};
use serde_json::json;

use crate::error::LoadError;
use crate::expectation::{Expectation, Expected, of_file};
use crate::mocks;

use failure::kind_of;
use response::{Parse, ResponseChunks};

/// The form of requests and responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(clap::ValueEnum))]
pub enum Api {
    /// `POST /v1/query` of `aggregator serve`: its events, with their contract checked.
    Query,
    /// `POST /v1/chat/completions` of OpenAI, streamed, which many servers have.
    Chat,
    /// `GET`, with a response that is read whole.
    Get,
}

impl Api {
    /// What the path of an address says; `None` if nothing.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        let ends = [("/v1/query", Self::Query), ("/chat/completions", Self::Chat)];
        ends.into_iter().find(|(end, _)| path.ends_with(end)).map(|(_, api)| api)
    }
}

/// A server, and how it is asked.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Its address; without a path it is that of `aggregator serve`.
    pub url: String,
    /// The form of requests; `None`: what the path says.
    pub api: Option<Api>,
    /// The model that is named in requests.
    pub model: Option<String>,
    /// The key.
    pub key: Option<Secret>,
    /// Whether the key may be sent unencrypted to another machine.
    pub plain_http: PlainHttp,
    /// Whether it is `aggregator demo`, whose answers are known.
    pub is_demo: bool,
}

/// A server as a target of load.
pub struct HttpTarget {
    client: HttpClient,
    endpoint: Endpoint,
    api: Api,
    model: Option<String>,
    key: Option<Secret>,
    /// By the name of the query.
    expected: BTreeMap<String, Expectation>,
    timeout: Duration,
}

/// Idle connections that are kept to the server: as many as users may ask at once on one machine.
const IDLE_CONNECTIONS: usize = 10_000;

impl HttpTarget {
    /// The target of a scenario.
    ///
    /// # Errors
    /// If the address or what the scenario says of the target or of answers is not valid.
    pub async fn new(settings: ServerSettings, scenario: &Scenario) -> Result<Self, LoadError> {
        let usage = |error: &dyn fmt::Display| LoadError::Usage(error.to_string());
        let mut endpoint = Endpoint::new("the address", &settings.url).map_err(|error| usage(&error))?;
        if settings.key.is_some() {
            endpoint = endpoint.for_key("the address", settings.plain_http).map_err(|error| usage(&error))?;
        }
        let path = endpoint.url().path().to_owned();
        let is_bare = path == "/";
        let api = match settings.api.or_else(|| Api::of_path(&path)) {
            Some(api) => api,
            None if is_bare => Api::Query,
            None => {
                let what = format!("the path {path} says nothing about the form of requests: name it with --api");
                return Err(LoadError::Usage(what));
            }
        };
        if is_bare {
            endpoint = match api {
                Api::Query => endpoint.with_path("v1/query"),
                Api::Chat => endpoint.with_path("v1/chat/completions"),
                Api::Get => endpoint,
            };
        }
        if let Some(fault) = scenario.target.faults.first() {
            let what =
                format!("the fault {:?} cannot be made in a server; take it out, or run without a server", fault.name);
            return Err(LoadError::Scenario(what));
        }
        let model = settings.model.or_else(|| scenario.target.profile.as_deref().map(str::to_owned));
        let mut expected = BTreeMap::new();
        for weighted in &scenario.queries {
            let Query { name, text, expect, .. } = &*weighted.query;
            let mut expectation = of_file(&weighted.query)?;
            if api == Api::Get && !expect.is_empty() {
                let what = format!("query {name:?}: the answer to a GET is not looked at: take `expect` out");
                return Err(LoadError::Scenario(what));
            }
            if api == Api::Chat && expectation.min_results > 0 {
                let what = format!("query {name:?}: chat completions have no results: take `expect.min_results` out");
                return Err(LoadError::Scenario(what));
            }
            if settings.is_demo && api == Api::Query {
                expectation.complete = of_demo(model.as_deref().unwrap_or(mocks::DEFAULT_PROFILE), text).await?;
            }
            expected.insert(name.clone(), expectation);
        }
        // The driver ends what takes too long, so that it is counted as such; these limits only bound what it cannot see.
        let patience = scenario.timeout.saturating_mul(2);
        let limits = Limits { first_byte: patience, idle: patience, total: patience, body: 64 << 20, ..Limits::MODEL };
        let client = HttpClient::with_idle_connections(limits, IDLE_CONNECTIONS);
        let client = client.map_err(|error| LoadError::Target(error.to_string()))?;
        Ok(Self { client, endpoint, api, model, key: settings.key, expected, timeout: patience })
    }

    /// The form of its requests.
    pub fn api(&self) -> Api {
        self.api
    }

    fn request(&self, query: &str) -> Result<HttpRequest, HttpError> {
        let mut body = match self.api {
            Api::Get => return self.authorized(HttpRequest::get(self.endpoint.clone())),
            Api::Query => json!({ "query": query }),
            Api::Chat => json!({
                "messages": [{ "role": "user", "content": query }],
                "stream": true,
                "stream_options": { "include_usage": true },
            }),
        };
        if let Some(model) = &self.model {
            body["model"] = json!(model);
        }
        self.authorized(HttpRequest::post_json(self.endpoint.clone(), &body)?)
    }

    fn authorized(&self, request: HttpRequest) -> Result<HttpRequest, HttpError> {
        match &self.key {
            Some(key) => request.with_bearer(key),
            None => Ok(request),
        }
    }

    fn parser(&self, query: &Query) -> Box<dyn Parse> {
        let expectation = self.expected.get(&query.name).cloned().unwrap_or_default();
        match self.api {
            Api::Query => Box::new(native::Events::new(expectation)),
            Api::Chat => Box::new(chat::Completion::new(&expectation)),
            Api::Get => Box::new(response::Whole),
        }
    }
}

impl fmt::Debug for HttpTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTarget").field("endpoint", &self.endpoint).field("api", &self.api).finish_non_exhaustive()
    }
}

/// What `aggregator demo` answers: its mocks draw from the seed that a query without one has.
async fn of_demo(model: &str, text: &str) -> Result<Option<Arc<Expected>>, LoadError> {
    let engine = mocks::of_catalog(model)?.engine(&catalog::corpus(), Pace::Instant, None);
    Ok(mocks::expectation(&engine, mocks::query(text)?).await.map(Arc::new))
}

/// Reads one event of a server of this project, of which nothing is expected.
#[cfg(test)]
pub(crate) fn read_event(
    event: &aggregator_providers::decode::SseEvent,
    chunks: &mut std::collections::VecDeque<Chunk>,
) {
    native::Events::new(Expectation::default()).read(event, chunks);
}

impl Target for HttpTarget {
    fn start(&self, request: Request) -> BoxStream<'static, Chunk> {
        let (client, parser) = (self.client.clone(), self.parser(&request.query));
        let request = self
            .request(&request.query.text)
            .map(|request| request.with_deadline(tokio::time::Instant::now() + self.timeout));
        let response = async move {
            let response = client.send(request?).await?;
            response.error_for_status()?;
            Ok::<_, HttpError>(ResponseChunks::new(response.into_body(), parser))
        };
        let chunks = response.map(|response| match response {
            Ok(chunks) => stream::iter([Chunk::Headers]).chain(chunks).boxed(),
            Err(error) => stream::iter([Chunk::Error(kind_of(&error))]).boxed(),
        });
        chunks.flatten_stream().boxed()
    }
}
