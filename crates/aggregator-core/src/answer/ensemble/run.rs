//! What the three strategies share: the events of an ensemble, and what is known of its models.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use super::call::{ModelCall, StopReason};
use crate::event::{ModelReport, Outcome};
use crate::model::{Chunk, FinishReason, Usage};
use crate::provider::{ProviderError, ProviderErrorKind};

/// An item of the stream of an ensemble.
pub(in crate::answer) enum EnsembleEvent {
    /// A piece of the answer, or what all models together have used so far.
    Chunk(Chunk),
    /// A model has finished.
    Finished(Arc<ModelReport>),
    /// The answer is complete.
    End,
    /// The answer failed, before its first word or after it.
    Failed(ProviderError),
}

/// An ensemble while it writes one answer.
pub(in crate::answer) trait EnsembleRun: Send {
    /// Polls for the next event. Reports come before the end; it is not polled after the end.
    fn poll_next(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<EnsembleEvent>;

    /// When [`Self::expire`] should be called, if not before: the time at which waiting for a first word, or for drafts, ends.
    fn expires(&self) -> Option<Instant>;

    /// Ends all calls whose time is up, if the time is up.
    fn expire(&mut self, now: Instant);

    /// Drops all calls now, and reports them.
    fn stop(&mut self, reason: StopReason);

    /// What is known of the models so far.
    fn progress(&self) -> &Progress;

    /// The same, to read the next report.
    fn progress_mut(&mut self) -> &mut Progress;
}

/// What is known of the models of an ensemble.
pub(in crate::answer) struct Progress {
    pub(super) began: Instant,
    pub(super) reports: Vec<Arc<ModelReport>>,
    /// Number of reports that were emitted.
    reported: usize,
    /// What all models together have told of their usage.
    pub(super) usage: Usage,
    /// Number of sources in the prompt of the model whose text is the answer, the best first.
    pub(super) shown: u32,
    /// Whether the answer is a draft whose model was cut short.
    pub(super) is_cut: bool,
    /// Why the model whose text is the answer ended it.
    pub(super) finish_reason: Option<FinishReason>,
    /// The first error of a model that wrote nothing.
    pub(super) error: Option<ProviderError>,
}

impl Progress {
    pub(super) fn new(began: Instant) -> Self {
        let (reports, usage) = (Vec::new(), Usage::default());
        Self { began, reports, reported: 0, usage, shown: 0, is_cut: false, finish_reason: None, error: None }
    }

    /// The reports of the models that have finished; complete when the answer has ended.
    pub(in crate::answer) fn reports(&self) -> &[Arc<ModelReport>] {
        &self.reports
    }

    /// The number of sources in the prompt of the model whose text is the answer, the best first.
    pub(in crate::answer) fn shown(&self) -> u32 {
        self.shown
    }

    /// Whether the answer is a draft whose model was cut short.
    pub(in crate::answer) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Why the model whose text is the answer ended it, if it says so.
    pub(in crate::answer) fn finish_reason(&self) -> Option<FinishReason> {
        self.finish_reason
    }

    /// The next report that was not emitted yet.
    pub(in crate::answer) fn next_report(&mut self) -> Option<Arc<ModelReport>> {
        let report = self.reports.get(self.reported)?;
        self.reported += 1;
        Some(Arc::clone(report))
    }

    /// Ends a call and reports it.
    pub(super) fn finish(&mut self, mut call: ModelCall, outcome: Outcome) {
        call.stop();
        if call.has_begun() {
            self.finish_reason = call.finish_reason;
        }
        self.reports.push(call.report(outcome, self.began));
    }

    /// Ends a call that was stopped with the answer.
    pub(super) fn stop(&mut self, call: ModelCall, reason: StopReason) {
        let outcome = call.stopped_outcome(reason);
        self.finish(call, outcome);
    }

    /// Adds what a call tells of its usage; the event that says so.
    pub(super) fn add_usage(&mut self, call: &mut ModelCall, told: Usage) -> EnsembleEvent {
        self.usage = self.usage.saturating_add(call.record_usage(told));
        EnsembleEvent::Chunk(Chunk::Usage(self.usage))
    }

    /// The end of an answer whose calls have all ended.
    pub(super) fn end(&mut self) -> EnsembleEvent {
        self.error.take().map_or(EnsembleEvent::End, EnsembleEvent::Failed)
    }
}

/// The error of a panel that wrote nothing.
pub(super) fn no_answer_error() -> ProviderError {
    ProviderError::new(ProviderErrorKind::BadResponse, "no model gave an answer")
}

/// The error of an answer without visible text.
pub(in crate::answer) fn empty_answer_error() -> ProviderError {
    ProviderError::new(ProviderErrorKind::BadResponse, "the answer is empty")
}
