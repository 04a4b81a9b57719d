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

/// Whether this process has made a runtime with a paused clock.
static PAUSED_BEFORE: AtomicBool = AtomicBool::new(false);

/// Whether this process times cases, and observes them with the clock that it times them with.
static TIMED_WITH_REAL_CLOCK: AtomicBool = AtomicBool::new(false);

/// From here on, cases whose runtime uses the real clock are observed with it. Otherwise they are observed in virtual time,
/// where times are exact.
///
/// After a process has paused tokio's clock, reading the real one is slower. So a process that calls this runs the cases of the
/// real clock first; setting one up later panics.
pub fn time_with_real_clock() {
    TIMED_WITH_REAL_CLOCK.store(true, Ordering::Relaxed);
}

fn is_timed_with_real_clock() -> bool {
    TIMED_WITH_REAL_CLOCK.load(Ordering::Relaxed)
}

/// Makes a runtime of one thread. With a paused clock, time advances only while all tasks wait: a scenario of seconds
/// takes microseconds, and its times are exact.
///
/// # Panics
/// When a process that times cases asks for the real clock after it has made a paused one; see [`time_with_real_clock`].
pub fn runtime(paused: bool) -> Runtime {
    let paused_before = PAUSED_BEFORE.fetch_or(paused, Ordering::Relaxed);
    assert!(
        paused || !paused_before || !is_timed_with_real_clock(),
        "this process has paused a clock, which makes reading the real one slower; add the case to REAL_CLOCK"
    );
    Builder::new_current_thread().enable_time().start_paused(paused).build().expect("a current-thread runtime")
}

/// Reads a query to its end without moving the events; returns their number.
pub async fn drain(mut query: QueryStream) -> u64 {
    let mut events = 0;
    while let Some(event) = &query.next().await {
        std::hint::black_box(event);
        events += 1;
    }
    events
}

/// Reads a query to its end and sleeps for `every` after each event; returns the number of events.
async fn drain_slowly(mut query: QueryStream, every: Duration) -> u64 {
    let mut events = 0;
    while let Some(event) = &query.next().await {
        std::hint::black_box(event);
        events += 1;
        sleep(every).await;
    }
    events
}

/// A scenario with all optional stages: analysis, interim synthesis after every three results, selection of sources and
/// the search for contradictions.
pub fn all_stages(name: &str) -> Scenario {
    catalog::scenario(name).with_settings(|settings| {
        settings.analysis = Some(AnalysisSettings::default());
        settings.streaming_batch_size = Some(3);
        settings.interim_synthesis = true;
        // No page of the corpus is relevant to the query, and all have to be selected.
        let mut selection = SelectionSettings::default();
        selection.relevance_threshold = 0.0;
        settings.selection = Some(selection);
        settings.report_contradictions = true;
    })
}

/// A scenario, from the first poll to the last event.
pub struct FullQuery {
    runtime: Runtime,
    engine: Engine,
    query: Query,
    /// An engine with the same configuration, whose providers report their calls to the probe.
    probed: (Engine, Probe),
    expected: Option<Expectation>,
    /// Time that the reader sleeps after each event.
    read_every: Option<Duration>,
}

impl FullQuery {
    pub fn from_scenario(name: &str) -> Self {
        let scenario = catalog::scenario(name);
        // The floor scenario never waits, so it uses the real clock, whose reading is part of the cost.
        let paused = name != "floor";
        let expected = Some(scenario.expect.clone());
        Self::new(&scenario, Pace::Scripted, paused, expected)
    }

    /// A scenario with all optional stages.
    pub fn with_all_stages(name: &str) -> Self {
        Self::new(&all_stages(name), Pace::Scripted, true, None)
    }

    /// The floor scenario with analysis of the query.
    pub fn floor_with_analysis() -> Self {
        let scenario =
            catalog::scenario("floor").with_settings(|settings| settings.analysis = Some(AnalysisSettings::default()));
        Self::new(&scenario, Pace::Scripted, false, None)
    }

    /// The standard scenario with `deltas` answer deltas and no waiting: the difference of two sizes is the cost of deltas.
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

    /// Checks that the first event comes before any provider is called, which the events do not show.
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
        let stats =
            if is_timed_with_real_clock() { self.runtime.block_on(stats) } else { runtime(true).block_on(stats) };
        match &self.expected {
            Some(expected) => stats.checker.check_against(expected)?,
            None => stats.checker.check()?,
        }
        stats.into_observation()
    }
}

/// The standard scenario, interrupted in the middle of its answer.
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

/// Events before the interruption, which is after the sources and in the middle of the answer.
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
