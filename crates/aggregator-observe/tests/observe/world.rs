//! A provider and a model that do what a test plans, metrics that remember, and spans in memory.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{
    AnswerRequest, Chunk, ChunkStream, Engine, EngineBuilder, Event, LanguageModel, PolicyAction, ProviderError, Query,
    SearchProvider,
};
use aggregator_observe::{Measure, Metrics, Observer};
use futures::{Stream, StreamExt as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;

pub const MS: Duration = Duration::from_millis(1);

/// What is asked, found and failed in a way that nobody else writes.
pub const CANARY: &str = "canary-5d21";

/// Items, each after a time.
pub type Plan<T> = Vec<(Duration, Result<T, ProviderError>)>;

#[derive(Clone)]
pub struct Planned<T> {
    pub name: &'static str,
    pub plan: Plan<T>,
    pub reports: Vec<PolicyAction>,
}

impl<T> Planned<T> {
    pub fn new(name: &'static str, plan: Plan<T>) -> Self {
        Self { name, plan, reports: Vec::new() }
    }
}

fn stream<T: Clone + Send + 'static>(
    plan: &Plan<T>,
) -> std::pin::Pin<Box<dyn Stream<Item = Result<T, ProviderError>> + Send>> {
    let plan = futures::stream::iter(plan.clone());
    plan.then(|(after, item)| async move {
        tokio::time::sleep(after).await;
        item
    })
    .boxed()
}

impl SearchProvider for Planned<Hit> {
    fn name(&self) -> &str {
        self.name
    }

    fn has_policies(&self) -> bool {
        !self.reports.is_empty()
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        self.reports.iter().for_each(|action| request.report(self.name, *action));
        stream(&self.plan)
    }
}

impl LanguageModel for Planned<Chunk> {
    fn name(&self) -> &str {
        self.name
    }

    fn answer(&self, _: AnswerRequest) -> ChunkStream {
        stream(&self.plan)
    }
}

pub fn hit(number: u32) -> Result<Hit, ProviderError> {
    let hit = Hit::new(format!("https://{number}.example/{CANARY}"), format!("{CANARY} {number}"));
    Ok(hit.with_snippet(format!("{CANARY} turns twice a day.")))
}

pub fn text(text: &str) -> Result<Chunk, ProviderError> {
    Ok(Chunk::Text(text.into()))
}

pub fn engine(observer: &Observer, web: Planned<Hit>, writer: Planned<Chunk>) -> Engine {
    built(Engine::builder().provider(observer.calls(web)).model(observer.calls(writer)))
}

pub fn built(engine: EngineBuilder) -> Engine {
    engine.hash_seed(0).build().unwrap()
}

pub fn question() -> Query {
    Query::new(format!("when does the {CANARY} turn?")).unwrap()
}

/// Reads to the end.
pub async fn read(events: impl Stream<Item = Event>) -> Vec<Event> {
    events.collect().await
}

/// Metrics as lines of text.
#[derive(Default)]
pub struct Lines(Mutex<Vec<String>>);

impl Lines {
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Metrics for Lines {
    fn record(&self, measure: &Measure<'_>) {
        let line = match measure {
            Measure::QueryBegan => "began".to_owned(),
            Measure::FirstEvent(after) => format!("first event {after:?}"),
            Measure::FirstResult(after) => format!("first result {after:?}"),
            Measure::FirstText(after) => format!("first text {after:?}"),
            Measure::Stall(gap) => format!("stall {gap:?}"),
            Measure::ProviderEnded(report) => {
                let outcome = aggregator_observe::outcome_name(&report.outcome);
                format!("{} {outcome} {:?} {}", report.provider, report.latency, report.hits)
            }
            Measure::Policy(report) => {
                format!("{} {}", report.service, aggregator_observe::policy_name(&report.action))
            }
            Measure::QueryEnded(report) => format!("{} {:?}", report.outcome.name(), report.duration),
            Measure::Operation(report) => format!("{} {}", report.name, report.status.name()),
            Measure::Export(export) => format!("export {:?}", export),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}

/// An observer with metrics that remember.
pub fn observer() -> (Observer, Arc<Lines>) {
    let lines = Arc::<Lines>::default();
    (Observer::new().with_metrics(lines.clone()), lines)
}

/// The spans that a future leaves behind, in the order of their ends.
pub async fn spans_of<T>(future: impl Future<Output = T>) -> (T, Vec<SpanData>) {
    let memory = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(memory.clone()).build();
    let subscriber = Registry::default().with(aggregator_observe::otel::layer(&provider));
    // Of this thread, on which the future is polled.
    let _installed = tracing::subscriber::set_default(subscriber);
    let output = future.await;
    (output, memory.get_finished_spans().unwrap())
}

/// The attribute of a span as text.
pub fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let mut all = span.attributes.iter().filter(|attribute| attribute.key.as_str() == name);
    let found = all.next().map(|attribute| attribute.value.to_string());
    assert!(all.next().is_none(), "{name} is there twice");
    found
}
