//! A whole situation as data: a query, its providers and model, its reader, and what must come of it.

mod file;

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::{BuildError, Engine, EngineBuilder, ProviderOptions, Query, QueryError, QueryStream, Settings};
use aggregator_settings::ParseError;
use futures::StreamExt as _;
use serde::Deserialize;
use tokio::time::sleep;

use crate::corpus::{Corpus, List};
use crate::expectation::Expectation;
use crate::invariant_checker::InvariantChecker;
use crate::model::{ScriptedModel, Style};
use crate::probe::Probe;
use crate::profile::{ModelProfile, SearchProfile};
use crate::profiled::{ProfiledModel, ProfiledProvider};
use crate::provider::ScriptedProvider;
use crate::script::{Pace, Step};

/// A situation, read from `benches-data/scenarios/*.toml`; tests and benchmarks read the same ones.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// A sentence on what it is for.
    pub purpose: String,
    /// Seed of the query, and thereby of everything the mocks choose.
    pub seed: u64,
    /// Text of the query of the scenario.
    pub query: String,
    /// Time for the whole query; the engine's default if absent.
    deadline: Option<Duration>,
    reader_delay: Option<Duration>,
    providers: Vec<ProviderMock>,
    model: Option<ModelMock>,
    settings: Settings,
    /// What must come of it at its own pace.
    pub expect: Expectation,
}

/// A provider of a scenario.
#[derive(Debug, Clone)]
struct ProviderMock {
    name: String,
    options: ProviderOptions,
    list: List,
    behaviour: ProviderBehaviour,
}

/// The behaviour of a provider: a script, or draws from a profile.
#[derive(Debug, Clone)]
enum ProviderBehaviour {
    Script { steps: Vec<Step>, panic_on: Option<PanicOn> },
    Profile(Arc<SearchProfile>),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PanicOn {
    Call,
    Drop,
}

/// The model of a scenario.
#[derive(Debug, Clone)]
struct ModelMock {
    name: String,
    style: Style,
    behaviour: ModelBehaviour,
}

/// The behaviour of a model: a script, or draws from a profile.
#[derive(Debug, Clone)]
enum ModelBehaviour {
    Script(Vec<Step>),
    Profile(Arc<ModelProfile>),
}

/// Why a text is no scenario.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// Not TOML of this shape.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The question or the deadline is none.
    #[error("{0}")]
    Query(#[from] QueryError),
    /// The engine refuses these providers.
    #[error("{0}")]
    Engine(#[from] BuildError),
}

impl Scenario {
    /// A new query with the text and the settings of the scenario.
    pub fn query(&self) -> Query {
        self.make_query().expect("checked when the scenario was read")
    }

    /// The engine with its mocks at a pace; a probe sees their calls if given. Its hash seed is fixed, so that runs are
    /// comparable.
    ///
    /// It answers queries of any seed ([`Query::with_seed`]): profiled mocks draw other latencies, sizes and pages for
    /// each. What they do for the scenario's own seed is made ahead, for others when they are asked; see
    /// [`Self::engine_for`].
    pub fn engine(&self, corpus: &Arc<Corpus>, pace: Pace, probe: Option<&Probe>) -> Engine {
        self.engine_for(corpus, pace, probe, &[self.seed])
    }

    /// The engine of [`Self::engine`], for a load of queries of these seeds: what profiled mocks do for them is made
    /// ahead, so that making it is not measured.
    pub fn engine_for(&self, corpus: &Arc<Corpus>, pace: Pace, probe: Option<&Probe>, seeds: &[u64]) -> Engine {
        self.build(corpus, pace, probe, seeds).expect("checked when the scenario was read")
    }

    /// The delay of the reader after each event; `None` if it reads as fast as it can.
    pub fn reader_delay(&self) -> Option<Duration> {
        self.reader_delay
    }

    /// Reads a query to its end, as slowly as the reader of this scenario does.
    pub async fn read(&self, query: &mut QueryStream) -> InvariantChecker {
        let mut checker = InvariantChecker::new();
        while let Some(event) = query.next().await {
            checker.read(&event);
            if let Some(wait) = self.reader_delay {
                sleep(wait).await;
            }
        }
        checker
    }

    /// This scenario with another number of answer deltas, without citations; a scale for what one delta costs.
    #[must_use]
    pub fn with_deltas(mut self, deltas: u32) -> Self {
        if let Some(model) = &mut self.model {
            model.behaviour = ModelBehaviour::Script(vec![Step::Emit { items: deltas, every: Duration::ZERO }]);
        }
        self
    }

    /// This scenario with other settings of the engine; what is expected of it may then not come.
    #[must_use]
    pub fn with_settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    fn make_query(&self) -> Result<Query, QueryError> {
        let query = Query::new(self.query.as_str())?.with_seed(self.seed);
        match self.deadline {
            Some(deadline) => query.with_deadline(deadline),
            None => Ok(query),
        }
    }

    fn build(
        &self,
        corpus: &Arc<Corpus>,
        pace: Pace,
        probe: Option<&Probe>,
        seeds: &[u64],
    ) -> Result<Engine, BuildError> {
        let mut builder = Engine::builder().hash_seed(0).settings(self.settings.clone());
        for mock in &self.providers {
            builder = self.add_provider(builder, mock, corpus, pace, probe, seeds);
        }
        if let Some(mock) = &self.model {
            builder = self.add_model(builder, mock, corpus, pace, probe, seeds);
        }
        builder.build()
    }

    fn add_provider(
        &self,
        builder: EngineBuilder,
        mock: &ProviderMock,
        corpus: &Arc<Corpus>,
        pace: Pace,
        probe: Option<&Probe>,
        seeds: &[u64],
    ) -> EngineBuilder {
        let ProviderMock { name, options, list, behaviour } = mock;
        match behaviour {
            ProviderBehaviour::Script { steps, panic_on } => {
                let mut provider = ScriptedProvider::new(name, steps, pace, corpus, *list, self.seed);
                if let Some(probe) = probe {
                    provider = provider.probed(probe);
                }
                provider = match panic_on {
                    Some(PanicOn::Call) => provider.panicking_on_call(),
                    Some(PanicOn::Drop) => provider.panicking_on_drop(),
                    None => provider,
                };
                builder.provider_with(provider, *options)
            }
            ProviderBehaviour::Profile(profile) => {
                let mut provider = ProfiledProvider::new(name, Arc::clone(profile), pace, corpus, *list, seeds);
                if let Some(probe) = probe {
                    provider = provider.probed(probe);
                }
                builder.provider_with(provider, *options)
            }
        }
    }

    fn add_model(
        &self,
        builder: EngineBuilder,
        mock: &ModelMock,
        corpus: &Arc<Corpus>,
        pace: Pace,
        probe: Option<&Probe>,
        seeds: &[u64],
    ) -> EngineBuilder {
        let ModelMock { name, style, behaviour } = mock;
        match behaviour {
            ModelBehaviour::Script(steps) => {
                let mut model = ScriptedModel::new(name, steps, pace, corpus, *style, self.seed);
                if let Some(probe) = probe {
                    model = model.probed(probe);
                }
                builder.model(model)
            }
            ModelBehaviour::Profile(profile) => {
                let mut model = ProfiledModel::new(name, Arc::clone(profile), pace, corpus, *style, seeds);
                if let Some(probe) = probe {
                    model = model.probed(probe);
                }
                builder.model(model)
            }
        }
    }
}
