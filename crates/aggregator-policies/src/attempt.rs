//! One attempt of a request, whose outcome its breaker learns.

use std::sync::Arc;

use aggregator_core::{PolicyAction, ProviderError, ProviderErrorKind};
use tokio::time::Instant;

use crate::breaker::Passage;
use crate::call::Call;

/// An attempt that is under way. One that is dropped when its time is up, without a result or a word, has failed: its service hangs.
/// One that is dropped before that says nothing about the service.
pub(crate) struct Attempt<C: Call> {
    pub(crate) call: Arc<C>,
    /// Until the breaker knows the outcome; `None` without a breaker.
    pub(crate) passage: Option<Passage>,
    /// Whether there was a result or a word.
    pub(crate) answered: bool,
}

impl<C: Call> Attempt<C> {
    pub(crate) fn failed(&mut self, error: &ProviderError) {
        match error.kind {
            ProviderErrorKind::Unreachable
            | ProviderErrorKind::BadResponse
            | ProviderErrorKind::Truncated
            | ProviderErrorKind::Panicked => self.service_failed(),
            // It answered: that it refuses this request says nothing about the next one.
            _ => self.succeeded(),
        }
    }

    pub(crate) fn succeeded(&mut self) {
        if self.passage.take().is_some_and(Passage::succeeded) {
            self.call.report(PolicyAction::BreakerClosed);
        }
    }

    fn service_failed(&mut self) {
        if let Some(wait) = self.passage.take().and_then(|passage| passage.failed(Instant::now())) {
            self.call.report(PolicyAction::BreakerOpened { wait });
        }
    }
}

impl<C: Call> Drop for Attempt<C> {
    fn drop(&mut self) {
        if !self.answered && self.passage.is_some() && Instant::now() >= self.call.deadline() {
            self.service_failed();
        }
    }
}
