//! The description of a service.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use aggregator_core::QueryLimit;
use http::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::http::{EndpointError, Secret, SecretError, SecretSource};

/// The description of a service. An example is `examples/tavily.toml`.
///
/// `{query}` in [`url`](Self::url) and [`body`](Self::body) is what is searched for, and `{max_hits}` how many results are
/// wanted. A key stands in [`headers`](Self::headers) as `${NAME}` (a variable of the environment) or `${file:PATH}`.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// The name of the provider in events, and of the service in errors.
    pub name: String,
    /// The address, with placeholders after the host only. There they are escaped.
    pub url: String,
    /// The method; `GET` if absent.
    #[serde(default)]
    pub method: Method,
    /// Headers beside `Accept` and `Content-Type`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The JSON that is posted. In it a text that is nothing but `{max_hits}` becomes a number.
    #[serde(default)]
    pub body: Value,
    /// Most results that the service gives at once; 20 if absent.
    #[serde(default = "max_hits")]
    pub max_hits: u32,
    /// Most characters of a query; no limit if absent.
    pub max_chars: Option<u32>,
    /// Most words of a query; no limit if absent.
    pub max_words: Option<u32>,
    /// Statuses that mean that the quota of the plan is used up.
    #[serde(default)]
    pub quota_statuses: Vec<u16>,
    /// Whether keys may be sent unencrypted to another machine: for a network that you trust.
    #[serde(default)]
    pub allow_plain_http_key: bool,
    /// Where things are in the answer.
    pub fields: Fields,
}

/// Without address, headers and body: somebody may have written a key into them after all.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("name", &self.name).field("fields", &self.fields).finish_non_exhaustive()
    }
}

/// Where things are in an answer: JSON pointers (RFC 6901), such as `/data/results`. The empty one is the whole value;
/// a number is a place in a list, counted from 0. All but `hits` and `error` begin at one hit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Fields {
    /// The list of hits.
    pub hits: String,
    /// The address of the page.
    pub url: String,
    /// The title; hits have none if absent.
    pub title: Option<String>,
    /// Passages of the page: texts or lists of texts, joined in this order.
    #[serde(default)]
    pub snippet: Vec<String>,
    /// The explanation in an answer that is an error.
    pub error: Option<String>,
}

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Everything is in the address.
    #[default]
    Get,
    /// The body is posted as JSON.
    Post,
}

/// Why a description is not usable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The address is not usable.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// A key is missing or is none.
    #[error("headers.{header}: {error}")]
    Key {
        /// The header.
        header: String,
        /// What is wrong.
        error: SecretError,
    },
    /// A header is not usable. Its value is not shown: it may be a key.
    #[error("headers.{header}: {cause}")]
    Header {
        /// The header.
        header: String,
        /// What is wrong.
        cause: &'static str,
    },
    /// What is searched for would decide where it is sent.
    #[error("{setting}: a placeholder is allowed after the host only")]
    Placeholder {
        /// The name of the setting.
        setting: String,
    },
    /// A key in the address.
    #[error("url: a key is not read here, because addresses are written to logs: put ${{NAME}} into [headers]")]
    KeyInUrl,
    /// What is searched for is not sent.
    #[error("`{{query}}` is neither in url nor in body: nothing would be searched for")]
    NoQuery,
    /// A body is given for a method that has none.
    #[error("body: a GET has none: set method = \"POST\", or put everything into url")]
    BodyOfGet,
    /// A limit of zero.
    #[error("{setting} is 0: leave it out, or set it to at least 1")]
    Zero {
        /// The name of the setting.
        setting: &'static str,
    },
    /// A place that is no JSON pointer.
    #[error("fields.{field} is `{pointer}`, which is no JSON pointer: it begins with `/`, such as /results")]
    Pointer {
        /// The field.
        field: &'static str,
        /// Its value.
        pointer: String,
    },
}

/// As many as a page of results has.
fn max_hits() -> u32 {
    20
}

/// Headers that are keys in full: what stands in them is never written in a file of settings.
const KEY_HEADERS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "api-key",
    "x-subscription-token",
    "x-goog-api-key",
];

/// Headers that the client sets itself, or that change how an answer is framed.
const OWN_HEADERS: [&str; 6] = ["accept-encoding", "connection", "content-length", "host", "te", "transfer-encoding"];

impl Settings {
    pub(super) fn query_limit(&self) -> QueryLimit {
        QueryLimit { chars: self.max_chars.unwrap_or(u32::MAX), words: self.max_words.unwrap_or(u32::MAX) }
    }

    /// # Errors
    /// Names the first setting that contradicts another one or itself.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        for (setting, zero) in [
            ("max_hits", self.max_hits == 0),
            ("max_chars", self.max_chars == Some(0)),
            ("max_words", self.max_words == Some(0)),
        ] {
            if zero {
                return Err(SettingsError::Zero { setting });
            }
        }
        if self.method == Method::Get && !self.body.is_null() {
            return Err(SettingsError::BodyOfGet);
        }
        if !self.url.contains("{query}") && !contains_query(&self.body) {
            return Err(SettingsError::NoQuery);
        }
        let fields = &self.fields;
        let optional = [("title", &fields.title), ("error", &fields.error)];
        let optional = optional.into_iter().filter_map(|(field, pointer)| Some((field, pointer.as_ref()?)));
        let snippets = fields.snippet.iter().map(|pointer| ("snippet", pointer));
        for (field, pointer) in
            [("hits", &fields.hits), ("url", &fields.url)].into_iter().chain(optional).chain(snippets)
        {
            if !pointer.is_empty() && !pointer.starts_with('/') {
                return Err(SettingsError::Pointer { field, pointer: pointer.clone() });
            }
        }
        Ok(())
    }
}

fn contains_query(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{query}"),
        Value::Array(items) => items.iter().any(contains_query),
        Value::Object(map) => map.values().any(contains_query),
        _ => false,
    }
}

/// A header with the key that it names, if it names one.
pub(super) fn header(
    name: &str,
    value: &str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<(HeaderName, HeaderValue, Option<Secret>), SettingsError> {
    let unusable = |cause| SettingsError::Header { header: name.to_owned(), cause };
    let header: HeaderName = name.parse().map_err(|_| unusable("this is no name of a header"))?;
    if OWN_HEADERS.contains(&header.as_str()) {
        return Err(unusable("the client sets this header itself"));
    }
    let Some((before, rest)) = value.split_once("${") else {
        if KEY_HEADERS.contains(&header.as_str()) {
            return Err(unusable(
                "a key is not written here: write ${NAME}, the variable of the environment that has it",
            ));
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| unusable("a character that no header has"))?;
        // Somebody may have written a key into a header of another name.
        value.set_sensitive(true);
        return Ok((header, value, None));
    };
    let (origin, after) = rest.split_once('}').ok_or_else(|| unusable("`${` without `}`"))?;
    if after.contains("${") {
        return Err(unusable("one key a header"));
    }
    let key = SecretSource::of_placeholder(origin)
        .read(variable)
        .map_err(|error| SettingsError::Key { header: name.to_owned(), error })?;
    let value = key.header(before, after).map_err(|_| unusable("a character that no header has"))?;
    Ok((header, value, Some(key)))
}
