//! What all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aggregator_core::Canceller;
use http::StatusCode;
use tokio::sync::Semaphore;

use crate::answering::{Offer, Offers};
use crate::error::ApiError;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::running::{Running, Watched};
use crate::settings::Settings;
use crate::time::unix_seconds;

/// What all requests share.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) offers: Offers,
    pub(crate) settings: Settings,
    pub(crate) running: Arc<Running>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) keys: Keys,
    /// Bytes of long bodies for which there is room.
    pub(crate) bodies: Arc<Semaphore>,
    pub(crate) started: u64,
    next_id: AtomicU64,
}

impl Shared {
    pub(crate) fn new(offers: Offers, settings: Settings) -> Self {
        Self(Arc::new(Inner {
            keys: Keys::new(settings.keys.clone()),
            bodies: Arc::new(Semaphore::new(settings.max_bodies_bytes.min(Semaphore::MAX_PERMITS))),
            offers,
            settings,
            running: Arc::default(),
            metrics: Arc::new(Metrics::new()),
            started: unix_seconds(),
            next_id: AtomicU64::new(0),
        }))
    }
}

impl std::ops::Deref for Shared {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Inner {
    /// The engine of a name; the first one where none is named.
    ///
    /// # Errors
    /// Names those that there are.
    pub(crate) fn offer(&self, name: Option<&str>) -> Result<&Offer, ApiError> {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(self.offers.first()) };
        self.offers.named(name).ok_or_else(|| {
            let known: Vec<&str> = self.offers.names().collect();
            let what = format!("there is no model {name:?}; there are: {}", known.join(", "));
            ApiError::new(StatusCode::NOT_FOUND, "model_not_found", what).about("model")
        })
    }

    pub(crate) fn watch(&self, canceller: Canceller) -> Watched {
        self.running.add(canceller, &self.metrics)
    }

    /// An id that is unique among the servers of a network: the second in which this one began, and a number.
    pub(crate) fn next_id(&self, kind: &str) -> String {
        format!("{kind}-{:x}-{}", self.started, self.next_id.fetch_add(1, Ordering::Relaxed))
    }
}
