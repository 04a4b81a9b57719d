//! Open-loop load: queries come when those of a real service came, whether or not earlier ones are through.

use std::hash::Hasher as _;
use std::time::Duration;

use aggregator_core::{Ending, Engine, Query, Reply};
use aggregator_mocks::profile::Arrivals;
use aggregator_mocks::{Pace, library};
use perf_gate::Metric;
use siphasher::sip::SipHasher13;
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep_until};

use super::account::nanos;
use super::query::runtime;
use super::{Observation, Work, require};

pub struct OpenLoop {
    runtime: Runtime,
    engine: Engine,
    /// Each with the time when it is due.
    queries: Vec<(Duration, Query)>,
}

impl OpenLoop {
    /// So many queries of a scenario, each with a seed of its own, with the gaps between conversations at Azure.
    pub fn of(scenario: &str, queries: u64) -> Self {
        let scenario = library::scenario(scenario);
        let seeds: Vec<u64> = (0..queries).collect();
        let engine = scenario.engine_for(&library::corpus(), Pace::Scripted, None, &seeds);
        let arrivals = Arrivals::new(&library::profile("azure-conversation"), 0).expect("it has a table of gaps");
        let queries = arrivals.zip(seeds).map(|(at, seed)| (at, scenario.query().with_seed(seed))).collect();
        Self { runtime: runtime(true), engine, queries }
    }

    /// The replies in the order of arrival, with the time each took from when it was due.
    fn replies(&self) -> Vec<(Duration, Reply)> {
        self.runtime.block_on(async {
            let began = Instant::now();
            let reply = |(at, query): &(Duration, Query)| {
                let (due, query) = (began + *at, self.engine.ask(query.clone()));
                tokio::spawn(async move {
                    sleep_until(due).await;
                    let reply = query.await;
                    (due.elapsed(), reply)
                })
            };
            let running: Vec<_> = self.queries.iter().map(reply).collect();
            let mut replies = Vec::with_capacity(running.len());
            for reply in running {
                replies.push(reply.await.expect("reading a query does not panic"));
            }
            replies
        })
    }
}

impl Work for OpenLoop {
    fn run(&mut self) -> u64 {
        self.replies().iter().map(|(_, reply)| reply.answer.len() as u64).sum()
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let replies = self.replies();
        require(replies.len() == self.queries.len(), || format!("{} replied", replies.len()))?;
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        let (mut amount, mut errors, mut results) = (0, 0, 0);
        for (_, reply) in &replies {
            errors += u64::from(reply.ending != Ending::Done);
            amount += reply.answer.len() as u64;
            results += u64::from(reply.summary.hits.emitted);
            hasher.write(reply.answer.as_bytes());
        }
        let longest = replies.iter().map(|(took, _)| *took).max().unwrap_or_default();
        let counts = vec![(Metric::Results, results), (Metric::Errors, errors), (Metric::Total, nanos(longest))];
        Ok(Observation { amount, checksum: hasher.finish(), counts })
    }
}
