//! A circuit breaker: a service that fails again and again is left alone for a while, and then asked once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerSettings {
    /// Failures in a row after which it opens. Default 5, as Envoy's outlier detection has; one success closes it.
    pub failures: u32,
    /// Time for which it is open. Default 10 s: a restart takes as long.
    pub open: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 5, open: Duration::from_secs(10) }
    }
}

/// A breaker, shared by all queries. Cheap to clone; clones are the same breaker.
#[derive(Debug, Clone)]
pub struct Breaker {
    settings: BreakerSettings,
    state: Arc<Mutex<State>>,
}

/// What a breaker does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// All requests pass. `failures` is the number of requests that have failed in a row.
    Closed { failures: u32 },
    /// No request passes before `until`.
    Open { until: Instant },
    /// One request, the probe, is under way; its outcome closes or reopens the breaker.
    Probing,
}

/// The breaker is open: the service is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has failed again and again, and is asked again in {:.1} s", .wait.as_secs_f64())]
pub struct IsOpen {
    /// Time until it is asked again; zero while a probe is under way.
    pub wait: Duration,
}

/// A request that a breaker has let pass. The caller reports its outcome. A passage that is dropped without an outcome, because
/// its query was cancelled, counts neither as a success nor as a failure; after a dropped probe the next request is the probe.
#[derive(Debug)]
#[must_use = "a breaker learns from how a request ends"]
pub struct Passage {
    breaker: Breaker,
    probes: bool,
    ended: bool,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(settings: BreakerSettings) -> Self {
        Self { settings, state: Arc::new(Mutex::new(State::Closed { failures: 0 })) }
    }

    /// Lets a request pass, or not.
    ///
    /// # Errors
    /// If it is open, or a probe is under way.
    pub fn pass(&self, now: Instant) -> Result<Passage, IsOpen> {
        let mut state = self.lock();
        let probes = match *state {
            State::Closed { .. } => false,
            State::Open { until } if now < until => return Err(IsOpen { wait: until - now }),
            State::Open { .. } => {
                *state = State::Probing;
                true
            }
            State::Probing => return Err(IsOpen { wait: Duration::ZERO }),
        };
        Ok(Passage { breaker: self.clone(), probes, ended: false })
    }

    /// Whether it is open or half-open: no request passes but a probe.
    pub fn is_open(&self) -> bool {
        !matches!(*self.lock(), State::Closed { .. })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passage {
    /// Whether the request is the probe of a breaker that was open.
    pub fn is_probe(&self) -> bool {
        self.probes
    }

    /// The service answered. Returns whether the breaker closes with that.
    pub fn succeeded(mut self) -> bool {
        self.ended = true;
        let mut state = self.breaker.lock();
        // One that began before the breaker opened says nothing about now.
        if self.probes || matches!(*state, State::Closed { .. }) {
            *state = State::Closed { failures: 0 };
        }
        self.probes
    }

    /// The service failed. Returns for how long the breaker is open, if it opens with that.
    pub fn failed(mut self, now: Instant) -> Option<Duration> {
        self.ended = true;
        let BreakerSettings { failures: most, open } = self.breaker.settings;
        let mut state = self.breaker.lock();
        let opens = match *state {
            State::Closed { failures } if failures + 1 < most => {
                *state = State::Closed { failures: failures + 1 };
                false
            }
            State::Closed { .. } => true,
            _ => self.probes,
        };
        if opens {
            *state = State::Open { until: now + open };
        }
        opens.then_some(open)
    }
}

impl Passage {
    /// The caller has cancelled the request; the same as dropping the passage at this time.
    pub fn dropped(mut self, now: Instant) {
        self.leave(now);
    }

    fn leave(&mut self, now: Instant) {
        if self.probes && !self.ended {
            // The next request is the probe.
            *self.breaker.lock() = State::Open { until: now };
        }
        self.ended = true;
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.leave(Instant::now());
    }
}
