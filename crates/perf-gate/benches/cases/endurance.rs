//! Many queries one after another over one engine: whatever each left behind would add up.

use std::hash::Hasher as _;

use aggregator_core::{Engine, Query};
use aggregator_mocks::{Expectation, Pace, library};
use perf_gate::Metric;
use siphasher::sip::SipHasher13;
use tokio::runtime::Runtime;

use super::account::Account;
use super::query::{drain, runtime};
use super::{Observation, Work};

pub struct Endurance {
    runtime: Runtime,
    engine: Engine,
    query: Query,
    expected: Expectation,
    queries: u64,
}

impl Endurance {
    pub fn of(scenario: &str, queries: u64) -> Self {
        let scenario = library::scenario(scenario);
        let engine = scenario.engine(&library::corpus(), Pace::Scripted, None);
        Self { runtime: runtime(true), engine, query: scenario.query(), expected: scenario.expect, queries }
    }
}

impl Work for Endurance {
    fn run(&mut self) -> u64 {
        self.runtime.block_on(async {
            let mut events = 0;
            for _ in 0..self.queries {
                events += drain(self.engine.run(self.query.clone())).await;
            }
            events
        })
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        let (mut events, mut polls) = (0, 0);
        self.runtime.block_on(async {
            for _ in 0..self.queries {
                let account = Account::of(self.engine.run(self.query.clone()), None).await;
                account.transcript.check_against(&self.expected)?;
                hasher.write_u64(account.transcript.checksum());
                events += account.transcript.events;
                polls += account.polls;
            }
            Ok::<(), String>(())
        })?;
        let counts = vec![(Metric::Events, events), (Metric::Errors, 0), (Metric::Polls, polls)];
        Ok(Observation { amount: events, checksum: hasher.finish(), counts })
    }
}
