//! The policies of one service.

use std::sync::Arc;

use crate::backoff::Backoff;
use crate::breaker::Breaker;
use crate::budget::RetryBudget;
use crate::limiter::Limiter;
use crate::shared_limit::SharedLimiter;

/// The policies of one service; without any, requests are made as they come. Clones share limit, breaker and budget.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    pub(crate) limiter: Option<Limiter>,
    pub(crate) shared: Option<SharedLimiter>,
    pub(crate) breaker: Option<Breaker>,
    pub(crate) retries: Option<Retries>,
}

/// Which requests are repeated, and when.
#[derive(Debug, Clone)]
pub(crate) struct Retries {
    pub(crate) backoff: Backoff,
    pub(crate) budget: Arc<RetryBudget>,
}

impl Policies {
    /// Requests wait for their turn.
    #[must_use]
    pub fn limiter(self, limiter: Limiter) -> Self {
        Self { limiter: Some(limiter), ..self }
    }

    /// Requests wait for their turn under a limit that several processes keep together, too.
    #[must_use]
    pub fn shared_limiter(self, shared: SharedLimiter) -> Self {
        Self { shared: Some(shared), ..self }
    }

    /// A service that fails again and again is left alone for a while.
    #[must_use]
    pub fn breaker(self, breaker: Breaker) -> Self {
        Self { breaker: Some(breaker), ..self }
    }

    /// Requests that fail before their first result are repeated, as long as the budget allows. Give all services the same one.
    #[must_use]
    pub fn retries(self, backoff: Backoff, budget: Arc<RetryBudget>) -> Self {
        Self { retries: Some(Retries { backoff, budget }), ..self }
    }
}
