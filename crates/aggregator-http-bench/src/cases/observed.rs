//! What watching a query costs: the same query unwatched, watched, and with its spans in the form of OpenTelemetry.
//!
//! The thread that sends batches of spans works in real time beside the queries, so it is not part of a case.

use std::time::Duration;

use aggregator_core::{Engine, Event, Query};
use aggregator_mocks::{List, Pace, ScriptedModel, ScriptedProvider, Step, Style, catalog};
use aggregator_observe::{Observer, otel};
use futures::future::Either;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Runtime;
use tracing_subscriber::layer::SubscriberExt as _;

use super::reading;
use crate::case::{Observation, Workload};
use crate::endpoint::paused;
use crate::fault::Fault;

/// What watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watch {
    Nothing,
    Observer,
    Spans,
}

/// Sets up a query that nothing watches.
pub(super) fn off(fault: Option<Fault>) -> Box<dyn Workload> {
    set_up(Watch::Nothing, fault)
}

/// Sets up the same query under an observer, without a subscriber of `tracing`.
pub(super) fn on(fault: Option<Fault>) -> Box<dyn Workload> {
    set_up(Watch::Observer, fault)
}

/// Sets up the same query with its spans made.
pub(super) fn spans(fault: Option<Fault>) -> Box<dyn Workload> {
    set_up(Watch::Spans, fault)
}

fn set_up(watch: Watch, fault: Option<Fault>) -> Box<dyn Workload> {
    let (corpus, seed) = (catalog::corpus(), 0);
    let hits = [Step::Emit { items: 10, every: Duration::ZERO }];
    let pieces =
        [Step::Emit { items: if fault == Some(Fault::LostHits) { 39 } else { 40 }, every: Duration::from_millis(1) }];
    let (list, style) = (List { pool: 12, repeats: 0 }, Style { sources: 10, citations: 4, invented: 0 });
    let provider = ScriptedProvider::new("alder", &hits, Pace::Scripted, &corpus, list, seed);
    let model = ScriptedModel::new("ember", &pieces, Pace::Scripted, &corpus, style, seed);
    let observer = Observer::new();
    let builder = Engine::builder().hash_seed(0);
    let builder = match watch {
        Watch::Nothing => builder.provider(provider).model(model),
        _ => builder.provider(observer.calls(provider)).model(observer.calls(model)),
    };
    let engine = builder.build().expect("a provider and a model are an engine");
    let query = Query::new("what does watching cost?").expect("it is a query");
    // The subscriber is that of this thread as long as the case is there.
    let subscriber = (watch == Watch::Spans).then(|| {
        let provider = SdkTracerProvider::builder().build();
        tracing::subscriber::set_default(tracing_subscriber::registry().with(otel::layer(&provider)))
    });
    Box::new(Watched { runtime: paused(), engine, query, observer, watch, fault, _subscriber: subscriber })
}

struct Watched {
    runtime: Runtime,
    engine: Engine,
    query: Query,
    observer: Observer,
    watch: Watch,
    fault: Option<Fault>,
    _subscriber: Option<tracing::subscriber::DefaultGuard>,
}

impl Watched {
    /// The numbers of events and of polls.
    fn read(&self, see: impl FnMut(&Event)) -> (u64, u64) {
        let start = || {
            let run = self.engine.run(self.query.clone());
            match self.watch {
                Watch::Nothing => Either::Left(run),
                _ => Either::Right(self.observer.query(&self.query, None).around(run)),
            }
        };
        reading::read(&self.runtime, self.fault, start, see)
    }
}

impl Workload for Watched {
    fn run(&mut self, _: &mut dyn FnMut(u64)) -> u64 {
        self.read(|_| {}).0
    }

    fn observe(&mut self) -> Observation {
        reading::observe(|see| self.read(see))
    }
}
