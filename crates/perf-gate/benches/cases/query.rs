//! Whole queries: a scenario from the first poll to the last event, or to an interruption.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aggregator_core::analysis::AnalysisSettings;
use aggregator_core::event::CancelReason;
use aggregator_core::search::select::SelectionSettings;
use aggregator_core::{Engine, Query, QueryStream};
use aggregator_mocks::{Expectation, Pace, Probe, Scenario, TerminalEvent, catalog};
use futures::StreamExt as _;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use super::query_stats::{PollCounter, QueryStats};
use super::workload::{Observation, Workload, require};
use crate::clock::IN_VIRTUAL_TIME;

/// Whether this process made a runtime whose clock is paused.
static PAUSED_BEFORE: AtomicBool = AtomicBool::new(false);

/// A runtime of one thread. Paused, time passes only when everybody waits: a scenario of seconds takes microseconds and
/// its times are exact.
///
/// # Panics
/// When a process that measures wall time made a paused one before and now wants the real clock; see `time.rs`.
pub fn runtime(paused: bool) -> Runtime {
    let paused_before = PAUSED_BEFORE.fetch_or(paused, Ordering::Relaxed);
    assert!(
        paused || !paused_before || IN_VIRTUAL_TIME,
        "a clock was paused in this process, from when on reading the real one costs more; is it in REAL_CLOCK?"
    );
    Builder::new_current_thread().enable_time().start_paused(paused).build().expect("a current-thread runtime")
}

/// Reads a query to its end, looking at each event where it stands; returns how many there were.
pub async fn drain(mut query: QueryStream) -> u64 {
    let mut events = 0;
    while let Some(event) = &query.next().await {
        divan::black_box(event);
        events += 1;
    }
    events
}

/// The same with a reader that takes its time for each event.
async fn drain_slowly(mut query: QueryStream, every: Duration) -> u64 {
    let mut events = 0;
    while let Some(event) = &query.next().await {
        divan::black_box(event);
        events += 1;
        sleep(every).await;
    }
    events
}

/// A scenario, from the first poll to the last event.
pub struct FullQuery {
    runtime: Runtime,
    engine: Engine,
    query: Query,
    /// The same engine, whose providers tell when they are called.
    probed: (Engine, Probe),
    expected: Option<Expectation>,
    /// How long the reader takes for each event.
    read_every: Option<Duration>,
}

impl FullQuery {
    pub fn from_scenario(name: &str) -> Self {
        let scenario = catalog::scenario(name);
        // What nobody waits for is measured with the real clock, whose reading is part of the cost.
        let paused = name != "floor";
        let expected = Some(scenario.expect.clone());
        Self::new(&scenario, Pace::Scripted, paused, expected)
    }

    /// A scenario whose queries are analysed and whose results are looked at in batches of three (by its model, too), selected
    /// and compared: what that costs together.
    pub fn with_all_stages(name: &str) -> Self {
        let scenario = catalog::scenario(name).with_settings(|settings| {
            settings.analysis = Some(AnalysisSettings::default());
            settings.streaming_batch_size = Some(3);
            settings.interim_synthesis = true;
            // The corpus is about nothing, so no page of it is relevant.
            let mut selection = SelectionSettings::default();
            selection.relevance_threshold = 0.0;
            settings.selection = Some(selection);
            settings.report_contradictions = true;
        });
        Self::new(&scenario, Pace::Scripted, true, None)
    }

    /// The floor with its query analysed.
    pub fn floor_with_analysis() -> Self {
        let scenario =
            catalog::scenario("floor").with_settings(|settings| settings.analysis = Some(AnalysisSettings::default()));
        Self::new(&scenario, Pace::Scripted, false, None)
    }

    /// The standard scenario with everything ready at once and another number of deltas: what one delta costs.
    pub fn with_deltas(deltas: u32) -> Self {
        Self::new(&catalog::scenario("standard").with_deltas(deltas), Pace::Instant, false, None)
    }

