//! Complete runs, kept for a time.

use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::event::EventKind;
use aggregator_core::{Outcome, Query, Summary, Truncation};
use quick_cache::sync::{Cache as QuickCache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};
use tokio::time::Instant;

use crate::settings::CacheSettings;
use crate::weight;

/// A run that is kept.
pub(crate) struct KeptRun {
    /// All of its events.
    pub(crate) events: Arc<[EventKind]>,
    pub(crate) ended: Instant,
    /// An estimate in bytes.
    weight: u64,
}

/// Complete runs by query, within a limit of memory.
pub(crate) struct Cache {
    /// Hashed with the process' own randomness, because strangers choose the queries.
    runs: QuickCache<Query, Arc<KeptRun>, ByWeight, RandomState>,
    age: Duration,
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<Query, Arc<KeptRun>> for ByWeight {
    fn weight(&self, _: &Query, run: &Arc<KeptRun>) -> u64 {
        run.weight
    }
}

/// The weight of a run of four providers and an answer (`tests/memory.rs`). Only how many evicted keys are remembered depends on
/// it.
const USUAL_WEIGHT: u64 = 20 << 10;

impl Cache {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        let mut options = OptionsBuilder::new();
        // One shard: with several, each has a part of the memory, and what fits depends on the number of processors. The lock is
        // held for one look at a table, which a query does once.
        options.shards(1).weight_capacity(settings.bytes);
        options.estimated_items_capacity((settings.bytes / USUAL_WEIGHT).max(1) as usize);
        let Ok(options) = options.build() else { unreachable!("both capacities are set") };
        let runs = QuickCache::with_options(options, ByWeight, RandomState::new(), DefaultLifecycle::default());
        Self { runs, age: settings.age }
    }

    /// The run that is kept under a [`key`]. One that is too old is removed.
    pub(crate) fn get(&self, key: &Query, now: Instant) -> Option<Arc<KeptRun>> {
        let is_old = |run: &Arc<KeptRun>| now.saturating_duration_since(run.ended) >= self.age;
        let run = self.runs.get(key)?;
        if !is_old(&run) {
            return Some(run);
        }
        // Unless a new one has just taken its place.
        self.runs.remove_if(key, is_old);
        None
    }

    /// Keeps a run that has just ended under a [`key`], if it is complete.
    pub(crate) fn keep(&self, key: Query, events: &Arc<[EventKind]>, now: Instant) {
        if events.last().is_some_and(is_complete) {
            let weight = weight::of(&key, events);
            self.runs.insert(key, Arc::new(KeptRun { events: Arc::clone(events), ended: now, weight }));
        }
    }

    /// The number of runs.
    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }

    /// The memory of all runs in bytes, as estimated.
    pub(crate) fn weight(&self) -> u64 {
        self.runs.weight()
    }
}

/// What a run is kept under: its query without the deadline, because a complete run does not depend on the time that it might have
/// had. All else counts: text, earlier turns, mode, number of sources and seed.
pub(crate) fn key(query: &Query) -> Query {
    let Ok(key) = query.clone().with_deadline(Query::MAX_DEADLINE) else { unreachable!("the longest deadline is one") };
    key
}

/// Whether a run with this last event is as good as a new one could be.
fn is_complete(last: &EventKind) -> bool {
    let EventKind::Done { summary } = last else { return false };
    let Summary { providers, models, answer, .. } = &**summary;
    let provider_is_through = |outcome: &Outcome| {
        use Outcome::{Enough, Ok, Partial};
        matches!(outcome, Ok | Enough | Partial(Truncation::Limit | Truncation::Enough))
    };
    // The loser of a race is cancelled, and so is a summary of results to which more were added.
    let model_is_through =
        |outcome: &Outcome| matches!(outcome, Outcome::Ok | Outcome::Cancelled | Outcome::Partial(Truncation::Limit));
    providers.iter().all(|report| provider_is_through(&report.outcome))
        && models.iter().all(|report| model_is_through(&report.outcome))
        && answer.is_none_or(|answer| !answer.truncated)
}
