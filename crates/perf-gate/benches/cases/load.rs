//! Many queries at once over one engine, on one thread.

use std::hash::Hasher as _;

use aggregator_core::{Engine, Query};
use aggregator_mocks::{Expectation, Pace, library};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use perf_gate::Metric;
use siphasher::sip::SipHasher13;
use tokio::runtime::Runtime;

use super::query::{Account, drain, runtime};
use super::{Observation, Work, require};

pub struct Concurrent {
    runtime: Runtime,
    engine: Engine,
    query: Query,
    expected: Expectation,
    queries: u64,
}

impl Concurrent {
    pub fn of(scenario: &str, queries: u64) -> Self {
        let scenario = library::scenario(scenario);
        let engine = scenario.engine(&library::corpus(), Pace::Scripted, None);
        Self { runtime: runtime(true), engine, query: scenario.query(), expected: scenario.expect, queries }
    }
}

impl Work for Concurrent {
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
        let accounts: Vec<Account> = runtime(true).block_on(async {
            let all = (0..self.queries).map(|_| Account::of(self.engine.run(self.query.clone())));
            all.collect::<FuturesUnordered<_>>().collect().await
        });
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        let (mut events, mut results, mut polls, mut wakeups, mut total) = (0, 0, 0, 0, 0);
        for account in &accounts {
            account.transcript.check_against(&self.expected)?;
            hasher.write_u64(account.transcript.checksum());
            events += account.transcript.events;
            results += account.transcript.results;
            polls += account.polls;
            wakeups += account.wakeups;
            total = total.max(account.transcript.latest.as_nanos() as u64);
        }
        require(accounts.len() as u64 == self.queries, || {
            format!("{} of {} queries ended", accounts.len(), self.queries)
        })?;
        let counts = vec![
            (Metric::Events, events),
            (Metric::Results, results),
            (Metric::Polls, polls),
            (Metric::Wakeups, wakeups),
            (Metric::Total, total),
        ];
        Ok(Observation { checksum: hasher.finish(), counts })
    }
}
