//! What a model makes of the results so far, while the search goes on.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use super::ensemble::call::ModelCall;
use super::visible_text::VisibleText;
use crate::event::{EventKind, ModelReport, Outcome, PartialSynthesis, Role, Truncation};
use crate::limits::MAX_ITEMS_PER_POLL;
use crate::model::{AnswerRequest, Chunk, LanguageModel};
use crate::text::CleanText;

/// Longest partial synthesis in bytes; it is cut there.
pub const MAX_PARTIAL_BYTES: usize = 2_048;

/// The calls of one query, one at a time: results that come while one runs are the next one's.
pub(crate) struct Partials {
    model: Arc<dyn LanguageModel>,
    running: Option<Running>,
    reports: Vec<Arc<ModelReport>>,
}

struct Running {
    results: u32,
    began: Instant,
    call: ModelCall,
    text: String,
}

impl Partials {
    pub(crate) fn new(model: Arc<dyn LanguageModel>) -> Self {
        Self { model, running: None, reports: Vec::new() }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.running.is_none()
    }

    /// Calls the model for a synthesis of the first `results` results.
    pub(crate) fn ask(&mut self, results: u32, request: &AnswerRequest, now: Instant) {
        let call = ModelCall::new(&self.model, Role::Interim, request);
        self.running = Some(Running { results, began: now, call, text: String::new() });
    }

    /// The next complete synthesis. One that fails or says nothing is left out; its report tells.
    #[cold]
    pub(crate) fn poll(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<EventKind> {
        let Some(running) = &mut self.running else { return Poll::Pending };
        for _ in 0..MAX_ITEMS_PER_POLL {
            let outcome = match running.call.poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(Chunk::Usage(usage)))) => {
                    running.call.record_usage(usage);
                    continue;
                }
                Poll::Ready(Some(Ok(Chunk::Finish(reason)))) => {
                    running.call.record_finish(reason);
                    continue;
                }
                Poll::Ready(Some(Ok(Chunk::Text(text)))) => {
                    running.call.record_text(&text, now);
                    running.text.push_str(&text);
                    if running.text.len() <= MAX_PARTIAL_BYTES {
                        continue;
                    }
                    Outcome::Partial(Truncation::Limit)
                }
                Poll::Ready(Some(Err(error))) => running.call.error_outcome(error),
                Poll::Ready(None) => Outcome::Ok,
            };
            let failed = matches!(outcome, Outcome::Error(_) | Outcome::Partial(Truncation::Error(_)));
            // Numbers may still change, so none is cited.
            let mut text = CleanText::from_clean(VisibleText::scan(&running.text, 0).finish().text);
            text.truncate(MAX_PARTIAL_BYTES);
            let results = running.results;
            self.end(outcome);
            if failed || text.trim().is_empty() {
                return Poll::Pending;
            }
            return Poll::Ready(EventKind::PartialSynthesis(Box::new(PartialSynthesis { results, text })));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Drops a call that runs now, and reports it.
    pub(crate) fn stop(&mut self) {
        self.end(Outcome::Cancelled);
    }

    fn end(&mut self, outcome: Outcome) {
        if let Some(mut running) = self.running.take() {
            running.call.stop();
            self.reports.push(running.call.report(outcome, running.began));
        }
    }

    /// How each call ended, in order.
    pub(crate) fn reports(&self) -> &[Arc<ModelReport>] {
        &self.reports
    }
}
