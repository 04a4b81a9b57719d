//! All models at once, until one has written a word.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::time::Instant;

use super::call::{Calls, StopReason};
use super::run::{EnsembleEvent, EnsembleRun, Progress, empty_answer_error};
use crate::event::{Outcome, Role};
use crate::limits::MAX_ITEMS_PER_POLL;
use crate::model::{AnswerRequest, Chunk, LanguageModel};

/// All models are asked; the one whose first useful word comes first writes the answer.
pub(super) struct Race {
    progress: Progress,
    calls: Calls,
}

impl Race {
    pub(super) fn new(models: &[Arc<dyn LanguageModel>], request: &AnswerRequest, now: Instant) -> Self {
        Self { progress: Progress::new(now), calls: Calls::start(models, Role::Writer, request) }
    }

    /// Drops all calls except that of the winner.
    fn drop_losers(&mut self, winner: usize) {
        let winner = self.calls.remove(winner);
        while let Some(loser) = self.calls.pop() {
            self.progress.finish(loser, Outcome::Cancelled);
        }
        self.progress.shown = winner.shown;
        self.calls.push(winner);
    }
}

impl EnsembleRun for Race {
    #[cold]
    fn poll_next(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<EnsembleEvent> {
        for _ in 0..MAX_ITEMS_PER_POLL {
            if let Some(report) = self.progress.next_report() {
                return Poll::Ready(EnsembleEvent::Finished(report));
            }
            if self.calls.is_empty() {
                return Poll::Ready(self.progress.end());
            }
            let (index, item) = ready!(self.calls.poll_any(cx));
            let call = self.calls.get_mut(index);
            match item {
                Some(Ok(Chunk::Usage(told))) => return Poll::Ready(self.progress.add_usage(call, told)),
                Some(Ok(Chunk::Finish(reason))) => call.record_finish(reason),
                Some(Ok(Chunk::Text(text))) => {
                    let wins = !call.has_begun();
                    if let Some(text) = call.take_text(text, now) {
                        if wins {
                            self.drop_losers(index);
                        }
                        return Poll::Ready(EnsembleEvent::Chunk(Chunk::Text(text)));
                    }
                }
                Some(Err(error)) => {
                    let call = self.calls.remove(index);
                    let (has_begun, outcome) = (call.has_begun(), call.error_outcome(error.clone()));
                    self.progress.finish(call, outcome);
                    if has_begun {
                        self.progress.error = Some(error);
                    } else {
                        self.progress.error.get_or_insert(error);
                    }
                }
                None => {
                    let call = self.calls.remove(index);
                    let has_begun = call.has_begun();
                    self.progress.finish(call, Outcome::Ok);
                    if has_begun {
                        self.progress.error = None;
                    } else {
                        self.progress.error.get_or_insert_with(empty_answer_error);
                    }
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn expires(&self) -> Option<Instant> {
        None
    }

    fn expire(&mut self, _now: Instant) {}

    fn stop(&mut self, reason: StopReason) {
        while !self.calls.is_empty() {
            self.progress.stop(self.calls.remove(0), reason);
        }
    }

    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }
}
