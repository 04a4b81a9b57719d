//! The engine: providers, models and settings, shared by all queries.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use crate::analysis::Analyzer;
use crate::answer::ensemble::{self, Ensemble};
use crate::limits::MAX_PROVIDERS;
use crate::model::LanguageModel;
use crate::provider::SearchProvider;
use crate::query::Query;
use crate::reading::PageReader;
use crate::search::merge::{RankedProvider, Weight, WeightError};
use crate::settings::{Settings, SettingsError, check_timeout};
use crate::shared::{EngineInner, Models, Provider, Reader};
use crate::source::ProviderName;
use crate::stream::QueryStream;

/// Providers, a model and settings; answers queries.
///
/// Cheap to clone and to share between threads. It owns no task, no thread and no timer: each query lives in the stream
/// that [`run`](Self::run) returns.
#[derive(Clone)]
pub struct Engine(Arc<EngineInner>);

/// Settings of one provider.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct ProviderOptions {
    /// Weight of the provider's ranks: above 0 and at most 1,000; 1 unless set.
    pub weight: Option<f64>,
    /// Time limit of the provider, 1 ms to [`Query::MAX_DEADLINE`], if other than [`Settings::provider_timeout`].
    pub timeout: Option<Duration>,
}

impl ProviderOptions {
    /// Sets the weight.
    #[must_use]
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = Some(weight);
        self
    }

    /// Sets the timeout.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

/// Builds an [`Engine`]; from [`Engine::builder`].
#[must_use]
#[derive(Clone, Default)]
pub struct EngineBuilder {
    providers: Vec<(Arc<dyn SearchProvider>, ProviderOptions)>,
    models: Option<Models>,
    /// Whether `model` or `models` was called again.
    has_second_model: bool,
    reader: Option<Arc<dyn PageReader>>,
    settings: Settings,
    hash_seed: Option<u64>,
}

/// The error of building an engine.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// An engine without providers finds nothing.
    #[error("no provider was added: call `provider` at least once")]
    NoProviders,
    /// The fan-out keeps one bit per provider.
    #[error("{given} providers were added, at most {MAX_PROVIDERS} are possible")]
    TooManyProviders {
        /// How many were added.
        given: usize,
    },
    /// Reports and tie-breaks need distinct names.
    #[error("two providers are named `{name}`: give each its own name")]
    DuplicateName {
        /// The name that occurs twice.
        name: ProviderName,
    },
    /// A name is blank or longer than 64 bytes after cleaning.
    #[error("a provider's name `{name}` is blank or longer than 64 bytes")]
    InvalidName {
        /// The name, cleaned.
        name: ProviderName,
    },
    /// A provider's weight is out of range.
    #[error("provider `{name}`: {source}")]
    Weight {
        /// The provider whose weight is refused.
        name: ProviderName,
        /// What is wrong with it.
        source: WeightError,
    },
    /// A provider's timeout is out of range.
    #[error("provider `{name}`: {source}")]
    Timeout {
        /// The provider whose time limit is refused.
        name: ProviderName,
        /// What is wrong with it.
        source: SettingsError,
    },
    /// A provider takes no characters or no words of a query.
    #[error("provider `{name}` takes no characters or no words of a query: a limit is at least 1 of each")]
    QueryLimit {
        /// The provider whose limit is 0.
        name: ProviderName,
    },
    /// `model` or `models` was called more than once.
    #[error("a second model was set: add several models to an `Ensemble`, and set that once")]
    SecondModel,
    /// Reports need distinct names.
    #[error("two models are named `{name}`: give each its own name")]
    DuplicateModelName {
        /// The name that occurs twice.
        name: ProviderName,
    },
    /// An ensemble of no or of too many models.
    #[error("an ensemble has {given} models, not 1 to {}", ensemble::MAX_MODELS)]
    Models {
        /// How many were added.
        given: usize,
    },
    /// The weight of a model for a mode is not a number from 0 to 1.
    #[error("model `{name}`: a weight of {given} is not from 0 to 1")]
    InvalidModelWeight {
        /// The model whose weight is refused.
        name: ProviderName,
        /// The refused weight, as it was given.
        given: f64,
    },
    /// Partial syntheses are asked for after batches, and there are none.
    #[error("interim_synthesis needs streaming_batch_size: after how many results is a model to be asked?")]
    InterimWithoutBatches,
    /// A setting is out of range.
    #[error("settings: {0}")]
    Settings(#[from] SettingsError),
}

impl Engine {
    /// Starts building an engine.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Describes the work of a query; polling the stream performs it, dropping the stream ends it.
    ///
    /// Nothing happens before the first poll, from which time is counted. The stream has to be polled within a tokio
    /// runtime that has its timer enabled.
    pub fn run(&self, query: Query) -> QueryStream {
        QueryStream::new(Arc::clone(&self.0), query)
    }

    /// The settings of the engine.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let providers: Vec<_> = self.0.providers.iter().map(|p| &p.ranked.name).collect();
        let mut shown = f.debug_struct("Engine");
        shown.field("providers", &providers);
        show_models(&mut shown, self.0.models.as_ref());
        shown.finish_non_exhaustive()
    }
}

