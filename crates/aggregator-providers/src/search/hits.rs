//! A search as a stream of hits.

use aggregator_core::{Hit, HitStream, ProviderError};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};

/// The hits that a future finds, at most `max_hits`; nothing is asked if that is zero.
pub(super) fn stream_of(
    found: impl Future<Output = Result<Vec<Hit>, ProviderError>> + Send + 'static,
    max_hits: u32,
) -> HitStream {
    if max_hits == 0 {
        return stream::empty().boxed();
    }
    let most = usize::try_from(max_hits).unwrap_or(usize::MAX);
    let hits = found.map(move |found| found.map(|hits| stream::iter(hits.into_iter().take(most).map(Ok))));
    hits.into_stream().try_flatten().boxed()
}
