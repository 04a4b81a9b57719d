//! Search providers: the contract between the engine and a source of results.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use tokio::time::Instant;

use crate::analysis::Analysis;
use crate::query::Query;
use crate::text::CleanText;

pub use crate::query_limit::QueryLimit;

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

/// The error of a provider or a model.
///
/// Two errors are equal if kind and message are.
#[derive(Clone)]
#[non_exhaustive]
pub struct ProviderError {
    /// The kind of the error.
    pub kind: ProviderErrorKind,
    /// An explanation for people, without secrets.
    pub message: CleanText,
    /// Boxed, because an item of every stream has room for an error.
    details: Option<Box<ErrorDetails>>,
}

#[derive(Debug, Clone, Default)]
struct ErrorDetails {
    retry_after: Option<Duration>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl fmt::Debug for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ProviderError");
        debug.field("kind", &self.kind).field("message", &self.message);
        if let Some(after) = self.retry_after() {
            debug.field("retry_after", &after);
        }
        // The source may have an address with a key in it.
        if self.source().is_some() { debug.finish_non_exhaustive() } else { debug.finish() }
    }
}

impl ProviderError {
    /// Makes an error; the message is cleaned and cut to 200 bytes.
    pub fn new(kind: ProviderErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: Self::clean(message), details: None }
    }

    fn clean(message: impl Into<String>) -> CleanText {
        let mut message = CleanText::single_line(message);
        message.truncate(200);
        message
    }

    /// The same error with a message as [`new`](Self::new) makes it: the field is public.
    pub(crate) fn with_clean_message(self) -> Self {
        Self { message: Self::clean(self.message.into_string()), ..self }
    }

    /// Sets the time after which the service may be asked again.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.details.get_or_insert_default().retry_after = Some(after);
        self
    }

    /// Sets the error that caused this one. Callers read it with [`source`](Error::source); events do not contain it.
    #[must_use]
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.details.get_or_insert_default().source = Some(Arc::new(source));
        self
    }

    /// The kind of the error.
    pub fn kind(&self) -> ProviderErrorKind {
        self.kind
    }

    /// An explanation for people, without secrets.
    pub fn message(&self) -> &str {
        self.message.as_str()
    }

    /// The time after which the service may be asked again, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.details.as_ref()?.retry_after
    }
}

impl PartialEq for ProviderError {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.message) == (other.kind, &other.message)
    }
}

impl Eq for ProviderError {}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl Error for ProviderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.details.as_ref()?.source.as_ref()?;
        Some(&**source)
    }
}

/// The kind of a [`ProviderError`], of a provider or a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ProviderErrorKind {
    /// The service could not be reached.
    Unreachable,
    /// The service refused the credentials.
    Unauthorized,
    /// The service asked to come back later.
    RateLimited,
    /// The service answered with something that is no answer.
    BadResponse,
    /// The answer ended in the middle.
    Truncated,
    /// The implementation panicked; its message is not repeated.
    Panicked,
    /// The service was not asked, because of a limit, or because it has failed again and again.
    NotAsked,
    /// Anything else.
    Other,
}

#[doc(hidden)]
#[deprecated(note = "renamed to `ProviderErrorKind`")]
pub type FailureKind = ProviderErrorKind;

impl fmt::Display for ProviderErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unreachable => "unreachable",
            Self::Unauthorized => "unauthorized",
            Self::RateLimited => "rate limited",
            Self::BadResponse => "bad response",
            Self::Truncated => "truncated",
            Self::Panicked => "panicked",
            Self::NotAsked => "not asked",
            Self::Other => "failed",
        })
    }
}
