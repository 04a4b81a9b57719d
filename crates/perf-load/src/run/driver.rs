//! Starts requests when they are due, and collects what came of them.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until};

use super::client::{Clients, Finished};
use super::intervals::InFlight;
use super::probe::Probe;
use super::stop::Stop;
use super::tally::{Tally, per_second};
use crate::draw::{Draw, Purpose};
use crate::leak::{MemoryReport, MemorySample};
use crate::metric::Metric;
use crate::observer::{Observer, Snapshot};
use crate::plan::{plan, sessions};
use crate::process::{Sampler, Usage};
use crate::report::{Process, Report, RunEnd, SCHEMA, over_saturation, rounded};
use crate::scenario::{Closed, Model, Open, Scenario, Think};

/// How often memory is sampled.
const SAMPLE: Duration = Duration::from_millis(100);
/// How many samples there are between two snapshots.
const SAMPLES_A_SNAPSHOT: u32 = 10;
/// For how many samples memory is looked at after the end.
const SAMPLES_AFTER: usize = 5;

/// What all tasks of a run share.
struct Shared {
    clients: Clients,
    in_flight: Mutex<InFlight>,
    finished: UnboundedSender<Finished>,
}

impl Shared {
    fn in_flight(&self) -> MutexGuard<'_, InFlight> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn since_start(&self) -> Duration {
        self.clients.start.elapsed()
    }
}

/// What a run waits for; where several have happened, the first of them counts.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is taken apart at once")]
enum Happened {
    AllEnded,
    Stopped,
    Finished(Finished),
    Tick,
}

