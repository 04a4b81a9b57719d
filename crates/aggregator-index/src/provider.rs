//! An index as a search provider.

use std::sync::Arc;

use aggregator_core::provider::{Hit, HitStream, ProviderError, ProviderErrorKind, SearchRequest};
use aggregator_core::{SearchProvider, Settings};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::error::IndexError;
use crate::index::Index;
use crate::passage::Passage;
use crate::search::find::PreparedSearch;

/// Maximum number of posting-list entries that are read within a poll: about a third of a millisecond. A larger search runs on
/// a thread for blocking work.
const MAX_INLINE_POSTINGS: u64 = 20_000;

/// Answers queries from an [`Index`]; a clone answers from the same one.
///
/// The words of a query are looked up when the stream is first polled, which takes microseconds and tells how much the
/// search has to read. Little is read at once; for more, the search goes to `tokio::task::spawn_blocking`, so that no
/// poll blocks the thread. Both work on every runtime of tokio; without one, everything is done in the poll.
///
/// A hit's address is `file:///…#anchor`, its title that of the document and the headings, its snippet the whole
/// passage.
#[derive(Debug, Clone)]
pub struct IndexProvider {
    name: Arc<str>,
    index: Index,
}

impl IndexProvider {
    /// Makes a provider; its name is unique within an engine.
    pub fn new(name: impl Into<Arc<str>>, index: Index) -> Self {
        Self { name: name.into(), index }
    }
}

impl SearchProvider for IndexProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_local(&self) -> bool {
        true
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let index = self.index.clone();
        let hits = async move {
            let passages = find(index, request.text().to_owned(), request.max_hits as usize).await?;
            Ok::<_, ProviderError>(stream::iter(passages.into_iter().map(to_hit).map(Ok)))
        };
        stream::once(hits).try_flatten().boxed()
    }
}

async fn find(index: Index, text: String, limit: usize) -> Result<Vec<Passage>, ProviderError> {
    let snapshot = index.current().map_err(to_provider_error)?;
    let prepared = PreparedSearch::new(&snapshot, &text).map_err(to_provider_error)?;
    let inline = prepared.postings() <= MAX_INLINE_POSTINGS;
    let search = move || prepared.run(&snapshot, limit).map_err(to_provider_error);
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) if !inline => match runtime.spawn_blocking(search).await {
            Ok(found) => found,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(ProviderError::new(ProviderErrorKind::Other, "the runtime is shutting down")),
        },
        _ => search(),
    }
}

fn to_hit(passage: Passage) -> Hit {
    let title = passage.full_title();
    let Passage { url, mut text, .. } = passage;
    text.truncate(text.floor_char_boundary(Settings::MAX_SNIPPET_BYTES));
    Hit::new(url, title).with_snippet(text)
}

fn to_provider_error(error: IndexError) -> ProviderError {
    let kind = match &error {
        IndexError::NotBuilt { .. } | IndexError::Storage { .. } => ProviderErrorKind::Unreachable,
        _ => ProviderErrorKind::Other,
    };
    ProviderError::new(kind, error.to_string())
}
