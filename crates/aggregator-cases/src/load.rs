//! Concurrent queries over one engine on one thread: read to their ends, or all suspended in mid-answer.

use std::hash::Hasher as _;

use aggregator_core::event::{CancelReason, EventKind};
use aggregator_core::{Engine, Query, QueryStream};
use aggregator_mocks::{Expectation, Pace, catalog};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use siphasher::sip::SipHasher13;
use tokio::runtime::Runtime;

use super::metrics;
use super::query::{drain, runtime};
use super::query_stats::QueryStats;
use super::workload::{Observation, Workload, require};

pub struct ConcurrentQueries {
    runtime: Runtime,
    engine: Engine,
    query: Query,
    expected: Expectation,
    queries: u64,
}

impl ConcurrentQueries {
    pub fn new(scenario: &str, queries: u64) -> Self {
        let scenario = catalog::scenario(scenario);
        let engine = scenario.engine(&catalog::corpus(), Pace::Scripted, None);
        Self { runtime: runtime(true), engine, query: scenario.query(), expected: scenario.expect, queries }
    }
}

impl Workload for ConcurrentQueries {
    fn run(&mut self) -> u64 {
        let Self { runtime, engine, query, queries, .. } = self;
        runtime.block_on(async {
            let mut running: FuturesUnordered<_> = (0..*queries).map(|_| drain(engine.run(query.clone()))).collect();
            let mut events = 0;
            while let Some(of_one) = running.next().await {
                events += of_one;
            }
            events
        })
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let all_stats: Vec<QueryStats> = runtime(true).block_on(async {
            let all = (0..self.queries).map(|_| QueryStats::collect(self.engine.run(self.query.clone()), None));
            all.collect::<FuturesUnordered<_>>().collect().await
        });
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        let (mut events, mut results, mut polls, mut wakeups, mut total) = (0, 0, 0, 0, 0);
        for stats in &all_stats {
            stats.checker.check_against(&self.expected)?;
            hasher.write_u64(stats.checker.checksum());
            events += stats.checker.events;
            results += stats.checker.results;
            polls += stats.polls;
            wakeups += stats.wakeups;
            total = total.max(stats.checker.latest.as_nanos() as u64);
        }
        require(all_stats.len() as u64 == self.queries, || {
            format!("{} of {} queries ended", all_stats.len(), self.queries)
        })?;
        let counts = vec![
            (metrics::EVENTS, events),
            (metrics::RESULTS, results),
            (metrics::POLLS, polls),
            (metrics::WAKEUPS, wakeups),
            (metrics::TOTAL, total),
        ];
        Ok(Observation { amount: events, checksum: hasher.finish(), counts })
    }
}

/// Queries that are all suspended in mid-answer at the same time, and then dropped.
pub struct SuspendedQueries {
    runtime: Runtime,
    engine: Engine,
    query: Query,
    queries: u64,
}

/// Events before the pause: a standard query has 264, the answer begins at the 62nd.
const SUSPENDED_AFTER: u64 = 100;

impl SuspendedQueries {
    pub fn new(queries: u64) -> Self {
        let scenario = catalog::scenario("standard");
        let engine = scenario.engine(&catalog::corpus(), Pace::Scripted, None);
        Self { runtime: runtime(true), engine, query: scenario.query(), queries }
    }

    /// Reads every query to its middle, then passes all of them to `visit`; returns the number of events.
    fn suspend(&self, mut visit: impl FnMut(QueryStream)) -> u64 {
        self.runtime.block_on(async {
            let to_the_middle = |mut query: QueryStream| async move {
                let mut events = 0;
                while events < SUSPENDED_AFTER && query.next().await.is_some() {
                    events += 1;
                }
                (events, query)
            };
            // Each query is a task, as in a server. In a single task, tokio's cooperative budget would let 128 queries
            // progress at a time and poll all others in vain.
            let running: Vec<_> =
                (0..self.queries).map(|_| tokio::spawn(to_the_middle(self.engine.run(self.query.clone())))).collect();
            let mut suspended = Vec::with_capacity(running.len());
            let mut events = 0;
            for query in running {
                let (of_one, query) = query.await.expect("reading a query does not panic");
                events += of_one;
                suspended.push(query);
            }
            suspended.into_iter().for_each(&mut visit);
            events
        })
    }
}

impl Workload for SuspendedQueries {
    fn run(&mut self) -> u64 {
        self.suspend(drop)
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        let mut wrong = 0;
        let mut suspended = Vec::new();
        let amount = self.suspend(|query| suspended.push(query));
        let mut deltas = 0;
        // The summary of a cancelled query shows its progress.
        self.runtime.block_on(async {
            for query in &mut suspended {
                query.canceller().cancel(CancelReason::Requested);
                let last = query.next().await.map(|event| event.kind);
                let answer =
                    last.as_ref().and_then(EventKind::summary).and_then(|summary| summary.answer).unwrap_or_default();
                let cancelled = matches!(last, Some(EventKind::Cancelled { .. }));
                wrong += u64::from(!(cancelled && (20..180).contains(&answer.deltas)));
                deltas += u64::from(answer.deltas);
                hasher.write_u32(answer.bytes);
            }
        });
        require(suspended.len() as u64 == self.queries && wrong == 0, || {
            format!("{wrong} of {} queries were not in mid-answer", suspended.len())
        })?;
        let counts = vec![(metrics::EVENTS, amount), (metrics::DELTAS, deltas)];
        Ok(Observation { amount, checksum: hasher.finish(), counts })
    }
}
