//! What is measured, and where it goes.

use std::time::Duration;

use aggregator_core::PolicyReport;
use aggregator_core::event::ProviderReport;

use crate::operation_report::OperationReport;
use crate::query_report::QueryReport;

/// Takes measurements: into counters of one's own, a log, or nowhere.
///
/// It is called while a query is polled, so it returns at once and does not panic.
pub trait Metrics: Send + Sync {
    /// Takes one measurement. Kinds that it does not know are to be ignored: there will be more.
    fn record(&self, measure: &Measure<'_>);
}

/// One measurement.
#[derive(Debug)]
#[non_exhaustive]
pub enum Measure<'a> {
    /// A query was begun: one more is in flight until its [`QueryEnded`](Self::QueryEnded).
    QueryBegan,
    /// Time from the beginning of a query to its first event.
    FirstEvent(Duration),
    /// Time from the beginning of a query to its first result.
    FirstResult(Duration),
    /// Time from the beginning of a query to the first text of its answer.
    FirstText(Duration),
    /// Two events of a query were as far apart as a [stall](crate::Observer::stalls_after).
    Stall(Duration),
    /// A call of a provider ended. Not of a query that the run of another one answers: that one's are counted, as long as it is not
    /// dropped. What the run spends from then on for its other readers is counted for none of them.
    ProviderEnded(&'a ProviderReport),
    /// A policy acted: a request waits or is repeated, a breaker opened or closed. Not of such a query either.
    Policy(&'a PolicyReport),
    /// A query ended, was refused, or was dropped; exactly once for each.
    QueryEnded(&'a QueryReport),
    /// An operation that is [monitored](crate::Observer::monitor) ended or was dropped.
    Operation(&'a OperationReport),
    /// Spans were sent, or could not be; with the feature `otel`.
    Export(&'a Export),
}

/// What became of a batch of spans.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Export {
    /// Spans of the batch.
    pub spans: u64,
    /// How many of them are lost: all where the batch could not be sent, and those that the collector refused where it took the others.
    pub lost: u64,
    /// Why they are lost, if any is.
    pub error: Option<String>,
    /// Whether the batch before ended otherwise: with the first one that lost spans, and with the first after those that lost none.
    pub is_news: bool,
}
