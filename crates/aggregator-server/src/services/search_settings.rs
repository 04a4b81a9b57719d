//! The section `[search]`: which services are asked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aggregator_providers::search::{brave, searxng};
use serde::Deserialize;

/// Search services; the section of one turns it on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchSettings {
    /// The web search of Brave.
    pub brave: Option<brave::Settings>,
    /// An instance of SearXNG.
    pub searxng: Option<searxng::Settings>,
    /// Services that a file describes, by name: any that answers with JSON.
    pub described: BTreeMap<String, Described>,
    /// Whether the pages of the best results are read, as `[engine.reading]` says. Default true.
    pub read_pages: bool,
}

impl Default for SearchSettings {
    fn default() -> Self {
        Self { brave: None, searxng: None, described: BTreeMap::new(), read_pages: true }
    }
}

/// A service that a file describes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// The file; a relative path is from the folder of the file of settings.
    pub file: PathBuf,
}

impl SearchSettings {
    /// The names of the services in the settings, under which they have their limits.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let brave = self.brave.iter().map(|_| "brave");
        let searxng = self.searxng.iter().map(|_| "searxng");
        brave.chain(searxng).chain(self.described.keys().map(String::as_str))
    }

    /// Whether no service is named.
    pub fn is_empty(&self) -> bool {
        self.brave.is_none() && self.searxng.is_none() && self.described.is_empty()
    }
}
