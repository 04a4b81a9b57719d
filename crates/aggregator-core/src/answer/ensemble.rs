//! Several models for one answer: one after the other, against each other, or together.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::mode::Mode;
use super::prompt::{self, Draft};
use super::shown::{self, Shown, has_visible};
use crate::event::{Cut, ModelReport, Outcome, Role};
use crate::isolate::Isolated;
use crate::limits::MAX_SWALLOWED;
use crate::model::{AnswerRequest, Chunk, LanguageModel, Usage};
use crate::provider::{FailureKind, ProviderError};
use crate::source::ProviderName;

/// Most models of an ensemble.
pub const MAX_MODELS: usize = 8;

/// Longest answer of a panelist in bytes; it is cut there.
pub const MAX_DRAFT_BYTES: usize = 16 * 1_024;

/// Of a text that says nothing yet, as much of its end is kept: more than an incomplete marker has.
const MAX_BLANK_BYTES: usize = 256;

/// How the models of an [`Ensemble`] work together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plan {
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

/// Models that answer together, in the order in which they were added.
#[derive(Clone)]
pub struct Ensemble {
    pub(crate) plan: Plan,
    pub(crate) models: Vec<(Arc<dyn LanguageModel>, ModelOptions)>,
}

/// How well a model suits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelOptions {
    suits: [f64; 4],
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self { suits: [1.0; 4] }
    }
}

impl ModelOptions {
    /// Least weight with which a model is asked, unless all have less: the limit of the reference system.
    pub const LEAST: f64 = 0.6;

    /// Says how well it suits a mode, 0 to 1; 1 unless set. For a query of that mode models with a larger weight come
    /// first, and those below [`Self::LEAST`] are not asked.
    #[must_use]
    pub fn suits(mut self, mode: Mode, weight: f64) -> Self {
        self.suits[mode as usize] = weight;
        self
    }
}

impl Ensemble {
    /// An ensemble without models.
    pub fn new(plan: Plan) -> Self {
        Self { plan, models: Vec::new() }
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

    /// A model and its weight, if that is no number from 0 to 1.
    pub(crate) fn unsuitable_weight(&self) -> Option<(&str, f64)> {
        let bad = |options: &ModelOptions| options.suits.into_iter().find(|weight| !(0.0..=1.0).contains(weight));
        self.models.iter().find_map(|(model, options)| Some((model.name(), bad(options)?)))
    }

    /// The models for a mode, the most suitable first.
    pub(crate) fn for_mode(&self, mode: Mode) -> Vec<Arc<dyn LanguageModel>> {
        let weight = |options: &ModelOptions| options.suits[mode as usize];
        let mut chosen: Vec<_> =
            self.models.iter().filter(|(_, options)| weight(options) >= ModelOptions::LEAST).collect();
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
        f.debug_struct("Ensemble").field("plan", &self.plan).field("models", &models).finish()
    }
}

/// What an ensemble says.
pub(super) enum Said {
    /// A piece of the answer, or what one of its models counted.
    Chunk(Chunk),
    /// A model is through.
    Finished(Arc<ModelReport>),
    /// The answer is complete.
    End,
    /// There is no answer, or no rest of it.
    Failed(ProviderError),
}

/// Why calls are dropped before their ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The query was cancelled, or is through.
    Cancelled,
    /// The answer is as long as it may be.
    Full,
    /// The deadline has passed.
    Late,
}

/// The models of one answer at work.
pub(super) struct Choir {
    plan: Plan,
    request: AnswerRequest,
    began: Instant,
    patience: Option<Duration>,
    /// Asked, and not through.
    voices: Vec<Voice>,
    /// Not asked yet, the next one last.
    waiting: Vec<Arc<dyn LanguageModel>>,
    /// The lead of a panel, before it has the last word.
    lead: Option<Arc<dyn LanguageModel>>,
    drafts: Vec<Draft>,
    /// Of each draft, how many sources its model got to see.
    shown_to_drafts: Vec<u32>,
    /// The same of the model whose words are out.
    shown: u32,
    /// Of the drafts, those that are all of what their model had to say.
    complete: Vec<char>,
    /// The answer is a draft that is not complete.
    cut: bool,
    /// When waiting ends: for a word, or for drafts.
    expires: Option<Instant>,
    /// Somebody's words are out: the answer is theirs.
    spoke: bool,
    error: Option<ProviderError>,
    reports: Vec<Arc<ModelReport>>,
    /// Of the reports, those that were told.
    told: usize,
    end: Option<Result<(), ProviderError>>,
    /// A piece of text that comes before anything else.
    next_text: Option<String>,
}

