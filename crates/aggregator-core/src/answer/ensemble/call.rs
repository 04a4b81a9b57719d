//! A call of one model, with what is counted of it.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use crate::answer::prompt;
use crate::answer::visible_text::{self, VisibleText, has_visible};
use crate::event::{ModelReport, Outcome, Role, Truncation};
use crate::isolate::CatchUnwindStream;
use crate::model::{AnswerRequest, Chunk, FinishReason, LanguageModel, Price, Usage};
use crate::provider::ProviderError;
use crate::source::ProviderName;

/// Maximum length in bytes of the text that a model is kept waiting with, because none of it is visible yet; of more, only an
/// incomplete marker at its end is kept.
const MAX_PENDING_BYTES: usize = 256;

/// The reason for which calls are dropped before they end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The query was cancelled, or has ended.
    Cancelled,
    /// The answer has reached its maximum length.
    Full,
    /// The deadline has passed.
    Late,
}

/// An item of the stream of a model.
pub(super) type Item = Option<Result<Chunk, ProviderError>>;

/// A call of one model.
pub(in crate::answer) struct ModelCall {
    name: ProviderName,
    /// The number of the call among those that were started together.
    pub(super) number: usize,
    price: Option<Price>,
    role: Role,
    stream: CatchUnwindStream<Chunk>,
    /// The draft of a panelist, or the invisible beginning of the text of a writer.
    pub(super) text: String,
    /// Whether a writer has written something visible.
    has_begun: bool,
    bytes: u32,
    first_text: Option<Instant>,
    usage: Option<Usage>,
    input_estimate: u64,
    /// The number of sources in the prompt of the model, the best first.
    pub(super) shown: u32,
    /// The sources that its draft cites.
    pub(super) cited: Vec<u32>,
    /// Why the model ended its text.
    pub(super) finish_reason: Option<FinishReason>,
}

impl ModelCall {
    pub(in crate::answer) fn new(model: &Arc<dyn LanguageModel>, role: Role, request: &AnswerRequest) -> Self {
        let AnswerRequest { query, sources, drafts, max_prompt_tokens, .. } = request;
        let input_estimate = prompt::estimate(query, sources, drafts, *max_prompt_tokens);
        let request = request.clone();
        let mut shown = 0;
        let call = || {
            shown = visible_text::visible_sources(&**model, &request);
            model.answer(request)
        };
        #[cfg(feature = "seeded-faults")]
        let call = || crate::seeded_stream::chunks(call());
        Self {
            name: ProviderName::new(model.name()),
            number: 0,
            price: model.price(),
            role,
            stream: CatchUnwindStream::call(call).unwrap_or_else(CatchUnwindStream::failing),
            text: String::new(),
            has_begun: false,
            bytes: 0,
            first_text: None,
            usage: None,
            input_estimate,
            shown,
            cited: Vec::new(),
            finish_reason: None,
        }
    }

    pub(in crate::answer) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Item> {
        self.stream.poll_next(cx)
    }

    /// Drops the stream of the call now.
    pub(in crate::answer) fn stop(&mut self) {
        self.stream.end();
    }

    /// Whether a writer has written something visible.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Takes a piece of a writer's text. Nothing is emitted until the text has something visible: white space, invisible
    /// characters and markers that name no source are of no use.
    pub(super) fn take_text(&mut self, piece: String, now: Instant) -> Option<String> {
        self.record_text(&piece, now);
        if self.has_begun {
            return Some(piece);
        }
        self.text.push_str(&piece);
        // Without white space: what removed markers leave of it would make the next ones an indented block of code.
        let dense: String = self.text.split_whitespace().collect();
        if VisibleText::scan(&dense, self.shown).has_visible_text() {
            self.has_begun = true;
            return Some(std::mem::take(&mut self.text));
        }
        if self.text.len() > MAX_PENDING_BYTES {
            // All before the last opening bracket is complete, and nothing of it is visible.
            let open = self.text.rfind(['[', '\u{ff3b}', '\u{3010}']).unwrap_or(self.text.len());
            self.text.drain(..open);
        }
        None
    }

