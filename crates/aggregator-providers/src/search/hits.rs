//! A search as a stream of hits.

use aggregator_core::{Hit, HitStream, ProviderError};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};

use crate::account::Account;

/// What a service found, without the keys, which it may repeat. There is no other way to a stream of hits, so no client can forget it.
pub(super) struct Found(Vec<Hit>);

impl Account {
    /// Takes the keys out of hits. A stream has no room for the account, so they are looked for where the hits are read.
    pub(super) fn found(&self, mut hits: Vec<Hit>) -> Found {
        for key in &self.keys {
            for text in hits.iter_mut().flat_map(|hit| [&mut hit.url, &mut hit.title, &mut hit.snippet]) {
                if let Some(redacted) = key.redacted(text) {
                    *text = redacted;
                }
            }
        }
        Found(hits)
    }
}

/// The hits that a future finds, at most `max_hits`; nothing is asked if that is zero.
pub(super) fn stream_of(
    found: impl Future<Output = Result<Found, ProviderError>> + Send + 'static,
    max_hits: u32,
) -> HitStream {
    if max_hits == 0 {
        return stream::empty().boxed();
    }
    let most = usize::try_from(max_hits).unwrap_or(usize::MAX);
    let hits = found.map(move |found| found.map(|Found(hits)| stream::iter(hits.into_iter().take(most).map(Ok))));
    hits.into_stream().try_flatten().boxed()
}