pub(super) async fn run(
    scenario: &Scenario,
    target: Arc<dyn crate::target::Target>,
    stop: &Stop,
    mut sampler: Option<Box<dyn Sampler + '_>>,
    observer: &mut dyn Observer,
) -> Report {
    let planned = scenario.duration();
    let in_flight = InFlight::new(planned);
    let mut tally = Tally::new(scenario, in_flight.length_ns());
    let mut usage = Usages::new(sampler.as_mut().and_then(|sampler| sampler.sample()));
    // What is drawn takes time, which is no request's.
    let starts = match &scenario.model {
        Model::Open(open) => Starts::Open(plan(&open.arrivals, scenario.seed), open.clone()),
        Model::Closed(closed) => Starts::Closed(closed.clone()),
    };
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let start = Instant::now();
    let clients = Clients::new(scenario, target, start);
    let shared = Arc::new(Shared { clients, in_flight: Mutex::new(in_flight), finished: sender });
    let probe = Probe::start();
    let dispatcher = dispatch(Arc::clone(&shared), starts, scenario.seed);
    let mut dispatcher = pin!(dispatcher);
    let mut ticks = interval_at(start + SAMPLE, SAMPLE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut ticked, mut ended_before) = (0, 0);
    let mut end = RunEnd::Complete;
    let mut all_ended = false;
    let stopped = stop.stopped();
    let mut stopped = pin!(stopped);
    while !all_ended {
        let happened = poll_fn(|cx| {
            if dispatcher.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Happened::AllEnded);
            }
            if stopped.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Happened::Stopped);
            }
            if let Poll::Ready(Some(finished)) = receiver.poll_recv(cx) {
                return Poll::Ready(Happened::Finished(finished));
            }
            ticks.poll_tick(cx).map(|_| Happened::Tick)
        });
        match happened.await {
            Happened::AllEnded => all_ended = true,
            Happened::Stopped => {
                end = RunEnd::Interrupted;
                break;
            }
            Happened::Finished(finished) => {
                observer.finished(&finished.record);
                tally.add(&finished);
            }
            Happened::Tick => {
                tally.add_runtime_lags(&probe.take());
                let elapsed = start.elapsed();
                let ended = tally.requests.succeeded + tally.requests.failed + tally.requests.cancelled;
                if let Some(now) = sampler.as_mut().and_then(|sampler| sampler.sample()) {
                    usage.add(elapsed, ended, now);
                    let in_flight = shared.in_flight();
                    let index = (elapsed.as_nanos() as u64).saturating_sub(1) / in_flight.length_ns();
                    tally.timeline.resident(index, now.resident_bytes);
                }
                ticked += 1;
                if ticked % SAMPLES_A_SNAPSHOT == 0 {
                    let in_flight = shared.in_flight();
                    tally.requests.skipped = in_flight.skipped;
                    observer.snapshot(&Snapshot {
                        elapsed,
                        left: planned.saturating_sub(elapsed),
                        in_flight: in_flight.now(),
                        skipped: in_flight.skipped,
                        succeeded: tally.requests.succeeded,
                        failed: tally.requests.failed,
                        cancelled: tally.requests.cancelled,
                        ended_per_second: per_second(ended - ended_before, SAMPLE * SAMPLES_A_SNAPSHOT),
                        errors: tally.errors.clone(),
                        ttft: tally.so_far(Metric::Ttft),
                        e2e: tally.so_far(Metric::E2e),
                        resident_bytes: usage.last.map(|usage| usage.resident_bytes),
                    });
                    ended_before = ended;
                    if let Some(text) = failed_for_good(scenario, &tally, elapsed, &in_flight) {
                        end = RunEnd::Aborted(text);
                        break;
                    }
                }
            }
        }
    }
    let elapsed = start.elapsed();
    // What has ended by itself counts, although the run was stopped.
    while let Ok(finished) = receiver.try_recv() {
        observer.finished(&finished.record);
        tally.add(&finished);
    }
    tally.add_runtime_lags(&probe.take());
    let used = usage.last;
    if let Some(sampler) = sampler.as_mut().filter(|_| end == RunEnd::Complete) {
        for _ in 0..SAMPLES_AFTER {
            sleep(SAMPLE).await;
            usage.after.extend(sampler.sample().map(|usage| usage.resident_bytes));
        }
    }
    let in_flight = shared.in_flight();
    tally.requests.started = in_flight.started;
    tally.requests.skipped = in_flight.skipped;
    tally.requests.intended = in_flight.started + in_flight.skipped;
    let counts = &mut tally.requests;
    counts.unfinished = counts.started - counts.succeeded - counts.failed - counts.cancelled;
    let process = usage.process(scenario, elapsed, used, in_flight.peak);
    let memory = process.as_ref().map(|process| &process.memory);
    let thresholds = (0..scenario.thresholds.len()).map(|index| tally.judge(index, elapsed, &in_flight, memory));
    let intervals = tally.timeline.intervals(&in_flight);
    Report {
        schema: SCHEMA,
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        model: match &scenario.model {
            Model::Closed(_) => "closed".to_owned(),
            Model::Open(_) => "open".to_owned(),
        },
        planned_ns: planned.as_nanos() as u64,
        elapsed_ns: elapsed.as_nanos() as u64,
        requests: tally.requests,
        errors: tally.errors.clone(),
        warnings: tally.warnings.clone(),
        throughput_per_second: per_second(tally.requests.succeeded, elapsed),
        peak_in_flight: in_flight.peak,
        distributions: tally.distributions(),
        goodput: tally.goodput(elapsed),
        over_saturation: over_saturation(&intervals, planned),
        intervals,
        confidence: scenario.confidence,
        thresholds: thresholds.collect(),
        process,
        end,
    }
}

/// The text of a threshold that ends the run.
fn failed_for_good(scenario: &Scenario, tally: &Tally<'_>, elapsed: Duration, in_flight: &InFlight) -> Option<String> {
    let failed = scenario.thresholds.iter().enumerate().find(|(index, threshold)| {
        threshold.abort_on_fail && elapsed >= threshold.abort_delay && tally.fails_early(*index, elapsed, in_flight)
    });
    failed.map(|(_, threshold)| threshold.text.clone())
}

enum Starts {
    Open(Vec<crate::plan::IntendedStart>, Open),
    Closed(Closed),
}

