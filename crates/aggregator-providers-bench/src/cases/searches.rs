//! One search of one service.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::{Hit, HitStream, Query, SearchProvider, SearchRequest};
use futures::StreamExt as _;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::metrics;
use super::services;
use crate::case::{Digest, Observation, Workload};
use crate::fault::Fault;
use crate::items::WithFault;
use crate::polls::PollCounter;
use crate::runtime;

/// Sets up a search of Brave.
pub(super) fn brave(fault: Option<Fault>) -> Box<dyn Workload> {
    Searching::boxed(services::brave("brave", fault), fault)
}

/// Sets up a search of an instance of SearXNG.
pub(super) fn searxng(fault: Option<Fault>) -> Box<dyn Workload> {
    Searching::boxed(services::searxng("searxng", fault), fault)
}

struct Searching<P> {
    runtime: Runtime,
    provider: WithFault<P>,
    query: Arc<Query>,
}

impl<P: SearchProvider + 'static> Searching<P> {
    fn boxed(provider: P, fault: Option<Fault>) -> Box<dyn Workload> {
        let query = Query::new("why do tail latencies grow with fan-out?").expect("it is a query");
        let provider = WithFault(provider, fault);
        Box::new(Self { runtime: runtime::paused(), provider, query: Arc::new(query) })
    }

    /// Performs one search; `read` gets each hit. Returns the stream at its end.
    fn search(&self, mut read: impl FnMut(&Hit)) -> PollCounter<HitStream> {
        self.runtime.block_on(async {
            let deadline = Instant::now() + Duration::from_secs(8);
            let request = SearchRequest::new(self.query.clone(), services::HITS, deadline);
            let mut hits = PollCounter::new(self.provider.search(request));
            while let Some(hit) = hits.next().await {
                read(&hit.expect("the response has hits"));
            }
            hits
        })
    }
}

impl<P: SearchProvider + 'static> Workload for Searching<P> {
    fn run(&mut self) -> u64 {
        let mut hits = 0;
        self.search(|hit| {
            black_box(hit);
            hits += 1;
        });
        hits
    }

    fn observe(&mut self) -> Observation {
        let (mut hits, mut digest) = (0, Digest::new());
        let search = self.search(|hit| {
            hits += 1;
            [&hit.url, &hit.title, &hit.snippet].into_iter().for_each(|text| digest.add(text));
        });
        let counts = vec![(metrics::HITS, hits), (metrics::POLLS, search.polls)];
        Observation { amount: hits, checksum: digest.finish(), counts }
    }
}
