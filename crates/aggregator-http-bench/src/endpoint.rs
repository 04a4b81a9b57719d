//! What answers: the server over the engine of a scenario, or the bare endpoint.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aggregator_core::Engine;
use aggregator_gateway::{AdmissionSettings, Gateway};
use aggregator_http::{Offers, ServeLimits, Service, Settings, connection};
use aggregator_mocks::{Pace, Probe, catalog};
use http::header::{CONNECTION, DATE, TRANSFER_ENCODING};
use tokio::io::{DuplexStream, duplex};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::bare::{Recorded, SinceRequest, bare_connection};
use crate::client::{Reading, Response, ask};
use crate::fault::Fault;
use crate::wire::{Counts, Wire};

/// Bytes that a connection has room for in each direction, as a socket does.
const ROOM: usize = 64 << 10;

/// The origin of requests with the planted fault [`Fault::LongHead`].
pub(crate) const ORIGIN: &str = "http://localhost:1";

/// What answers.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// The server, and what tells its connections that it ends, which it does not.
    Server(Service, watch::Sender<bool>),
    /// The bare endpoint.
    Bare(Arc<Recorded>),
}

impl Endpoint {
    /// A server over an engine; its searches are by another one.
    ///
    /// # Panics
    /// Never.
    pub fn server(engine: Engine, search: Engine, places: u32, settings: Settings) -> Self {
        let gateway = |engine| {
            let gateway = Gateway::builder(engine).admission(AdmissionSettings::default().running(places));
            gateway.build().expect("the settings are within their ranges")
        };
        let offers = Offers::new("standard", gateway(engine), gateway(search));
        Self::Server(Service::new(offers, settings), watch::channel(false).0)
    }

    /// A server over the engine of a scenario of `benches-data`, for up to 200 queries at the same time.
    pub(crate) fn of_scenario(name: &str, probe: Option<&Probe>, fault: Option<Fault>) -> Self {
        let engine = engine_of(name, probe, fault);
        let mut settings = Settings::default();
        if fault == Some(Fault::ShortHeartbeat) {
            settings.heartbeat = Duration::from_millis(5);
        }
        if fault == Some(Fault::LongHead) {
            settings.origins.push(ORIGIN.into());
        }
        let places = if fault == Some(Fault::FewPlaces) { 10 } else { 200 };
        Self::server(engine.clone(), engine, places, settings)
    }

    /// Opens a connection, and begins to answer what comes on it; the task ends with the time of its end.
    pub(crate) fn open(&self, counts: &Arc<Counts>, fault: Option<Fault>) -> (DuplexStream, JoinHandle<Instant>) {
        let (ours, theirs) = duplex(ROOM);
        let wire = Wire::new(theirs, counts, fault);
        let task = match self {
            Self::Server(service, ending) => {
                let answered = connection(wire, service.clone(), ServeLimits::default(), ending.subscribe());
                tokio::spawn(counted(answered, Arc::clone(counts), fault))
            }
            Self::Bare(recorded) => tokio::spawn(counted(
                bare_connection(wire, Arc::clone(recorded), SinceRequest),
                Arc::clone(counts),
                fault,
            )),
        };
        (ours, task)
    }
}

/// The engine of a scenario of `benches-data`.
pub(crate) fn engine_of(name: &str, probe: Option<&Probe>, fault: Option<Fault>) -> Engine {
    let mut scenario = catalog::scenario(name).with_settings(|settings| {
        if fault == Some(Fault::LostHits) {
            settings.max_hits = 9;
        }
    });
    // Queries over HTTP have no seed of their own; so the mocks have their hits ready.
    scenario.seed = 0;
    scenario.engine(&catalog::corpus(), Pace::Scripted, probe)
}

/// A future whose polls are counted; the time of its end. How a connection ended is the affair of its client.
async fn counted<F: Future>(connection: F, counts: Arc<Counts>, fault: Option<Fault>) -> Instant {
    let mut connection = pin!(connection);
    let mut was_pending = false;
    poll_fn(|cx| {
        Counts::add(&counts.polls, 1);
        if fault == Some(Fault::ExtraPoll) && !was_pending {
            was_pending = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        was_pending = false;
        connection.as_mut().poll(cx)
    })
    .await;
    Instant::now()
}

/// Makes a runtime of one thread whose clock is paused, so that all times are exact.
///
/// # Panics
/// When the system has no room for it.
pub(crate) fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a current-thread runtime")
}

/// Sends one request to an endpoint, in virtual time.
pub(crate) async fn response_of(
    endpoint: &Endpoint,
    request: &[u8],
    counts: &Arc<Counts>,
    fault: Option<Fault>,
) -> Response {
    let (stream, task) = endpoint.open(counts, fault);
    let mut reading = Reading::new();
    ask(stream, request, |bytes| reading.read(bytes)).await;
    task.await.expect("no connection panics");
    reading.response()
}

/// Sends one request to an endpoint in virtual time, and records the response, for the bare endpoint to send.
///
/// # Panics
/// When what comes is no response.
pub fn record(endpoint: &Endpoint, request: &[u8]) -> Recorded {
    let response = paused().block_on(response_of(endpoint, request, &Arc::default(), None));
    let Response { status, mut headers, pieces, .. } = response;
    // These are hyper's own.
    for header in [CONNECTION, DATE, TRANSFER_ENCODING] {
        headers.remove(header);
    }
    Recorded { status, headers, pieces }
}
