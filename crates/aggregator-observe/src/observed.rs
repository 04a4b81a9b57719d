//! A provider or a model whose calls have a span.

use aggregator_core::provider::{HitStream, QueryLimit, SearchRequest};
use aggregator_core::{AnswerRequest, ChunkStream, LanguageModel, Price, RateWindow, SearchProvider};

use crate::chunks::WatchedChunks;
use crate::hits::WatchedHits;
use crate::observer::Observer;
use crate::spans;

/// A provider or a model whose calls have a span each, a child of the one of their query.
///
/// Put it outermost, around policies: then a span has what the engine sees, with waits and retries. As long as nothing subscribes to
/// spans, a call is that of the provider or the model itself. Calls are not measured here but from the events of their query, so that
/// nothing is counted twice.
#[derive(Debug, Clone)]
pub struct Observed<T> {
    inner: T,
    content: bool,
}

impl Observer {
    /// Watches the calls of a provider or a model.
    pub fn calls<T>(&self, inner: T) -> Observed<T> {
        Observed { inner, content: self.content() }
    }
}

impl<P: SearchProvider> SearchProvider for Observed<P> {
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
        self.inner.has_policies()
    }

    fn rate_windows(&self) -> Vec<RateWindow> {
        self.inner.rate_windows()
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let span = spans::retrieval(self.inner.name(), self.content.then(|| request.text()));
        if span.is_disabled() {
            return self.inner.search(request);
        }
        let hits = span.in_scope(|| self.inner.search(request));
        Box::pin(WatchedHits::new(hits, span, self.content))
    }
}

impl<M: LanguageModel> LanguageModel for Observed<M> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn price(&self) -> Option<Price> {
        self.inner.price()
    }

    fn shows(&self, request: &AnswerRequest) -> usize {
        self.inner.shows(request)
    }

    fn has_policies(&self) -> bool {
        self.inner.has_policies()
    }

    fn rate_windows(&self) -> Vec<RateWindow> {
        self.inner.rate_windows()
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let span = spans::chat(self.inner.name());
        if span.is_disabled() {
            return self.inner.answer(request);
        }
        let chunks = span.in_scope(|| self.inner.answer(request));
        Box::pin(WatchedChunks::new(chunks, span, self.content))
    }
}
