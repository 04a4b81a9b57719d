//! A process from its start to the end of its first query: the engine is built and asked once.
//!
//! Two cases suffice, because what happens once in a process depends on the stages that run and not on how much they do:
//! `floor` has the fewest stages, `all-stages` has all of them.

use aggregator_core::Query;
use aggregator_mocks::{Pace, Scenario, catalog};
use tokio::runtime::Runtime;

use super::query::{all_stages, drain, runtime};
use super::query_stats::QueryStats;
use super::workload::{Observation, Workload};
use super::{footprint, metrics};

pub struct ColdStart {
    runtime: Runtime,
    scenario: Scenario,
    query: Query,
    /// Whether the case has the row of the program's size, which is the same for all cases.
    with_program: bool,
}

impl ColdStart {
    pub fn floor() -> Self {
        Self::new(catalog::scenario("floor"), true)
    }

    pub fn all_stages() -> Self {
        Self::new(all_stages("standard"), false)
    }

    fn new(scenario: Scenario, with_program: bool) -> Self {
        Self { runtime: runtime(true), query: scenario.query(), scenario, with_program }
    }
}

impl Workload for ColdStart {
    fn run(&mut self) -> u64 {
        let engine = self.scenario.engine(&catalog::corpus(), Pace::Scripted, None);
        self.runtime.block_on(drain(engine.run(self.query.clone())))
    }

    fn observe(&mut self) -> Result<Observation, String> {
        // Before anything else, because the peak is that of the process.
        let footprint = footprint::measure(self.with_program)?;
        let engine = self.scenario.engine(&catalog::corpus(), Pace::Scripted, None);
        let stats = self.runtime.block_on(QueryStats::collect(engine.run(self.query.clone()), None));
        stats.checker.check()?;
        let counts = [(metrics::EVENTS, stats.checker.events)].into_iter().chain(footprint).collect();
        Ok(Observation { amount: stats.checker.events, checksum: stats.checker.checksum(), counts })
    }
}
