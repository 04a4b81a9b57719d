//! What is asked of a service: a search or an answer, which can be asked again.

use std::pin::Pin;
use std::sync::Arc;

use aggregator_core::provider::{Hit, SearchRequest};
use aggregator_core::{AnswerRequest, Chunk, LanguageModel, PolicyAction, ProviderError, RateWindow, SearchProvider};
use futures::Stream;
use tokio::time::Instant;

pub(crate) type Items<T> = Pin<Box<dyn Stream<Item = Result<T, ProviderError>> + Send>>;

/// A search or an answer.
pub(crate) trait Call: Send + Sync + 'static {
    type Item: Send + 'static;

    /// Asks the service.
    fn make(&self) -> Items<Self::Item>;

    /// Whether nothing is repeated after an item: it is a result, or text.
    fn counts(item: &Self::Item) -> bool;

    fn deadline(&self) -> Instant;

    fn seed(&self) -> u64;

    /// Tells the reader of the query what a policy does.
    fn report(&self, action: PolicyAction);

    /// What the service said last about its limits.
    fn rate_windows(&self) -> Vec<RateWindow>;
}

pub(crate) struct Search<P> {
    pub(crate) provider: Arc<P>,
    pub(crate) request: SearchRequest,
}

impl<P: SearchProvider + 'static> Call for Search<P> {
    type Item = Hit;

    fn make(&self) -> Items<Hit> {
        self.provider.search(self.request.clone())
    }

    fn counts(_: &Hit) -> bool {
        true
    }

    fn deadline(&self) -> Instant {
        self.request.deadline
    }

    fn seed(&self) -> u64 {
        self.request.seed()
    }

    fn report(&self, action: PolicyAction) {
        self.request.report(self.provider.name(), action);
    }

    fn rate_windows(&self) -> Vec<RateWindow> {
        self.provider.rate_windows()
    }
}

pub(crate) struct Answer<M> {
    pub(crate) model: Arc<M>,
    pub(crate) request: AnswerRequest,
}

impl<M: LanguageModel + 'static> Call for Answer<M> {
    type Item = Chunk;

    fn make(&self) -> Items<Chunk> {
        self.model.answer(self.request.clone())
    }

    fn counts(chunk: &Chunk) -> bool {
        matches!(chunk, Chunk::Text(_) | Chunk::Finish(_))
    }

    fn deadline(&self) -> Instant {
        self.request.deadline
    }

    fn seed(&self) -> u64 {
        self.request.seed()
    }

    fn report(&self, action: PolicyAction) {
        self.request.report(self.model.name(), action);
    }

    fn rate_windows(&self) -> Vec<RateWindow> {
        self.model.rate_windows()
    }
}
