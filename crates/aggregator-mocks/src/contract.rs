//! The promises of a search provider, as a test that runs against any implementor.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::provider::{ProviderError, SearchRequest};
use aggregator_core::search::canonical::CanonicalUrl;
use aggregator_core::{Query, SearchProvider};
use futures::StreamExt as _;
use futures::future::{join, poll_fn};
use tokio::time::{Instant, timeout_at};

/// Checks a provider that is expected to answer against the promises of [`SearchProvider`].
///
/// Runs under a paused clock or a real one. It checks what can be seen from outside: that the name is usable, that a call
/// does nothing before it is polled and can be dropped at any time, that hits are addresses of web pages, that no more
/// come than were asked for, that the stream ends, and that the same seed finds the same hits whatever was called
/// before.
///
/// # Errors
/// Names the promise that was broken.
pub async fn check_provider(provider: &dyn SearchProvider) -> Result<(), String> {
    let name = provider.name().to_owned();
    require(!name.trim().is_empty() && name.len() <= 64, || format!("the name {name:?} is not 1 to 64 bytes long"))?;

    // 1 and 6: a call that is never polled, and calls that are dropped after one poll or one item.
    drop(provider.search(request(1, 10)));
    let mut dropped = provider.search(request(1, 10));
    poll_fn(|cx| {
        let _ = dropped.poll_next_unpin(cx);
        std::task::Poll::Ready(())
    })
    .await;
    drop(dropped);
    let mut dropped = provider.search(request(1, 10));
    let _ = timeout_at(Instant::now() + PATIENCE, dropped.next()).await;
    drop(dropped);

    let hits = collect(provider, 7, 10).await?;
    require(!hits.is_empty(), || "promise 2: it found nothing to check".into())?;
    for hit in &hits {
        CanonicalUrl::parse(hit).map_err(|error| format!("promise 2: {hit:?} is no result: {error}"))?;
    }
    // 7: fewer are asked for.
    let few = collect(provider, 7, 3).await?;
    require(few.len() <= 3, || format!("promise 7: asked for 3 hits, it yielded {}", few.len()))?;
    // 8: other calls in between, some of them at the same time, change nothing.
    let (other, again) = join(collect(provider, 8, 10), collect(provider, 7, 10)).await;
    other?;
    require(again? == hits, || "promise 8: the same seed found other hits the second time".into())
}

/// How long a provider may keep the test waiting.
const PATIENCE: Duration = Duration::from_secs(30);

fn request(seed: u64, max_hits: u32) -> SearchRequest {
    let query = Query::new("what does a provider promise?").expect("a valid query").with_seed(seed);
    SearchRequest::new(Arc::new(query), max_hits, Instant::now() + PATIENCE)
}

/// The addresses of what it finds.
async fn collect(provider: &dyn SearchProvider, seed: u64, max_hits: u32) -> Result<Vec<String>, String> {
    let mut stream = provider.search(request(seed, max_hits));
    let mut hits = Vec::new();
    loop {
        match timeout_at(Instant::now() + PATIENCE, stream.next()).await {
            Err(_) => return Err(format!("promise 3: nothing came for {PATIENCE:?}")),
            Ok(None) => return Ok(hits),
            Ok(Some(Ok(hit))) => hits.push(hit.url),
            Ok(Some(Err(ProviderError { kind, message, .. }))) => return Err(format!("it failed: {kind}: {message}")),
        }
        if hits.len() > 1_000 {
            return Err("promise 7: it goes on for ever".into());
        }
    }
}

fn require(kept: bool, broken: impl FnOnce() -> String) -> Result<(), String> {
    if kept { Ok(()) } else { Err(broken()) }
}