/// One call of a model.
pub(super) struct Voice {
    name: ProviderName,
    price: Option<crate::model::Price>,
    role: Role,
    stream: Isolated<Chunk>,
    /// What a panelist wrote, or the white space with which a racing model began.
    text: String,
    bytes: u32,
    first_text: Option<Instant>,
    usage: Option<Usage>,
    input_estimate: u64,
    /// So many sources, the best first, it gets to see.
    shown: u32,
    /// The sources that its draft cites.
    cited: Vec<u32>,
}

impl Voice {
    pub(super) fn new(model: &Arc<dyn LanguageModel>, role: Role, request: &AnswerRequest) -> Self {
        let AnswerRequest { query, sources, drafts, max_prompt_tokens, .. } = request;
        let input_estimate = prompt::estimate(query, sources, drafts, *max_prompt_tokens);
        let request = request.clone();
        let mut shown = 0;
        let call = || {
            shown = shown::how_many(&**model, &request);
            model.answer(request)
        };
        #[cfg(feature = "seeded-faults")]
        let call = || crate::seeded_stream::chunks(call());
        Self {
            name: ProviderName::new(model.name()),
            price: model.price(),
            role,
            stream: Isolated::call(call).unwrap_or_else(Isolated::failing),
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

    /// Drops its stream now.
    pub(super) fn stop(&mut self) {
        self.stream.end();
    }

    /// How it ended that it failed.
    pub(super) fn failed(&self, error: ProviderError) -> Outcome {
        if self.bytes == 0 { Outcome::Error(error) } else { Outcome::Partial(Cut::Error(error)) }
    }

    /// How it ended that its time was up.
    fn late(&self) -> Outcome {
        if self.bytes == 0 { Outcome::Timeout } else { Outcome::Partial(Cut::Timeout) }
    }

    pub(super) fn counted(&mut self, usage: Usage) {
        self.usage = Some(usage);
    }

    pub(super) fn wrote(&mut self, text: &str, now: Instant) {
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
            cost: self.price.map(|price| price.of(usage)),
            cited: self.cited.as_slice().into(),
        })
    }
}

impl Choir {
    pub(super) fn new(ensemble: &Ensemble, request: AnswerRequest, patience: Option<Duration>, now: Instant) -> Self {
        let mut models = ensemble.for_mode(request.query.mode());
        let plan = ensemble.plan;
        let mut choir = Self {
            plan,
            began: now,
            patience,
            voices: Vec::new(),
            waiting: Vec::new(),
            lead: None,
            drafts: Vec::new(),
            shown_to_drafts: Vec::new(),
            shown: 0,
            complete: Vec::new(),
            cut: false,
            expires: None,
            spoke: false,
            error: None,
            reports: Vec::new(),
            told: 0,
            end: None,
            next_text: None,
            request,
        };
        match plan {
            Plan::Fallback => {
                models.reverse();
                choir.waiting = models;
                choir.ask_next(now);
            }
            Plan::Race | Plan::Panel => {
                let role = if plan == Plan::Race { Role::Writer } else { Role::Panelist };
                choir.voices = models.iter().map(|model| Voice::new(model, role, &choir.request)).collect();
                if plan == Plan::Panel {
                    choir.expires = Some(choir.half_of_what_is_left(now));
                    choir.lead = models.into_iter().next();
                }
            }
        }
        choir
    }

    /// When [`Self::expire`] should be called, if not before.
    pub(super) fn expires(&self) -> Option<Instant> {
        self.expires
    }

