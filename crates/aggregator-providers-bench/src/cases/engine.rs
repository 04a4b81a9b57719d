//! Whole queries through the engine: over the clients of services, and over mocks that yield the same.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::{AnswerRequest, Chunk, Engine, EngineBuilder, LanguageModel as _, Query};
use aggregator_mocks::{InvariantChecker, Pace, ScriptedModel, ScriptedProvider, Step, catalog};
use aggregator_policies::{Backoff, Breaker, BreakerSettings, Guarded, Limiter, Policies, Rate, RetryBudget};
use aggregator_providers::http::Limits;
use aggregator_providers::model::{HttpModel, OpenAi, Settings};
use futures::StreamExt as _;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::metrics::{CITATIONS, DELTAS, EVENTS, POLLS, RESULTS};
use super::services;
use crate::case::{Observation, Workload};
use crate::fault::Fault;
use crate::items::WithFault;
use crate::polls::PollCounter;
use crate::recorded::{self, LIST, SEED, STYLE};
use crate::runtime;
use crate::transport::MemoryTransport;

/// Pieces of the answer.
const PIECES: u32 = 200;

/// The providers, whose hits depend on their names, and the model.
const NAMES: [&str; 3] = ["brave", "searxng", "tavily"];
const MODEL: &str = "model";

/// What is asked.
///
/// # Panics
/// Never.
pub fn query() -> Query {
    Query::new("why do tail latencies grow with fan-out?").expect("it is a query").with_seed(SEED)
}

/// An engine over clients of three search services and of a model with chat completions, whose responses are in memory.
///
/// # Panics
/// Never.
pub fn over_http(fault: Option<Fault>) -> Engine {
    let transport = MemoryTransport::new(
        &[("content-type", "text/event-stream")],
        recorded::openai(&texts_of(&scripted_model(Pace::Instant))),
        fault,
    );
    let client = transport.into_client(Limits::MODEL);
    let settings = Settings::new(MODEL, "https://api.openai.com/v1");
    let model = HttpModel::new(client, OpenAi::new("gpt-4.1-mini"), settings).expect("the base is an address");
    let [brave, searxng, tavily] = NAMES;
    let builder = builder()
        .provider(WithFault(services::brave(brave, fault), fault))
        .provider(services::searxng(searxng, fault))
        .provider(services::tavily(tavily, fault))
        .model(WithFault(model, fault));
    builder.build().expect("the engine has providers and a model")
}

/// An engine over mocks that yield the same hits and the same pieces of an answer, each of them after it was pending once.
///
/// # Panics
/// Never.
pub fn over_mocks(fault: Option<Fault>) -> Engine {
    let [first, others @ ..] = providers();
    let builder = builder().provider(WithFault(first, fault));
    let builder = others.into_iter().fold(builder, EngineBuilder::provider);
    let builder = builder.model(WithFault(scripted_model(Pace::Yielding), fault));
    builder.build().expect("the engine has providers and a model")
}

/// The same engine with all policies before each mock; none of them has to act.
fn behind_policies(fault: Option<Fault>) -> Engine {
    let budget = Arc::new(RetryBudget::default());
    let policies = || {
        let limiter = Limiter::new(Rate::per_second(1_000_000, 1_000).expect("it is a rate"));
        let policies = Policies::default().limiter(limiter).breaker(Breaker::new(BreakerSettings::default()));
        policies.retries(Backoff::default(), Arc::clone(&budget))
    };
    let [first, others @ ..] = providers();
    let builder = builder().provider(Guarded::new(WithFault(first, fault), policies()));
    let guarded = others.map(|provider| Guarded::new(provider, policies()));
    let builder = guarded.into_iter().fold(builder, EngineBuilder::provider);
    let builder = builder.model(Guarded::new(WithFault(scripted_model(Pace::Yielding), fault), policies()));
    builder.build().expect("the engine has providers and a model")
}

fn providers() -> [ScriptedProvider; 3] {
    let script = [Step::Emit { items: services::HITS, every: Duration::ZERO }];
    NAMES.map(|name| ScriptedProvider::new(name, &script, Pace::Yielding, &catalog::corpus(), LIST, SEED))
}

fn builder() -> EngineBuilder {
    Engine::builder().hash_seed(0)
}

fn scripted_model(pace: Pace) -> ScriptedModel {
    let script = [Step::Emit { items: PIECES, every: Duration::ZERO }];
    ScriptedModel::new(MODEL, &script, pace, &catalog::corpus(), STYLE, SEED)
}

/// The pieces of the text that a mock writes.
fn texts_of(model: &ScriptedModel) -> Vec<String> {
    runtime::paused().block_on(async {
        let deadline = Instant::now() + Duration::from_secs(60);
        let request = AnswerRequest::new(Arc::new(query()), Arc::new([]), deadline);
        let text = |chunk| async move { if let Ok(Chunk::Text(text)) = chunk { Some(text) } else { None } };
        model.answer(request).filter_map(text).collect().await
    })
}

/// Sets up a query over the clients.
pub(super) fn prepare_http(fault: Option<Fault>) -> Box<dyn Workload> {
    Box::new(Asking { runtime: runtime::paused(), engine: over_http(fault), query: query() })
}

/// Sets up a query over the mocks.
pub(super) fn prepare_mocks(fault: Option<Fault>) -> Box<dyn Workload> {
    Box::new(Asking { runtime: runtime::paused(), engine: over_mocks(fault), query: query() })
}

/// Sets up a query over the mocks behind policies.
pub(super) fn prepare_policies(fault: Option<Fault>) -> Box<dyn Workload> {
    Box::new(Asking { runtime: runtime::paused(), engine: behind_policies(fault), query: query() })
}

struct Asking {
    runtime: Runtime,
    engine: Engine,
    query: Query,
}

impl Workload for Asking {
    fn run(&mut self) -> u64 {
        self.runtime.block_on(async {
            let mut events = 0;
            let mut stream = self.engine.run(self.query.clone());
            while let Some(event) = &stream.next().await {
                black_box(event);
                events += 1;
            }
            events
        })
    }

    fn observe(&mut self) -> Observation {
        let (checker, polls) = self.runtime.block_on(async {
            let mut checker = InvariantChecker::new();
            let mut stream = PollCounter::new(self.engine.run(self.query.clone()));
            while let Some(event) = stream.next().await {
                checker.read(&event);
            }
            (checker, stream.polls)
        });
        checker.check().expect("the events keep the invariants");
        let counts = vec![
            (EVENTS, checker.events),
            (RESULTS, checker.results),
            (CITATIONS, checker.citations),
            (DELTAS, checker.deltas),
            (POLLS, polls),
        ];
        Observation { amount: checker.events, checksum: checker.checksum(), counts }
    }
}
