//! Queries as people write and paste them, labelled before any rule was run on them.

use std::sync::Arc;

use aggregator_core::analysis::{Analyzer, UnsuitableReason};
use aggregator_core::provider::{QueryLimit, SearchRequest};
use aggregator_core::{Query, QueryError};
use serde::Deserialize;
use tokio::time::Instant;

use super::Part;

/// One query and what a person says about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RealQuery {
    /// Text of the labelled query.
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

/// The queries of a part.
pub fn queries(part: Part) -> Vec<RealQuery> {
    let tuning = include_str!("../../../../benches-data/queries/real-tuning.jsonl");
    super::read(part, [tuning, include_str!("../../../../benches-data/queries/real-held-out.jsonl")])
}

/// What Brave's search API takes: the smallest limit of the services that are known here.
pub const SMALLEST_LIMIT: QueryLimit = QueryLimit { chars: 400, words: 50 };

/// The result of evaluating a query: whether it is called suitable, and how it is shortened.
#[derive(Debug, Clone)]
pub struct QueryEvaluation {
    /// Why it is called unsuitable for a search, if it is.
    pub reason: Option<UnsuitableReason>,
    /// What is sent where it is longer than the smallest limit.
    pub shortened: Option<String>,
    /// Of a query that is shortened: the pieces that have to be sent and are not.
    pub lost: Vec<String>,
}

impl RealQuery {
    /// Evaluates the query: runs it through an analysis, and through the limit of a provider.
    ///
    /// # Panics
    /// When it is longer than a query may be.
    pub fn evaluate(&self, analyzer: &Analyzer) -> QueryEvaluation {
        let reason = analyzer.analyze(&self.text).suitability.reason;
        let query = match Query::new(self.text.as_str()) {
            Err(QueryError::Empty) => return QueryEvaluation { reason, shortened: None, lost: Vec::new() },
            query => query.unwrap_or_else(|error| panic!("{:?}: {error}", self.text)),
        };
        let request = SearchRequest::new(Arc::new(query), 10, Instant::now()).with_query_limit(SMALLEST_LIMIT);
        let sent = request.text();
        if sent == request.query.text().as_str() {
            return QueryEvaluation { reason, shortened: None, lost: Vec::new() };
        }
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let lost = self.keep.iter().filter(|piece| !sent.contains(&one_line(piece))).cloned().collect();
        QueryEvaluation { reason, shortened: Some(sent.to_owned()), lost }
    }
}
