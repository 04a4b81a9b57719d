//! A whole situation as data: a query, its providers and model, and what must come of it.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::provider::FailureKind;
use aggregator_core::{BuildError, Engine, ProviderOptions, Query, QueryError};
use serde::Deserialize;

use crate::corpus::Corpus;
use crate::model::{ScriptedModel, Style};
use crate::probe::Probe;
use crate::provider::{List, ScriptedProvider};
use crate::script::{Pace, Step};
use crate::shape::ShapeError;

/// A situation, read from `benches-data/scenarios/*.toml`; tests and benchmarks read the same ones.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// A sentence on what it is for.
    pub purpose: String,
    /// Seed of the query, and thereby of everything the mocks choose.
    pub seed: u64,
    /// The question.
    pub query: String,
    /// Time for the whole query; the engine's default if absent.
    deadline_ms: Option<u64>,
    /// Pages about the topic, shared by all providers.
    pool: u32,
    provider: Vec<ProviderSpec>,
    model: Option<ModelSpec>,
    /// What must come of it at its own pace.
    pub expect: Expectation,
}

/// What must come of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Name of the last event.
    pub end: End,
    /// Events in all.
    pub events: u64,
    /// Distinct results.
    pub results: u64,
    /// Hits merged into known results.
    pub merged: u64,
    /// Hits dropped.
    pub dropped: u64,
    /// Answer deltas.
    pub deltas: u64,
    /// Citations.
    pub citations: u64,
    /// Invented markers removed.
    pub invented: u64,
    /// Digest of all events, times apart; 16 hexadecimal digits.
    pub checksum: String,
}

