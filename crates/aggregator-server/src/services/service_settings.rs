//! The section `[services]`: how services are asked.

use std::time::Duration;

use aggregator_policies::{Backoff, BreakerSettings, RetryBudget};

/// How services are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSettings {
    /// Most repetitions of a request that fails before its first result or word. Default 2; 0 to 5.
    pub retries: u32,
    /// Repetitions in a hundred requests, beside a reserve of 10. Default 20, so that a service that is down gets 1.2 times the
    /// requests; 0 to 100.
    pub retry_percent: u32,
    /// Failures in a row after which a service is not asked for a while. Default 5; 0 to 1,000, and 0 is never.
    pub breaker_failures: u32,
    /// That while. Default 10 s; 100 ms to 10 minutes.
    pub breaker_open: Duration,
}

impl Default for ServiceSettings {
    fn default() -> Self {
        let BreakerSettings { failures, open, .. } = BreakerSettings::default();
        Self {
            retries: Backoff::default().retries,
            retry_percent: RetryBudget::DEFAULT.0,
            breaker_failures: failures,
            breaker_open: open,
        }
    }
}
