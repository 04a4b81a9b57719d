//! Policies in virtual time: many queries against a limit, and a service that is down for a while.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{Engine, EventKind, Outcome, ProviderError, ProviderErrorKind, Query, SearchProvider, Settings};
use aggregator_policies::{Backoff, Breaker, BreakerSettings, Guarded, Limiter, Policies, Rate, RetryBudget};
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep};

use super::metrics::{ATTEMPTS, ERRORS, EVENTS, POLLS, RECOVERY, TOTAL};
use crate::case::{Digest, Observation, Workload};
use crate::fault::Fault;
use crate::polls::PollCounter;
use crate::runtime;

/// The service: a request takes this long.
const LATENCY: Duration = Duration::from_millis(50);

/// Queries that are begun at once.
const AT_ONCE: u64 = 100;

/// Queries of the outage, one in each [`EVERY`]; the service is down for the first half of them.
const IN_OUTAGE: u64 = 200;
const EVERY: Duration = Duration::from_millis(100);

/// A service that can be down.
#[derive(Debug, Clone)]
struct Service {
    name: &'static str,
    asked: Arc<AtomicU64>,
    /// Until when it is down.
    down_until: Option<Instant>,
}

impl SearchProvider for Service {
    fn name(&self) -> &str {
        self.name
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let Self { asked, down_until, .. } = self.clone();
        let answer = async move {
            asked.fetch_add(1, Ordering::Relaxed);
            sleep(LATENCY).await;
            match down_until.is_some_and(|until| Instant::now() < until) {
                true => Err(ProviderError::new(ProviderErrorKind::Unreachable, "down")),
                false => Ok(Hit::new("https://example.org/", "a page")),
            }
        };
        answer.into_stream().boxed()
    }
}

/// What the policies are put to.
#[derive(Debug, Clone, Copy)]
enum Trial {
    /// More queries at once than the limit of the service allows.
    Limit,
    /// Two services are down: the requests to one are repeated, the other has a breaker.
    Outage,
}

/// Sets up [`AT_ONCE`] queries against 20 requests a second, 20 at once.
pub(super) fn limit(fault: Option<Fault>) -> Box<dyn Workload> {
    Box::new(Trying { runtime: runtime::paused(), trial: Trial::Limit, fault })
}

/// Sets up [`IN_OUTAGE`] queries while a service goes down and comes back.
pub(super) fn outage(fault: Option<Fault>) -> Box<dyn Workload> {
    Box::new(Trying { runtime: runtime::paused(), trial: Trial::Outage, fault })
}

struct Trying {
    runtime: Runtime,
    trial: Trial,
    fault: Option<Fault>,
}

/// What came of the queries of one operation.
#[derive(Default)]
struct Tried {
    events: u64,
    polls: u64,
    errors: u64,
    attempts: u64,
    /// Time of all of them, or after an outage until there was a result again.
    took: Duration,
    /// When the service with a breaker gave a result after it was back.
    recovered: Option<Instant>,
    outcomes: Vec<(u64, String)>,
}

impl Trying {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn engine(&self, down_until: Option<Instant>, asked: &Arc<AtomicU64>) -> Engine {
        let mut settings = Settings::default();
        if self.has(Fault::ShortDeadline) {
            settings.provider_timeout = Duration::from_secs(3);
        }
        let service = |name| Service { name, asked: Arc::clone(asked), down_until };
        let builder = Engine::builder().hash_seed(0).settings(settings);
        let builder = match self.trial {
            Trial::Limit => {
                let rate = if self.has(Fault::LowerRate) { 19 } else { 20 };
                let limiter = Limiter::new(Rate::per_second(rate, rate).expect("it is a rate"));
                builder.provider(Guarded::new(service("limited"), Policies::default().limiter(limiter)))
            }
            Trial::Outage => {
                let is_ignored = self.has(Fault::IgnoredBudget);
                let budget = if is_ignored { RetryBudget::new(100, 1_000) } else { RetryBudget::default() };
                let retries = Policies::default().retries(Backoff::default(), Arc::new(budget));
                let mut breaker = BreakerSettings::default();
                breaker.open = Duration::from_secs(if self.has(Fault::LateProbe) { 4 } else { 2 });
                let breaker = Policies::default().breaker(Breaker::new(breaker));
                let builder = builder.provider(Guarded::new(service("retried"), retries));
                builder.provider(Guarded::new(service("broken"), breaker))
            }
        };
        builder.build().expect("the engine has a provider")
    }

    fn try_all(&self) -> Tried {
        self.runtime.block_on(async {
            let (begun, asked) = (Instant::now(), Arc::new(AtomicU64::new(0)));
            let (queries, every, down_until) = match self.trial {
                Trial::Limit => (AT_ONCE, Duration::ZERO, None),
                Trial::Outage => (IN_OUTAGE, EVERY, Some(begun + EVERY * (IN_OUTAGE / 2) as u32)),
            };
            let engine = self.engine(down_until, &asked);
            let mut running: FuturesUnordered<_> =
                (0..queries).map(|number| ask(&engine, number, begun + every * number as u32, self.fault)).collect();
            let mut tried = Tried::default();
            while let Some(one) = running.next().await {
                tried.events += one.events;
                tried.polls += one.polls;
                tried.errors += one.errors;
                tried.recovered = [tried.recovered, one.recovered].into_iter().flatten().min();
                tried.outcomes.extend(one.outcomes);
            }
            tried.attempts = asked.load(Ordering::Relaxed);
            tried.took = match (tried.recovered, down_until) {
                (Some(recovered), Some(down_until)) => recovered - down_until,
                _ => begun.elapsed(),
            };
            tried.outcomes.sort();
            tried
        })
    }
}

/// Asks at a time.
async fn ask(engine: &Engine, number: u64, at: Instant, fault: Option<Fault>) -> Tried {
    tokio::time::sleep_until(at).await;
    let query = Query::new("who waits for a turn?").expect("it is a query").with_seed(number);
    let mut events = PollCounter::new(engine.run(query));
    let (mut tried, mut held) = (Tried::default(), Vec::new());
    while let Some(event) = events.next().await {
        tried.events += 1;
        if let EventKind::ProviderFinished(report) = &event.kind {
            let outcome = match &report.outcome {
                Outcome::Error(error) => error.kind.to_string(),
                other => format!("{other:?}"),
            };
            let is_ok = report.outcome == Outcome::Ok;
            tried.errors += u64::from(!is_ok);
            if is_ok && report.provider.as_str() == "broken" {
                tried.recovered = Some(Instant::now());
            }
            tried.outcomes.push((number, outcome));
        }
        match fault {
            Some(Fault::CopiedItem) => drop(black_box(Box::new(event))),
            Some(Fault::HeldItems) => held.push(event),
            _ => {}
        }
    }
    tried.polls += events.polls;
    tried
}

impl Workload for Trying {
    fn run(&mut self) -> u64 {
        self.try_all().events
    }

    fn observe(&mut self) -> Observation {
        let tried = self.try_all();
        let mut digest = Digest::new();
        tried.outcomes.iter().for_each(|(number, outcome)| digest.add(&format!("{number} {outcome}")));
        let took = match self.trial {
            Trial::Limit => TOTAL,
            Trial::Outage => RECOVERY,
        };
        let counts = vec![
            (EVENTS, tried.events),
            (ERRORS, tried.errors),
            (ATTEMPTS, tried.attempts),
            (took, u64::try_from(tried.took.as_nanos()).unwrap_or(u64::MAX)),
            (POLLS, tried.polls),
        ];
        Observation { amount: tried.events, checksum: digest.finish(), counts }
    }
}
