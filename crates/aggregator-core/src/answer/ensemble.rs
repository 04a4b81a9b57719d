//! Several models for one answer: one after the other, against each other, or together.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::mode::Mode;
use super::prompt::{self, Draft};
use super::visible_text::{self, VisibleText, has_visible};
use crate::event::{ModelReport, Outcome, Role, Truncation};
use crate::isolate::CatchUnwindStream;
use crate::limits::MAX_ITEMS_PER_POLL;
use crate::model::{AnswerRequest, Chunk, LanguageModel, Usage};
use crate::provider::{ProviderError, ProviderErrorKind};
use crate::source::ProviderName;

/// Maximum number of models of an ensemble.
pub const MAX_MODELS: usize = 8;

/// Longest answer of a panelist in bytes; it is cut there.
pub const MAX_DRAFT_BYTES: usize = 16 * 1_024;

/// Maximum length in bytes of the text that a model is kept waiting with, because none of it is visible yet. Only its end
/// is kept, which is longer than an incomplete marker.
const MAX_PENDING_BYTES: usize = 256;

/// How the models of an [`Ensemble`] work together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// The first one answers; the next one is asked if it fails, gives nothing, or keeps silent for too long
    /// ([`Settings::model_patience`](crate::Settings::model_patience)). Once a word is out there is no other.
    Fallback,
    /// All are asked at once; whose first useful word comes first writes the answer, and the others are dropped then. White
    /// space, invisible characters and markers that name no source are of no use.
    Race,
    /// All answer at once, for at most half of the time that is left; then the first one writes the answer, from the
    /// sources and all these drafts. If it fails, or gives no useful word in half of what is left then, a draft is the answer.
    Panel,
}

#[doc(hidden)]
#[deprecated(note = "renamed to `Strategy`")]
pub type Plan = Strategy;

/// Models that answer together, in the order in which they were added.
#[derive(Clone)]
pub struct Ensemble {
    pub(crate) strategy: Strategy,
    pub(crate) models: Vec<(Arc<dyn LanguageModel>, ModelOptions)>,
}

/// How well a model suits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelOptions {
    suitability: [f64; 4],
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self { suitability: [1.0; 4] }
    }
}

impl ModelOptions {
    /// Minimum weight with which a model is called, unless all have less. The value is that of the reference system.
    pub const MIN_WEIGHT: f64 = 0.6;

    /// Sets how well the model suits a mode, from 0 to 1; 1 unless set. For a query of that mode, models with a larger weight
    /// come first, and those below [`Self::MIN_WEIGHT`] are not called.
    #[must_use]
    pub fn with_suitability(mut self, mode: Mode, weight: f64) -> Self {
        self.suitability[mode as usize] = weight;
        self
    }

    #[doc(hidden)]
    #[deprecated(note = "renamed to `MIN_WEIGHT`")]
    pub const LEAST: f64 = Self::MIN_WEIGHT;

    #[doc(hidden)]
    #[must_use]
    #[deprecated(note = "renamed to `with_suitability`")]
    pub fn suits(self, mode: Mode, weight: f64) -> Self {
        self.with_suitability(mode, weight)
    }
}

impl Ensemble {
    /// An ensemble without models.
    pub fn new(strategy: Strategy) -> Self {
        Self { strategy, models: Vec::new() }
    }

    /// Adds a model.
    #[must_use]
    pub fn model(self, model: impl LanguageModel + 'static) -> Self {
        self.model_with(model, ModelOptions::default())
    }

    /// Adds a model that suits some modes better than others.
    #[must_use]
    pub fn model_with(mut self, model: impl LanguageModel + 'static, options: ModelOptions) -> Self {
        self.models.push((Arc::new(model), options));
        self
    }

