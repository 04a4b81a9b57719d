//! The gateway: what a query passes before it reaches the engine.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::{Engine, Query};
use tokio::time::Instant;

use crate::admission::{Admission, Overloaded, Ticket};
use crate::cache::{self, Cache};
use crate::flight::{AtEnd, Flight};
use crate::reader::Reader;
use crate::registry::{Registration, Registry};
use crate::run::Run;
use crate::settings::{AdmissionSettings, CacheSettings, SettingsError};
use crate::stream::GatewayStream;

/// An engine behind admission, a cache and shared runs, each only if it was asked for.
///
/// Cheap to clone and to share between threads; clones are the same gateway. It owns no task and no thread.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    engine: Engine,
    admission: Option<Arc<Admission>>,
    cache: Option<Arc<Cache>>,
    flights: Option<Arc<Registry<Flight>>>,
}

/// Builds a [`Gateway`]; from [`Gateway::builder`]. All of it is off unless asked for.
#[must_use]
#[derive(Debug)]
pub struct GatewayBuilder {
    engine: Engine,
    admission: Option<AdmissionSettings>,
    cache: Option<CacheSettings>,
    single_flight: bool,
}

/// What a gateway does at the moment; from [`Gateway::load`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Load {
    /// Queries that have a place, polled or not. 0 without admission.
    pub running: u32,
    /// Queries that wait for a place.
    pub waiting: u32,
    /// Runs that further readers might join, if they are early enough. 0 without single-flight.
    pub shared: usize,
    /// Runs in the cache. Those that are too old go when they are asked for, or when others need their memory.
    pub kept: usize,
    /// Memory of these runs in bytes, as estimated: sizes of values, capacities of texts, each shared value once for each run,
    /// without overhead of the allocator.
    pub kept_bytes: u64,
}

impl Gateway {
    /// Starts building a gateway before an engine.
    pub fn builder(engine: Engine) -> GatewayBuilder {
        GatewayBuilder { engine, admission: None, cache: None, single_flight: false }
    }

    /// The events of a query: from the cache, from the run of the same query that is under way, or from a run of its own.
    ///
    /// Which of them is decided here, and nothing is asked before the first poll, from which time is counted. The stream has to
    /// be polled within a tokio runtime that has its timer enabled.
    ///
    /// # Errors
    /// [`Overloaded`] at once, if the query needs a place and there is none, neither among those that run nor in the queue. A
    /// query that is answered from the cache or by another's run needs none.
    pub fn run(&self, query: Query) -> Result<GatewayStream, Overloaded> {
        let inner = &*self.0;
        if inner.cache.is_none() && inner.flights.is_none() {
            let ticket = inner.enter()?;
            return Ok(GatewayStream::alone(inner.start(query, ticket)));
        }
        let now = Instant::now();
        let key = inner.cache.as_ref().map(|_| cache::key(&query));
        let reader = match (inner.replay(key.as_ref(), now), &inner.flights) {
            (Some(reader), _) => reader,
            (None, Some(flights)) => inner.join_or_begin(flights, query, key, now)?,
            (None, None) => Reader::first(inner.begin(query, key, inner.enter()?, None)),
        };
        Ok(GatewayStream::reading(reader))
    }

    /// What it does at the moment, for figures of a service. Each figure is exact, and they are read one after the other.
    pub fn load(&self) -> Load {
        let Inner { admission, cache, flights, .. } = &*self.0;
        let (running, waiting) = admission.as_ref().map(|admission| admission.load()).unwrap_or_default();
        let (kept, kept_bytes) = cache.as_ref().map(|cache| (cache.len(), cache.weight())).unwrap_or_default();
        let shared = flights.as_ref().map_or(0, |flights| flights.len());
        Load { running, waiting, shared, kept, kept_bytes }
    }

    /// The engine behind it.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }
}

impl Inner {
    /// A place for a query, if places are limited.
    fn enter(&self) -> Result<Option<Ticket>, Overloaded> {
        self.admission.as_ref().map(Admission::enter).transpose()
    }

    fn total(&self, query: &Query) -> Duration {
        query.deadline().unwrap_or(self.engine.settings().deadline)
    }

    fn start(&self, query: Query, ticket: Option<Ticket>) -> Run {
        let total = self.total(&query);
        Run::new(self.engine.run(query), ticket, total)
    }

    /// A reader of the run that is kept under a key.
    fn replay(&self, key: Option<&Query>, now: Instant) -> Option<Reader> {
        self.cache.as_ref()?.get(key?, now).map(Reader::replaying)
    }

    /// A run that others can read.
    fn begin(
        &self,
        query: Query,
        key: Option<Query>,
        ticket: Option<Ticket>,
        registration: Option<Registration<Flight>>,
    ) -> Arc<Flight> {
        let at_end = AtEnd { registration, cache: self.cache.clone().zip(key) };
        let total = self.total(&query);
        Arc::new(Flight::new(self.start(query, ticket), total, at_end))
    }

    fn join_or_begin(
        &self,
        flights: &Arc<Registry<Flight>>,
        query: Query,
        key: Option<Query>,
        now: Instant,
    ) -> Result<Reader, Overloaded> {
        let mut flights = flights.open();
        if let Some(flight) = flights.find(&query, |flight| flight.is_open(now)) {
            drop(flights);
            return Ok(Reader::joining(flight));
        }
        // A run may have ended since the cache was asked.
        if let Some(reader) = self.replay(key.as_ref(), now) {
            return Ok(reader);
        }
        let ticket = self.enter()?;
        let begin = |registration| self.begin(query.clone(), key, ticket, Some(registration));
        Ok(Reader::first(flights.insert(query.clone(), begin)))
    }
}

impl GatewayBuilder {
    /// Limits how many queries run and wait; more are refused.
    pub fn admission(mut self, settings: AdmissionSettings) -> Self {
        self.admission = Some(settings);
        self
    }

    /// Keeps complete runs, and answers the same query from them.
    pub fn cache(mut self, settings: CacheSettings) -> Self {
        self.cache = Some(settings);
        self
    }

    /// Sets whether identical queries share one run. They do not, unless this is set.
    pub fn single_flight(mut self, shares: bool) -> Self {
        self.single_flight = shares;
        self
    }

    /// Builds the gateway.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting that is outside its range.
    pub fn build(self) -> Result<Gateway, SettingsError> {
        let Self { engine, admission, cache, single_flight } = self;
        admission.map_or(Ok(()), AdmissionSettings::check)?;
        cache.map_or(Ok(()), CacheSettings::check)?;
        Ok(Gateway(Arc::new(Inner {
            engine,
            admission: admission.map(|settings| Arc::new(Admission::new(settings))),
            cache: cache.map(|settings| Arc::new(Cache::new(settings))),
            flights: single_flight.then(|| Arc::new(Registry::new())),
        })))
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("engine", &self.0.engine).field("load", &self.load()).finish_non_exhaustive()
    }
}
