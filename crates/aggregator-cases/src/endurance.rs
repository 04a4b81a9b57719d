//! Many queries in sequence over one engine: memory that a query leaves behind adds up.

use std::hash::Hasher as _;

use aggregator_core::{Engine, Query};
use aggregator_mocks::{Expectation, Pace, catalog};
use siphasher::sip::SipHasher13;
use tokio::runtime::Runtime;

use super::metrics;
use super::query::{drain, runtime};
use super::query_stats::QueryStats;
use super::workload::{Observation, Workload};

pub struct Endurance {
    runtime: Runtime,
    engine: Engine,
    text: String,
    seed: u64,
    expected: Expectation,
    queries: u64,
    /// Number of the next query.
    next: u64,
}

impl Endurance {
    pub fn new(scenario: &str, queries: u64) -> Self {
        let scenario = catalog::scenario(scenario);
        let engine = scenario.engine(&catalog::corpus(), Pace::Scripted, None);
        let (text, seed) = (scenario.query, scenario.seed);
        Self { runtime: runtime(true), engine, text, seed, expected: scenario.expect, queries, next: 0 }
    }

    /// Makes a query with a text that no earlier query of this process had, so that memory kept for each distinct query
    /// shows. All texts have the same length.
    fn query(&mut self) -> Query {
        self.next += 1;
        Query::new(format!("{} {:012}", self.text, self.next)).expect("a valid query").with_seed(self.seed)
    }
}

impl Workload for Endurance {
    fn run(&mut self) -> u64 {
        let mut events = 0;
        for _ in 0..self.queries {
            let query = self.query();
            let query = self.engine.run(query);
            events += self.runtime.block_on(drain(query));
        }
        events
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        let (mut events, mut polls) = (0, 0);
        for _ in 0..self.queries {
            let query = self.query();
            let query = self.engine.run(query);
            let stats = self.runtime.block_on(QueryStats::collect(query, None));
            stats.checker.check_against(&self.expected)?;
            hasher.write_u64(stats.checker.checksum());
            events += stats.checker.events;
            polls += stats.polls;
        }
        let counts = vec![(metrics::EVENTS, events), (metrics::POLLS, polls)];
        Ok(Observation { amount: events, checksum: hasher.finish(), counts })
    }
}
