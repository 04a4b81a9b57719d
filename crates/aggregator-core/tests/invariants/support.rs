//! Providers, models and readers that the tests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aggregator_core::event::{EventKind, Outcome};
use aggregator_core::model::{AnswerRequest, ChunkStream};
use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{LanguageModel, Query, QueryStream, SearchProvider};
use aggregator_mocks::{InvariantChecker, List, Pace, ScriptedModel, ScriptedProvider, Step, Style, catalog};
use futures::StreamExt as _;

pub const MS: Duration = Duration::from_millis(1);

pub fn provider(name: &str, script: &[Step]) -> ScriptedProvider {
    let list = List { pool: 30, repeats: 0 };
    ScriptedProvider::new(name, script, Pace::Scripted, &catalog::corpus(), list, 0)
}

pub fn emit(items: u32) -> Step {
    Step::Emit { items, every: Duration::ZERO }
}

pub fn model(script: &[Step]) -> ScriptedModel {
    let style = Style { sources: 5, citations: 2, invented: 1 };
    ScriptedModel::new("m", script, Pace::Scripted, &catalog::corpus(), style, 0)
}

pub fn query() -> Query {
    Query::new("what is kept?").unwrap()
}

/// A provider that is a function.
pub struct Custom<F>(pub &'static str, pub F);

impl<F: Fn(SearchRequest) -> HitStream + Send + Sync> SearchProvider for Custom<F> {
    fn name(&self) -> &str {
        self.0
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        (self.1)(request)
    }
}

/// A model that is a function.
pub struct CustomModel<F>(pub F);

impl<F: Fn() -> ChunkStream + Send + Sync> LanguageModel for CustomModel<F> {
    fn name(&self) -> &str {
        "custom"
    }

    fn answer(&self, _: AnswerRequest) -> ChunkStream {
        (self.0)()
    }
}

pub fn hit(url: &str) -> Hit {
    Hit::new(url, "title").with_snippet("snippet")
}

/// Reads to the end, checks I1 to I6, and returns all events' kinds with the time of each.
pub async fn read(query: &mut QueryStream) -> Vec<(Duration, EventKind)> {
    let (mut checker, mut kinds) = (InvariantChecker::new(), Vec::new());
    while let Some(event) = query.next().await {
        checker.read(&event);
        kinds.push((event.elapsed(), event.kind));
    }
    checker.check().unwrap();
    assert!(checker.summary().is_some(), "no last event");
    kinds
}

/// Reads the rest of a query whose beginning was read elsewhere.
pub async fn read_rest(query: &mut QueryStream) -> Vec<(Duration, EventKind)> {
    query.map(|event| (event.elapsed(), event.kind)).collect().await
}

pub fn outcomes(events: &[(Duration, EventKind)]) -> Vec<(String, Outcome, Duration)> {
    let report = |(_, kind): &(Duration, EventKind)| match kind {
        EventKind::ProviderFinished(report) => {
            Some((report.provider.to_string(), report.outcome.clone(), report.latency))
        }
        _ => None,
    };
    let mut reports: Vec<_> = events.iter().filter_map(report).collect();
    reports.sort_by(|a, b| a.0.cmp(&b.0));
    reports
}

pub fn last(events: &[(Duration, EventKind)]) -> &(Duration, EventKind) {
    events.last().unwrap()
}

pub fn poll(query: &mut QueryStream) -> Poll<Option<EventKind>> {
    query.poll_next_unpin(&mut Context::from_waker(Waker::noop())).map(|event| event.map(|event| event.kind))
}

/// A query with a deadline in milliseconds.
pub fn query_for(ms: u32) -> Query {
    query().with_deadline(MS * ms).unwrap()
}

/// Counts how often it is woken.
#[derive(Default)]
pub struct Task(pub AtomicU32);

impl std::task::Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
