//! What all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aggregator_core::Query;
use aggregator_gateway::{GatewayStream, Overloaded};
use aggregator_observe::{Observer, WatchedQuery};
use http::StatusCode;
use tokio::sync::Semaphore;

use crate::answering::{Offer, Offers};
use crate::error::ApiError;
use crate::failure;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::request_log::RequestRecord;
use crate::running::{Running, RunningEvents};
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
    pub(crate) observer: Observer,
    pub(crate) keys: Keys,
    /// Bytes of long bodies for which there is room.
    pub(crate) bodies: Arc<Semaphore>,
    pub(crate) started: u64,
    next_id: AtomicU64,
}

impl Shared {
    pub(crate) fn new(offers: Offers, settings: Settings) -> Self {
        let metrics = Arc::new(Metrics::new());
        Self(Arc::new(Inner {
            observer: settings.observer.clone().with_metrics(metrics.clone()),
            keys: Keys::new(settings.keys.clone()),
            bodies: Arc::new(Semaphore::new(settings.max_bodies_bytes.min(Semaphore::MAX_PERMITS))),
            offers,
            settings,
            running: Arc::default(),
            metrics,
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

    /// Begins a query, which is watched and remembered until its events are dropped.
    ///
    /// # Errors
    /// If too many queries run.
    pub(crate) fn begin(
        &self,
        query: Query,
        record: &Arc<RequestRecord>,
        run: impl FnOnce(Query) -> Result<GatewayStream, Overloaded>,
    ) -> Result<WatchedQuery<RunningEvents<GatewayStream>>, ApiError> {
        let mut watch = self.observer.query(&query, record.parent);
        if self.settings.log.is_some() {
            let record = Arc::clone(record);
            watch = watch.then(move |report| record.set_query(report));
        }
        match run(query) {
            Ok(mut events) => {
                let _registration = self.running.add(events.canceller());
                Ok(watch.around(RunningEvents { events, _registration }))
            }
            Err(overloaded) => {
                watch.refuse();
                Err(failure::overloaded(&overloaded))
            }
        }
    }

    /// An id that is unique among the servers of a network: the second in which this one began, and a number.
    pub(crate) fn next_id(&self, kind: &str) -> String {
        format!("{kind}-{:x}-{}", self.started, self.next_id.fetch_add(1, Ordering::Relaxed))
    }
}
