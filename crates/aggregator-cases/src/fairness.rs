//! Fairness of one thread: how long do other queries wait for one that is always ready?

use std::cell::Cell;
use std::hash::Hasher as _;

use aggregator_core::{Engine, Query, QueryStream};
use aggregator_mocks::{InvariantChecker, Pace, catalog};
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _, stream};
use siphasher::sip::SipHasher13;
use tokio::runtime::Runtime;

use super::metrics;
use super::query::{drain, runtime};
use super::workload::{Observation, Workload, require};

pub struct Flood {
    runtime: Runtime,
    ordinary: (Engine, Query),
    /// A query whose providers and model are always ready, so that it yields only because of its budget.
    flooding: (Engine, Query),
    others: u64,
}

/// Deltas of the flooding query.
const FLOOD: u32 = 20_000;

impl Flood {
    pub fn new(others: u64) -> Self {
        let corpus = catalog::corpus();
        let standard = catalog::scenario("standard");
        let query = standard.query();
        let ordinary = (standard.engine(&corpus, Pace::Scripted, None), query.clone());
        let flooding = (standard.with_deltas(FLOOD).engine(&corpus, Pace::Instant, None), query);
        Self { runtime: runtime(true), ordinary, flooding, others }
    }

    fn queries(&self) -> (QueryStream, impl Iterator<Item = QueryStream>) {
        let start = |(engine, query): &(Engine, Query)| engine.run(query.clone());
        (start(&self.flooding), (0..self.others).map(move |_| start(&self.ordinary)))
    }
}

impl Workload for Flood {
    fn run(&mut self) -> u64 {
        let (flood, others) = self.queries();
        self.runtime.block_on(async {
            let mut running: FuturesUnordered<_> = std::iter::once(flood).chain(others).map(drain).collect();
            let mut events = 0;
            while let Some(of_one) = running.next().await {
                events += of_one;
            }
            events
        })
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let (mut flood, others) = self.queries();
        // Polls of the flooding query: all so far, and those before the last of the others emitted its first event.
        let (polls, ahead) = (&Cell::new(0_u64), &Cell::new(0_u64));
        let mut flooding = stream::poll_fn(move |cx| {
            polls.set(polls.get() + 1);
            flood.poll_next_unpin(cx)
        });
        let flooding = async move {
            let mut checker = InvariantChecker::new();
            while let Some(event) = flooding.next().await {
                checker.read(&event);
            }
            checker
        };
        let ordinary = |mut query: QueryStream| async move {
            let mut checker = InvariantChecker::new();
            while let Some(event) = query.next().await {
                if checker.events == 0 {
                    ahead.set(polls.get());
                }
                checker.read(&event);
            }
            checker
        };
        let all: Vec<LocalBoxFuture<'_, InvariantChecker>> =
            std::iter::once(flooding.boxed_local()).chain(others.map(|query| ordinary(query).boxed_local())).collect();
        let checkers: Vec<InvariantChecker> =
            self.runtime.block_on(all.into_iter().collect::<FuturesUnordered<_>>().collect());
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        let mut events = 0;
        for checker in &checkers {
            checker.check()?;
            events += checker.events;
            hasher.write_u64(checker.checksum());
        }
        let max_deltas = checkers.iter().map(|checker| checker.deltas).max();
        // A delta that contains only an invented marker is not emitted.
        require(max_deltas >= Some(u64::from(FLOOD - 10)), || {
            format!("no query flooded: the maximum is {max_deltas:?} deltas")
        })?;
        let counts = vec![(metrics::EVENTS, events), (metrics::POLLS_AHEAD, ahead.get())];
        Ok(Observation { amount: events, checksum: hasher.finish(), counts })
    }
}
