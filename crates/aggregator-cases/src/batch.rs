//! A batch of queries over one engine with a limit of concurrency; a limit of 1 is the comparison.

use aggregator_core::{BatchItem, Citation, Engine, Query, QueryOutcome, Reply};
use aggregator_mocks::{Pace, catalog};
use futures::StreamExt as _;
use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::metrics;
use super::query::runtime;
use super::query_stats::nanos;
use super::workload::{Observation, Workload, require};

/// Adds text, citations and output tokens of a reply to a digest.
pub fn digest_reply(hasher: &mut SipHasher13, reply: &Reply) {
    hasher.write(reply.answer.as_bytes());
    for Citation { span, number, id, .. } in &reply.citations {
        [span.start, span.end, *number, id.0].into_iter().for_each(|value| hasher.write_u32(value));
    }
    hasher.write_u64(reply.usage.map_or(0, |usage| usage.output_tokens));
}

pub struct Batch {
    runtime: Runtime,
    engine: Engine,
    queries: Vec<Query>,
    at_a_time: usize,
}

impl Batch {
    /// `queries` queries of a scenario with seeds from 0, at most `at_a_time` of them concurrently.
    pub fn new(scenario: &str, queries: u64, at_a_time: usize) -> Self {
        let scenario = catalog::scenario(scenario);
        let seeds: Vec<u64> = (0..queries).collect();
        // The mocks prepare the results of each seed now, because this is not measured.
        let engine = scenario.engine_for(&catalog::corpus(), Pace::Scripted, None, &seeds);
        let queries = (0..queries).map(|seed| scenario.query().with_seed(seed)).collect();
        Self { runtime: runtime(true), engine, queries, at_a_time }
    }

    /// Passes every reply to `visit`; returns the maximum number of queries that ran at once.
    fn read(&self, mut visit: impl FnMut(BatchItem)) -> usize {
        let mut batch = self.engine.batch(self.queries.iter().cloned(), self.at_a_time);
        let mut max_running = 0;
        self.runtime.block_on(async {
            while let Some(item) = batch.next().await {
                // The query that has just finished was running too.
                max_running = max_running.max(batch.running() + 1);
                visit(item);
            }
        });
        max_running
    }
}

impl Workload for Batch {
    fn run(&mut self) -> u64 {
        let mut bytes = 0;
        self.read(|item| bytes += std::hint::black_box(item).outcome.map_or(0, |reply| reply.answer.len() as u64));
        bytes
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let mut items = Vec::new();
        let began = self.runtime.block_on(async { Instant::now() });
        let max_running = self.read(|item| items.push(item));
        let total = self.runtime.block_on(async { began.elapsed() });
        require(items.len() == self.queries.len(), || format!("{} of {} replied", items.len(), self.queries.len()))?;
        require(max_running == self.at_a_time, || format!("{max_running} ran at once instead of {}", self.at_a_time))?;
        // The digest is in the order of the list; the order of finishing shows in the total time.
        items.sort_by_key(|item| item.index);
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        let (mut amount, mut errors, mut results, mut deltas, mut citations) = (0, 0, 0, 0, 0);
        for (index, item) in (0..).zip(items) {
            require(item.index == index, || format!("reply {index} is missing"))?;
            let Ok(reply) = item.outcome else {
                errors += 1;
                continue;
            };
            errors += u64::from(reply.ending != QueryOutcome::Done);
            amount += reply.answer.len() as u64;
            results += u64::from(reply.summary.hits.emitted);
            deltas += u64::from(reply.summary.answer.unwrap_or_default().deltas);
            citations += reply.citations.len() as u64;
            digest_reply(&mut hasher, &reply);
            reply.summary.sources.iter().for_each(|source| hasher.write(source.source.url.as_bytes()));
        }
        let counts = vec![
            (metrics::RESULTS, results),
            (metrics::CITATIONS, citations),
            (metrics::DELTAS, deltas),
            (metrics::ERRORS, errors),
            (metrics::TOTAL, nanos(total)),
        ];
        Ok(Observation { amount, checksum: hasher.finish(), counts })
    }
}
