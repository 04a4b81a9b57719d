//! One run of a scenario.

mod client;
mod coarse;
mod driver;
mod intervals;
mod probe;
mod stop;
mod tally;

use std::sync::Arc;

use crate::observer::Observer;
use crate::process::Sampler;
use crate::report::Report;
use crate::scenario::Scenario;
use crate::target::Target;

pub use stop::Stop;

/// Runs a scenario and reports: [`Run`] without anything special.
pub async fn run(scenario: &Scenario, target: Arc<dyn Target>, observer: &mut dyn Observer) -> Report {
    Run::new(scenario, target).run(observer).await
}

/// A run of a scenario, before it begins.
pub struct Run<'a> {
    scenario: &'a Scenario,
    target: Arc<dyn Target>,
    stop: Stop,
    sampler: Option<Box<dyn Sampler + 'a>>,
}

impl<'a> Run<'a> {
    /// A run that nothing stops, and that measures no process.
    pub fn new(scenario: &'a Scenario, target: Arc<dyn Target>) -> Self {
        Self { scenario, target, stop: Stop::default(), sampler: None }
    }

    /// Ends the run when `stop` is called, with a report that is marked interrupted.
    #[must_use]
    pub fn stop(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }

    /// Measures a process ten times a second.
    #[must_use]
    pub fn sampler(mut self, sampler: impl Sampler + 'a) -> Self {
        self.sampler = Some(Box::new(sampler));
        self
    }

    /// Runs on the current tokio runtime, which needs time enabled, and returns when the last request has ended: at the latest the
    /// scenario's `timeout` after its last start. With a paused clock (`tokio::time::pause`, or a runtime with `start_paused`) the
    /// run is exact and takes no real time beyond the target's work.
    ///
    /// Each request of the open model and each user of the closed one is a task of the runtime. A request that panics has failed.
    /// Dropping the future ends all of them.
    pub async fn run(self, observer: &mut dyn Observer) -> Report {
        driver::run(self.scenario, self.target, &self.stop, self.sampler, observer).await
    }
}