    /// The first model with a weight that is not a number from 0 to 1, with that weight.
    pub(crate) fn invalid_weight(&self) -> Option<(&str, f64)> {
        let bad = |options: &ModelOptions| options.suitability.into_iter().find(|weight| !(0.0..=1.0).contains(weight));
        self.models.iter().find_map(|(model, options)| Some((model.name(), bad(options)?)))
    }

    /// The models for a mode, the most suitable first.
    pub(crate) fn for_mode(&self, mode: Mode) -> Vec<Arc<dyn LanguageModel>> {
        let weight = |options: &ModelOptions| options.suitability[mode as usize];
        let mut chosen: Vec<_> =
            self.models.iter().filter(|(_, options)| weight(options) >= ModelOptions::MIN_WEIGHT).collect();
        if chosen.is_empty() {
            chosen = self.models.iter().collect();
        }
        // Stable: equally suitable ones stay in the order in which they were added.
        chosen.sort_by(|a, b| weight(&b.1).total_cmp(&weight(&a.1)));
        chosen.into_iter().map(|(model, _)| Arc::clone(model)).collect()
    }
}

impl std::fmt::Debug for Ensemble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let models: Vec<_> = self.models.iter().map(|(model, _)| model.name()).collect();
        f.debug_struct("Ensemble").field("strategy", &self.strategy).field("models", &models).finish()
    }
}

/// An item of the stream of an ensemble.
pub(super) enum EnsembleEvent {
    /// A piece of the answer, or the usage of one of the models.
    Chunk(Chunk),
    /// A model has finished.
    Finished(Arc<ModelReport>),
    /// The answer is complete.
    End,
    /// The answer failed, before its first word or after it.
    Failed(ProviderError),
}

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

/// The state of an ensemble while it writes one answer.
pub(super) struct EnsembleRun {
    strategy: Strategy,
    request: AnswerRequest,
    began: Instant,
    patience: Option<Duration>,
    /// Calls that are running.
    calls: Vec<ModelCall>,
    /// Models that have not been called yet, the next one last.
    queue: Vec<Arc<dyn LanguageModel>>,
    /// The model that merges the drafts of a panel, until it is called.
    lead: Option<Arc<dyn LanguageModel>>,
    drafts: Vec<Draft>,
    /// For each draft, the number of sources in the prompt of its model.
    shown_to_drafts: Vec<u32>,
    /// The number of sources in the prompt of the model whose text is the answer.
    shown: u32,
    /// Labels of the drafts whose models finished them.
    complete: Vec<char>,
    /// Whether the answer is a draft that is not complete.
    cut: bool,
    /// The time at which waiting for a first word, or for drafts, ends.
    expires: Option<Instant>,
    /// Whether text of the answer was emitted. From then on no other model can write it.
    started: bool,
    error: Option<ProviderError>,
    reports: Vec<Arc<ModelReport>>,
    /// The number of reports that were emitted.
    reported: usize,
    end: Option<Result<(), ProviderError>>,
    /// A piece of text to emit before anything else.
    next_text: Option<String>,
}

/// A call of one model, with what is counted of it.
pub(super) struct ModelCall {
    name: ProviderName,
    price: Option<crate::model::Price>,
    role: Role,
    stream: CatchUnwindStream<Chunk>,
    /// The draft of a panelist, or the invisible beginning of the text of a model that has not won a race yet.
    text: String,
    bytes: u32,
    first_text: Option<Instant>,
    usage: Option<Usage>,
    input_estimate: u64,
    /// The number of sources in the prompt of the model, the best first.
    shown: u32,
    /// The sources that its draft cites.
    cited: Vec<u32>,
}

