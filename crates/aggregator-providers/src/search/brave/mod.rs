//! The web search of Brave.

mod answer;
mod rate_limits;
mod settings;

use std::sync::Arc;

use aggregator_core::{
    HitStream, ProviderError, ProviderErrorKind, QueryLimit, RateWindow, SearchProvider, SearchRequest,
};
use http::header::HeaderName;
use tokio::time::Instant;

use self::rate_limits::RateLimits;
use super::hits::stream_of;
use super::json;
use crate::account::Account;
use crate::http::{Endpoint, EndpointError, HttpClient, PlainHttp, Request, Secret};
use crate::rate_memory::RateMemory;

pub use settings::{Freshness, SafeSearch, Settings};

/// The web search of Brave, for one key.
#[derive(Debug)]
pub struct Brave {
    client: HttpClient,
    endpoint: Endpoint,
    key: Secret,
    settings: Settings,
    account: Arc<Account>,
    rate_limits: RateMemory,
}

/// Most results that one request may ask for.
const MAX_COUNT: u32 = 20;

/// Queries beyond it are refused by the service.
const QUERY_LIMIT: QueryLimit = QueryLimit { chars: 400, words: 50 };

impl Brave {
    /// A provider with a key.
    ///
    /// # Errors
    /// If [`Settings::base`] is no address that a key may be sent to.
    pub fn new(client: HttpClient, key: Secret, settings: Settings) -> Result<Self, EndpointError> {
        let setting = "search.brave.base";
        let endpoint = Endpoint::new(setting, &settings.base)?
            .for_key(setting, PlainHttp::allowed_if(settings.allow_plain_http_key))?;
        let account = Account { name: "Brave".into(), keys: vec![key.clone()], address: setting.into() };
        Ok(Self {
            client,
            endpoint: endpoint.with_path("res/v1/web/search"),
            key,
            settings,
            account: Arc::new(account),
            rate_limits: RateMemory::default(),
        })
    }
}

impl SearchProvider for Brave {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn query_limit(&self) -> QueryLimit {
        QUERY_LIMIT
    }

    fn rate_windows(&self) -> Vec<RateWindow> {
        self.rate_limits.last()
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let (client, account, rate_limits) = (self.client.clone(), self.account.clone(), self.rate_limits.clone());
        let max_hits = request.max_hits.min(MAX_COUNT);
        let too_long = !QUERY_LIMIT.allows(request.text());
        let endpoint = self.endpoint.clone().with_query(
            self.settings.query(request.text(), max_hits).iter().map(|(name, value)| (*name, value.as_str())),
        );
        let http = self.key.header("", "").map(|key| {
            let name = HeaderName::from_static("x-subscription-token");
            Request::get(endpoint).with_header(name, key).with_deadline(request.deadline)
        });
        let found = async move {
            if too_long {
                return Err(longer_than_allowed(&account));
            }
            let seen = |headers: &_| {
                if let Some(limits) = RateLimits::from_headers(headers) {
                    rate_limits.remember(limits.into_windows(Instant::now()));
                }
            };
            let answer = json::answer(&client, &account, http, seen, answer::explanation).await?;
            let hits = answer::hits(&answer).map_err(|what| account.bad_answer(&what))?;
            Ok(account.found(hits))
        };
        stream_of(found, max_hits)
    }
}

fn longer_than_allowed(account: &Account) -> ProviderError {
    let QueryLimit { chars, words } = QUERY_LIMIT;
    let message = format!("the query is longer than {chars} characters or {words} words: ask through the engine");
    account.error(ProviderErrorKind::Other, &message)
}
