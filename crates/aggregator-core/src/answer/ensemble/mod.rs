//! Several models for one answer: one after the other, against each other, or together.
//!
//! Each [`Strategy`] is a type of its own in `fallback`, `race` and `panel`; `run` is what they share, `call` a call of one model.

pub(super) mod call;
mod fallback;
mod panel;
mod race;
pub(super) mod run;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::mode::Mode;
use crate::model::{AnswerRequest, LanguageModel};
use fallback::Fallback;
use panel::Panel;
use race::Race;
use run::EnsembleRun;

pub use panel::MAX_DRAFT_BYTES;

/// Maximum number of models of an ensemble.
pub const MAX_MODELS: usize = 8;

/// How the models of an [`Ensemble`] work together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// The first one answers; the next one is asked if it fails, gives nothing, or keeps silent for too long
    /// ([`Settings::model_patience`](crate::Settings::model_patience)); unless set, too long is an equal share of the time
    /// that is left. Once a word is out there is no other.
    Fallback,
    /// All are asked at once; whose first useful word comes first writes the answer, and the others are dropped then. White
    /// space, invisible characters and markers that name no source are of no use.
    Race,
    /// All answer at once, for at most half of the time that is left; then the first one that has finished its draft writes
    /// the answer, from the sources and all these drafts. If it fails, or gives no useful word in half of what is left then, a draft is the answer.
    Panel,
}

#[doc(hidden)]
#[deprecated(note = "renamed to `Strategy`")]
pub type Plan = Strategy;

/// Models that answer together, in the order in which they were added.
#[derive(Clone)]
pub struct Ensemble {
    pub(crate) strategy: Strategy,
    pub(crate) models: Vec<(Arc<dyn LanguageModel>, ModelOptions)>,
}

/// How well a model suits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelOptions {
    suitability: [f64; 4],
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self { suitability: [1.0; 4] }
    }
}

impl ModelOptions {
    /// Minimum weight with which a model is called, unless all have less. The value is that of the reference system.
    pub const MIN_WEIGHT: f64 = 0.6;

    /// Sets how well the model suits a mode, from 0 to 1; 1 unless set. For a query of that mode, models with a larger weight
    /// come first, and those below [`Self::MIN_WEIGHT`] are not called.
    #[must_use]
    pub fn with_suitability(mut self, mode: Mode, weight: f64) -> Self {
        self.suitability[mode as usize] = weight;
        self
    }

    #[doc(hidden)]
    #[deprecated(note = "renamed to `MIN_WEIGHT`")]
    pub const LEAST: f64 = Self::MIN_WEIGHT;

    #[doc(hidden)]
    #[must_use]
    #[deprecated(note = "renamed to `with_suitability`")]
    pub fn suits(self, mode: Mode, weight: f64) -> Self {
        self.with_suitability(mode, weight)
    }
}

impl Ensemble {
    /// An ensemble without models.
    pub fn new(strategy: Strategy) -> Self {
        Self { strategy, models: Vec::new() }
    }

    /// Adds a model.
    #[must_use]
    pub fn model(self, model: impl LanguageModel + 'static) -> Self {
        self.model_with(model, ModelOptions::default())
    }

    /// Adds a model that suits some modes better than others.
    #[must_use]
    pub fn model_with(mut self, model: impl LanguageModel + 'static, options: ModelOptions) -> Self {
        self.models.push((Arc::new(model), options));
        self
    }

    /// The names of the models, in the order in which they were added.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.models.iter().map(|(model, _)| model.name())
    }

    /// The first model with a weight that is not a number from 0 to 1, with that weight.
    pub(crate) fn invalid_weight(&self) -> Option<(&str, f64)> {
        let bad = |options: &ModelOptions| options.suitability.into_iter().find(|weight| !(0.0..=1.0).contains(weight));
        self.models.iter().find_map(|(model, options)| Some((model.name(), bad(options)?)))
    }

    /// The models for a mode, the most suitable first.
    pub(crate) fn for_mode(&self, mode: Mode) -> Vec<Arc<dyn LanguageModel>> {
        let weight = |options: &ModelOptions| options.suitability[mode as usize];
        let mut chosen: Vec<_> =
            self.models.iter().filter(|(_, options)| weight(options) >= ModelOptions::MIN_WEIGHT).collect();
        if chosen.is_empty() {
            chosen = self.models.iter().collect();
        }
        // Stable: equally suitable ones stay in the order in which they were added.
        chosen.sort_by(|a, b| weight(&b.1).total_cmp(&weight(&a.1)));
        chosen.into_iter().map(|(model, _)| Arc::clone(model)).collect()
    }
}

impl std::fmt::Debug for Ensemble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let models: Vec<_> = self.names().collect();
        f.debug_struct("Ensemble").field("strategy", &self.strategy).field("models", &models).finish()
    }
}

/// Starts an ensemble.
pub(super) fn start(
    ensemble: &Ensemble,
    request: AnswerRequest,
    patience: Option<Duration>,
    now: Instant,
) -> Box<dyn EnsembleRun> {
    let models = ensemble.for_mode(request.query.mode());
    match ensemble.strategy {
        Strategy::Fallback => Box::new(Fallback::new(models, request, patience, now)),
        Strategy::Race => Box::new(Race::new(&models, &request, now)),
        Strategy::Panel => Box::new(Panel::new(&models, request, now)),
    }
}
