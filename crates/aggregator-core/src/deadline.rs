//! The time budget of a query, divided among its stages.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The deadlines of a query, and its one timer.
pub(crate) struct TimeBudget {
    /// End of the whole query.
    pub(crate) deadline: Instant,
    /// End of the search: earlier than the deadline when a model is to answer.
    pub(crate) search_deadline: Instant,
    /// Made when something is waited for the first time: a query whose providers are all ready never pays for it.
    timer: Option<Pin<Box<Sleep>>>,
}

impl TimeBudget {
    /// `search_share` in percent, of `total`.
    pub(crate) fn new(started: Instant, total: Duration, search_share: u32) -> Self {
        let deadline = started + total;
        let search_deadline = started + total * search_share / 100;
        Self { deadline, search_deadline, timer: None }
    }

    /// How much of the search's time has passed, in percent.
    pub(crate) fn percent_of_search(&self, started: Instant, now: Instant) -> u8 {
        let (passed, all) = (now - started, self.search_deadline - started);
        (passed.as_nanos() * 100 / all.as_nanos().max(1)).min(100) as u8
    }

    /// Ready once `at` is reached; else arranges a wake-up for then.
    pub(crate) fn poll_until(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        }
        timer.as_mut().poll(cx)
    }
}
