//! Pages that were found, and which of them became sources.

use aggregator_core::{event, search::select};
use serde::{Deserialize, Serialize};

use crate::number::{FiniteF64, Score};
use crate::word::words;

/// A page, as a provider showed it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    /// Address exactly as the provider gave it: `http` or `https`.
    pub url: String,
    /// Title, at most 512 bytes.
    pub title: String,
    /// A few sentences from the page, at most 4,096 bytes.
    pub snippet: String,
    /// The provider that showed it.
    pub provider: String,
}

impl From<&event::Source> for Source {
    fn from(source: &event::Source) -> Self {
        let event::Source { url, title, snippet, provider } = source;
        Self {
            url: url.to_string(),
            title: title.to_string(),
            snippet: snippet.to_string(),
            provider: provider.to_string(),
        }
    }
}

/// A frozen source: one that the answer may cite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankedSource {
    /// Number of the source in citations, from 1; also its final rank.
    pub number: u32,
    /// The `id` of the source in `result` events.
    pub id: u32,
    /// Final score of the source, a sum of RRF terms, above 0.
    pub score: FiniteF64,
    /// The page of the source.
    pub source: Source,
}

impl From<&event::RankedSource> for RankedSource {
    fn from(ranked: &event::RankedSource) -> Self {
        let event::RankedSource { number, id, score, source } = ranked;
        Self { number: *number, id: id.0, score: FiniteF64::nearest(*score), source: Source::from(&**source) }
    }
}

/// What was selected as sources, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Selection {
    /// What was selected, in the order of the sources.
    pub choices: Vec<Choice>,
    /// Results that are less relevant than the threshold.
    pub below_threshold: u32,
    /// Results that were relevant enough, and others were chosen.
    pub passed_over: u32,
    /// Results that were too far behind to be looked at.
    pub not_considered: u32,
}

impl From<&select::Selection> for Selection {
    fn from(selection: &select::Selection) -> Self {
        Self {
            choices: selection.choices.iter().map(Choice::from).collect(),
            below_threshold: selection.below_threshold,
            passed_over: selection.passed_over,
            not_considered: selection.not_considered,
        }
    }
}

/// A result that became a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Choice {
    /// The `id` of the selected result in `result` events.
    pub id: u32,
    /// How relevant it is to the query, 0 to 1.
    pub relevance: Score,
    /// How much it resembles the most similar source chosen before it, 0 to 1.
    pub similarity: Score,
    /// Why it was chosen.
    pub why: SelectionReason,
}

impl From<&select::Choice> for Choice {
    fn from(choice: &select::Choice) -> Self {
        let select::Choice { id, relevance, similarity, why } = *choice;
        Self { id: id.0, relevance: relevance.into(), similarity: similarity.into(), why: why.into() }
    }
}

words! {
    /// Why a result became a source.
    SelectionReason of aggregator_core::search::select::SelectionReason {
        /// The result is among the most relevant.
        Relevant,
        /// More relevant ones resemble what was chosen before it.
        Different,
        /// The result is below the threshold, and without it there would be too few sources.
        Needed;
        _
    }
}
