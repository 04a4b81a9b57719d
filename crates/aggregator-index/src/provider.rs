//! An index as a search provider.

use std::sync::Arc;

use aggregator_core::provider::{Hit, HitStream, ProviderError, ProviderErrorKind, SearchRequest};
use aggregator_core::{SearchProvider, Settings};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::error::IndexError;
use crate::index::Index;
use crate::passage::Passage;
use crate::search::find::Prepared;

/// Entries of posting lists that are read within a poll: about a third of a millisecond. A search that reads more is
/// done on a thread for blocking work.
const INLINE: u64 = 20_000;

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
    /// A provider of that name, which is unique within an engine.
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
            Ok::<_, ProviderError>(stream::iter(passages.into_iter().map(hit).map(Ok)))
        };
        stream::once(hits).try_flatten().boxed()
    }
}

async fn find(index: Index, text: String, limit: usize) -> Result<Vec<Passage>, ProviderError> {
    let opened = index.current().map_err(refused)?;
    let prepared = Prepared::new(&opened, &text).map_err(refused)?;
    let inline = prepared.postings() <= INLINE;
    let search = move || prepared.run(&opened, limit).map_err(refused);
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) if !inline => match runtime.spawn_blocking(search).await {
            Ok(found) => found,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(ProviderError::new(ProviderErrorKind::Other, "the runtime is shutting down")),
        },
        _ => search(),
    }
}

fn hit(passage: Passage) -> Hit {
    let title = passage.full_title();
    let Passage { url, mut text, .. } = passage;
    text.truncate(text.floor_char_boundary(Settings::MAX_SNIPPET_BYTES));
    Hit { url, title, snippet: text }
}

fn refused(error: IndexError) -> ProviderError {
    let kind = match &error {
        IndexError::NotBuilt { .. } | IndexError::Storage { .. } => ProviderErrorKind::Unreachable,
        _ => ProviderErrorKind::Other,
    };
    ProviderError::new(kind, error.to_string())
}
