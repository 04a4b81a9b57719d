//! What a question is asked with: providers, model, settings.

use std::sync::Arc;

use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{Engine, LanguageModel, SearchProvider, Settings};
use aggregator_extract::ExtractiveModel;
use futures::{StreamExt as _, stream};
use rag_eval::matching::Answer;
use rag_eval::questions::{PassageKey, Question};

use crate::error::EvalError;
use crate::models::{Obedient, WorstCase};

/// A model that answers the lists.
#[derive(Clone)]
pub enum Setup {
    /// The program's own model: it selects sentences.
    Extractive,
    /// A model that does as well as the passages allow.
    Obedient,
    /// A model that does everything wrong.
    WorstCase,
    /// A real model: that of a service, or a program.
    Real(Arc<dyn LanguageModel>),
}

impl Setup {
    /// The simulated models, and the program's own.
    pub const OWN: [Self; 3] = [Self::Extractive, Self::Obedient, Self::WorstCase];

    /// The name that its rows begin with.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Extractive => "extractive",
            Self::Obedient => "obedient",
            Self::WorstCase => "worst-case",
            Self::Real(_) => "model",
        }
    }

    /// The model for a question.
    pub fn model(&self, question: &Question) -> Box<dyn LanguageModel> {
        match self {
            Self::Extractive => Box::new(ExtractiveModel::new()),
            Self::Obedient => Box::new(Obedient::new(question.answer.clone())),
            Self::WorstCase => Box::new(WorstCase::new(question.fake_answer.clone())),
            Self::Real(model) => Box::new(Arc::clone(model)),
        }
    }
}

/// Wraps providers and models before they are used; tests plant faults with it.
pub trait Hooks {
    /// Wraps a provider.
    fn provider(&self, provider: Box<dyn SearchProvider>) -> Box<dyn SearchProvider> {
        provider
    }

    /// Wraps a model. `fake` is the wrong answer of the question, if it has one.
    fn model(&self, model: Box<dyn LanguageModel>, fake: Option<&Answer>) -> Box<dyn LanguageModel> {
        let _ = fake;
        model
    }
}

/// Wraps nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoHooks;

impl Hooks for NoHooks {}

/// The settings of the program, with contradictions reported.
pub fn settings() -> Settings {
    Settings::default().enough_providers(Some(3)).enough_sources(Some(10)).report_contradictions(true)
}

/// An engine over some providers and perhaps a model.
///
/// # Errors
/// If the engine cannot be built.
pub fn engine(
    providers: Vec<Box<dyn SearchProvider>>,
    model: Option<Box<dyn LanguageModel>>,
    settings: Settings,
) -> Result<Engine, EvalError> {
    let mut builder = Engine::builder().settings(settings);
    for provider in providers {
        builder = builder.provider(provider);
    }
    if let Some(model) = model {
        builder = builder.model(model);
    }
    Ok(builder.build()?)
}

/// A provider that finds the same hits for every query.
#[derive(Debug, Clone)]
pub struct FixedProvider {
    name: String,
    hits: Vec<Hit>,
}

impl FixedProvider {
    /// A provider with a name that is unique within its engine.
    pub fn new(name: impl Into<String>, hits: Vec<Hit>) -> Self {
        Self { name: name.into(), hits }
    }

    /// A provider of passages of a question, in their order.
    pub fn of_passages(question: &Question, keys: &[PassageKey]) -> Self {
        let hits = keys.iter().enumerate().filter_map(|(at, key)| {
            let text = question.passage(*key)?;
            Some(Hit::new(passage_url(*key), format!("Passage {}", at + 1)).with_snippet(text))
        });
        Self::new("passages", hits.collect())
    }
}

/// The address of a passage in a list.
pub fn passage_url(key: PassageKey) -> String {
    format!("https://passages.example/{key}")
}

/// The passage at an address in a list.
pub fn passage_at(url: &str) -> Option<PassageKey> {
    url.rsplit('/').next()?.parse().ok()
}

impl SearchProvider for FixedProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn search(&self, _request: SearchRequest) -> HitStream {
        stream::iter(self.hits.clone().into_iter().map(Ok)).boxed()
    }
}
