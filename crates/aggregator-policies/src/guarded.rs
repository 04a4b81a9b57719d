//! A provider or a model behind policies.

use std::sync::Arc;

use aggregator_core::provider::{HitStream, QueryLimit, SearchRequest};
use aggregator_core::{AnswerRequest, ChunkStream, LanguageModel, Price, RateWindow, SearchProvider};

use crate::call::{Answer, Search};
use crate::policies::Policies;
use crate::request::request;

/// A provider or a model behind the policies of its service.
///
/// It waits for its turn, is not asked while its breaker is open, and is asked again after a failure before the first result or
/// the first word, all within the deadline of the request. What it is not asked for ends with
/// [`NotAsked`](aggregator_core::ProviderErrorKind::NotAsked).
#[derive(Debug, Clone)]
pub struct Guarded<T> {
    inner: Arc<T>,
    policies: Policies,
}

impl<T> Guarded<T> {
    /// Puts policies around a provider or a model.
    pub fn new(inner: T, policies: Policies) -> Self {
        Self { inner: Arc::new(inner), policies }
    }
}

impl<P: SearchProvider + 'static> SearchProvider for Guarded<P> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn query_limit(&self) -> QueryLimit {
        self.inner.query_limit()
    }

    fn is_local(&self) -> bool {
        self.inner.is_local()
    }

    fn has_policies(&self) -> bool {
        true
    }

    fn rate_windows(&self) -> Vec<RateWindow> {
        self.inner.rate_windows()
    }

    fn search(&self, search: SearchRequest) -> HitStream {
        request(self.policies.clone(), Search { provider: Arc::clone(&self.inner), request: search })
    }
}

impl<M: LanguageModel + 'static> LanguageModel for Guarded<M> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn price(&self) -> Option<Price> {
        self.inner.price()
    }

    fn shows(&self, answer: &AnswerRequest) -> usize {
        self.inner.shows(answer)
    }

    fn has_policies(&self) -> bool {
        true
    }

    fn rate_windows(&self) -> Vec<RateWindow> {
        self.inner.rate_windows()
    }

    fn answer(&self, answer: AnswerRequest) -> ChunkStream {
        request(self.policies.clone(), Answer { model: Arc::clone(&self.inner), request: answer })
    }
}
