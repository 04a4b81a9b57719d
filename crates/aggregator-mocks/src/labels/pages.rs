//! Pages that a person labelled as relevant to a query or not, before any rule was run on them.

use aggregator_core::SearchProvider;
use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use futures::{StreamExt as _, stream};
use serde::Deserialize;

use super::Part;

/// A query and what was found for it, in the order in which a provider lists it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelledPages {
    /// Text of the query for which the pages were found.
    pub query: String,
    /// ISO 639-1.
    pub lang: String,
    /// What was found.
    pub pages: Vec<LabelledPage>,
}

/// One page of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelledPage {
    /// As the provider gives it.
    pub url: String,
    /// As the provider gives it.
    pub title: String,
    /// As the provider gives it.
    pub snippet: String,
    /// Whether it helps a person who asked the query.
    pub relevant: bool,
}

/// The lists of a part.
pub fn lists(part: Part) -> Vec<LabelledPages> {
    let tuning = include_str!("../../../../benches-data/pages/tuning.jsonl");
    super::read(part, [tuning, include_str!("../../../../benches-data/pages/held-out.jsonl")])
}

/// A provider that finds these pages whatever it is asked.
impl SearchProvider for LabelledPages {
    fn name(&self) -> &str {
        "labelled"
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let hit = |page: &LabelledPage| Ok(Hit::new(&page.url, &page.title).with_snippet(&page.snippet));
        let hits: Vec<_> = self.pages.iter().map(hit).collect();
        stream::iter(hits).boxed()
    }
}
