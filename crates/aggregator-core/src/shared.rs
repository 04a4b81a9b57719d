//! The state that the queries of an engine share.

use std::sync::Arc;
use std::time::Duration;

use crate::analysis::Analyzer;
use crate::answer::ensemble::Ensemble;
use crate::answer::mode::Mode;
use crate::model::LanguageModel;
use crate::provider::{QueryLimit, SearchProvider};
use crate::reading::{PageReader, ReadingSettings};
use crate::search::merge::RankedProvider;
use crate::settings::Settings;

/// The state behind an [`Engine`](crate::Engine), shared by its queries.
pub(crate) struct EngineInner {
    /// In name order, so that the order in which they were added changes nothing.
    pub(crate) providers: Vec<Provider>,
    pub(crate) models: Option<Models>,
    pub(crate) analyzer: Option<Analyzer>,
    /// Boxed, because most engines have none.
    pub(crate) reader: Option<Box<Reader>>,
    pub(crate) settings: Settings,
    pub(crate) hash_seed: u64,
}

impl EngineInner {
    /// Whether providers or models report what policies do.
    pub(crate) fn has_policies(&self) -> bool {
        self.providers.iter().any(|provider| provider.has_policies)
            || self.models.as_ref().is_some_and(Models::have_policies)
    }
}

/// What reads pages, and how.
pub(crate) struct Reader {
    pub(crate) reader: Arc<dyn PageReader>,
    pub(crate) settings: ReadingSettings,
}

/// The models that write answers.
#[derive(Clone)]
pub(crate) enum Models {
    One(Arc<dyn LanguageModel>),
    Several(Ensemble),
}

impl Models {
    /// Whether one of them reports what policies do.
    pub(crate) fn have_policies(&self) -> bool {
        match self {
            Self::One(model) => model.has_policies(),
            Self::Several(ensemble) => ensemble.models.iter().any(|(model, _)| model.has_policies()),
        }
    }

    /// The most suitable one for a mode.
    pub(crate) fn first(&self, mode: Mode) -> Arc<dyn LanguageModel> {
        match self {
            Self::One(model) => Arc::clone(model),
            Self::Several(ensemble) => Arc::clone(&ensemble.for_mode(mode)[0]),
        }
    }
}

/// A provider of the engine, with its options.
pub(crate) struct Provider {
    pub(crate) ranked: RankedProvider,
    pub(crate) timeout: Option<Duration>,
    pub(crate) query_limit: QueryLimit,
    pub(crate) is_local: bool,
    pub(crate) has_policies: bool,
    pub(crate) provider: Arc<dyn SearchProvider>,
}