impl ModelCall {
    pub(super) fn new(model: &Arc<dyn LanguageModel>, role: Role, request: &AnswerRequest) -> Self {
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
            price: model.price(),
            role,
            stream: CatchUnwindStream::call(call).unwrap_or_else(CatchUnwindStream::failing),
            text: String::new(),
            bytes: 0,
            first_text: None,
            usage: None,
            input_estimate,
            shown,
            cited: Vec::new(),
        }
    }

    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Chunk, ProviderError>>> {
        self.stream.poll_next(cx)
    }

    /// Drops the stream of the call now.
    pub(super) fn stop(&mut self) {
        self.stream.end();
    }

    /// The outcome of a call that failed.
    pub(super) fn error_outcome(&self, error: ProviderError) -> Outcome {
        if self.bytes == 0 { Outcome::Error(error) } else { Outcome::Partial(Truncation::Error(error)) }
    }

    /// The outcome of a call whose time was up.
    fn timeout_outcome(&self) -> Outcome {
        if self.bytes == 0 { Outcome::Timeout } else { Outcome::Partial(Truncation::Timeout) }
    }

    pub(super) fn record_usage(&mut self, usage: Usage) {
        self.usage = Some(usage);
    }

    pub(super) fn record_text(&mut self, text: &str, now: Instant) {
        self.bytes = self.bytes.saturating_add(text.len() as u32);
        if has_visible(text) {
            self.first_text.get_or_insert(now);
        }
    }

    pub(super) fn report(&self, outcome: Outcome, began: Instant) -> Arc<ModelReport> {
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

impl EnsembleRun {
    pub(super) fn new(ensemble: &Ensemble, request: AnswerRequest, patience: Option<Duration>, now: Instant) -> Self {
        let mut models = ensemble.for_mode(request.query.mode());
        let strategy = ensemble.strategy;
        let mut run = Self {
            strategy,
            began: now,
            patience,
            calls: Vec::new(),
            queue: Vec::new(),
            lead: None,
            drafts: Vec::new(),
            shown_to_drafts: Vec::new(),
            shown: 0,
            complete: Vec::new(),
            cut: false,
            expires: None,
            started: false,
            error: None,
            reports: Vec::new(),
            reported: 0,
            end: None,
            next_text: None,
            request,
        };
        match strategy {
            Strategy::Fallback => {
                models.reverse();
                run.queue = models;
                run.ask_next(now);
            }
            Strategy::Race | Strategy::Panel => {
                let role = if strategy == Strategy::Race { Role::Writer } else { Role::Panelist };
                run.calls = models.iter().map(|model| ModelCall::new(model, role, &run.request)).collect();
                if strategy == Strategy::Panel {
                    run.expires = Some(run.half_remaining(now));
                    run.lead = models.into_iter().next();
                }
            }
        }
        run
    }

    /// When [`Self::expire`] should be called, if not before.
    pub(super) fn expires(&self) -> Option<Instant> {
        self.expires
    }

    /// Whether [`Self::expire`] is due.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        self.expires.is_some_and(|at| now >= at)
    }

    /// The reports of the models that have finished; complete when the answer has ended.
    pub(super) fn reports(&self) -> &[Arc<ModelReport>] {
        &self.reports
    }

    /// Calls the next model of a fallback.
    fn ask_next(&mut self, now: Instant) -> bool {
        let Some(model) = self.queue.pop() else { return false };
        self.calls.push(ModelCall::new(&model, Role::Writer, &self.request));
        self.expires = self.patience.filter(|_| !self.queue.is_empty()).map(|patience| now + patience);
        true
    }

    /// Polls for the next event of the ensemble.
    #[cold]
    pub(super) fn poll_next(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<EnsembleEvent> {
        // Drafts cause no events: each round takes at most one piece of each model.
        for _ in 0..MAX_ITEMS_PER_POLL / MAX_MODELS {
            if let Some(report) = self.next_report() {
                return Poll::Ready(EnsembleEvent::Finished(report));
            }
            if let Some(text) = self.next_text.take() {
                return Poll::Ready(EnsembleEvent::Chunk(Chunk::Text(text)));
            }
            if let Some(end) = self.end.take() {
                return Poll::Ready(match end {
                    Ok(()) => EnsembleEvent::End,
                    Err(error) => EnsembleEvent::Failed(error),
                });
            }
            let drafting = self.strategy == Strategy::Panel && self.lead.is_some();
            if self.calls.is_empty() {
                match drafting {
                    true => self.start_lead(now),
                    false => self.end = Some(self.error.take().map_or(Ok(()), Err)),
                }
                continue;
            }
            let mut index = 0;
            let mut progress = false;
            while index < self.calls.len() {
                match self.calls[index].poll_next(cx) {
                    Poll::Pending => index += 1,
                    Poll::Ready(item) => {
                        progress = true;
                        if let Some(event) = self.handle_item(index, item, drafting, now) {
                            return Poll::Ready(event);
                        }
                        // Models take turns: the next piece of this one comes after those of the others.
                        if self.calls.get(index).is_some() {
                            index += 1;
                        }
                    }
                }
            }
            if !progress {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Handles an item of the stream of one model.
    fn handle_item(
        &mut self,
        index: usize,
        item: Option<Result<Chunk, ProviderError>>,
        drafting: bool,
        now: Instant,
    ) -> Option<EnsembleEvent> {
        match item {
            Some(Ok(Chunk::Usage(usage))) => {
                self.calls[index].record_usage(usage);
                Some(EnsembleEvent::Chunk(Chunk::Usage(usage)))
            }
            Some(Ok(Chunk::Text(text))) => {
                self.calls[index].record_text(&text, now);
                if drafting {
                    let draft = &mut self.calls[index].text;
                    draft.push_str(&text);
                    if draft.len() > MAX_DRAFT_BYTES {
                        draft.truncate(draft.floor_char_boundary(MAX_DRAFT_BYTES));
                        self.finish(index, Outcome::Partial(Truncation::Limit), true);
                    }
                    return None;
                }
                if self.started {
                    return Some(EnsembleEvent::Chunk(Chunk::Text(text)));
                }
                let call = &mut self.calls[index];
                call.text.push_str(&text);
                if !VisibleText::scan(&call.text, call.shown).has_visible_text() {
                    let spare = call.text.len().saturating_sub(MAX_PENDING_BYTES);
                    call.text.drain(..call.text.ceil_char_boundary(spare));
                    return None;
                }
                self.started = true;
                self.expires = None;
                self.shown = call.shown;
                let text = std::mem::take(&mut call.text);
                self.drop_all_but(index);
                Some(EnsembleEvent::Chunk(Chunk::Text(text)))
            }
            Some(Err(error)) => {
                let outcome = self.calls[index].error_outcome(error.clone());
                self.finish(index, outcome, drafting);
                self.handle_failure(error, drafting, now);
                None
            }
            None => {
                let call = &self.calls[index];
                let blank = match drafting {
                    true => !VisibleText::scan(&call.text, call.shown).finish().has_visible_text(),
                    false => !self.started,
                };
                self.finish(index, Outcome::Ok, drafting);
                if blank {
                    self.handle_failure(
                        ProviderError::new(ProviderErrorKind::BadResponse, "the answer is empty"),
                        drafting,
                        now,
                    );
                }
                None
            }
        }
    }

    /// Handles a model that ended without an answer.
    fn handle_failure(&mut self, error: ProviderError, drafting: bool, now: Instant) {
        if self.started {
            self.end = Some(Err(error));
            return;
        }
        self.error.get_or_insert(error);
        if drafting {
            return;
        }
        match self.strategy {
            Strategy::Fallback => {
                self.ask_next(now);
            }
            // What the panel wrote is an answer too.
            Strategy::Panel => self.promote_draft(),
            Strategy::Race => {}
        }
    }

    /// Ends a call and reports it.
    fn finish(&mut self, index: usize, outcome: Outcome, drafting: bool) {
        let mut call = self.calls.remove(index);
        call.stop();
        if !drafting && self.started && outcome == Outcome::Ok {
            self.error = None;
        }
        if drafting {
            let shown = VisibleText::scan(&call.text, call.shown).finish();
            if shown.has_visible_text() {
                let label = char::from(b'A' + self.drafts.len() as u8);
                if outcome == Outcome::Ok {
                    self.complete.push(label);
                }
                call.cited = shown.cited;
                self.drafts.push(Draft { label, text: shown.text });
                self.shown_to_drafts.push(call.shown);
            }
        }
        self.reports.push(call.report(outcome, self.began));
    }

    /// Drops all calls except that of the model whose text is the answer.
    fn drop_all_but(&mut self, winner: usize) {
        for index in (0..self.calls.len()).rev().filter(|&index| index != winner) {
            let mut loser = self.calls.remove(index);
            loser.stop();
            self.reports.push(loser.report(Outcome::Cancelled, self.began));
        }
    }

    /// Calls the lead of a panel once all drafts are there.
    fn start_lead(&mut self, now: Instant) {
        self.expires = None;
        let lead = self.lead.take();
        match (lead, self.drafts.len()) {
            (_, 0) => self.end = Some(Err(self.error.take().unwrap_or_else(no_answer_error))),
            // Nothing to put together.
            (_, 1) | (None, _) => self.promote_draft(),
            (Some(lead), _) => {
                let request = self.request.clone().with_drafts(self.drafts.as_slice().into());
                self.calls.push(ModelCall::new(&lead, Role::Lead, &request));
                self.expires = Some(self.half_remaining(now));
            }
        }
    }

    /// Makes a draft the answer: the first one that is complete, or else the first one.
    fn promote_draft(&mut self) {
        let complete = self.drafts.iter().position(|draft| self.complete.contains(&draft.label));
        if self.drafts.is_empty() {
            self.end = Some(Err(self.error.take().unwrap_or_else(no_answer_error)));
            return;
        }
        self.started = true;
        self.error = None;
        self.cut = complete.is_none();
        let chosen = complete.unwrap_or(0);
        self.shown = self.shown_to_drafts[chosen];
        self.next_text = Some(self.drafts.swap_remove(chosen).text);
    }

    /// The number of sources in the prompt of the model whose text is the answer, the best first.
    pub(super) fn shown(&self) -> u32 {
        self.shown
    }

    /// Whether the answer is a draft whose model was cut short.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Ends all calls whose time is up, if the time is up.
    pub(super) fn expire(&mut self, now: Instant) {
        if !self.is_overdue(now) {
            return;
        }
        self.expires = None;
        let drafting = self.lead.is_some();
        while let Some(call) = self.calls.first() {
            let outcome = call.timeout_outcome();
            self.finish(0, outcome, drafting);
        }
        match self.strategy {
            Strategy::Panel if drafting => {}
            Strategy::Panel => self.promote_draft(),
            Strategy::Fallback | Strategy::Race => {
                self.ask_next(now);
            }
        }
    }

    /// The middle of the time that is left.
    fn half_remaining(&self, now: Instant) -> Instant {
        now + self.request.deadline.saturating_duration_since(now) / 2
    }

    /// Drops all calls now, and reports them.
    pub(super) fn stop(&mut self, reason: StopReason) {
        self.queue.clear();
        for mut call in self.calls.drain(..) {
            call.stop();
            let outcome = match reason {
                StopReason::Cancelled => Outcome::Cancelled,
                StopReason::Full => Outcome::Partial(Truncation::Limit),
                StopReason::Late => call.timeout_outcome(),
            };
            self.reports.push(call.report(outcome, self.began));
        }
    }

    /// The next report that was not emitted yet.
    pub(super) fn next_report(&mut self) -> Option<Arc<ModelReport>> {
        let report = self.reports.get(self.reported)?;
        self.reported += 1;
        Some(Arc::clone(report))
    }
}

fn no_answer_error() -> ProviderError {
    ProviderError::new(ProviderErrorKind::BadResponse, "no model gave an answer")
}
