//! The policies of the services: limits, retries and breakers.

use std::collections::BTreeMap;
use std::sync::Arc;

use aggregator_policies::{
    Backoff, Breaker, BreakerSettings, LimitStore, Limiter, Policies, RetryBudget, SharedLimiter,
};

use super::limit_settings::LimitSettings;
use super::service_settings::ServiceSettings;

/// Makes the policies of each service. All of them share one budget of retries.
pub struct PolicyMaker<'a> {
    settings: &'a ServiceSettings,
    limits: &'a BTreeMap<String, LimitSettings>,
    /// Where limits are kept with other servers.
    store: Option<Arc<dyn LimitStore>>,
    budget: Arc<RetryBudget>,
}

impl<'a> PolicyMaker<'a> {
    pub fn new(
        settings: &'a ServiceSettings,
        limits: &'a BTreeMap<String, LimitSettings>,
        store: Option<Arc<dyn LimitStore>>,
    ) -> Self {
        let budget = RetryBudget::new(settings.retry_percent, RetryBudget::DEFAULT.1);
        Self { settings, limits, store, budget: Arc::new(budget) }
    }

    /// The policies of the service of that name. What the service tells about its limit is kept, too.
    ///
    /// # Errors
    /// If its limit cannot be shared.
    pub fn of(&self, name: &str) -> Result<Policies, String> {
        let mut policies = Policies::default();
        policies = match (self.limits.get(name), &self.store) {
            (None, _) => policies.limiter(Limiter::learning()),
            (Some(limit), None) => policies.limiter(Limiter::new(limit.0)),
            (Some(limit), Some(store)) => {
                let shared = SharedLimiter::new(Arc::clone(store), name, limit.0);
                let shared = shared.map_err(|error| format!("[limits.{name}]: {error}"))?;
                policies.limiter(Limiter::learning()).shared_limiter(shared)
            }
        };
        if self.settings.retries > 0 {
            let mut backoff = Backoff::default();
            backoff.retries = self.settings.retries;
            policies = policies.retries(backoff, Arc::clone(&self.budget));
        }
        if self.settings.breaker_failures > 0 {
            let mut breaker = BreakerSettings::default();
            (breaker.failures, breaker.open) = (self.settings.breaker_failures, self.settings.breaker_open);
            policies = policies.breaker(Breaker::new(breaker));
        }
        Ok(policies)
    }
}
