//! A batch of queries over one engine, some at a time, against the same ones one by one.

use std::hash::Hasher as _;
use std::num::NonZeroUsize;

use aggregator_core::{BatchItem, Ending, Engine, Query};
use aggregator_mocks::{Pace, library};
use futures::StreamExt as _;
use perf_gate::Metric;
use siphasher::sip::SipHasher13;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::account::nanos;
use super::query::runtime;
use super::{Observation, Work, require};

pub struct Batched {
    runtime: Runtime,
    engine: Engine,
    queries: Vec<Query>,
    at_a_time: NonZeroUsize,
}

impl Batched {
    /// So many queries of a scenario, each with a seed of its own, so many at a time.
    pub fn of(scenario: &str, queries: u64, at_a_time: usize) -> Self {
        let scenario = library::scenario(scenario);
        let seeds: Vec<u64> = (0..queries).collect();
        // What mocks find for a seed is made ahead: making it is not what is measured.
        let engine = scenario.engine_for(&library::corpus(), Pace::Scripted, None, &seeds);
        let queries = (0..queries).map(|seed| scenario.query().with_seed(seed)).collect();
        let at_a_time = NonZeroUsize::new(at_a_time).expect("at least one at a time");
        Self { runtime: runtime(true), engine, queries, at_a_time }
    }

    fn read(&self, mut look: impl FnMut(BatchItem)) {
        let mut batch = self.engine.batch(self.queries.iter().cloned(), self.at_a_time);
        self.runtime.block_on(async {
            while let Some(item) = batch.next().await {
                look(item);
            }
        });
    }
}

impl Work for Batched {
    fn run(&mut self) -> u64 {
        let mut bytes = 0;
        self.read(|item| bytes += divan::black_box(item).outcome.map_or(0, |reply| reply.answer.len() as u64));
        bytes
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let mut items = Vec::new();
        let began = self.runtime.block_on(async { Instant::now() });
        self.read(|item| items.push(item));
        let total = self.runtime.block_on(async { began.elapsed() });
        require(items.len() == self.queries.len(), || format!("{} of {} replied", items.len(), self.queries.len()))?;
        // In the order of the list: in which order they finish is told by the time.
        items.sort_by_key(|item| item.index);
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        let (mut amount, mut errors, mut results, mut deltas) = (0, 0, 0, 0);
        for (index, item) in (0..).zip(items) {
            require(item.index == index, || format!("reply {index} is missing"))?;
            let Ok(reply) = item.outcome else {
                errors += 1;
                continue;
            };
            errors += u64::from(reply.ending != Ending::Done);
            amount += reply.answer.len() as u64;
            results += u64::from(reply.summary.hits.emitted);
            deltas += u64::from(reply.summary.answer.unwrap_or_default().deltas);
            hasher.write(reply.answer.as_bytes());
            reply.summary.sources.iter().for_each(|source| hasher.write(source.source.url.as_bytes()));
        }
        let counts = vec![
            (Metric::Results, results),
            (Metric::Deltas, deltas),
            (Metric::Errors, errors),
            (Metric::Total, nanos(total)),
        ];
        Ok(Observation { amount, checksum: hasher.finish(), counts })
    }
}
