//! When requests are to start: drawn before a run, from the seed of its scenario alone.

use std::time::Duration;

use rand_distr::{Distribution as _, Gamma};

use crate::draw::{Draw, Purpose};
use crate::scenario::{Arrivals, Closed, Gaps, Level};
use crate::size::Size;

/// An intended start of the open model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntendedStart {
    /// Time from the start of the run, in whole microseconds, because the last bits of logarithms differ between platforms.
    pub offset: Duration,
    /// How large the request is, if a trace says so.
    pub size: Option<Size>,
}

/// When a user of the closed model comes, and when it has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) begins: Duration,
    pub(crate) ends: Duration,
}

/// The intended starts of arrivals, ascending.
///
/// With gaps of mean 1 (1, exponential, or gamma), their sums are the values of the integral of the rate at which requests start. So a
/// changing rate stretches time, and the arrivals of a Poisson process with a changing rate are exact (Çinlar's method).
pub fn plan(arrivals: &Arrivals, seed: u64) -> Vec<IntendedStart> {
    match arrivals {
        Arrivals::Rate { rate, gaps } => {
            let mut draw = Draw::new(seed, Purpose::Arrivals, 0);
            let gamma = match *gaps {
                Gaps::Gamma(shape) => Gamma::new(shape, 1.0 / shape).ok(),
                _ => None,
            };
            let mut next = || match (gaps, &gamma) {
                (Gaps::Gamma(_), Some(gamma)) => gamma.sample(&mut draw.0),
                (Gaps::Poisson, _) => draw.exponential(),
                _ => 1.0,
            };
            // Equal gaps begin with a request; drawn ones with a gap.
            let first = if *gaps == Gaps::Constant { 0.0 } else { next() };
            stretched(rate, first, next)
        }
        Arrivals::Trace { trace, time_scale, duration } => {
            let scaled = trace.arrivals().iter().map(|arrival| IntendedStart {
                offset: rounded(arrival.offset.as_secs_f64() * time_scale),
                size: arrival.size,
            });
            scaled.take_while(|start| duration.is_none_or(|end| start.offset < end)).collect()
        }
    }
}

fn stretched(rate: &Level, first: f64, mut next: impl FnMut() -> f64) -> Vec<IntendedStart> {
    let (mut starts, mut wanted, mut before) = (Vec::new(), first, 0.0);
    for segment in rate.segments() {
        let slope = (segment.to - segment.from) / segment.seconds;
        let area = (segment.from + segment.to) / 2.0 * segment.seconds;
        while wanted < before + area {
            let rest = wanted - before;
            // The root of from·t + slope·t²/2 = rest, in the form that does not cancel. A falling rate may make it imaginary by rounding.
            let root = (segment.from * segment.from + 2.0 * slope * rest).max(0.0).sqrt();
            let time = if rest > 0.0 { 2.0 * rest / (segment.from + root) } else { 0.0 };
            let offset = rounded(segment.start + time.min(segment.seconds));
            starts.push(IntendedStart { offset, size: None });
            wanted += next();
        }
        before += area;
    }
    starts
}

/// In whole microseconds.
fn rounded(seconds: f64) -> Duration {
    Duration::from_micros((seconds * 1e6).round() as u64)
}

/// The sessions of the closed model, ascending by their beginning. The user `k` (from 0) is there while the level is above `k`.
pub(crate) fn sessions(closed: &Closed) -> Vec<Session> {
    let segments = closed.users.segments();
    let mut sessions = Vec::new();
    for user in 0..closed.users.max().ceil() as u64 {
        let user = user as f64;
        let mut begun: Option<f64> = None;
        for segment in &segments {
            let (from, to) = (segment.from, segment.to);
            let crossing = segment.start + segment.seconds * ((user - from) / (to - from)).clamp(0.0, 1.0);
            // A spike may end, and the level jump down.
            if from <= user
                && let Some(start) = begun.take()
            {
                sessions.push((start, segment.start));
            }
            if begun.is_none() {
                begun = if from > user {
                    Some(segment.start)
                } else if to > user {
                    Some(crossing)
                } else {
                    None
                };
            }
            if from > user
                && to <= user
                && let Some(start) = begun.take()
            {
                sessions.push((start, crossing));
            }
        }
        if let Some(start) = begun {
            sessions.push((start, closed.users.duration().as_secs_f64()));
        }
    }
    sessions.sort_by(|a, b| a.0.total_cmp(&b.0));
    let spacing = closed.spawn_rate.map_or(0.0, |rate| 1.0 / rate);
    let mut earliest = 0.0;
    let mut limited = Vec::with_capacity(sessions.len());
    for (begins, ends) in sessions {
        let begins = f64::max(begins, earliest);
        if begins < ends {
            earliest = begins + spacing;
            limited.push(Session { begins: rounded(begins), ends: rounded(ends) });
        }
    }
    limited
}
