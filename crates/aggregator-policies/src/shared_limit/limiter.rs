//! A rate limiter over a store that several processes share.

use std::sync::Arc;

use tokio::time::Instant;

use crate::gcra::Rate;
use crate::shared_limit::settings::{NotShareable, SharedLimitSettings, check};
use crate::shared_limit::store::{LimitStore, StoreError};
use crate::shared_limit::turn::{Shared, SharedTurn};

/// A rate that several processes keep together over a [`LimitStore`]; within this one, callers wait in the order of arrival (FIFO).
/// Cheap to clone; clones share one limit.
///
/// Among processes there is no order of arrival; each gets about the same while all of them wait.
///
/// Only the first caller in the queue asks the store, so one process gets at most one permission in the time of an answer. While
/// the store does not answer, the limit is divided by the last known number of processes, and this one keeps its share: no request
/// fails because of the store, and only the first one waits for it in vain. Each [`Turned`](crate::Turned) tells which it was.
///
/// Nothing runs in the background: callers poll their own [`SharedTurn`].
#[derive(Debug, Clone)]
pub struct SharedLimiter {
    shared: Arc<Shared>,
}

impl SharedLimiter {
    /// The limit of the service with this name, with the default settings.
    ///
    /// # Errors
    /// If the rate is above one request in 100 µs, or its burst takes more than 366 days to come back.
    pub fn new(store: Arc<dyn LimitStore>, service: impl Into<Arc<str>>, rate: Rate) -> Result<Self, NotShareable> {
        Self::with_settings(store, service, rate, SharedLimitSettings::default())
    }

    /// The limit of the service with this name.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_settings(
        store: Arc<dyn LimitStore>,
        service: impl Into<Arc<str>>,
        rate: Rate,
        settings: SharedLimitSettings,
    ) -> Result<Self, NotShareable> {
        check(rate)?;
        Ok(Self { shared: Arc::new(Shared::new(store, service.into(), rate, settings)) })
    }

    /// Waits for permission to send one request, until `deadline`, also where the store does not answer. Dropping the future while
    /// it waits leaves the queue; what the store grants to it then goes to the next caller, if there is one within
    /// [`answer_within`](SharedLimitSettings::answer_within).
    ///
    /// A caller whose deadline comes before the store's answer takes its turn from the local share. The store's next permissions go to
    /// such turns first, and at most the burst of the share may lack one.
    ///
    /// # Errors
    /// Without waiting, if the limit in use (the store's, as far as it is known here, or the local share) gives the permission
    /// after the deadline. At the deadline at the latest.
    pub fn turn(&self, deadline: Instant) -> SharedTurn {
        SharedTurn::new(Arc::clone(&self.shared), deadline)
    }

    /// Permits no request before `until` (at most 366 days), in this process and, as soon as the store learns of it, in the others.
    pub fn hold_until(&self, until: Instant) {
        self.shared.hold_until(until);
    }

    /// The number of callers that wait in this process.
    pub fn waiting(&self) -> usize {
        self.shared.waiting()
    }

    /// Why the local share is used; `None` while the store answers, and before it was asked.
    pub fn failure(&self) -> Option<StoreError> {
        self.shared.failure()
    }
}
