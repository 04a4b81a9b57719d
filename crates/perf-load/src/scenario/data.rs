//! What a scenario says, as data.

use std::sync::Arc;
use std::time::Duration;

use super::level::Level;
use super::quantity::Share;
use super::threshold::{Objective, Threshold};
use super::trace::Trace;

/// A scenario: the load, its queries, and the thresholds. [`read`](Self::read) and [`parse`](Self::parse) make it from a file; the
/// format is in the crate's README.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name, in reports.
    pub name: String,
    /// What it is for, in a sentence or two.
    pub about: String,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// Users or arrivals.
    pub model: Model,
    /// How long a request may take, from its actual start.
    pub timeout: Duration,
    /// From which length on a gap between two events counts in [`Metric::Stalls`](crate::Metric::Stalls).
    pub stall: Duration,
    /// The queries; never empty.
    pub queries: Vec<Weighted>,
    /// What the target is told to be.
    pub target: TargetSettings,
    /// How clients misbehave.
    pub client: ClientSettings,
    /// Named objectives of a single request.
    pub objectives: Vec<Objective>,
    /// What the run must meet.
    pub thresholds: Vec<Threshold>,
    /// The confidence of verdicts about percentiles and shares: 0.95 or 0.99.
    pub confidence: f64,
}

/// How requests come.
#[derive(Debug, Clone)]
pub enum Model {
    /// Users who wait for an answer before they send the next query. The load falls when the target slows down.
    Closed(Closed),
    /// Arrivals that do not wait for anything.
    Open(Open),
}

/// Users with think time.
#[derive(Debug, Clone)]
pub struct Closed {
    /// How many users there are at what time. One that is too many leaves after its current query.
    pub users: Level,
    /// At most so many users begin in a second; `None` is no limit.
    pub spawn_rate: Option<f64>,
    /// Time from the end of an answer to the user's next query.
    pub think: Think,
    /// How many queries a user sends before it leaves, as a range with both ends; `None`: until the end. It is not replaced.
    pub queries_per_user: Option<(u32, u32)>,
}

/// Time between an answer and the next query of a user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Think {
    /// Always the same.
    Constant(Duration),
    /// Uniform between both.
    Between(Duration, Duration),
    /// Exponential with this mean.
    Exponential(Duration),
}

/// Arrivals.
#[derive(Debug, Clone)]
pub struct Open {
    /// When requests are to start.
    pub arrivals: Arrivals,
    /// As long as so many requests are in flight, intended starts are skipped, and counted.
    pub max_in_flight: usize,
}

/// When requests of the open model are to start.
#[derive(Debug, Clone)]
pub enum Arrivals {
    /// Starts with a rate in requests per second.
    Rate {
        /// The rate at what time.
        rate: Level,
        /// How the gaps differ.
        gaps: Gaps,
    },
    /// The starts of a trace.
    Trace {
        /// The trace.
        trace: Arc<Trace>,
        /// What its offsets are multiplied with: 0.5 is twice as fast.
        time_scale: f64,
        /// Where it is cut off, in scaled time; `None` is nowhere.
        duration: Option<Duration>,
    },
}

/// How gaps between arrivals differ, where the rate is constant; with a changing rate, time is stretched accordingly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gaps {
    /// All are equal.
    Constant,
    /// Exponential: arrivals are a Poisson process.
    Poisson,
    /// A gamma distribution of this shape ("burstiness" as vLLM's benchmark calls it): 1 is Poisson, less comes in bursts.
    Gamma(f64),
}

/// A query with its weight in the mix.
#[derive(Debug, Clone)]
pub struct Weighted {
    /// The query.
    pub query: Arc<Query>,
    /// Its weight, above 0: it is drawn with the probability `weight / Σ weights`.
    pub weight: f64,
}

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Its name, in raw lines and exports.
    pub name: String,
    /// What is asked.
    pub text: String,
    /// What the answer must be, as the target understands it; empty if the file has no `expect`.
    pub expect: toml::Table,
    /// Whatever else the target needs to know; empty if the file has no `data`.
    pub data: toml::Table,
}

/// What the target is told to be. The driver passes it on and understands nothing of it.
#[derive(Debug, Clone, Default)]
pub struct TargetSettings {
    /// The name of a profile.
    pub profile: Option<Arc<str>>,
    /// Faults, each with the share of requests that meet it.
    pub faults: Vec<Arc<Fault>>,
    /// Whatever else the target needs to know.
    pub data: toml::Table,
}

/// A fault of the target, such as a limit that answers 429.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Its name.
    pub name: String,
    /// The share of requests that meet it, each request with this probability.
    pub share: Share,
    /// Whatever else the target needs to know.
    pub data: toml::Table,
}

/// How clients misbehave. The driver does this; the target sees a stream that is polled seldom, or dropped.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientSettings {
    /// Clients that read slowly.
    pub slow: Option<SlowReaders>,
    /// Clients that go away.
    pub cancel: Option<Cancels>,
}

/// Clients that wait after each chunk before they read the next one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlowReaders {
    /// The share of requests.
    pub share: Share,
    /// How long they wait.
    pub pause: Duration,
}

/// Clients that go away in mid-stream. Their requests count as cancelled: neither as a success nor as a failure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cancels {
    /// The share of requests.
    pub share: Share,
    /// When they go.
    pub after: CancelAfter,
}

/// When a client goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelAfter {
    /// After so many events.
    Events(u32),
    /// After the first text that is not empty.
    FirstText,
    /// After this time from the actual start.
    Time(Duration),
}

impl Scenario {
    /// How long new requests are started, from the start of the run. Requests that are in flight then are waited for.
    pub fn duration(&self) -> Duration {
        match &self.model {
            Model::Closed(closed) => closed.users.duration(),
            Model::Open(Open { arrivals: Arrivals::Rate { rate, .. }, .. }) => rate.duration(),
            Model::Open(Open { arrivals: Arrivals::Trace { trace, time_scale, duration }, .. }) => {
                let last = trace.arrivals().last().map(|arrival| arrival.offset).unwrap_or_default();
                // A trace as long as a day and a scale of 100 stay far below what a duration can hold.
                let all = last.mul_f64(*time_scale);
                duration.map_or(all, |cut| cut.min(all))
            }
        }
    }
}
