//! What is known of a query when it has ended.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::Usage;
use aggregator_core::event::{ProviderReport, RunOrigin};

use crate::outcome::QueryEnd;

/// What is known of a query when it has ended. Times are by tokio's clock, from the beginning of the query, which is before
/// it waits for a place.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QueryReport {
    /// How it ended.
    pub outcome: QueryEnd,
    /// The kind of its error, if it failed: `unsuitable`, `all_providers_failed`, `model` or `timeout`.
    pub error: Option<&'static str>,
    /// Time to its last event, or to the drop.
    pub duration: Duration,
    /// Time to its first event.
    pub first_event: Option<Duration>,
    /// Time to its first result.
    pub first_result: Option<Duration>,
    /// Time to the first text of its answer.
    pub first_text: Option<Duration>,
    /// Events.
    pub events: u64,
    /// Results.
    pub results: u32,
    /// Gaps between two events that count as a stall.
    pub stalls: u32,
    /// The longest gap between two events.
    pub longest_gap: Duration,
    /// Requests to services that were repeated.
    pub retries: u32,
    /// Tokens of prompts and answers, as models counted them or as they are estimated; zero for a query that the run of another one
    /// answers, also where that one was dropped before they were spent.
    pub usage: Usage,
    /// Where its events come from, if the run of another query answered.
    pub reused: Option<RunOrigin>,
    /// How each provider did that has ended, in that order.
    pub providers: Vec<Arc<ProviderReport>>,
    /// What it asks; only where [that](crate::Observer::with_report_content) is asked for.
    pub text: Option<String>,
}

/// The origin of a shared run as a word.
pub fn origin_name(origin: RunOrigin) -> &'static str {
    match origin {
        RunOrigin::Cache => "cache",
        _ => "running",
    }
}
