//! The future of a caller that waits for a limit that several processes share.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::gcra::Rate;
use crate::limiter::TooLate;
use crate::queue::Queue;
use crate::shared_limit::settings::SharedLimitSettings;
use crate::shared_limit::state::{State, Step};
use crate::shared_limit::store::{Answer, Ask, LimitStore, StoreError};
use crate::shared_limit::turned::Turned;

/// The limiter of a service: what its callers share.
pub(super) struct Shared {
    store: Arc<dyn LimitStore>,
    service: Arc<str>,
    rate: Rate,
    settings: SharedLimitSettings,
    inner: Mutex<Inner>,
}

struct Inner {
    queue: Queue,
    /// Made when it is asked for the first time, by the clock of that time.
    state: Option<State>,
    /// What the store was asked and has not answered. It belongs to no caller: if the first one leaves, the next one goes on with it.
    /// Only the first caller in the queue takes it out, and puts it back.
    asking: Option<Asking>,
}

struct Asking {
    sent: Instant,
    /// Until when callers wait for the answer.
    waited: Instant,
    /// When the last caller left. Until the next one comes no caller waits, so this time does not count as the store's.
    left: Option<Instant>,
    answer: BoxFuture<'static, Result<Answer, StoreError>>,
}

impl Shared {
    pub(super) fn new(
        store: Arc<dyn LimitStore>,
        service: Arc<str>,
        rate: Rate,
        settings: SharedLimitSettings,
    ) -> Self {
        let settings = settings.checked();
        let inner = Inner { queue: Queue::default(), state: None, asking: None };
        Self { store, service, rate, settings, inner: Mutex::new(inner) }
    }

    pub(super) fn waiting(&self) -> usize {
        self.lock().queue.len()
    }

    pub(super) fn failure(&self) -> Option<StoreError> {
        self.lock().state.as_ref().and_then(State::failure).cloned()
    }

    pub(super) fn hold_until(&self, until: Instant) {
        let now = Instant::now();
        let held = {
            let mut inner = self.lock();
            let state = self.state(&mut inner, now);
            state.hold_until(until, now);
            // One that failed learns of it when it is asked again.
            state.failure().is_none().then(|| state.held(now)).filter(|held| !held.is_zero())
        };
        if let Some(held) = held {
            self.store.hold(self.ask(held));
        }
    }

    fn ask(&self, held: Duration) -> Ask {
        Ask::new(Arc::clone(&self.service), self.rate).held(held)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state<'a>(&self, inner: &'a mut Inner, now: Instant) -> &'a mut State {
        inner.state.get_or_insert_with(|| State::new(self.rate, self.settings, now))
    }

    /// What was asked, or is asked now because it is time.
    fn asking(&self, now: Instant) -> Option<Asking> {
        let held = {
            let mut inner = self.lock();
            if let Some(mut asking) = inner.asking.take() {
                if let Some(left) = asking.left.take() {
                    asking.waited += now.saturating_duration_since(left);
                }
                return Some(asking);
            }
            let state = self.state(&mut inner, now);
            if now < state.asks_at() {
                return None;
            }
            state.asks(now);
            state.held(now)
        };
        // Code of the store runs without the lock.
        let answer = self.store.take(self.ask(held));
        Some(Asking { sent: now, waited: now + self.settings.answer_within, left: None, answer })
    }

    /// What the first caller does now.
    fn first(&self, deadline: Instant, now: Instant, cx: &mut Context<'_>) -> Step {
        loop {
            let mut asking = self.asking(now);
            let polled = asking.as_mut().map(|asking| (asking.sent, asking.waited, asking.answer.as_mut().poll(cx)));
            let mut inner = self.lock();
            let state = self.state(&mut inner, now);
            let given_up = match polled {
                Some((sent, _, Poll::Ready(Ok(answer)))) => match state.answered(answer, sent, now) {
                    Some(sharing) => return Step::Turn(sharing),
                    None => continue,
                },
                Some((sent, _, Poll::Ready(Err(error)))) => {
                    state.failed(error, sent, now);
                    continue;
                }
                Some((sent, waited, Poll::Pending)) => {
                    let gives_up = state.gives_up_at(sent, waited);
                    if now >= gives_up {
                        let within = self.settings.answer_within.as_secs_f64();
                        state.failed(StoreError::new(format!("it has not answered within {within} s")), sent, now);
                        continue;
                    }
                    inner.asking = asking;
                    Some(gives_up)
                }
                None => None,
            };
            return self.state(&mut inner, now).step(given_up, deadline, now);
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("SharedLimiter")
            .field("service", &self.service)
            .field("rate", &self.rate)
            .field("settings", &self.settings)
            .field("store", &self.store)
            .field("waiting", &inner.queue.len())
            .field("state", &inner.state)
            .finish()
    }
}

/// Waits for a turn; see [`SharedLimiter::turn`](crate::SharedLimiter::turn).
#[derive(Debug)]
#[must_use = "a turn is taken when the future is polled"]
pub struct SharedTurn {
    shared: Arc<Shared>,
    deadline: Instant,
    /// Its number in the queue, while it waits.
    place: Option<u64>,
    began: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl SharedTurn {
    pub(super) fn new(shared: Arc<Shared>, deadline: Instant) -> Self {
        Self { shared, deadline, place: None, began: None, timer: None }
    }

    /// When its turn will be, as far as this process knows; `None` before the first poll, and where it is asking the store whether it
    /// has to wait at all.
    pub fn due(&self) -> Option<Instant> {
        let place = self.place?;
        let (now, mut inner) = (Instant::now(), self.shared.lock());
        let before = inner.queue.before(Some(place));
        Some(self.shared.state(&mut inner, now).earliest(before)).filter(|at| *at > now)
    }

    /// What it does now.
    fn look(&mut self, now: Instant, cx: &mut Context<'_>) -> Step {
        let shared = Arc::clone(&self.shared);
        {
            let mut inner = shared.lock();
            let before = inner.queue.before(self.place);
            if before > 0 {
                // The others are woken when they are the first, and at their own deadline.
                let at = shared.state(&mut inner, now).earliest(before);
                if at > self.deadline || now >= self.deadline {
                    return Step::TooLate(at);
                }
                self.place = Some(inner.queue.wait(self.place, cx.waker()));
                return Step::Wait(self.deadline);
            }
            // The first one stands in the queue, too, so that no later caller overtakes it.
            self.place = Some(inner.queue.wait(self.place, cx.waker()));
        }
        shared.first(self.deadline, now, cx)
    }

    fn leave(&mut self) {
        let Some(number) = self.place.take() else { return };
        let mut inner = self.shared.lock();
        inner.queue.leave(number);
        if inner.queue.len() == 0
            && let Some(asking) = &mut inner.asking
        {
            asking.left = Some(Instant::now());
        }
    }
}

impl Future for SharedTurn {
    type Output = Result<Turned, TooLate>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            let now = Instant::now();
            let began = *this.began.get_or_insert(now);
            let until = match this.look(now, cx) {
                Step::Wait(until) => until,
                Step::Turn(sharing) => {
                    this.leave();
                    return Poll::Ready(Ok(Turned { waited: now.saturating_duration_since(began), sharing }));
                }
                Step::TooLate(at) => {
                    this.leave();
                    return Poll::Ready(Err(TooLate { wait: at.saturating_duration_since(now) }));
                }
            };
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

impl Drop for SharedTurn {
    fn drop(&mut self) {
        self.leave();
    }
}
