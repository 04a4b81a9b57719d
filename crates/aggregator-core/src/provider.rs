//! Search providers: the contract between the engine and a source of results.

use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;
use tokio::time::Instant;

use crate::analysis::Analysis;
use crate::policy::PolicyAction;
use crate::query::Query;

#[allow(deprecated)]
#[doc(hidden)]
pub use crate::provider_error::FailureKind;
pub use crate::provider_error::{ProviderError, ProviderErrorKind};
pub use crate::query_limit::QueryLimit;
pub use crate::rate_window::RateWindow;

/// A source of search results.
///
/// # What an implementor promises
/// 1. [`search`](Self::search) returns at once: it starts no work and blocks on nothing; work begins when the stream is
///    first polled. It may be called many times at once.
/// 2. Hits come best first: the position in the stream, counted from 1, is the rank.
/// 3. Each hit is yielded as soon as it is known, one item at a time; a poll never blocks the thread.
/// 4. `Pending` is returned only after arranging a wake-up.
/// 5. An error is the last item that matters: the engine drops the stream after it.
/// 6. Dropping the stream stops its work and closes its connections at once.
/// 7. No more than [`SearchRequest::max_hits`] hits are yielded. (The engine enforces this.)
/// 8. Whatever it chooses at random depends on [`SearchRequest::seed`] and not on the order of calls. (What a service behind it
///    finds may change.)
///
/// The engine survives an implementor that breaks any of them except blocking the thread: panics when called, polled or
/// dropped become an [`Outcome`](crate::event::Outcome), and the other providers go on.
pub trait SearchProvider: Send + Sync {
    /// The name in events and reports; asked once, when the engine is built. Unique within an engine.
    fn name(&self) -> &str;

    /// How much of a query the service takes; asked once, when the engine is built. A longer query is shortened to what it asks
    /// ([`SearchRequest::text`]), one within the limit is sent as it is.
    fn query_limit(&self) -> QueryLimit {
        QueryLimit::NONE
    }

    /// Whether it finds documents of this machine; asked once, when the engine is built.
    ///
    /// Hits of such a provider may be `file:` URLs beside web pages. The fragment of one names the passage, so two passages of
    /// a file are two results; and snippets keep their line breaks, as a document may hold code. From all others a `file:` URL
    /// is dropped: a web page has no say in which files of a reader are opened.
    fn is_local(&self) -> bool {
        false
    }

    /// Whether it [reports](SearchRequest::report) what policies do; asked once, when the engine is built. Reports are collected if
    /// one of the providers or models of an engine says so.
    fn has_policies(&self) -> bool {
        false
    }

    /// What the service said last about its limits; empty if it says nothing.
    fn rate_windows(&self) -> Vec<RateWindow> {
        Vec::new()
    }

    /// Describes the search; polling the stream performs it, dropping the stream ends it.
    fn search(&self, request: SearchRequest) -> HitStream;
}

/// A pointer to an implementation is one itself.
macro_rules! forward {
    ($($pointer:ident)+) => {$(
        impl<P: SearchProvider + ?Sized> SearchProvider for $pointer<P> {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn query_limit(&self) -> QueryLimit {
                (**self).query_limit()
            }

            fn is_local(&self) -> bool {
                (**self).is_local()
            }

            fn has_policies(&self) -> bool {
                (**self).has_policies()
            }

            fn rate_windows(&self) -> Vec<RateWindow> {
                (**self).rate_windows()
            }

            fn search(&self, request: SearchRequest) -> HitStream {
                (**self).search(request)
            }
        }
    )+};
}

forward!(Arc Box);

/// The hits of one search, best first.
pub type HitStream = Pin<Box<dyn Stream<Item = Result<Hit, ProviderError>> + Send>>;

/// The request to a provider.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SearchRequest {
    /// The query to search for.
    pub query: Arc<Query>,
    /// What the query is, where the engine [analyses](crate::Settings::analysis) queries.
    pub analysis: Option<Arc<Analysis>>,
    /// Maximum number of hits that the engine uses.
    pub max_hits: u32,
    /// When the engine stops listening; a provider may use it to give up early or to tell its upstream.
    pub deadline: Instant,
    /// The text within the provider's limit, where the query is longer.
    shortened: Option<Arc<str>>,
}

impl SearchRequest {
    /// Makes a request; the engine does, and so do tests of an implementor.
    pub fn new(query: Arc<Query>, max_hits: u32, deadline: Instant) -> Self {
        Self { query, analysis: None, max_hits, deadline, shortened: None }
    }

    /// Adds the analysis of the query.
    #[must_use]
    pub fn with_analysis(mut self, analysis: Option<Arc<Analysis>>) -> Self {
        self.analysis = analysis;
        self
    }

    /// Shortens the text to what a provider takes.
    #[must_use]
    pub fn with_query_limit(mut self, limit: QueryLimit) -> Self {
        let text = self.query.resolved_text().unwrap_or(self.query.lines());
        self.shortened = crate::analysis::shorten(text, limit).map(Arc::from);
        self
    }

    #[doc(hidden)]
    #[must_use]
    #[deprecated(note = "renamed to `with_query_limit`")]
    pub fn within(self, limit: QueryLimit) -> Self {
        self.with_query_limit(limit)
    }

    /// What to search for: the [text](Query::search_text) of the query, or what it asks, where it is longer than the provider's
    /// [limit](SearchProvider::query_limit).
    pub fn text(&self) -> &str {
        self.shortened.as_deref().unwrap_or(self.query.search_text())
    }

    /// The seed for random choices.
    pub fn seed(&self) -> u64 {
        self.query.seed()
    }

    /// Tells the reader of the query what a policy before the named provider does. Without effect in an engine none of whose
    /// providers and models [has policies](SearchProvider::has_policies).
    pub fn report(&self, provider: &str, action: PolicyAction) {
        if let Some(reports) = self.query.policy_reports() {
            reports.push(provider, action);
        }
    }
}

/// One search result as a provider gives it. The engine cleans the texts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hit {
    /// Address of the page; `http` or `https`, or `file` from a provider that [is local](SearchProvider::is_local).
    pub url: String,
    /// Title of the page.
    pub title: String,
    /// A few sentences from the page.
    pub snippet: String,
}

impl Hit {
    /// Makes a hit without a snippet.
    pub fn new(url: impl Into<String>, title: impl Into<String>) -> Self {
        Self { url: url.into(), title: title.into(), snippet: String::new() }
    }

    /// Sets the snippet.
    #[must_use]
    pub fn with_snippet(mut self, snippet: impl Into<String>) -> Self {
        self.snippet = snippet.into();
        self
    }
}
