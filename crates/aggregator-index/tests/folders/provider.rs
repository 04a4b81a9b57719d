//! The index as a provider of the engine.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use aggregator_core::event::EventKind;
use aggregator_core::provider::SearchRequest;
use aggregator_core::{Engine, Query, SearchProvider as _, Settings};
use aggregator_index::{Index, IndexProvider};
use aggregator_mocks::contract::{check_provider, check_repeatable};
use futures::StreamExt as _;
use tokio::time::{Duration, Instant};

use crate::support::Library;

fn library() -> Library {
    let library = Library::of(&[]);
    for number in 0..12 {
        let text = format!(
            "# Lighthouse {number}\n\nThe lighthouse number {number} is open.\n\n## Key\n\nIts key of the lighthouse."
        );
        library.write(&format!("{number}.md"), text.as_bytes());
    }
    library.update();
    library
}

#[tokio::test(start_paused = true)]
async fn it_keeps_the_promises_of_a_provider() {
    let library = library();
    let provider = IndexProvider::new("documents", library.index.clone());
    check_provider(&provider, "open the lighthouse").await.unwrap();
    check_repeatable(&provider, "open the lighthouse").await.unwrap();
    assert!(provider.is_local());
}

#[tokio::test(start_paused = true)]
async fn its_passages_are_results_of_the_engine() {
    let library = library();
    let provider = IndexProvider::new("documents", library.index.clone());
    let engine = Engine::builder().provider(provider).build().unwrap();
    let events: Vec<_> = engine.run(Query::new("key of the lighthouse").unwrap()).collect().await;
    let found = events.iter().filter(|event| matches!(event.kind, EventKind::Result { .. })).count();
    assert!(found >= 12, "{found} of {events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_large_search_is_done_beside_the_runtime() {
    let library = Library::of(&[]);
    // Frequent words in many passages: more than is read within a poll.
    let text: String =
        (0..2_500).map(|number| format!("## Part {number}\n\nThe lighthouse tower is open {number}.\n\n")).collect();
    library.write("large.md", text.as_bytes());
    library.update();
    let provider = IndexProvider::new("documents", library.index.clone());
    let query = Arc::new(Query::new("open lighthouse tower part").unwrap());
    let mut stream = provider.search(SearchRequest::new(query, 5, Instant::now() + Duration::from_secs(5)));
    let is_pending = poll_fn(|cx| Poll::Ready(stream.poll_next_unpin(cx).is_pending())).await;
    assert!(is_pending, "it went to another thread");
    let hit = stream.next().await.unwrap().unwrap();
    assert!(hit.snippet.len() <= Settings::MAX_SNIPPET_BYTES && hit.title.starts_with("large.md › Part"), "{hit:?}");
}

#[tokio::test(start_paused = true)]
async fn an_index_that_was_never_made_is_an_error_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let provider = IndexProvider::new("documents", Index::open(folder.path()).unwrap());
    let request = SearchRequest::new(Arc::new(Query::new("x").unwrap()), 5, Instant::now());
    let error = provider.search(request).next().await.unwrap().unwrap_err();
    assert!(error.message.contains("bring it up to date first"), "{error}");
}
