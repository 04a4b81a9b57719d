//! One request under the policies of its service: permission, attempts, and what is learnt from how they end.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use aggregator_core::{ProviderError, ProviderErrorKind};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use tokio::time::{Instant, sleep};

use crate::breaker::{Breaker, Passage};
use crate::policies::Policies;

type Items<T> = Pin<Box<dyn Stream<Item = Result<T, ProviderError>> + Send>>;

/// Makes a request as the policies say. `counts` tells the items after which nothing is repeated: a result, or text.
pub(crate) fn request<T: Send + 'static>(
    policies: Policies,
    make: impl Fn() -> Items<T> + Send + 'static,
    counts: fn(&T) -> bool,
    deadline: Instant,
    seed: u64,
) -> Items<T> {
    let begun = async move {
        if let Some(retries) = &policies.retries {
            retries.budget.original();
        }
        let mut retry = 0;
        loop {
            let passage = policies.breaker.as_ref().map(pass).transpose()?;
            if let Some(limiter) = &policies.limiter {
                limiter.turn(deadline).await.map_err(|late| {
                    ProviderError::new(ProviderErrorKind::NotAsked, late.to_string()).with_source(late)
                })?;
            }
            let mut items = make();
            let (held, error) = first(&mut items, counts).await;
            let Some(error) = error else {
                let rest = Observed { items, passage, policies: policies.clone() };
                return Ok(futures::stream::iter(held.into_iter().map(Ok)).chain(rest));
            };
            learn(&policies, passage, &error);
            let Some(wait) = wait_before_retry(&policies, &error, retry, deadline, seed) else { return Err(error) };
            retry += 1;
            // The connection of the attempt is closed before the wait.
            drop((items, held));
            sleep(wait).await;
        }
    };
    Box::pin(futures::stream::once(begun).try_flatten())
}

fn pass(breaker: &Breaker) -> Result<Passage, ProviderError> {
    breaker
        .pass(Instant::now())
        .map_err(|open| ProviderError::new(ProviderErrorKind::NotAsked, open.to_string()).with_source(open))
}

/// The items up to the first one that counts, and the error, if one came before that.
async fn first<T>(items: &mut Items<T>, counts: fn(&T) -> bool) -> (Vec<T>, Option<ProviderError>) {
    let mut held = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Err(error) => return (held, Some(error)),
            Ok(item) => {
                let is_first = counts(&item);
                held.push(item);
                if is_first {
                    break;
                }
            }
        }
    }
    (held, None)
}

/// Time until the next attempt; `None` if there is none.
fn wait_before_retry(
    policies: &Policies,
    error: &ProviderError,
    retry: u32,
    deadline: Instant,
    seed: u64,
) -> Option<Duration> {
    let retries = policies.retries.as_ref().filter(|retries| retry < retries.backoff.retries)?;
    let is_passing = matches!(
        error.kind,
        ProviderErrorKind::Unreachable
            | ProviderErrorKind::RateLimited
            | ProviderErrorKind::BadResponse
            | ProviderErrorKind::Truncated
    );
    // At least the wait that the service asks for; all that were told the same do not come back at the same time.
    let wait = error.retry_after().unwrap_or_default() + retries.backoff.wait(retry, seed);
    // The budget is asked last: what is not repeated does not cost.
    (is_passing && Instant::now() + wait < deadline && retries.budget.retry()).then_some(wait)
}

/// Tells limit and breaker of a failure.
fn learn(policies: &Policies, passage: Option<Passage>, error: &ProviderError) {
    let now = Instant::now();
    if let (Some(limiter), ProviderErrorKind::RateLimited, Some(after)) =
        (&policies.limiter, error.kind, error.retry_after())
    {
        limiter.hold_until(now + after);
    }
    let Some(passage) = passage else { return };
    match error.kind {
        ProviderErrorKind::Unreachable
        | ProviderErrorKind::BadResponse
        | ProviderErrorKind::Truncated
        | ProviderErrorKind::Panicked => {
            passage.failed(now);
        }
        // It answered: that it refuses this request says nothing about the next one.
        _ => passage.succeeded(),
    }
}

/// The rest of a stream, whose end the policies learn from.
struct Observed<T> {
    items: Items<T>,
    passage: Option<Passage>,
    policies: Policies,
}

impl<T> Stream for Observed<T> {
    type Item = Result<T, ProviderError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let polled = this.items.as_mut().poll_next(cx);
        match &polled {
            Poll::Ready(None) => {
                if let Some(passage) = this.passage.take() {
                    passage.succeeded();
                }
            }
            Poll::Ready(Some(Err(error))) => learn(&this.policies, this.passage.take(), error),
            _ => {}
        }
        polled
    }
}
