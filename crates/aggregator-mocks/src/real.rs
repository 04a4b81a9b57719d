//! Queries as people write and paste them, labelled before any rule was run on them.

use serde::Deserialize;

/// One query and what a person says about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RealQuery {
    /// The query.
    pub text: String,
    /// ISO 639-1.
    pub lang: String,
    /// What it is about.
    pub field: String,
    /// Whether a web search can help with it as it stands.
    pub searchable: bool,
    /// Pieces of the text that must be sent to a search service, else the search is for something else.
    pub keep: Vec<String>,
}

/// Which queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Those that rules may be written from.
    Tuning,
    /// Those of which only totals are looked at while a rule is written.
    HeldOut,
}

/// The queries of a part.
///
/// # Panics
/// When a line of the file is not a query.
pub fn queries(part: Part) -> Vec<RealQuery> {
    let text = match part {
        Part::Tuning => include_str!("../../../benches-data/queries/real-tuning.jsonl"),
        Part::HeldOut => include_str!("../../../benches-data/queries/real-held-out.jsonl"),
    };
    let query = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    text.lines().map(query).collect()
}
