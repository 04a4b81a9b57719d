//! One model after the other.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use super::call::{ModelCall, StopReason};
use super::run::{EnsembleEvent, EnsembleRun, Progress, empty_answer_error};
use crate::event::{Outcome, Role};
use crate::limits::MAX_ITEMS_PER_POLL;
use crate::model::{AnswerRequest, Chunk, LanguageModel};
use crate::provider::ProviderError;

/// One model answers; the next one is asked if it gives nothing.
pub(super) struct Fallback {
    progress: Progress,
    request: AnswerRequest,
    patience: Option<Duration>,
    /// Models that have not been called yet, the next one last.
    queue: Vec<Arc<dyn LanguageModel>>,
    call: Option<ModelCall>,
    expires: Option<Instant>,
}

impl Fallback {
    pub(super) fn new(
        mut models: Vec<Arc<dyn LanguageModel>>,
        request: AnswerRequest,
        patience: Option<Duration>,
        now: Instant,
    ) -> Self {
        models.reverse();
        let progress = Progress::new(now);
        let mut fallback = Self { progress, request, patience, queue: models, call: None, expires: None };
        fallback.ask_next(now);
        fallback
    }

    /// Calls the next model, if there is one. The last one has until the deadline.
    fn ask_next(&mut self, now: Instant) {
        self.expires = None;
        let Some(model) = self.queue.pop() else { return };
        self.call = Some(ModelCall::new(&model, Role::Writer, &self.request));
        if !self.queue.is_empty() {
            let share = || self.request.deadline.saturating_duration_since(now) / (self.queue.len() as u32 + 1);
            self.expires = now.checked_add(self.patience.unwrap_or_else(share));
        }
    }

    /// Ends the call, which gave an answer or an error.
    fn finish(&mut self, outcome: Outcome, error: Option<ProviderError>, now: Instant) {
        let Some(call) = self.call.take() else { return };
        let has_begun = call.has_begun();
        self.progress.finish(call, outcome);
        match (has_begun, error) {
            // Its words are out, so its end is that of the answer.
            (true, error) => self.progress.error = error,
            (false, error) => {
                self.progress.error.get_or_insert_with(|| error.unwrap_or_else(empty_answer_error));
                self.ask_next(now);
            }
        }
    }
}

impl EnsembleRun for Fallback {
    #[cold]
    fn poll_next(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<EnsembleEvent> {
        for _ in 0..MAX_ITEMS_PER_POLL {
            if let Some(report) = self.progress.next_report() {
                return Poll::Ready(EnsembleEvent::Finished(report));
            }
            let Some(call) = &mut self.call else { return Poll::Ready(self.progress.end()) };
            match ready!(call.poll_next(cx)) {
                Some(Ok(Chunk::Usage(told))) => return Poll::Ready(self.progress.add_usage(call, told)),
                Some(Ok(Chunk::Finish(reason))) => call.record_finish(reason),
                Some(Ok(Chunk::Text(text))) => {
                    if let Some(text) = call.take_text(text, now) {
                        (self.progress.shown, self.expires) = (call.shown, None);
                        return Poll::Ready(EnsembleEvent::Chunk(Chunk::Text(text)));
                    }
                }
                Some(Err(error)) => {
                    let outcome = call.error_outcome(error.clone());
                    self.finish(outcome, Some(error), now);
                }
                None => self.finish(Outcome::Ok, None, now),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn expires(&self) -> Option<Instant> {
        self.expires
    }

    fn expire(&mut self, now: Instant) {
        if self.expires.is_none_or(|at| now < at) {
            return;
        }
        if let Some(call) = self.call.take() {
            let outcome = call.timeout_outcome();
            self.progress.finish(call, outcome);
        }
        self.ask_next(now);
    }

    fn stop(&mut self, reason: StopReason) {
        self.queue.clear();
        if let Some(call) = self.call.take() {
            self.progress.stop(call, reason);
        }
    }

    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }
}
