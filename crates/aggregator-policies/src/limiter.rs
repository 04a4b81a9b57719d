//! A rate limiter whose callers wait in the order of arrival, shared by all queries.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use aggregator_core::RateWindow;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::gcra::Rate;
use crate::limit::Limit;
use crate::queue::Queue;

/// A rate limiter whose callers wait in the order of arrival (FIFO). Cheap to clone; clones share one limit.
///
/// It spawns no task: each caller polls its own [`Turn`].
#[derive(Debug, Clone)]
pub struct Limiter {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    limit: Limit,
    queue: Queue,
}

/// The limit is not reached before the caller's deadline, so that waiting does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the limit of requests is reached: the next turn is in {:.1} s, after the deadline", .wait.as_secs_f64())]
pub struct TooLate {
    /// Time until its turn, if all before it take theirs.
    pub wait: Duration,
}

impl Limiter {
    /// A limit of which nothing is used yet. What the service [tells](Self::learn) is kept, too.
    pub fn new(rate: Rate) -> Self {
        Self::of(Limit::new(Some(rate)))
    }

    /// A limiter that knows no limit until the service [tells](Self::learn) one.
    pub fn learning() -> Self {
        Self::of(Limit::new(None))
    }

    fn of(limit: Limit) -> Self {
        Self { state: Arc::new(Mutex::new(State { limit, queue: Queue::default() })) }
    }

    /// Waits for permission to send one request, until `deadline`; returns the time that the caller has waited. Dropping the future
    /// while it waits uses no permission, and the next caller in the queue takes its place.
    ///
    /// # Errors
    /// Without waiting, if the permission would come after the deadline.
    pub fn turn(&self, deadline: Instant) -> Turn {
        Turn { limiter: self.clone(), deadline, place: None, began: None, due: None, timer: None }
    }

    /// Permits no request before `until`, and after an hour at the latest: a service may be wrong about itself.
    pub fn hold_until(&self, until: Instant) {
        self.lock().limit.hold_until(until, Instant::now());
    }

    /// Takes over what the service says about its limits, beside the rate given to [`new`](Self::new). A window of up to a minute
    /// is a rate; of a longer one, as a quota of a month, only counts whether it is used up: then no request is permitted before
    /// it begins again. Returns the rate, if it is a new one.
    pub fn learn(&self, windows: &[RateWindow]) -> Option<Rate> {
        self.lock().limit.learn(windows, Instant::now())
    }

    /// The number of callers that wait.
    pub fn waiting(&self) -> usize {
        self.lock().queue.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a turn; see [`Limiter::turn`].
#[derive(Debug)]
#[must_use = "a turn is taken when the future is polled"]
pub struct Turn {
    limiter: Limiter,
    deadline: Instant,
    /// Its number in the queue, while it waits.
    place: Option<u64>,
    began: Option<Instant>,
    /// When its turn will be, as it was expected last.
    due: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Future for Turn {
    type Output = Result<Duration, TooLate>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            let now = Instant::now();
            let began = *this.began.get_or_insert(now);
            let limiter = this.limiter.clone();
            let mut state = limiter.lock();
            let before = state.queue.before(this.place);
            if before == 0 && state.limit.take(now) {
                this.leave(&mut state);
                return Poll::Ready(Ok(now.saturating_duration_since(began)));
            }
            let at = state.limit.free_after(before, now);
            this.due = Some(at);
            // Checked again each time it is polled: a service may have asked for a longer wait meanwhile, and the first caller may
            // not have taken its turn yet.
            if at > this.deadline || (before > 0 && now >= this.deadline) {
                this.leave(&mut state);
                return Poll::Ready(Err(TooLate { wait: at.saturating_duration_since(now) }));
            }
            this.place = Some(state.queue.wait(this.place, cx.waker()));
            drop(state);
            // Only the first caller waits for the limit. The others are woken when it has left the queue, and at their own deadline.
            let until = if before == 0 { at } else { this.deadline };
            let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
            if timer.deadline() != until {
                timer.as_mut().reset(until);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl Turn {
    /// When its turn will be, if all before it take theirs; `None` before the first poll and where it did not have to wait.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Removes the caller from the queue.
    fn leave(&mut self, state: &mut State) {
        if let Some(number) = self.place.take() {
            state.queue.leave(number);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.place.is_some() {
            let limiter = self.limiter.clone();
            let mut state = limiter.lock();
            self.leave(&mut state);
        }
    }
}