impl Expectation {
    /// Every field as text, with its name in the file.
    pub fn fields(&self) -> [(&'static str, String); 9] {
        [
            ("end", format!("{:?}", self.end).to_lowercase()),
            ("events", self.events.to_string()),
            ("results", self.results.to_string()),
            ("merged", self.merged.to_string()),
            ("dropped", self.dropped.to_string()),
            ("deltas", self.deltas.to_string()),
            ("citations", self.citations.to_string()),
            ("invented", self.invented.to_string()),
            ("checksum", self.checksum.clone()),
        ]
    }
}

/// The last event of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// `EventKind::Done`.
    Done,
    /// `EventKind::Failed`.
    Failed,
    /// `EventKind::Cancelled`.
    Cancelled,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderSpec {
    name: String,
    weight: Option<f64>,
    timeout_ms: Option<u64>,
    #[serde(default)]
    repeats: u32,
    panic_on: Option<PanicOn>,
    script: Vec<StepSpec>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PanicOn {
    Call,
    Drop,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelSpec {
    name: String,
    /// How many sources it believes there are.
    sources: u32,
    citations: u32,
    #[serde(default)]
    invented: u32,
    script: Vec<StepSpec>,
}

/// One step, as people write it: `{ wait_ms = 120 }`, `{ emit = 10 }`, `{ emit = 10, every_ms = 5 }`, `"hang"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a step is { wait_ms = 120 }, { emit = 10 }, { emit = 10, every_ms = 5 }, { fail = \"rate-limited\" }, \"hang\", \"flood\", \"panic\" or \"yield\""
)]
enum StepSpec {
    Word(Word),
    Wait(WaitSpec),
    Emit(EmitSpec),
    Fail(FailSpec),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Hang,
    Flood,
    Panic,
    Yield,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitSpec {
    wait_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmitSpec {
    emit: u32,
    #[serde(default)]
    every_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FailSpec {
    fail: Failure,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Failure {
    Unreachable,
    Unauthorized,
    RateLimited,
    BadResponse,
    Truncated,
}

impl StepSpec {
    fn step(&self) -> Step {
        match self {
            Self::Word(Word::Hang) => Step::Hang,
            Self::Word(Word::Flood) => Step::Flood,
            Self::Word(Word::Panic) => Step::Panic,
            Self::Word(Word::Yield) => Step::Yield,
            Self::Wait(WaitSpec { wait_ms }) => Step::Wait(Duration::from_millis(*wait_ms)),
            Self::Emit(EmitSpec { emit, every_ms }) => {
                Step::Emit { items: *emit, every: Duration::from_millis(*every_ms) }
            }
            Self::Fail(FailSpec { fail }) => Step::Fail(match fail {
                Failure::Unreachable => FailureKind::Unreachable,
                Failure::Unauthorized => FailureKind::Unauthorized,
                Failure::RateLimited => FailureKind::RateLimited,
                Failure::BadResponse => FailureKind::BadResponse,
                Failure::Truncated => FailureKind::Truncated,
            }),
        }
    }
}

/// Why a text is no scenario.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// Not TOML of this shape.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The question or the deadline is none.
    #[error("{0}")]
    Query(#[from] QueryError),
    /// The engine refuses these providers.
    #[error("{0}")]
    Engine(#[from] BuildError),
}

impl Scenario {
    /// Reads a scenario, and checks that it can be run.
    ///
    /// # Errors
    /// [`ScenarioError`] says where it is wrong.
    pub fn from_toml(text: &str, corpus: &Arc<Corpus>) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text).map_err(|error| ShapeError::new(text, &error))?;
        scenario.make_query()?;
        scenario.build(corpus, Pace::Scripted, None)?;
        Ok(scenario)
    }

    /// The query.
    pub fn query(&self) -> Query {
        self.make_query().expect("checked when the scenario was read")
    }

    /// The engine with its mocks at a pace; a probe sees their calls if given. Its hash seed is fixed, so that runs are
    /// comparable.
    pub fn engine(&self, corpus: &Arc<Corpus>, pace: Pace, probe: Option<&Probe>) -> Engine {
        self.build(corpus, pace, probe).expect("checked when the scenario was read")
    }

    /// The same scenario with another number of answer deltas, without citations; a scale for what one delta costs.
    #[must_use]
    pub fn with_deltas(mut self, deltas: u32) -> Self {
        if let Some(model) = &mut self.model {
            model.script = vec![StepSpec::Emit(EmitSpec { emit: deltas, every_ms: 0 })];
        }
        self
    }

    fn make_query(&self) -> Result<Query, QueryError> {
        let query = Query::new(self.query.as_str())?.with_seed(self.seed);
        match self.deadline_ms {
            Some(deadline) => query.with_deadline(Duration::from_millis(deadline)),
            None => Ok(query),
        }
    }

    fn build(&self, corpus: &Arc<Corpus>, pace: Pace, probe: Option<&Probe>) -> Result<Engine, BuildError> {
        let mut builder = Engine::builder().hash_seed(0);
        for spec in &self.provider {
            let script: Vec<Step> = spec.script.iter().map(StepSpec::step).collect();
            let list = List { pool: self.pool, repeats: spec.repeats };
            let mut provider = ScriptedProvider::new(&spec.name, &script, pace, corpus, list, self.seed);
            if let Some(probe) = probe {
                provider = provider.probed(probe);
            }
            provider = match spec.panic_on {
                Some(PanicOn::Call) => provider.panicking_on_call(),
                Some(PanicOn::Drop) => provider.panicking_on_drop(),
                None => provider,
            };
            let mut options = ProviderOptions::default();
            options.weight = spec.weight;
            options.timeout = spec.timeout_ms.map(Duration::from_millis);
            builder = builder.provider_with(provider, options);
        }
        if let Some(spec) = &self.model {
            let script: Vec<Step> = spec.script.iter().map(StepSpec::step).collect();
            let style = Style { sources: spec.sources, citations: spec.citations, invented: spec.invented };
            let mut model = ScriptedModel::new(&spec.name, &script, pace, corpus, style, self.seed);
            if let Some(probe) = probe {
                model = model.probed(probe);
            }
            builder = builder.model(model);
        }
        builder.build()
    }
}
