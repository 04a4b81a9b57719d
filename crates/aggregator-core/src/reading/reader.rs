//! Page readers: the contract between the engine and what fetches pages.

use std::pin::Pin;
use std::sync::Arc;

use tokio::time::Instant;

use crate::provider::ProviderError;
use crate::query::Query;

/// Reads pages that a search found.
///
/// # What an implementor promises
/// 1. [`read`](Self::read) returns at once; work begins when the future is first polled. It may be called many times at once.
/// 2. A poll never blocks the thread; `Pending` is returned only after arranging a wake-up.
/// 3. Dropping the future stops its work and closes its connections at once.
/// 4. The address is a stranger's: nothing but public addresses of the web is asked, whatever it says and wherever it redirects.
/// 5. Passages come in the order of the page, each at least a sentence where the page has one.
///
/// A panic, when it is called, polled or dropped, becomes an [`Outcome`](crate::event::Outcome) of that page.
pub trait PageReader: Send + Sync {
    /// Describes the reading of one page; polling the future performs it.
    fn read(&self, request: ReadRequest) -> PageFuture;
}

impl<R: PageReader + ?Sized> PageReader for Arc<R> {
    fn read(&self, request: ReadRequest) -> PageFuture {
        (**self).read(request)
    }
}

/// A page on its way.
pub type PageFuture = Pin<Box<dyn Future<Output = Result<Page, ProviderError>> + Send>>;

/// The request to a reader.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadRequest {
    /// The address: `http` or `https`, as a provider gave it.
    pub url: Arc<str>,
    /// The query that the page was found for.
    pub query: Arc<Query>,
    /// When the engine stops listening.
    pub deadline: Instant,
}

impl ReadRequest {
    /// Makes a request; the engine does, and so do tests of an implementor.
    pub fn new(url: impl Into<Arc<str>>, query: Arc<Query>, deadline: Instant) -> Self {
        Self { url: url.into(), query, deadline }
    }
}

/// What a page says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Page {
    /// Passages of the main text, in order. The engine cleans and bounds them.
    pub passages: Vec<String>,
}

impl Page {
    /// A page of these passages.
    pub fn new(passages: Vec<String>) -> Self {
        Self { passages }
    }
}