    /// Whether [`Self::expire`] is due.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        self.expires.is_some_and(|at| now >= at)
    }

    /// How the models did that are through; complete when the answer has ended.
    pub(super) fn reports(&self) -> &[Arc<ModelReport>] {
        &self.reports
    }

    /// Asks the next model of a fallback.
    fn ask_next(&mut self, now: Instant) -> bool {
        let Some(model) = self.waiting.pop() else { return false };
        self.voices.push(Voice::new(&model, Role::Writer, &self.request));
        self.expires = self.patience.filter(|_| !self.waiting.is_empty()).map(|patience| now + patience);
        true
    }

    /// What is said next.
    #[cold]
    pub(super) fn poll_next(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<Said> {
        // Drafts are swallowed: each round takes at most one piece of each model.
        for _ in 0..MAX_SWALLOWED / MAX_MODELS {
            if let Some(report) = self.next_report() {
                return Poll::Ready(Said::Finished(report));
            }
            if let Some(text) = self.next_text.take() {
                return Poll::Ready(Said::Chunk(Chunk::Text(text)));
            }
            if let Some(end) = self.end.take() {
                return Poll::Ready(match end {
                    Ok(()) => Said::End,
                    Err(error) => Said::Failed(error),
                });
            }
            let drafting = self.plan == Plan::Panel && self.lead.is_some();
            if self.voices.is_empty() {
                match drafting {
                    true => self.conclude(now),
                    false => self.end = Some(self.error.take().map_or(Ok(()), Err)),
                }
                continue;
            }
            let mut index = 0;
            let mut progress = false;
            while index < self.voices.len() {
                match self.voices[index].poll_next(cx) {
                    Poll::Pending => index += 1,
                    Poll::Ready(item) => {
                        progress = true;
                        if let Some(said) = self.heard(index, item, drafting, now) {
                            return Poll::Ready(said);
                        }
                        // What it says next, others may say before: turn by turn.
                        if self.voices.get(index).is_some() {
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

    /// Takes what one model gave.
    fn heard(
        &mut self,
        index: usize,
        item: Option<Result<Chunk, ProviderError>>,
        drafting: bool,
        now: Instant,
    ) -> Option<Said> {
        match item {
            Some(Ok(Chunk::Usage(usage))) => {
                self.voices[index].counted(usage);
                Some(Said::Chunk(Chunk::Usage(usage)))
            }
            Some(Ok(Chunk::Text(text))) => {
                self.voices[index].wrote(&text, now);
                if drafting {
                    let draft = &mut self.voices[index].text;
                    draft.push_str(&text);
                    if draft.len() > MAX_DRAFT_BYTES {
                        draft.truncate(draft.floor_char_boundary(MAX_DRAFT_BYTES));
                        self.finish(index, Outcome::Partial(Cut::Limit), true);
                    }
                    return None;
                }
                if self.spoke {
                    return Some(Said::Chunk(Chunk::Text(text)));
                }
                let voice = &mut self.voices[index];
                voice.text.push_str(&text);
                if !Shown::of(&voice.text, voice.shown).is_useful() {
                    let spare = voice.text.len().saturating_sub(MAX_BLANK_BYTES);
                    voice.text.drain(..voice.text.ceil_char_boundary(spare));
                    return None;
                }
                self.spoke = true;
                self.expires = None;
                self.shown = voice.shown;
                let text = std::mem::take(&mut voice.text);
                self.drop_all_but(index);
                Some(Said::Chunk(Chunk::Text(text)))
            }
            Some(Err(error)) => {
                let outcome = self.voices[index].failed(error.clone());
                self.finish(index, outcome, drafting);
                self.gave_up(error, drafting, now);
                None
            }
            None => {
                let voice = &self.voices[index];
                let blank = match drafting {
                    true => !Shown::of(&voice.text, voice.shown).ended().is_useful(),
                    false => !self.spoke,
                };
                self.finish(index, Outcome::Ok, drafting);
                if blank {
                    self.gave_up(ProviderError::new(FailureKind::BadResponse, "the answer is empty"), drafting, now);
                }
                None
            }
        }
    }

    /// A model is through without having answered.
    fn gave_up(&mut self, error: ProviderError, drafting: bool, now: Instant) {
        if self.spoke {
            self.end = Some(Err(error));
            return;
        }
        self.error.get_or_insert(error);
        if drafting {
            return;
        }
        match self.plan {
            Plan::Fallback => {
                self.ask_next(now);
            }
            // What the panel wrote is an answer too.
            Plan::Panel => self.answer_with_a_draft(),
            Plan::Race => {}
        }
    }

    /// Ends a call and reports it.
    fn finish(&mut self, index: usize, outcome: Outcome, drafting: bool) {
        let mut voice = self.voices.remove(index);
        voice.stop();
        if !drafting && self.spoke && outcome == Outcome::Ok {
            self.error = None;
        }
        if drafting {
            let shown = Shown::of(&voice.text, voice.shown).ended();
            if shown.is_useful() {
                let label = char::from(b'A' + self.drafts.len() as u8);
                if outcome == Outcome::Ok {
                    self.complete.push(label);
                }
                voice.cited = shown.cited;
                self.drafts.push(Draft { label, text: shown.text });
                self.shown_to_drafts.push(voice.shown);
            }
        }
        self.reports.push(voice.report(outcome, self.began));
    }

    /// Somebody spoke: the others are dropped at once.
    fn drop_all_but(&mut self, winner: usize) {
        for index in (0..self.voices.len()).rev().filter(|&index| index != winner) {
            let mut loser = self.voices.remove(index);
            loser.stop();
            self.reports.push(loser.report(Outcome::Cancelled, self.began));
        }
    }

    /// All drafts are there: the lead has the last word.
    fn conclude(&mut self, now: Instant) {
        self.expires = None;
        let lead = self.lead.take();
        match (lead, self.drafts.len()) {
            (_, 0) => self.end = Some(Err(self.error.take().unwrap_or_else(nothing))),
            // Nothing to put together.
            (_, 1) | (None, _) => self.answer_with_a_draft(),
            (Some(lead), _) => {
                let request = self.request.clone().with_drafts(self.drafts.as_slice().into());
                self.voices.push(Voice::new(&lead, Role::Lead, &request));
                self.expires = Some(self.half_of_what_is_left(now));
            }
        }
    }

    /// The first draft that is complete, or else the first.
    fn answer_with_a_draft(&mut self) {
        let complete = self.drafts.iter().position(|draft| self.complete.contains(&draft.label));
        if self.drafts.is_empty() {
            self.end = Some(Err(self.error.take().unwrap_or_else(nothing)));
            return;
        }
        self.spoke = true;
        self.error = None;
        self.cut = complete.is_none();
        let chosen = complete.unwrap_or(0);
        self.shown = self.shown_to_drafts[chosen];
        self.next_text = Some(self.drafts.swap_remove(chosen).text);
    }

    /// How many sources, the best first, the model got to see whose words are out.
    pub(super) fn shown(&self) -> u32 {
        self.shown
    }

    /// Whether the answer is a draft whose model had more to say.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Waiting has lasted long enough.
    pub(super) fn expire(&mut self, now: Instant) {
        if !self.is_overdue(now) {
            return;
        }
        self.expires = None;
        let drafting = self.lead.is_some();
        while let Some(voice) = self.voices.first() {
            let outcome = voice.late();
            self.finish(0, outcome, drafting);
        }
        match self.plan {
            Plan::Panel if drafting => {}
            Plan::Panel => self.answer_with_a_draft(),
            Plan::Fallback | Plan::Race => {
                self.ask_next(now);
            }
        }
    }

    fn half_of_what_is_left(&self, now: Instant) -> Instant {
        now + self.request.deadline.saturating_duration_since(now) / 2
    }

    /// Drops all calls now, and reports them.
    pub(super) fn stop(&mut self, why: Stop) {
        self.waiting.clear();
        for mut voice in self.voices.drain(..) {
            voice.stop();
            let outcome = match why {
                Stop::Cancelled => Outcome::Cancelled,
                Stop::Full => Outcome::Partial(Cut::Limit),
                Stop::Late => voice.late(),
            };
            self.reports.push(voice.report(outcome, self.began));
        }
    }

    /// The next report that was not told yet.
    pub(super) fn next_report(&mut self) -> Option<Arc<ModelReport>> {
        let report = self.reports.get(self.told)?;
        self.told += 1;
        Some(Arc::clone(report))
    }
}

fn nothing() -> ProviderError {
    ProviderError::new(FailureKind::BadResponse, "no model gave an answer")
}
