//! What stands before an engine: the first run of a query, a replay of it, a stampede, and ten times what can be done.

use std::hint::black_box;
use std::pin::pin;
use std::time::Duration;

use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{Engine, Event, EventKind, Query, SearchProvider};
use aggregator_gateway::{AdmissionSettings, CacheSettings, Gateway, GatewayStream};
use aggregator_mocks::InvariantChecker;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep, sleep_until};

use super::engine;
use super::metrics::{ERRORS, EVENTS, POLLS, TOTAL};
use crate::case::{Digest, Observation, Workload};
use crate::fault::Fault;
use crate::polls::{PendingOnce, PollCounter};
use crate::runtime;

/// Readers of a stampede.
const STAMPEDE: usize = 100;

/// Places of the overloaded gateway, and what a query takes: 160 queries a second.
const PLACES: u32 = 16;
const LATENCY: Duration = Duration::from_millis(100);

/// Queries of the overload, all within a second: ten times what can be done.
const ARRIVALS: u32 = 1_600;

/// Sets up a query through a gateway that has everything on and knows nothing.
pub(super) fn first(fault: Option<Fault>) -> Box<dyn Workload> {
    Box::new(Reading { runtime: runtime::paused(), engine: engine::over_mocks(fault), kept: None, readers: 1, fault })
}

/// Sets up a query that the cache answers.
pub(super) fn replay(fault: Option<Fault>) -> Box<dyn Workload> {
    let mut reading =
        Reading { runtime: runtime::paused(), engine: engine::over_mocks(fault), kept: None, readers: 1, fault };
    let gateway = reading.gateway();
    reading.runtime.block_on(async {
        let mut events = gateway.run(engine::query()).expect("there is a place");
        while events.next().await.is_some() {}
    });
    assert_eq!(gateway.load().kept, 1, "the run is kept");
    reading.kept = Some(gateway);
    Box::new(reading)
}

/// Sets up the same query from [`STAMPEDE`] readers at once.
pub(super) fn stampede(fault: Option<Fault>) -> Box<dyn Workload> {
    let engine = engine::over_mocks(fault);
    Box::new(Reading { runtime: runtime::paused(), engine, kept: None, readers: STAMPEDE, fault })
}

struct Reading {
    runtime: Runtime,
    engine: Engine,
    /// A gateway that has the run already; else each operation has a new one.
    kept: Option<Gateway>,
    readers: usize,
    fault: Option<Fault>,
}

impl Reading {
    fn gateway(&self) -> Gateway {
        let gateway = Gateway::builder(self.engine.clone()).admission(AdmissionSettings::default());
        let gateway = gateway.cache(CacheSettings::default()).single_flight(self.fault != Some(Fault::OwnRuns));
        gateway.build().expect("the settings are within their ranges")
    }

    /// Lets all readers read to the end.
    fn read(&self, see: impl Fn(usize, &Event)) -> (u64, u64) {
        self.runtime.block_on(async {
            let gateway = self.kept.clone().unwrap_or_else(|| self.gateway());
            let streams = (0..self.readers).map(|_| gateway.run(engine::query()).expect("there is a place"));
            let see = &see;
            let mut reading: FuturesUnordered<_> =
                streams.enumerate().map(|(number, events)| read(events, self.fault, move |e| see(number, e))).collect();
            let mut sum = (0, 0);
            while let Some((events, polls)) = reading.next().await {
                sum = (sum.0 + events, sum.1 + polls);
            }
            sum
        })
    }
}

/// Reads a query to its end; the number of events, and of polls.
async fn read(events: GatewayStream, fault: Option<Fault>, see: impl Fn(&Event)) -> (u64, u64) {
    let mut polled = PollCounter::new(PendingOnce::new(events, fault == Some(Fault::ExtraPoll)));
    let (mut events, mut held) = (0, Vec::new());
    while let Some(event) = polled.next().await {
        see(black_box(&event));
        events += 1;
        match fault {
            Some(Fault::CopiedItem) => drop(black_box(Box::new(event))),
            Some(Fault::HeldItems) => held.push(event),
            _ => {}
        }
    }
    (events, polled.polls)
}

impl Workload for Reading {
    fn run(&mut self) -> u64 {
        self.read(|_, _| {}).0
    }

    fn observe(&mut self) -> Observation {
        let checkers: Vec<_> = (0..self.readers).map(|_| std::cell::RefCell::new(InvariantChecker::new())).collect();
        let (events, polls) = self.read(|number, event| checkers[number].borrow_mut().read(event));
        let mut digest = Digest::new();
        for checker in &checkers {
            let checker = checker.borrow();
            checker.check().expect("the events keep the invariants");
            digest.add(&checker.checksum().to_string());
        }
        Observation { amount: events, checksum: digest.finish(), counts: vec![(EVENTS, events), (POLLS, polls)] }
    }
}

/// A service that takes its time.
struct Slow;

impl SearchProvider for Slow {
    fn name(&self) -> &str {
        "slow"
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        async {
            sleep(LATENCY).await;
            Ok(Hit::new("https://example.org/", "a page"))
        }
        .into_stream()
        .boxed()
    }
}

/// Sets up [`ARRIVALS`] queries in a second.
pub(super) fn overload(fault: Option<Fault>) -> Box<dyn Workload> {
    Box::new(Overload { runtime: runtime::paused(), fault })
}

struct Overload {
    runtime: Runtime,
    fault: Option<Fault>,
}

impl Overload {
    /// Events, polls, refused queries, and the time of all.
    fn ask_all(&self) -> (u64, u64, u64, Duration) {
        self.runtime.block_on(async {
            let engine = Engine::builder().hash_seed(0).provider(Slow).build().expect("the engine has a provider");
            let waiting = if self.fault == Some(Fault::LongQueue) { 10 * PLACES } else { PLACES };
            let places = AdmissionSettings::default().running(PLACES).waiting(waiting);
            let gateway = Gateway::builder(engine).admission(places).build();
            let gateway = gateway.expect("the settings are within their ranges");
            let begun = Instant::now();
            let ask = |number: u32| {
                let gateway = &gateway;
                async move {
                    sleep_until(begun + Duration::from_secs(1) * number / ARRIVALS).await;
                    let query = Query::new("who is served?").expect("it is a query").with_seed(number.into());
                    match gateway.run(query) {
                        Err(_) => (0, 0, 1),
                        Ok(events) => {
                            let (events, polls) = pin!(read(events, self.fault, done)).await;
                            (events, polls, 0)
                        }
                    }
                }
            };
            let mut asked: FuturesUnordered<_> = (0..ARRIVALS).map(ask).collect();
            let mut sum = (0, 0, 0);
            while let Some((events, polls, refused)) = asked.next().await {
                sum = (sum.0 + events, sum.1 + polls, sum.2 + refused);
            }
            (sum.0, sum.1, sum.2, begun.elapsed())
        })
    }
}

/// # Panics
/// When a query that was admitted fails.
fn done(event: &Event) {
    assert!(!matches!(event.kind, EventKind::Failed { .. }), "a query that has a place is answered");
}

impl Workload for Overload {
    fn run(&mut self) -> u64 {
        self.ask_all().0
    }

    fn observe(&mut self) -> Observation {
        let (events, polls, refused, took) = self.ask_all();
        let mut digest = Digest::new();
        digest.add(&format!("{events} {refused}"));
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let counts = vec![(EVENTS, events), (ERRORS, refused), (TOTAL, took), (POLLS, polls)];
        Observation { amount: events, checksum: digest.finish(), counts }
    }
}
