//! The policies of the services: limits, retries and breakers.

use std::collections::BTreeMap;
use std::sync::Arc;

use aggregator_policies::{Backoff, Breaker, BreakerSettings, Limiter, Policies, RetryBudget};

use super::limit_settings::LimitSettings;
use super::service_settings::ServiceSettings;

/// Makes the policies of each service. All of them share one budget of retries.
pub struct PolicyMaker<'a> {
    settings: &'a ServiceSettings,
    limits: &'a BTreeMap<String, LimitSettings>,
    budget: Arc<RetryBudget>,
}

impl<'a> PolicyMaker<'a> {
    pub fn new(settings: &'a ServiceSettings, limits: &'a BTreeMap<String, LimitSettings>) -> Self {
        let budget = RetryBudget::new(settings.retry_percent, RetryBudget::DEFAULT.1);
        Self { settings, limits, budget: Arc::new(budget) }
    }

    /// The policies of the service of that name. Without a limit in the settings, the one that the service tells is kept.
    pub fn of(&self, name: &str) -> Policies {
        let limiter = self.limits.get(name).map_or_else(Limiter::learning, |limit| Limiter::new(limit.0));
        let mut policies = Policies::default().limiter(limiter);
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
        policies
    }
}
