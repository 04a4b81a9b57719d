//! One request under the policies of its service: permission, attempts, and what is learnt from how they end.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aggregator_core::{PolicyAction, ProviderError, ProviderErrorKind};
use futures::{FutureExt as _, Stream, StreamExt as _, TryStreamExt as _};
use tokio::time::{Instant, sleep};

use crate::attempt::Attempt;
use crate::breaker::{Breaker, Passage};
use crate::call::{Call, Items};
use crate::limit::MAX_HOLD;
use crate::limiter::TooLate;
use crate::policies::Policies;
use crate::shared_limit::{SharedLimiter, Sharing};

/// Makes a request as the policies say.
pub(crate) fn request<C: Call>(policies: Policies, call: C) -> Items<C::Item> {
    let call = Arc::new(call);
    let begun = async move {
        if let Some(retries) = &policies.retries {
            retries.budget.original();
        }
        let mut retry = 0;
        loop {
            let passage = policies.breaker.as_ref().map(|breaker| pass(breaker, &*call)).transpose()?;
            if let Some(limiter) = &policies.limiter {
                let mut turn = limiter.turn(call.deadline());
                wait_for(&mut turn, |turn| turn.due(), &*call).await?;
            }
            if let Some(shared) = &policies.shared {
                // Boxed, because every request has room for it, and few have such a limit.
                Box::pin(wait_for_shared(shared, &*call)).await?;
            }
            let mut attempt = Attempt { call: Arc::clone(&call), passage, answered: false };
            let mut items = call.make();
            let (held, error) = first::<C>(&mut items).await;
            learn_limit(&policies, &*call);
            let Some(error) = error else {
                attempt.answered = true;
                let rest = Observed { items, attempt, policies: policies.clone() };
                return Ok(futures::stream::iter(held.into_iter().map(Ok)).chain(rest));
            };
            attempt.failed(&error);
            hold(&policies, &error);
            let Some(wait) = wait_before_retry(&policies, &error, retry, &*call) else { return Err(error) };
            retry += 1;
            call.report(PolicyAction::Retrying { retry, wait, error: error.kind });
            // The connection of the attempt is closed before the wait.
            drop((items, held));
            sleep(wait).await;
        }
    };
    Box::pin(futures::stream::once(begun).try_flatten())
}

fn pass(breaker: &Breaker, call: &impl Call) -> Result<Passage, ProviderError> {
    let passage = breaker.pass(Instant::now()).map_err(|open| {
        let error = ProviderError::new(ProviderErrorKind::NotAsked, open.to_string());
        error.with_retry_after(open.wait).with_source(open)
    })?;
    if passage.is_probe() {
        call.report(PolicyAction::Probing);
    }
    Ok(passage)
}

/// Waits for permission, and says so if that takes time. By reference: an async function has room for its arguments twice.
async fn wait_for<F, T>(turn: &mut F, due: fn(&F) -> Option<Instant>, call: &impl Call) -> Result<T, ProviderError>
where
    F: Future<Output = Result<T, TooLate>> + Unpin,
{
    let mut is_told = false;
    let turned = poll_fn(|cx| {
        let polled = turn.poll_unpin(cx);
        if let (true, false, Some(due)) = (polled.is_pending(), is_told, due(turn)) {
            is_told = true;
            call.report(PolicyAction::Waiting { wait: due.saturating_duration_since(Instant::now()) });
        }
        polled
    });
    turned.await.map_err(|late| {
        ProviderError::new(ProviderErrorKind::NotAsked, late.to_string()).with_retry_after(late.wait).with_source(late)
    })
}

/// The same for a limit that several processes keep.
async fn wait_for_shared(shared: &SharedLimiter, call: &impl Call) -> Result<(), ProviderError> {
    let turned = wait_for(&mut shared.turn(call.deadline()), |turn| turn.due(), call).await?;
    if let Sharing::Local { peers: servers } = turned.sharing {
        call.report(PolicyAction::LimitIsLocal { servers });
    }
    Ok(())
}

/// The items up to the first one that counts, and the error, if one came before that.
async fn first<C: Call>(items: &mut Items<C::Item>) -> (Vec<C::Item>, Option<ProviderError>) {
    let mut held = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Err(error) => return (held, Some(error)),
            Ok(item) => {
                let is_first = C::counts(&item);
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
fn wait_before_retry(policies: &Policies, error: &ProviderError, retry: u32, call: &impl Call) -> Option<Duration> {
    let retries = policies.retries.as_ref().filter(|retries| retry < retries.backoff.retries)?;
    let is_passing = matches!(
        error.kind,
        ProviderErrorKind::Unreachable
            | ProviderErrorKind::RateLimited
            | ProviderErrorKind::BadResponse
            | ProviderErrorKind::Truncated
    );
    // At least the wait that the service asks for; all that were told the same do not come back at the same time.
    let wait = error.retry_after().unwrap_or_default().saturating_add(retries.backoff.wait(retry, call.seed()));
    let is_in_time = Instant::now().checked_add(wait).is_some_and(|at| at < call.deadline());
    // The budget is asked last: what is not repeated does not cost.
    (is_passing && is_in_time && retries.budget.retry()).then_some(wait)
}

/// Tells the limit what the service says about it.
fn learn_limit(policies: &Policies, call: &impl Call) {
    let Some(limiter) = &policies.limiter else { return };
    if let Some(rate) = limiter.learn(&call.rate_windows()) {
        call.report(PolicyAction::LimitLearnt { count: rate.count(), period: rate.period() });
    }
}

/// Keeps the wait that a service asks for.
fn hold(policies: &Policies, error: &ProviderError) {
    let (ProviderErrorKind::RateLimited, Some(after)) = (error.kind, error.retry_after()) else { return };
    // A wait may be any number that fits in a header.
    let until = Instant::now() + after.min(MAX_HOLD);
    if let Some(limiter) = &policies.limiter {
        limiter.hold_until(until);
    }
    if let Some(shared) = &policies.shared {
        shared.hold_until(until);
    }
}

/// The rest of a stream, whose end the policies learn from.
struct Observed<C: Call> {
    items: Items<C::Item>,
    attempt: Attempt<C>,
    policies: Policies,
}

impl<C: Call> Stream for Observed<C> {
    type Item = Result<C::Item, ProviderError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let polled = this.items.as_mut().poll_next(cx);
        match &polled {
            Poll::Ready(None) => this.attempt.succeeded(),
            Poll::Ready(Some(Err(error))) => {
                this.attempt.failed(error);
                hold(&this.policies, error);
            }
            _ => {}
        }
        polled
    }
}
