//! How late timers of the runtime are.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// How often the timer is set. A tenth of what a person notices, and nothing beside thousands of chunks a second.
const PERIOD: Duration = Duration::from_millis(10);

/// A task that measures how late its timer is. It ends when this is dropped.
pub(super) struct Probe {
    lags: Arc<Mutex<Vec<Duration>>>,
    task: AbortHandle,
}

impl Probe {
    pub(super) fn start() -> Self {
        let lags = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(measure(Arc::clone(&lags))).abort_handle();
        Self { lags, task }
    }

    /// What it has measured since the last call.
    pub(super) fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut self.lags.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn measure(lags: Arc<Mutex<Vec<Duration>>>) {
    let mut due = Instant::now() + PERIOD;
    loop {
        sleep_until(due).await;
        let now = Instant::now();
        lags.lock().unwrap_or_else(PoisonError::into_inner).push(now - due);
        // What is late by several periods was one wait.
        due = now.max(due) + PERIOD;
    }
}