    fn new(scenario: &Scenario, pace: Pace, paused: bool, expected: Option<Expectation>) -> Self {
        let engine = scenario.engine(&catalog::corpus(), pace, None);
        let probe = Probe::new();
        let probed = (scenario.engine(&catalog::corpus(), pace, Some(&probe)), probe);
        let read_every = scenario.reader_delay();
        Self { runtime: runtime(paused), engine, query: scenario.query(), probed, expected, read_every }
    }

    /// Whether the first event is out before any provider is called, which the events themselves cannot tell.
    fn check_first_event(&self) -> Result<(), String> {
        let (engine, probe) = &self.probed;
        self.runtime.block_on(async {
            let mut query = engine.run(self.query.clone());
            query.next().await;
            let called = probe.calls().len();
            require(called == 0, || format!("I1 is broken: {called} providers were called before the first event"))
        })
    }
}

impl Workload for FullQuery {
    fn run(&mut self) -> u64 {
        let query = self.engine.run(self.query.clone());
        match self.read_every {
            None => self.runtime.block_on(drain(query)),
            Some(every) => self.runtime.block_on(drain_slowly(query, every)),
        }
    }

    fn observe(&mut self) -> Result<Observation, String> {
        self.check_first_event()?;
        let stats = QueryStats::collect(self.engine.run(self.query.clone()), self.read_every);
        let stats = if IN_VIRTUAL_TIME { runtime(true).block_on(stats) } else { self.runtime.block_on(stats) };
        match &self.expected {
            Some(expected) => stats.checker.check_against(expected)?,
            None => stats.checker.check()?,
        }
        stats.into_observation()
    }
}

/// The standard scenario, ended in the middle of its answer.
pub struct InterruptedQuery {
    runtime: Runtime,
    engine: Engine,
    query: Query,
    kind: InterruptKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum InterruptKind {
    Request,
    Drop,
}

/// Events before the interruption: behind the sources, in the middle of the answer.
const INTERRUPTED_AFTER: usize = 150;

impl InterruptedQuery {
    pub fn by_request() -> Self {
        Self::new(InterruptKind::Request)
    }

    pub fn by_drop() -> Self {
        Self::new(InterruptKind::Drop)
    }

    fn new(kind: InterruptKind) -> Self {
        let scenario = catalog::scenario("standard");
        let engine = scenario.engine(&catalog::corpus(), Pace::Scripted, None);
        Self { runtime: runtime(true), engine, query: scenario.query(), kind }
    }
}

impl Workload for InterruptedQuery {
    fn run(&mut self) -> u64 {
        let Self { runtime, engine, query, kind } = self;
        let mut stream = engine.run(query.clone());
        let canceller = (*kind == InterruptKind::Request).then(|| stream.canceller());
        runtime.block_on(async {
            let mut events = 0;
            for _ in 0..INTERRUPTED_AFTER {
                events += u64::from(stream.next().await.is_some());
            }
            match canceller {
                Some(canceller) => {
                    canceller.cancel(CancelReason::Requested);
                    events + drain(stream).await
                }
                None => events,
            }
        })
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let mut stream = self.engine.run(self.query.clone());
        let canceller = stream.canceller();
        let stats = runtime(true).block_on(async {
            let mut stats = QueryStats::default();
            let mut counter = PollCounter::new(stream);
            for _ in 0..INTERRUPTED_AFTER {
                if let Some(event) = counter.next().await {
                    stats.record(&event);
                }
            }
            if self.kind == InterruptKind::Request {
                canceller.cancel(CancelReason::Requested);
                while let Some(event) = counter.next().await {
                    stats.record(&event);
                }
            }
            stats.finish(&counter);
            stats
        });
        stats.checker.check()?;
        require(stats.checker.deltas > 0, || "the interruption came before the answer".into())?;
        let end = stats.checker.summary().map(|(end, _)| end);
        require(end == (self.kind == InterruptKind::Request).then_some(TerminalEvent::Cancelled), || {
            format!("it ended with {end:?}")
        })?;
        stats.into_observation()
    }
}