/// Starts all requests, and returns when all have ended. Dropping it ends them.
async fn dispatch(shared: Arc<Shared>, starts: Starts, seed: u64) {
    let mut tasks = JoinSet::new();
    match starts {
        Starts::Open(starts, open) => {
            for (id, intended) in (0..).zip(starts) {
                wait_until(shared.clients.start + intended.offset).await;
                // A finished task holds memory until it is joined.
                while tasks.try_join_next().is_some() {}
                if !shared.in_flight().start(shared.since_start(), open.max_in_flight) {
                    continue;
                }
                let shared = Arc::clone(&shared);
                tasks.spawn(async move {
                    let finished = shared.clients.send(id, None, intended.size, intended.offset).await;
                    shared.in_flight().end(shared.since_start());
                    // Nobody receives when the run was stopped.
                    let _ = shared.finished.send(finished);
                });
            }
        }
        Starts::Closed(closed) => {
            for (user, session) in (0..).zip(sessions(&closed)) {
                wait_until(shared.clients.start + session.begins).await;
                while tasks.try_join_next().is_some() {}
                tasks.spawn(one_user(Arc::clone(&shared), user, closed.clone(), session, seed));
            }
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// Sleeps until it is time. A timer would take up to a millisecond more also when it is time already.
async fn wait_until(due: Instant) {
    if Instant::now() < due {
        sleep_until(due).await;
    } else {
        consume_budget().await;
    }
}

async fn one_user(shared: Arc<Shared>, user: u32, closed: Closed, session: crate::plan::Session, seed: u64) {
    let mut draw = Draw::new(seed, Purpose::User, u64::from(user));
    let queries = closed.queries_per_user.map(|(low, high)| {
        let width = f64::from(high - low) + 1.0;
        low + ((draw.uniform() * width) as u32).min(high - low)
    });
    let mut intended = session.begins;
    for number in 0..u64::from(queries.unwrap_or(u32::MAX)) {
        wait_until(shared.clients.start + intended).await;
        let now = shared.since_start();
        if now >= session.ends {
            return;
        }
        shared.in_flight().start(now, usize::MAX);
        let id = (u64::from(user) << 32) + number;
        let finished = shared.clients.send(id, Some(user), None, intended).await;
        let (began, now) = (now, shared.since_start());
        shared.in_flight().end(now);
        if shared.finished.send(finished).is_err() {
            return;
        }
        let think = match closed.think {
            Think::Constant(time) => time,
            Think::Between(low, high) => low + (high - low).mul_f64(draw.uniform()),
            Think::Exponential(mean) => mean.mul_f64(draw.exponential()),
        };
        // Under a paused clock an answer may take no time at all. Without a pause, time would stand still for ever.
        let think = if think.is_zero() && now == began { Duration::from_millis(1) } else { think };
        // In whole microseconds, as planned starts are.
        intended = now + Duration::from_micros(think.as_micros() as u64);
    }
}

/// What the process used.
struct Usages {
    first: Option<Usage>,
    last: Option<Usage>,
    samples: Vec<MemorySample>,
    after: Vec<u64>,
}

impl Usages {
    fn new(first: Option<Usage>) -> Self {
        Self { first, last: first, samples: Vec::new(), after: Vec::new() }
    }

    fn add(&mut self, at: Duration, requests: u64, usage: Usage) {
        self.samples.push(MemorySample { at, requests, bytes: usage.resident_bytes });
        self.last = Some(usage);
    }

    fn process(&self, scenario: &Scenario, elapsed: Duration, last: Option<Usage>, peak: u64) -> Option<Process> {
        let (first, last) = (self.first?, last?);
        let level = match &scenario.model {
            Model::Closed(closed) => closed.users.plateau(),
            Model::Open(Open { arrivals: crate::scenario::Arrivals::Rate { rate, .. }, .. }) => rate.plateau(),
            Model::Open(_) => None,
        };
        let plateau = level.unwrap_or((elapsed / 2, elapsed));
        let processor = last.processor.saturating_sub(first.processor);
        Some(Process {
            processor_ns: processor.as_nanos() as u64,
            processors: if elapsed.is_zero() { 0.0 } else { rounded(processor.as_secs_f64() / elapsed.as_secs_f64()) },
            memory: MemoryReport::new(first.resident_bytes, &self.samples, &self.after, plateau, peak)?,
        })
    }
}
