//! All models together: each writes a draft, and one of them the answer from all drafts.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::time::Instant;

use super::call::{Calls, Item, ModelCall, StopReason};
use super::run::{EnsembleEvent, EnsembleRun, Progress, empty_answer_error, no_answer_error};
use crate::answer::prompt::Draft;
use crate::answer::visible_text::{VisibleText, has_visible};
use crate::event::{Outcome, Role, Truncation};
use crate::limits::MAX_ITEMS_PER_POLL;
use crate::model::{AnswerRequest, Chunk, FinishReason, LanguageModel};
use crate::provider::ProviderError;

/// Longest answer of a panelist in bytes; it is cut there.
pub const MAX_DRAFT_BYTES: usize = 16 * 1_024;

/// All models write drafts; then one that has finished its draft writes the answer.
pub(super) struct Panel {
    progress: Progress,
    request: AnswerRequest,
    phase: Phase,
    drafts: Vec<PanelDraft>,
    expires: Option<Instant>,
}

enum Phase {
    /// The panelists write. They are in the order in which they suit, as are their models.
    Drafting { panelists: Calls, models: Vec<Arc<dyn LanguageModel>> },
    /// The lead writes the answer.
    Leading(ModelCall),
    /// The answer is this draft.
    Promoted(String),
    /// Nothing is left to emit.
    Over,
}

/// A draft with visible text.
struct PanelDraft {
    draft: Draft,
    /// The number of sources in the prompt of its model.
    shown: u32,
    /// Whether its model has finished it.
    is_complete: bool,
    /// Why its model ended it.
    finish_reason: Option<FinishReason>,
    /// The number of its model, the most suitable first.
    model: usize,
}

impl Panel {
    pub(super) fn new(models: &[Arc<dyn LanguageModel>], request: AnswerRequest, now: Instant) -> Self {
        let panelists = Calls::start(models, Role::Panelist, &request);
        let phase = Phase::Drafting { panelists, models: models.to_vec() };
        let mut panel = Self { progress: Progress::new(now), request, phase, drafts: Vec::new(), expires: None };
        panel.expires = Some(panel.half_remaining(now));
        panel
    }

    /// The middle of the time that is left.
    fn half_remaining(&self, now: Instant) -> Instant {
        now + self.request.deadline.saturating_duration_since(now) / 2
    }

    /// Handles an item of a panelist.
    fn handle_draft(&mut self, index: usize, item: Item, now: Instant) -> Option<EnsembleEvent> {
        let Phase::Drafting { panelists, .. } = &mut self.phase else { return None };
        let call = panelists.get_mut(index);
        match item {
            Some(Ok(Chunk::Usage(told))) => return Some(self.progress.add_usage(call, told)),
            Some(Ok(Chunk::Finish(reason))) => call.record_finish(reason),
            Some(Ok(Chunk::Text(text))) => {
                call.record_text(&text, now);
                call.text.push_str(&text);
                if call.text.len() > MAX_DRAFT_BYTES {
                    call.text.truncate(call.text.floor_char_boundary(MAX_DRAFT_BYTES));
                    let call = panelists.remove(index);
                    self.keep_draft(call, Outcome::Partial(Truncation::Limit));
                }
            }
            Some(Err(error)) => {
                let call = panelists.remove(index);
                let outcome = call.error_outcome(error.clone());
                self.keep_draft(call, outcome);
                self.progress.error.get_or_insert(error);
            }
            None => {
                let call = panelists.remove(index);
                if !self.keep_draft(call, Outcome::Ok) {
                    self.progress.error.get_or_insert_with(empty_answer_error);
                }
            }
        }
        None
    }

    /// Ends the call of a panelist, and keeps its draft if any of it is visible. Returns whether it is.
    fn keep_draft(&mut self, mut call: ModelCall, outcome: Outcome) -> bool {
        let VisibleText { text, cited, .. } = VisibleText::scan(&call.text, call.shown).finish();
        let is_visible = has_visible(&text) || !cited.is_empty();
        if is_visible {
            let draft = Draft { label: char::from(b'A' + self.drafts.len() as u8), text };
            let (shown, model, finish_reason) = (call.shown, call.number, call.finish_reason);
            let is_complete = outcome == Outcome::Ok && !finish_reason.is_some_and(FinishReason::is_cut);
            self.drafts.push(PanelDraft { draft, shown, is_complete, finish_reason, model });
            call.cited = cited;
        }
        self.progress.finish(call, outcome);
        is_visible
    }

