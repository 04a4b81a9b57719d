//! Instances of SearXNG.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aggregator_core::{Hit, HitStream, ProviderError, ProviderErrorKind, SearchProvider, SearchRequest};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::failure::Explanation;
use super::hits::stream_of;
use super::json::{self, kind, list, text};
use crate::account::Account;
use crate::http::{Endpoint, EndpointError, HttpClient, HttpError, Request};

/// An instance of SearXNG, which asks other search engines. It has no key, so its address may be of any network.
#[derive(Debug)]
pub struct Searxng {
    client: HttpClient,
    endpoint: Endpoint,
    settings: Settings,
    account: Arc<Account>,
    unresponsive: Arc<Mutex<Vec<EngineFailure>>>,
}

/// What is asked for beside the query. What is `None` is the instance's to decide.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// The name of the provider in events.
    pub name: String,
    /// The address of the instance, without `/search`.
    pub base: String,
    /// Categories, separated by commas.
    pub categories: Option<String>,
    /// Engines, separated by commas.
    pub engines: Option<String>,
    /// The language of pages, such as `de`, or `all`.
    pub language: Option<String>,
    /// The age of pages.
    pub time_range: Option<TimeRange>,
    /// Which pages are left out: 0 none, 1 some, 2 all that are explicit.
    pub safe_search: Option<u8>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "searxng".into(),
            base: "http://127.0.0.1:8080".into(),
            categories: None,
            engines: None,
            language: None,
            time_range: None,
            safe_search: None,
        }
    }
}

/// The age of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeRange {
    /// Of the last day.
    Day,
    /// Of the last week.
    Week,
    /// Of the last month.
    Month,
    /// Of the last year.
    Year,
}

/// An engine that gave the instance no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineFailure {
    /// The instance's name for the engine.
    pub engine: String,
    /// Why, in the instance's words; empty if it gives no reason.
    pub reason: String,
}

/// What the instance gets less than there is, for its answer to travel and be read.
const MARGIN: Duration = Duration::from_millis(200);

/// The least that it gets: an engine that answers at all does within this.
const MIN_TIMEOUT: Duration = Duration::from_millis(100);

/// Most failures of engines that are kept: an instance has about 250 engines.
const MAX_FAILURES: usize = 256;

impl Searxng {
    /// A provider that asks an instance.
    ///
    /// # Errors
    /// If [`Settings::base`] is no address.
    pub fn new(client: HttpClient, settings: Settings) -> Result<Self, EndpointError> {
        let setting = "search.searxng.base";
        let endpoint = Endpoint::new(setting, settings.base.trim_end_matches('/').trim_end_matches("/search"))?;
        let account = Account { name: "SearXNG".into(), keys: Vec::new(), address: setting.into() };
        let endpoint = endpoint.with_path("search");
        Ok(Self { client, endpoint, settings, account: Arc::new(account), unresponsive: Arc::default() })
    }

    /// The engines that gave no answer to the search that ended last. An event has no place for them: results came
    /// nevertheless. If none came, they are the error.
    pub fn unresponsive_engines(&self) -> Vec<EngineFailure> {
        self.unresponsive.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Settings {
    /// The pairs of the request's query, for an answer within `budget`.
    fn query(&self, query: &str, budget: Duration) -> Vec<(&'static str, String)> {
        let timeout = budget.saturating_sub(MARGIN).max(MIN_TIMEOUT);
        let time_range = self.time_range.map(|range| match range {
            TimeRange::Day => "day".to_owned(),
            TimeRange::Week => "week".to_owned(),
            TimeRange::Month => "month".to_owned(),
            TimeRange::Year => "year".to_owned(),
        });
        let safe_search = self.safe_search.map(|level| level.min(2).to_string());
        let optional = [
            ("categories", self.categories.clone()),
            ("engines", self.engines.clone()),
            ("language", self.language.clone()),
            ("time_range", time_range),
            ("safesearch", safe_search),
        ];
        let mut pairs = vec![("q", query.to_owned()), ("format", "json".to_owned())];
        pairs.push(("timeout_limit", format!("{:.1}", timeout.as_secs_f64())));
        pairs.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        pairs
    }
}

impl SearchProvider for Searxng {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let (client, account, unresponsive) = (self.client.clone(), self.account.clone(), self.unresponsive.clone());
        let (endpoint, settings, max_hits) = (self.endpoint.clone(), self.settings.clone(), request.max_hits);
        let found = async move {
            // What is left is known when the search begins, which is when it is polled.
            let left = request.deadline.saturating_duration_since(Instant::now()).min(client.limits().total);
            let pairs = settings.query(request.text(), left);
            let endpoint = endpoint.with_query(pairs.iter().map(|(name, value)| (*name, value.as_str())));
            let http = Request::get(endpoint).with_deadline(request.deadline);
            let answer = json::answer(&client, &account, Ok(http), |_| (), |_, _, body| explanation(body)).await;
            let answer = answer.map_err(|error| without_json_format(&account, error))?;
            let (hits, failures) = read(&answer).map_err(|what| account.bad_answer(&what))?;
            unresponsive.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&failures);
            if hits.is_empty() && !failures.is_empty() {
                return Err(no_engine(&account, &failures));
            }
            Ok(account.found(hits))
        };
        stream_of(found, max_hits)
    }
}

/// Hits, and the engines that gave none. Other fields differ between versions.
fn read(answer: &Value) -> Result<(Vec<Hit>, Vec<EngineFailure>), String> {
    let Some(results) = answer.get("results").and_then(Value::as_array) else {
        let found = answer.get("results").map_or("nothing", kind);
        return Err(format!("`results` is {found}, not a list: is search.searxng.base an instance of SearXNG?"));
    };
    let hit = |result: &Value| {
        let hit = Hit::new(text(result, "url")?, text(result, "title").unwrap_or_default());
        Some(hit.with_snippet(text(result, "content").unwrap_or_default()))
    };
    let failures = list(answer, "unresponsive_engines").iter().filter_map(|failure| {
        let word = |at: usize| failure.get(at).and_then(Value::as_str);
        let engine = word(0).or(failure.as_str())?.to_owned();
        Some(EngineFailure { engine, reason: word(1).unwrap_or_default().to_owned() })
    });
    Ok((results.iter().filter_map(hit).collect(), failures.take(MAX_FAILURES).collect()))
}

fn explanation(body: &Value) -> Explanation {
    Explanation { text: text(body, "error").unwrap_or_default().to_owned(), ..Explanation::default() }
}

/// An instance refuses formats that are not enabled, and JSON is not by default.
fn without_json_format(account: &Account, error: ProviderError) -> ProviderError {
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<HttpError>());
    let Some(status @ HttpError::Status { status: 403, .. }) = source else { return error };
    let message =
        "json is not in search.formats of this instance (403): add it to its settings.yml, or use another instance";
    account.error(ProviderErrorKind::Other, message).with_source(status.clone())
}

fn no_engine(account: &Account, failures: &[EngineFailure]) -> ProviderError {
    let named = failures.iter().take(3).map(|failure| match failure.reason.as_str() {
        "" => failure.engine.clone(),
        reason => format!("{} ({reason})", failure.engine),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    let more = failures.len().saturating_sub(3);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    account.error(ProviderErrorKind::Unreachable, &format!("no result, and engines without an answer: {named}{more}"))
}