fn show_models(shown: &mut fmt::DebugStruct<'_, '_>, models: Option<&Models>) {
    match models {
        Some(Models::One(model)) => shown.field("model", &model.name()),
        Some(Models::Several(ensemble)) => shown.field("models", ensemble),
        None => shown,
    };
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let providers: Vec<_> = self.providers.iter().map(|(provider, _)| provider.name()).collect();
        let mut shown = f.debug_struct("EngineBuilder");
        shown.field("providers", &providers);
        show_models(&mut shown, self.models.as_ref());
        shown.field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl EngineBuilder {
    /// Adds a provider.
    pub fn provider(self, provider: impl SearchProvider + 'static) -> Self {
        self.provider_with(provider, ProviderOptions::default())
    }

    /// Adds a provider with its own weight or timeout.
    pub fn provider_with(mut self, provider: impl SearchProvider + 'static, options: ProviderOptions) -> Self {
        self.providers.push((Arc::new(provider), options));
        self
    }

    /// Sets the model; without one, queries end with their sources.
    pub fn model(mut self, model: impl LanguageModel + 'static) -> Self {
        self.has_second_model |= self.models.is_some();
        self.models = Some(Models::One(Arc::new(model)));
        self
    }

    /// Sets several models that answer together.
    pub fn models(mut self, models: Ensemble) -> Self {
        self.has_second_model |= self.models.is_some();
        self.models = Some(Models::Several(models));
        self
    }

    /// Sets what reads the pages of the best results; without it no page is read. See [`Settings::reading`].
    pub fn page_reader(mut self, reader: impl PageReader + 'static) -> Self {
        self.reader = Some(Arc::new(reader));
        self
    }

    /// Replaces the default settings.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Fixes the seed of hash tables. For measurements and replays only: unless fixed, it is random in each process,
    /// because URLs are chosen by strangers.
    pub fn hash_seed(mut self, seed: u64) -> Self {
        self.hash_seed = Some(seed);
        self
    }

    /// Builds the engine.
    ///
    /// # Errors
    /// [`BuildError`] names what is missing or out of range.
    pub fn build(self) -> Result<Engine, BuildError> {
        self.settings.check()?;
        if self.settings.interim_synthesis && self.settings.streaming_batch_size.is_none() {
            return Err(BuildError::InterimWithoutBatches);
        }
        if self.has_second_model {
            return Err(BuildError::SecondModel);
        }
        if let Some(Models::Several(ensemble)) = &self.models {
            let given = ensemble.models.len();
            if !(1..=ensemble::MAX_MODELS).contains(&given) {
                return Err(BuildError::Models { given });
            }
            if let Some((name, given)) = ensemble.invalid_weight() {
                return Err(BuildError::InvalidModelWeight { name: ProviderName::new(name), given });
            }
            let mut names: Vec<ProviderName> = ensemble.names().map(ProviderName::new).collect();
            names.sort();
            if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(BuildError::DuplicateModelName { name: pair[0].clone() });
            }
        }
        match self.providers.len() {
            0 => return Err(BuildError::NoProviders),
            given if given > MAX_PROVIDERS => return Err(BuildError::TooManyProviders { given }),
            _ => {}
        }
        let mut providers = Vec::with_capacity(self.providers.len());
        for (provider, options) in self.providers {
            let name = ProviderName::new(provider.name());
            if name.as_str().trim().is_empty() || name.as_str().len() > 64 {
                return Err(BuildError::InvalidName { name });
            }
            let weight = match options.weight.map(Weight::new) {
                None => Weight::default(),
                Some(Ok(weight)) => weight,
                Some(Err(source)) => return Err(BuildError::Weight { name, source }),
            };
            if let Some(Err(source)) = options.timeout.map(check_timeout) {
                return Err(BuildError::Timeout { name, source });
            }
            let query_limit = provider.query_limit();
            if query_limit.chars == 0 || query_limit.words == 0 {
                return Err(BuildError::QueryLimit { name });
            }
            let ranked = RankedProvider { index: 0, name, weight };
            let (is_local, has_policies) = (provider.is_local(), provider.has_policies());
            let timeout = options.timeout;
            providers.push(Provider { ranked, timeout, query_limit, is_local, has_policies, provider });
        }
        providers.sort_by(|a, b| a.ranked.name.cmp(&b.ranked.name));
        for (index, provider) in providers.iter_mut().enumerate() {
            provider.ranked.index = index as u8;
        }
        if let Some(pair) = providers.windows(2).find(|pair| pair[0].ranked.name == pair[1].ranked.name) {
            return Err(BuildError::DuplicateName { name: pair[0].ranked.name.clone() });
        }
        // RandomState is the standard library's own source of per-process randomness.
        let hash_seed = self.hash_seed.unwrap_or_else(|| RandomState::new().hash_one(0));
        let analyzer = self.settings.analysis.clone().map(Analyzer::new).transpose()?;
        let settings = self.settings.reading.clone().unwrap_or_default();
        let reader = self.reader.map(|reader| Box::new(Reader { reader, settings }));
        Ok(Engine(Arc::new(EngineInner {
            providers,
            models: self.models,
            analyzer,
            reader,
            settings: self.settings,
            hash_seed,
        })))
    }
}
