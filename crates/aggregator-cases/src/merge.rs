//! Merging the result lists of a scenario's providers, and ranking the merged results.

use std::sync::Arc;

use aggregator_core::event::{ProviderName, RankedSource};
use aggregator_core::internals::{Merged, RankedProvider, ResultSet, Weight};
use aggregator_core::provider::Hit;
use aggregator_mocks::catalog;

use super::metrics;
use super::workload::{Observation, Workload, digest, require};

/// Hits in the order of their arrival, with provider and rank.
type Arrivals = Vec<(RankedProvider, u32, Hit)>;

/// Result lists of a scenario's size, interleaved by rank.
fn arrivals(scenario: &str) -> Arrivals {
    let (providers, hits, pool, repeats) = match scenario {
        "wide" => (16, 50, 204, 2),
        _ => (4, 10, 36, 1),
    };
    let lists: Vec<_> = (0..providers)
        .map(|index| {
            let name = format!("provider-{index:02}");
            let list = catalog::corpus().hits(5, &name, hits, pool, repeats);
            (RankedProvider { index, name: ProviderName::new(&name), weight: Weight::default() }, list)
        })
        .collect();
    let turn =
        |rank: u32| lists.iter().map(move |(provider, list)| (provider.clone(), rank, list[rank as usize - 1].clone()));
    (1..=hits).flat_map(turn).collect()
}

fn merge(arrivals: &Arrivals) -> (ResultSet, u64, u64) {
    let mut results = ResultSet::new(0);
    let (mut new, mut known) = (0, 0);
    for (provider, rank, hit) in arrivals {
        match results.add(provider, *rank, hit.clone()) {
            Merged::New(_) => new += 1,
            Merged::Confirmed(_) | Merged::Repeated => known += 1,
            Merged::Rejected(_) => {}
        }
    }
    (results, new, known)
}

fn observe(arrivals: &Arrivals, best: &[RankedSource], results: u64, merged: u64) -> Result<Observation, String> {
    require(results + merged == arrivals.len() as u64, || {
        format!("{results} new and {merged} merged hits do not add up")
    })?;
    require(merged > 0, || "nothing was merged: the lists have to overlap".into())?;
    require(best.windows(2).all(|pair| pair[0].score >= pair[1].score), || "the best are not in order".into())?;
    let checksum = digest(best.iter().map(|source| source.source.url.as_str()));
    Ok(Observation { amount: results, checksum, counts: vec![(metrics::RESULTS, results), (metrics::MERGED, merged)] })
}

/// Adds every hit to an empty set of results.
pub struct Merge {
    arrivals: Arrivals,
}

impl Merge {
    pub fn new(scenario: &str) -> Self {
        Self { arrivals: arrivals(scenario) }
    }
}

impl Workload for Merge {
    fn run(&mut self) -> u64 {
        std::hint::black_box(merge(&self.arrivals)).1
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let (results, new, known) = merge(&self.arrivals);
        observe(&self.arrivals, &results.best(usize::MAX), new, known)
    }
}

/// Ranks a set of results.
pub struct Ranking {
    arrivals: Arrivals,
    results: ResultSet,
    new: u64,
    known: u64,
}

impl Ranking {
    pub fn new(scenario: &str) -> Self {
        let arrivals = arrivals(scenario);
        let (results, new, known) = merge(&arrivals);
        Self { arrivals, results, new, known }
    }

    fn best(&self) -> Arc<[RankedSource]> {
        self.results.best(usize::MAX)
    }
}

impl Workload for Ranking {
    fn run(&mut self) -> u64 {
        std::hint::black_box(self.best()).len() as u64
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let best = self.best();
        require(best.len() as u64 == self.new, || format!("{} of {} results were ranked", best.len(), self.new))?;
        let mut other_way = self.arrivals.clone();
        other_way.sort_by_key(|(provider, ..)| std::cmp::Reverse(provider.index));
        let other = merge(&other_way).0.best(usize::MAX);
        let page = |source: &RankedSource| (source.number, source.score.to_bits(), source.source.url.clone());
        require(best.iter().map(page).eq(other.iter().map(page)), || {
            "I4 is broken: the ranking depends on the order of arrival".into()
        })?;
        observe(&self.arrivals, &best, self.new, self.known)
    }
}
