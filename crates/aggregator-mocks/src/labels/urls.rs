//! Pairs of URLs, and whether a person says that they are one page.

use aggregator_core::search::canonical::CanonicalUrl;
use serde::Deserialize;

use super::Part;

/// Two URLs and what a person says about them; `benches-data/README.md` says what the labels mean.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UrlPair {
    /// One URL.
    pub a: String,
    /// The second URL of the pair.
    pub b: String,
    /// Whether both are one page.
    pub same: bool,
    /// What the pair is about.
    pub why: String,
}

impl UrlPair {
    /// Whether both have one canonical form.
    pub fn is_merged(&self) -> bool {
        let key = |url: &str| CanonicalUrl::parse(url).ok();
        key(&self.a).is_some_and(|key_of_a| Some(key_of_a) == key(&self.b))
    }
}

/// The pairs of a part.
pub fn pairs(part: Part) -> Vec<UrlPair> {
    let tuning = include_str!("../../../../benches-data/urls/tuning.jsonl");
    super::read(part, [tuning, include_str!("../../../../benches-data/urls/held-out.jsonl")])
}

/// More pairs, which no case reads. The author of a rule reads them.
pub fn more_pairs() -> Vec<UrlPair> {
    super::lines(include_str!("../../../../benches-data/urls/more.jsonl"))
}
