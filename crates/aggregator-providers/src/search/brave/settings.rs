//! What Brave is asked for beside the query.

use serde::Deserialize;

use crate::http::SecretSource;

/// What is asked for beside the query. The values of country and languages are the service's own, such as `DE` and `de`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// The name of the provider in events.
    pub name: String,
    /// Scheme and host of the service, and the beginning of a path if it is behind another server.
    pub base: String,
    /// Where the key is.
    pub key: SecretSource,
    /// Whether the key may be sent unencrypted to another machine: for a network that you trust.
    pub allow_plain_http_key: bool,
    /// Two letters, such as `DE`; the service's default is `US`.
    pub country: Option<String>,
    /// The language of pages, such as `de`; the service's default is `en`.
    pub search_lang: Option<String>,
    /// The language of what the service itself writes, such as `de-DE`.
    pub ui_lang: Option<String>,
    /// The age of pages.
    pub freshness: Option<Freshness>,
    /// Which pages are left out.
    pub safe_search: SafeSearch,
    /// Whether up to five more passages of a page come with it. Plans without them ignore it.
    pub extra_snippets: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "brave".into(),
            base: "https://api.search.brave.com".into(),
            key: SecretSource::Variable("BRAVE_API_KEY".into()),
            allow_plain_http_key: false,
            country: None,
            search_lang: None,
            ui_lang: None,
            freshness: None,
            safe_search: SafeSearch::Moderate,
            extra_snippets: true,
        }
    }
}

/// The age of pages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Freshness {
    /// Of the last 24 hours.
    Day,
    /// Of the last 7 days.
    Week,
    /// Of the last 31 days.
    Month,
    /// Of the last 365 days.
    Year,
    /// From one day to another, as the service writes it: `2026-01-01to2026-03-31`.
    Range(String),
}

/// Which pages are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SafeSearch {
    /// None.
    Off,
    /// Those with explicit pictures.
    #[default]
    Moderate,
    /// All that are explicit.
    Strict,
}

impl Settings {
    /// The pairs of the request's query.
    pub(super) fn query(&self, text: &str, count: u32) -> Vec<(&'static str, String)> {
        let safe_search = match self.safe_search {
            SafeSearch::Off => "off",
            SafeSearch::Moderate => "moderate",
            SafeSearch::Strict => "strict",
        };
        let freshness = self.freshness.as_ref().map(|freshness| match freshness {
            Freshness::Day => "pd".to_owned(),
            Freshness::Week => "pw".to_owned(),
            Freshness::Month => "pm".to_owned(),
            Freshness::Year => "py".to_owned(),
            Freshness::Range(range) => range.clone(),
        });
        let mut pairs = vec![
            ("q", text.to_owned()),
            ("count", count.to_string()),
            ("result_filter", "web".to_owned()),
            // Otherwise words of the query are between tags.
            ("text_decorations", "false".to_owned()),
            ("safesearch", safe_search.to_owned()),
        ];
        if self.extra_snippets {
            pairs.push(("extra_snippets", "true".to_owned()));
        }
        let optional = [("country", &self.country), ("search_lang", &self.search_lang), ("ui_lang", &self.ui_lang)];
        let optional = optional.into_iter().chain([("freshness", &freshness)]);
        pairs.extend(optional.filter_map(|(name, value)| Some((name, value.clone()?))));
        pairs
    }
}
