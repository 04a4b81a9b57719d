//! The promises of a search provider, as a test that runs against any implementor.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::event::ProviderName;
use aggregator_core::internals::{Merged, RankedProvider, ResultSet, Weight};
use aggregator_core::provider::{Hit, ProviderError, SearchRequest};
use aggregator_core::{Query, SearchProvider};
use futures::StreamExt as _;
use futures::future::{join, poll_fn};
use tokio::time::{Instant, timeout_at};

/// Checks a provider that is expected to answer a query against the promises of [`SearchProvider`], except that of
/// repeatability: see [`check_repeatable`].
///
/// Runs under a paused clock or a real one. It checks what can be seen from outside: that the name is usable, that a call
/// does nothing before it is polled and can be dropped at any time, that each hit can be a result (a file only of a provider
/// that is local), that no more come than were asked for, and that the stream ends.
///
/// # Errors
/// Names the promise that was broken.
pub async fn check_provider(provider: &dyn SearchProvider, query: &str) -> Result<(), String> {
    let name = provider.name().to_owned();
    require(!name.trim().is_empty() && name.len() <= 64, || format!("the name {name:?} is not 1 to 64 bytes long"))?;
    let limit = provider.query_limit();
    require(limit.chars > 0 && limit.words > 0, || format!("it takes no query: {limit:?}"))?;

    // 1 and 6: a call that is never polled, and calls that are dropped after one poll or one item.
    drop(provider.search(request(provider, query, 1, 10)?));
    let mut dropped = provider.search(request(provider, query, 1, 10)?);
    poll_fn(|cx| {
        let _ = dropped.poll_next_unpin(cx);
        std::task::Poll::Ready(())
    })
    .await;
    drop(dropped);
    let mut dropped = provider.search(request(provider, query, 1, 10)?);
    let _ = timeout_at(Instant::now() + PATIENCE, dropped.next()).await;
    drop(dropped);

    let hits = collect(provider, query, 7, 10).await?;
    require(!hits.is_empty(), || format!("promise 2: it found nothing to check for {query:?}"))?;
    let ranked = RankedProvider { index: 0, name: ProviderName::new(&name), weight: Weight::default() };
    for (rank, hit) in (1..).zip(&hits) {
        let mut results = ResultSet::new(0);
        let added = match provider.is_local() {
            true => results.add_local(&ranked, rank, hit.clone()),
            false => results.add(&ranked, rank, hit.clone()),
        };
        if let Merged::Rejected(reason) = added {
            return Err(format!("promise 2: {:?} is no result: {reason}", hit.url));
        }
    }
    // 7: fewer are asked for.
    let few = collect(provider, query, 7, 3).await?;
    require(few.len() <= 3, || format!("promise 7: asked for 3 hits, it yielded {}", few.len()))
}

/// Checks that a provider finds the same for the same seed, whatever was asked before or at the same time (promise 8). For
/// providers that decide by themselves what they find; a service on the web may find something else each time.
///
/// # Errors
/// Says what was found the second time.
pub async fn check_repeatable(provider: &dyn SearchProvider, query: &str) -> Result<(), String> {
    let hits = collect(provider, query, 7, 10).await?;
    let (other, again) = join(collect(provider, query, 8, 10), collect(provider, query, 7, 10)).await;
    other?;
    let again = again?;
    require(again == hits, || {
        let different = hits.iter().zip(&again).position(|(a, b)| a != b).unwrap_or(hits.len().min(again.len()));
        let name = |hits: &[Hit]| hits.get(different).map_or("nothing".into(), |hit| format!("{:?}", hit.url));
        let (first, second) = (name(&hits), name(&again));
        format!("promise 8: the same seed found {second} at rank {}, where it had found {first}", different + 1)
    })
}

/// How long a provider may keep the test waiting.
const PATIENCE: Duration = Duration::from_secs(30);

fn request(provider: &dyn SearchProvider, query: &str, seed: u64, max_hits: u32) -> Result<SearchRequest, String> {
    let query = Query::new(query).map_err(|error| format!("{query:?} is no query: {error}"))?;
    let request = SearchRequest::new(Arc::new(query.with_seed(seed)), max_hits, Instant::now() + PATIENCE);
    Ok(request.with_query_limit(provider.query_limit()))
}

/// What it finds.
async fn collect(provider: &dyn SearchProvider, query: &str, seed: u64, max_hits: u32) -> Result<Vec<Hit>, String> {
    let mut stream = provider.search(request(provider, query, seed, max_hits)?);
    let mut hits = Vec::new();
    loop {
        match timeout_at(Instant::now() + PATIENCE, stream.next()).await {
            Err(_) => return Err(format!("promise 3: nothing came for {PATIENCE:?}")),
            Ok(None) => return Ok(hits),
            Ok(Some(Ok(hit))) => hits.push(hit),
            Ok(Some(Err(ProviderError { kind, message, .. }))) => return Err(format!("it failed: {kind}: {message}")),
        }
        if hits.len() > 1_000 {
            return Err("promise 7: the stream does not end".into());
        }
    }
}

fn require(kept: bool, broken: impl FnOnce() -> String) -> Result<(), String> {
    if kept { Ok(()) } else { Err(broken()) }
}
