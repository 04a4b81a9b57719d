//! What policies around providers and models did, and where a run comes from.

use aggregator_core::policy;
use serde::{Deserialize, Serialize};

use crate::number::SafeInteger;
use crate::outcome::ProviderErrorKind;
use crate::word::words;

/// What a policy did for a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PolicyReport {
    /// The provider or the model that the policy stands before.
    pub service: String,
    /// What it did.
    pub action: PolicyAction,
}

/// What a policy did.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PolicyAction {
    /// The request waits for its turn, because a limit is reached.
    Waiting {
        /// Time until its turn, if all before it take theirs.
        wait_us: SafeInteger,
    },
    /// The request failed and is repeated.
    Retrying {
        /// Number of the retry of this request, from 1.
        retry: u32,
        /// Time until then.
        wait_us: SafeInteger,
        /// How it failed.
        error: ProviderErrorKind,
    },
    /// The circuit breaker opened: the service is not asked for a while.
    BreakerOpened {
        /// Time until the service is asked again.
        wait_us: SafeInteger,
    },
    /// The breaker was open for its time, and this request is the probe.
    Probing,
    /// The probe was answered, and the breaker is closed.
    BreakerClosed,
    /// The service has said how often it may be asked.
    LimitLearnt {
        /// Requests in each period.
        count: u32,
        /// The period.
        period_us: SafeInteger,
    },
    /// The limit that several servers share cannot be read, so this one keeps to its part of it.
    LimitIsLocal {
        /// The number of servers among which the limit was divided.
        servers: u32,
    },
    /// An action that this version does not know.
    #[serde(other)]
    Unknown,
}

impl From<&policy::PolicyReport> for PolicyReport {
    fn from(report: &policy::PolicyReport) -> Self {
        let policy::PolicyReport { service, action } = report;
        Self { service: service.to_string(), action: action.into() }
    }
}

impl From<&policy::PolicyAction> for PolicyAction {
    fn from(action: &policy::PolicyAction) -> Self {
        use policy::PolicyAction as Core;
        match *action {
            Core::Waiting { wait } => Self::Waiting { wait_us: SafeInteger::micros(wait) },
            Core::Retrying { retry, wait, error } => {
                Self::Retrying { retry, wait_us: SafeInteger::micros(wait), error: error.into() }
            }
            Core::BreakerOpened { wait } => Self::BreakerOpened { wait_us: SafeInteger::micros(wait) },
            Core::Probing => Self::Probing,
            Core::BreakerClosed => Self::BreakerClosed,
            Core::LimitLearnt { count, period } => Self::LimitLearnt { count, period_us: SafeInteger::micros(period) },
            Core::LimitIsLocal { servers } => Self::LimitIsLocal { servers },
            _ => Self::Unknown,
        }
    }
}

words! {
    /// Where the events of a query come from that did not run itself.
    RunOrigin of aggregator_core::event::RunOrigin {
        /// From a run that has ended, out of a cache.
        Cache,
        /// From a run that was under way.
        Running;
        _
    }
}
