//! What policies around providers and models do for a query: they wait for a limit, repeat a request, leave a service alone.
//!
//! The engine has no policies of its own. What stands between it and a service, as a limiter or a circuit breaker, says so by
//! [`SearchProvider::has_policies`](crate::SearchProvider::has_policies) and tells of what it does through the request
//! ([`SearchRequest::report`](crate::SearchRequest::report), [`AnswerRequest::report`](crate::AnswerRequest::report)); the engine
//! emits that as [`EventKind::Policy`](crate::EventKind::Policy).

use std::collections::VecDeque;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::provider_error::ProviderErrorKind;
use crate::source::ProviderName;

/// What a policy did for a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReport {
    /// The provider or the model that the policy stands before.
    pub service: ProviderName,
    /// What it did.
    pub action: PolicyAction,
}

/// What a policy did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyAction {
    /// The request waits for its turn, because a limit is reached.
    Waiting {
        /// Time until its turn, if all before it take theirs.
        wait: Duration,
    },
    /// The request failed and is repeated.
    Retrying {
        /// Number of the retry of this request, from 1.
        retry: u32,
        /// Time until then.
        wait: Duration,
        /// How it failed.
        error: ProviderErrorKind,
    },
    /// The circuit breaker opened, because requests fail again and again: the service is not asked for a while.
    BreakerOpened {
        /// Time until the service is asked again.
        wait: Duration,
    },
    /// The breaker was open for its time, and this request is the probe.
    Probing,
    /// The probe was answered, and the breaker is closed.
    BreakerClosed,
    /// The service has said how often it may be asked; from now on its limit is kept.
    LimitLearnt {
        /// Requests in each period.
        count: u32,
        /// The period.
        period: Duration,
    },
    /// The limit that several servers share cannot be read, so this one keeps to its part of it.
    LimitIsLocal {
        /// The number of servers among which the limit was divided.
        servers: u32,
    },
}

/// The reports of the policies of one query that were not emitted yet. Clones are the same list.
#[derive(Clone, Default)]
pub(crate) struct PolicyReports(Arc<Mutex<VecDeque<PolicyReport>>>);

impl PolicyReports {
    /// Maximum number of reports that wait to be emitted; further ones are lost. No policy makes as many between two polls.
    const MAX: usize = 64;

    pub(crate) fn push(&self, service: &str, action: PolicyAction) {
        let mut reports = self.lock();
        if reports.len() < Self::MAX {
            reports.push_back(PolicyReport { service: ProviderName::new(service), action });
        }
    }

    pub(crate) fn pop(&self) -> Option<PolicyReport> {
        self.lock().pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<PolicyReport>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says nothing about the query that it belongs to.
impl PartialEq for PolicyReports {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for PolicyReports {}

impl Hash for PolicyReports {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl fmt::Debug for PolicyReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PolicyReports")
    }
}
