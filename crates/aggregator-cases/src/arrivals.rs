//! Open-loop load: queries start at the recorded arrival times of a real service, independent of earlier queries.

use std::hash::Hasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aggregator_core::{Engine, Query, QueryOutcome, Reply};
use aggregator_mocks::profile::Arrivals;
use aggregator_mocks::{Pace, catalog};
use siphasher::sip::SipHasher13;
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep_until};

use super::batch::digest_reply;
use super::metrics;
use super::query::runtime;
use super::query_stats::nanos;
use super::workload::{Observation, Workload, require};

pub struct OpenLoop {
    runtime: Runtime,
    engine: Engine,
    /// Each query with its arrival time after the start.
    queries: Vec<(Duration, Query)>,
}

impl OpenLoop {
    /// `queries` queries of a scenario with seeds from 0 and the gaps between arrivals of the profile `azure-conversation`.
    pub fn new(scenario: &str, queries: u64) -> Self {
        let scenario = catalog::scenario(scenario);
        let seeds: Vec<u64> = (0..queries).collect();
        let engine = scenario.engine_for(&catalog::corpus(), Pace::Scripted, None, &seeds);
        let arrivals = Arrivals::new(&catalog::profile("azure-conversation"), 0).expect("it has a table of gaps");
        let queries = arrivals.zip(seeds).map(|(at, seed)| (at, scenario.query().with_seed(seed))).collect();
        Self { runtime: runtime(true), engine, queries }
    }

    /// Passes each reply to `visit` with the latency since the arrival of its query, and drops the reply, so that memory
    /// holds queries in flight only. Returns the results of `visit` and the maximum number of queries in flight.
    fn replies<T: Send + 'static>(&self, visit: fn(Duration, Reply) -> T) -> (Vec<T>, u64) {
        self.runtime.block_on(async {
            let began = Instant::now();
            let (in_flight, max_in_flight) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
            let mut running = Vec::with_capacity(self.queries.len());
            for (at, query) in &self.queries {
                let due = began + *at;
                sleep_until(due).await;
                let (query, in_flight, max_in_flight) =
                    (self.engine.ask(query.clone()), Arc::clone(&in_flight), Arc::clone(&max_in_flight));
                running.push(tokio::spawn(async move {
                    max_in_flight.fetch_max(in_flight.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                    let reply = query.await;
                    in_flight.fetch_sub(1, Ordering::Relaxed);
                    visit(due.elapsed(), reply)
                }));
            }
            let mut replies = Vec::with_capacity(running.len());
            for reply in running {
                replies.push(reply.await.expect("reading a query does not panic"));
            }
            (replies, max_in_flight.load(Ordering::Relaxed))
        })
    }
}

/// Statistics of one reply.
struct ReplyStats {
    took: Duration,
    bytes: u64,
    results: u64,
    failed: bool,
    digest: u64,
}

impl Workload for OpenLoop {
    fn run(&mut self) -> u64 {
        self.replies(|_, reply| reply.answer.len() as u64).0.iter().sum()
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let (replies, in_flight) = self.replies(|took, reply| {
            let mut hasher = SipHasher13::new_with_keys(0, 0);
            digest_reply(&mut hasher, &reply);
            ReplyStats {
                took,
                bytes: reply.answer.len() as u64,
                results: u64::from(reply.summary.hits.emitted),
                failed: reply.ending != QueryOutcome::Done,
                digest: hasher.finish(),
            }
        });
        require(replies.len() == self.queries.len(), || format!("{} replied", replies.len()))?;
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        replies.iter().for_each(|reply| hasher.write_u64(reply.digest));
        let longest = replies.iter().map(|reply| reply.took).max().unwrap_or_default();
        let counts = vec![
            (metrics::RESULTS, replies.iter().map(|reply| reply.results).sum()),
            (metrics::ERRORS, replies.iter().map(|reply| u64::from(reply.failed)).sum()),
            (metrics::IN_FLIGHT, in_flight),
            (metrics::TOTAL, nanos(longest)),
        ];
        let amount = replies.iter().map(|reply| reply.bytes).sum();
        Ok(Observation { amount, checksum: hasher.finish(), counts })
    }
}