    /// The outcome of a call that failed.
    pub(in crate::answer) fn error_outcome(&self, error: ProviderError) -> Outcome {
        if self.bytes == 0 { Outcome::Error(error) } else { Outcome::Partial(Truncation::Error(error)) }
    }

    /// The outcome of a call whose time was up.
    pub(super) fn timeout_outcome(&self) -> Outcome {
        if self.bytes == 0 { Outcome::Timeout } else { Outcome::Partial(Truncation::Timeout) }
    }

    /// The outcome of a call that is dropped with the answer.
    pub(super) fn stopped_outcome(&self, reason: StopReason) -> Outcome {
        match reason {
            StopReason::Cancelled => Outcome::Cancelled,
            StopReason::Full => Outcome::Partial(Truncation::Limit),
            StopReason::Late => self.timeout_outcome(),
        }
    }

    /// Records what the model tells of its usage so far. Returns by how much it has grown.
    pub(in crate::answer) fn record_usage(&mut self, told: Usage) -> Usage {
        let before = self.usage.unwrap_or_default();
        let now = before.max_of_each(told);
        self.usage = Some(now);
        now.saturating_sub(before)
    }

    pub(in crate::answer) fn record_finish(&mut self, reason: FinishReason) {
        self.finish_reason = Some(reason);
    }

    pub(in crate::answer) fn record_text(&mut self, text: &str, now: Instant) {
        self.bytes = self.bytes.saturating_add(text.len() as u32);
        if self.first_text.is_none() && has_visible(text) {
            self.first_text = Some(now);
        }
    }

    pub(in crate::answer) fn report(&self, outcome: Outcome, began: Instant) -> Arc<ModelReport> {
        let estimate = Usage { input_tokens: self.input_estimate, output_tokens: prompt::tokens_of(self.bytes) };
        let usage = self.usage.unwrap_or(estimate);
        Arc::new(ModelReport {
            model: self.name.clone(),
            role: self.role,
            outcome,
            first_text: self.first_text.map(|at| at.saturating_duration_since(began)),
            bytes: self.bytes,
            usage,
            usage_is_estimated: self.usage.is_none(),
            cost: self.price.map(|price| price.cost(usage)),
            cited: self.cited.as_slice().into(),
        })
    }
}

/// Calls that run at the same time and are polled in turns.
pub(super) struct Calls {
    running: Vec<ModelCall>,
    /// The call that is polled first.
    next: usize,
}

impl Calls {
    pub(super) fn start(models: &[Arc<dyn LanguageModel>], role: Role, request: &AnswerRequest) -> Self {
        let call = |(number, model)| ModelCall { number, ..ModelCall::new(model, role, request) };
        Self { running: models.iter().enumerate().map(call).collect(), next: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn get_mut(&mut self, index: usize) -> &mut ModelCall {
        &mut self.running[index]
    }

    /// The next item of any call, with the index of the call. Calls take turns: after an item of one the others are polled.
    pub(super) fn poll_any(&mut self, cx: &mut Context<'_>) -> Poll<(usize, Item)> {
        let count = self.running.len();
        for turn in 0..count {
            let index = (self.next + turn) % count;
            if let Poll::Ready(item) = self.running[index].poll_next(cx) {
                self.next = index + 1;
                return Poll::Ready((index, item));
            }
        }
        // After a pause the first one is first again.
        self.next = 0;
        Poll::Pending
    }

    pub(super) fn remove(&mut self, index: usize) -> ModelCall {
        self.next -= usize::from(index < self.next);
        self.running.remove(index)
    }

    pub(super) fn pop(&mut self) -> Option<ModelCall> {
        self.next = 0;
        self.running.pop()
    }

    pub(super) fn push(&mut self, call: ModelCall) {
        self.running.push(call);
    }
}
