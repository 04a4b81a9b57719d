//! A provider and a model that do what a test plans, and remember what the model was asked.

use std::sync::{Arc, Mutex};

use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{
    AnswerRequest, Chunk, ChunkStream, Engine, LanguageModel, PolicyAction, ProviderError, Query, SearchProvider,
    Settings,
};
use futures::{StreamExt as _, stream};

/// What happens in a query.
#[derive(Clone, Default)]
pub struct Plan {
    /// The name of the provider; `web` where it is empty.
    pub provider: String,
    pub hits: Vec<Result<Hit, ProviderError>>,
    pub chunks: Vec<Result<Chunk, ProviderError>>,
    pub reports: Vec<PolicyAction>,
    pub settings: Settings,
    pub is_local: bool,
    asked: Arc<Mutex<Vec<Arc<Query>>>>,
}

impl Plan {
    /// One hit, and an answer of these chunks.
    pub fn answering(chunks: impl IntoIterator<Item = Result<Chunk, ProviderError>>) -> Self {
        let hit = Hit::new("https://a.example/tide", "Tides").with_snippet("The tide turns twice a day.");
        Self { hits: vec![Ok(hit)], chunks: chunks.into_iter().collect(), ..Self::default() }
    }

    /// A search that gives this.
    pub fn finding(hits: impl IntoIterator<Item = Result<Hit, ProviderError>>) -> Self {
        Self { hits: hits.into_iter().collect(), ..Self::answering([Ok(Chunk::Text("It is [1].".into()))]) }
    }

    pub fn engine(&self) -> Engine {
        let builder = Engine::builder().hash_seed(0).settings(self.settings.clone());
        builder.provider(self.clone()).model(self.clone()).build().unwrap()
    }

    /// The queries that the model was asked.
    pub fn asked(&self) -> Vec<Arc<Query>> {
        self.asked.lock().unwrap().clone()
    }
}

impl SearchProvider for Plan {
    fn name(&self) -> &str {
        if self.provider.is_empty() { "web" } else { &self.provider }
    }

    fn has_policies(&self) -> bool {
        !self.reports.is_empty()
    }

    fn is_local(&self) -> bool {
        self.is_local
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        self.reports.iter().for_each(|action| request.report("web", *action));
        stream::iter(self.hits.clone()).boxed()
    }
}

impl LanguageModel for Plan {
    fn name(&self) -> &str {
        "writer"
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        self.asked.lock().unwrap().push(Arc::clone(&request.query));
        stream::iter(self.chunks.clone()).boxed()
    }
}
