//! Engines of mocks, and readers that check what they read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use aggregator_core::event::{CancelReason, RunOrigin};
use aggregator_core::{Canceller, Engine, Event, EventKind, Query};
use aggregator_gateway::{Gateway, GatewayStream};
use aggregator_mocks::{InvariantChecker, List, Pace, Probe, ScriptedProvider, Step, TerminalEvent, catalog};
use futures::StreamExt as _;
use tokio::time::timeout;

pub const MS: Duration = Duration::from_millis(1);
pub const SECOND: Duration = Duration::from_secs(1);

/// The engine and the query of a scenario, and a probe of its calls.
pub fn scenario(name: &str, pace: Pace) -> (Engine, Query, Probe) {
    let (scenario, probe) = (catalog::scenario(name), Probe::new());
    (scenario.engine(&catalog::corpus(), pace, Some(&probe)), scenario.query(), probe)
}

/// An engine with one provider that performs a script.
pub fn scripted(steps: &[Step]) -> (Engine, Probe) {
    let probe = Probe::new();
    let list = List { pool: 24, repeats: 0 };
    let provider = ScriptedProvider::new("alder", steps, Pace::Scripted, &catalog::corpus(), list, 0).probed(&probe);
    (Engine::builder().provider(provider).build().unwrap(), probe)
}

/// Answers with three hits after 100 ms.
pub fn in_100_ms() -> Vec<Step> {
    vec![Step::Wait(100 * MS), Step::Emit { items: 3, every: Duration::ZERO }]
}

/// Each with a seed of its own, so that no two are identical.
pub fn query(seed: u64) -> Query {
    Query::new("who waits for whom?").unwrap().with_seed(seed)
}

/// What a reader has read.
#[derive(Debug, Default)]
pub struct Account {
    pub checker: InvariantChecker,
    pub events: Vec<Event>,
}

impl Account {
    pub fn add(&mut self, event: Event) {
        self.checker.read(&event);
        self.events.push(event);
    }

    /// Reads to the end. A reader whose waker is not called fails the test: the paused clock passes an hour when nothing else happens.
    pub async fn of(mut stream: GatewayStream) -> Self {
        let mut account = Self::default();
        while let Some(event) = timeout(3_600 * SECOND, stream.next()).await.expect("it is woken within its deadline") {
            account.add(event);
        }
        account.check();
        let latest = account.checker.latest;
        assert!(latest < 3_600 * SECOND, "it was not woken, and went on after {latest:?}");
        account
    }

    /// The invariants hold, and the last event was read.
    #[track_caller]
    pub fn check(&self) {
        self.checker.check().unwrap();
        assert!(self.end().is_some(), "there is no last event: {:?}", self.events.last());
    }

    pub fn end(&self) -> Option<TerminalEvent> {
        self.checker.summary().map(|(end, _)| end)
    }

    pub fn kinds(&self) -> Vec<EventKind> {
        self.events.iter().map(|event| event.kind.clone()).collect()
    }

    /// Where the run came from, if it was not the reader's own.
    pub fn reused(&self) -> Option<(RunOrigin, Duration)> {
        self.events.iter().find_map(|event| match event.kind {
            EventKind::Reused { origin, age } => Some((origin, age)),
            _ => None,
        })
    }

    pub fn queued(&self) -> Option<u32> {
        self.events.iter().find_map(|event| match event.kind {
            EventKind::Queued { ahead } => Some(ahead),
            _ => None,
        })
    }

    /// Digest of what the run itself said.
    pub fn checksum(&self) -> u64 {
        let mut checker = InvariantChecker::new();
        let own = |kind: &EventKind| !matches!(kind, EventKind::Reused { .. } | EventKind::Queued { .. });
        for (seq, kind) in (0..).zip(self.kinds().into_iter().filter(own)) {
            checker.read(&Event::new(seq, Duration::ZERO, kind));
        }
        checker.checksum()
    }
}

pub async fn ask(gateway: &Gateway, query: Query) -> Account {
    Account::of(gateway.run(query).unwrap()).await
}

/// The digest of a query that an engine runs by itself.
pub async fn checksum_alone(engine: &Engine, query: Query) -> u64 {
    let mut stream = engine.run(query);
    InvariantChecker::read_to_end(&mut stream).await.checksum()
}

/// A reader that is polled by hand, and knows whether it was woken since.
pub struct HandReader {
    stream: GatewayStream,
    pub canceller: Canceller,
    pub account: Account,
    woken: Arc<Woken>,
    in_a_row: u32,
}

#[derive(Debug)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl HandReader {
    pub fn new(mut stream: GatewayStream) -> Self {
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        Self { canceller: stream.canceller(), stream, account: Account::default(), woken, in_a_row: 0 }
    }

    pub fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::SeqCst)
    }

    pub fn has_ended(&self) -> bool {
        self.account.end().is_some()
    }

    /// Polls once; whether there was an event.
    pub fn poll(&mut self) -> bool {
        self.woken.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.woken));
        match self.stream.poll_next_unpin(&mut Context::from_waker(&waker)) {
            Poll::Ready(Some(event)) => {
                self.in_a_row += 1;
                assert!(self.in_a_row <= 128, "I12: others run after 128 events in a row");
                self.account.add(event);
                // Whoever gets an event polls again.
                self.woken.0.store(true, Ordering::SeqCst);
                true
            }
            Poll::Ready(None) => {
                assert!(self.has_ended(), "I2: there is a last event");
                false
            }
            Poll::Pending => {
                self.in_a_row = 0;
                false
            }
        }
    }

    /// Polls until it waits for others, or has ended.
    pub fn poll_while_woken(&mut self) {
        for _ in 0..100_000 {
            if !self.is_woken() || self.has_ended() {
                return;
            }
            self.poll();
        }
        panic!("it wakes itself for ever: {:?}", self.account.events.last());
    }

    pub fn cancel(&self) {
        self.canceller.cancel(CancelReason::Requested);
    }
}
