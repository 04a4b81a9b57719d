//! Any search service that answers with JSON, described by settings.

mod answer;
mod settings;
mod template;

use std::ffi::OsString;
use std::sync::Arc;

use aggregator_core::{HitStream, ProviderError, ProviderErrorKind, QueryLimit, SearchProvider, SearchRequest};
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::hits::stream_of;
use super::json;
use crate::account::Account;
use crate::http::{Endpoint, HttpClient, PlainHttp, Request, Secret, SecretWarning};
use template::{Placeholders, Wanted};

pub use settings::{Fields, Method, Settings, SettingsError};

/// A search service that answers with JSON, described by [`Settings`].
#[derive(Debug)]
pub struct JsonSearch {
    client: HttpClient,
    settings: Arc<Settings>,
    headers: HeaderMap,
    account: Arc<Account>,
}

impl JsonSearch {
    /// A provider of what the settings describe, with keys from the environment and files.
    ///
    /// # Errors
    /// If a setting is not usable, or a key is missing.
    pub fn new(client: HttpClient, settings: Settings) -> Result<Self, SettingsError> {
        Self::with_variables(client, settings, |name| std::env::var_os(name))
    }

    /// A provider whose keys are looked up by a function instead of in the environment.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_variables(
        client: HttpClient,
        settings: Settings,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let mut headers = HeaderMap::new();
        let mut keys = Vec::new();
        for (name, value) in &settings.headers {
            let (header, value, key) = settings::header(name, value, &variable)?;
            headers.insert(header, value);
            keys.extend(key);
        }
        let wanted = Wanted { query: "query", max_hits: 1 };
        if settings.url.contains("${") {
            // An address is in logs of servers and proxies, and in errors.
            return Err(SettingsError::KeyInUrl);
        }
        let endpoint = Endpoint::new("url", &wanted.in_url(&settings.url))?;
        let elsewhere = Wanted { query: "another", max_hits: 2 };
        if Endpoint::new("url", &elsewhere.in_url(&settings.url))?.url().origin() != endpoint.url().origin() {
            return Err(SettingsError::Placeholder { setting: "url".into() });
        }
        if !keys.is_empty() {
            endpoint.for_key("url", PlainHttp::allowed_if(settings.allow_plain_http_key))?;
        }
        let account = Account { name: settings.name.clone(), keys, address: "url".into() };
        Ok(Self { client, settings: Arc::new(settings), headers, account: Arc::new(account) })
    }

    /// What the owner should know about its keys.
    pub fn warnings(&self) -> impl Iterator<Item = &SecretWarning> {
        self.account.keys.iter().filter_map(Secret::warning)
    }
}

impl SearchProvider for JsonSearch {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn query_limit(&self) -> QueryLimit {
        self.settings.query_limit()
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let (client, account) = (self.client.clone(), self.account.clone());
        let (settings, headers) = (self.settings.clone(), self.headers.clone());
        let max_hits = request.max_hits.min(settings.max_hits);
        let found = async move {
            let http = request_of(&settings, &headers, &account, &request, max_hits)?;
            let explain = |status, _: &HeaderMap, body: &_| answer::explanation(&settings, status, body);
            let answer = json::answer(&client, &account, Ok(http), |_| (), explain).await?;
            let hits = answer::hits(&settings.fields, &answer).map_err(|what| account.bad_answer(&what))?;
            Ok(account.found(hits))
        };
        stream_of(found, max_hits)
    }
}

fn request_of(
    settings: &Settings,
    headers: &HeaderMap,
    account: &Account,
    request: &SearchRequest,
    max_hits: u32,
) -> Result<Request, ProviderError> {
    let wanted = Wanted { query: request.text(), max_hits };
    let endpoint = Endpoint::new("url", &wanted.in_url(&settings.url))
        .map_err(|error| account.error(ProviderErrorKind::Other, &error.to_string()))?;
    let mut http = match settings.method {
        Method::Get => Request::get(endpoint),
        Method::Post => Request::post_json(endpoint, &wanted.in_json(&settings.body))
            .map_err(|error| account.transport_failure(error))?,
    };
    for (name, value) in headers {
        http = http.with_header(HeaderName::clone(name), HeaderValue::clone(value));
    }
    Ok(http.with_deadline(request.deadline))
}