    /// Calls the lead once all drafts are there: of the models that have finished a draft, the most suitable one. One that was
    /// given up is not asked again, unless none has finished.
    fn start_lead(&mut self, models: &[Arc<dyn LanguageModel>], now: Instant) {
        let lead = self.drafts.iter().min_by_key(|draft| (!draft.is_complete, draft.model)).map(|draft| draft.model);
        // Of a single draft there is nothing to put together.
        let Some(lead) = lead.filter(|_| self.drafts.len() > 1) else { return self.promote_draft() };
        let drafts: Arc<[Draft]> = self.drafts.iter().map(|draft| draft.draft.clone()).collect();
        let request = self.request.clone().with_drafts(drafts);
        self.phase = Phase::Leading(ModelCall::new(&models[lead], Role::Lead, &request));
        self.expires = Some(self.half_remaining(now));
    }

    /// Makes a draft the answer: the first one that is complete, or else the first one.
    fn promote_draft(&mut self) {
        self.phase = Phase::Over;
        self.expires = None;
        if self.drafts.is_empty() {
            self.progress.error.get_or_insert_with(no_answer_error);
            return;
        }
        let chosen = self.drafts.iter().position(|draft| draft.is_complete).unwrap_or(0);
        let PanelDraft { draft, shown, is_complete, finish_reason, .. } = self.drafts.swap_remove(chosen);
        (self.progress.error, self.progress.finish_reason) = (None, finish_reason);
        (self.progress.shown, self.progress.is_cut) = (shown, !is_complete);
        self.phase = Phase::Promoted(draft.text);
    }

    /// Ends the call of the lead with an error, or without one.
    fn end_lead(&mut self, outcome: Outcome, error: Option<ProviderError>) {
        let Phase::Leading(call) = std::mem::replace(&mut self.phase, Phase::Over) else { return };
        let has_begun = call.has_begun();
        self.progress.finish(call, outcome);
        if has_begun {
            self.progress.error = error;
        } else {
            // What the panel wrote is an answer too.
            self.promote_draft();
        }
    }
}

impl EnsembleRun for Panel {
    #[cold]
    fn poll_next(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<EnsembleEvent> {
        for _ in 0..MAX_ITEMS_PER_POLL {
            if let Some(report) = self.progress.next_report() {
                return Poll::Ready(EnsembleEvent::Finished(report));
            }
            match &mut self.phase {
                Phase::Drafting { panelists, models } if panelists.is_empty() => {
                    let models = std::mem::take(models);
                    self.start_lead(&models, now);
                }
                Phase::Drafting { panelists, .. } => {
                    let (index, item) = ready!(panelists.poll_any(cx));
                    if let Some(event) = self.handle_draft(index, item, now) {
                        return Poll::Ready(event);
                    }
                }
                Phase::Leading(call) => match ready!(call.poll_next(cx)) {
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
                        self.end_lead(outcome, Some(error));
                    }
                    None => self.end_lead(Outcome::Ok, None),
                },
                Phase::Promoted(text) => {
                    let text = std::mem::take(text);
                    self.phase = Phase::Over;
                    return Poll::Ready(EnsembleEvent::Chunk(Chunk::Text(text)));
                }
                Phase::Over => return Poll::Ready(self.progress.end()),
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
        self.expires = None;
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Drafting { mut panelists, models } => {
                while !panelists.is_empty() {
                    let call = panelists.remove(0);
                    let outcome = call.timeout_outcome();
                    self.keep_draft(call, outcome);
                }
                self.phase = Phase::Drafting { panelists, models };
            }
            Phase::Leading(call) => {
                let outcome = call.timeout_outcome();
                self.progress.finish(call, outcome);
                self.promote_draft();
            }
            other @ (Phase::Promoted(_) | Phase::Over) => self.phase = other,
        }
    }

    fn stop(&mut self, reason: StopReason) {
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Drafting { mut panelists, .. } => {
                while !panelists.is_empty() {
                    self.progress.stop(panelists.remove(0), reason);
                }
            }
            Phase::Leading(call) => self.progress.stop(call, reason),
            Phase::Promoted(_) | Phase::Over => {}
        }
    }

    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }
}
