//! Findings about the results: what they have in common so far, and contradictions among sources.

use aggregator_core::answer::contradictions;
use aggregator_core::search::patterns;
use serde::{Deserialize, Serialize};

use crate::text::clean;
use crate::word::words;

/// A summary of the results so far.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InterimSummary {
    /// Results so far.
    pub results: u32,
    /// What they have in common.
    pub patterns: Patterns,
    /// The titles of the three best so far, best first.
    pub best: Vec<String>,
    /// The progress of the search.
    pub progress: Progress,
}

impl From<&patterns::InterimSummary> for InterimSummary {
    fn from(interim: &patterns::InterimSummary) -> Self {
        let patterns::Progress { finished, providers, time_percent } = interim.progress;
        Self {
            results: interim.results,
            patterns: (&interim.patterns).into(),
            best: interim.best.iter().map(ToString::to_string).collect(),
            progress: Progress { finished, providers, time_percent },
        }
    }
}

/// What the results so far have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Patterns {
    /// Domains with more than one result, the most frequent first; at most 8.
    pub domains: Vec<Domain>,
    /// How many results are of each kind; kinds without any are left out.
    pub kinds: Vec<KindCount>,
    /// Results that more than one provider listed.
    pub confirmed: u32,
}

impl From<&patterns::Patterns> for Patterns {
    fn from(patterns: &patterns::Patterns) -> Self {
        let domain = |domain: &patterns::Domain| {
            let patterns::Domain { name, results } = domain;
            Domain { name: clean(name), results: *results }
        };
        let kind = |&(kind, results): &(patterns::ContentKind, u32)| KindCount { kind: kind.into(), results };
        Self {
            domains: patterns.domains.iter().map(domain).collect(),
            kinds: patterns.kinds.iter().map(kind).collect(),
            confirmed: patterns.confirmed,
        }
    }
}

/// A domain with more than one result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Domain {
    /// The host, without `www.`.
    pub name: String,
    /// Results there.
    pub results: u32,
}

/// How many results are of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KindCount {
    /// The kind of content.
    pub kind: ContentKind,
    /// Results of it, at least 1.
    pub results: u32,
}

/// The progress of a search.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Progress {
    /// Providers that finished.
    pub finished: u32,
    /// Providers of the engine.
    pub providers: u32,
    /// Time that has passed of what the search may take, in percent; 0 to 100.
    pub time_percent: u8,
}

/// Two sources that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Contradiction {
    /// Numbers of the sources, the better one first.
    pub sources: [u32; 2],
    /// What each says, as it is written there.
    pub given: [String; 2],
    /// The subject of the contradiction.
    pub matter: ContradictionKind,
}

impl From<&contradictions::Contradiction> for Contradiction {
    fn from(found: &contradictions::Contradiction) -> Self {
        let [better, other] = &found.given;
        Self { sources: found.sources, given: [clean(better), clean(other)], matter: (&found.matter).into() }
    }
}

/// The subject of a contradiction.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ContradictionKind {
    /// The sources give different numbers.
    NumberOf {
        /// Of what, as the better source calls it.
        what: String,
    },
    /// Whether something is so: one says it, and the other denies it.
    Statement,
    /// Something that this version does not know.
    #[serde(other)]
    Unknown,
}

impl From<&contradictions::ContradictionKind> for ContradictionKind {
    fn from(matter: &contradictions::ContradictionKind) -> Self {
        match matter {
            contradictions::ContradictionKind::NumberOf(what) => Self::NumberOf { what: clean(what) },
            contradictions::ContradictionKind::Statement => Self::Statement,
            _ => Self::Unknown,
        }
    }
}

words! {
    /// What a page is, as far as its URL tells.
    ContentKind of aggregator_core::search::patterns::ContentKind {
        /// Anything else.
        WebPage,
        /// A text, a table or slides in a file of their own.
        Document,
        /// An image in a file of its own.
        Image,
        /// A film, or a page that shows one.
        Video
    }
}
