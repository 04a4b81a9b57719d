//! The answer stage: the model's text, cleaned, bounded and checked for citations, piece by piece.

pub(crate) mod citations;
pub mod contradictions;
pub mod ensemble;
pub mod mode;
pub mod partial;
pub mod prompt;
mod visible_text;

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use crate::deadline::TimeBudget;
use crate::event::{AnswerSummary, Event, EventKind, ExecutionError, ModelReport, Stage};
use crate::isolate::CatchUnwindStream;
use crate::limits::MAX_ITEMS_PER_POLL;
use crate::model::{AnswerRequest, Chunk, Cost, FinishReason, Price, Usage};
use crate::provider::ProviderErrorKind;
use crate::query::Query;
use crate::sequencer::EventSequencer;
use crate::settings::Settings;
use crate::shared::Models;
use crate::source::RankedSource;
use crate::text::CleanText;
use citations::{CitationScanner, Scanned, is_meaningless};
use ensemble::call::StopReason;
use ensemble::run::{EnsembleEvent, EnsembleRun, Progress, empty_answer_error};
use visible_text::has_visible;

/// Largest [`EventKind::AnswerDelta`]: longer pieces of a model are cut. The reference system promised 16 KiB and
/// enforced nothing.
pub const MAX_DELTA_BYTES: usize = 16 * 1_024;

/// The answer of one query.
pub(crate) struct Answer {
    /// The model, where there is one.
    stream: CatchUnwindStream<Chunk>,
    /// The models, if there are several.
    ensemble: Option<Box<dyn EnsembleRun>>,
    price: Option<Price>,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
    /// Boxed, because a query without an answer has room for one, too.
    scanner: Box<CitationScanner>,
    sources: Arc<[RankedSource]>,
    /// Bytes of text that the model gave, shown or not.
    written: u32,
    /// The last character that it gave, if that is not plain.
    last: Option<char>,
    /// Bytes of text that the model may still give, before cleaning and scanning.
    remaining_bytes: usize,
    /// Whether a plain delta may pass without being scanned: the scanner is idle, and the answer has not ended.
    fast_path: bool,
    end: Option<Result<(), ExecutionError>>,
    deltas: u32,
    citations: u32,
    truncated: bool,
    /// Whether a reader sees anything of the text so far.
    is_visible: bool,
}

/// Whether a failure of this kind means that the model did not begin.
fn is_refusal(kind: ProviderErrorKind) -> bool {
    use ProviderErrorKind::{NotAsked, RateLimited, Unauthorized, Unreachable};
    matches!(kind, NotAsked | RateLimited | Unauthorized | Unreachable)
}

impl Answer {
    pub(crate) fn new(
        models: &Models,
        query: &Arc<Query>,
        sources: Arc<[RankedSource]>,
        settings: &Settings,
        secret: u64,
        now: Instant,
        deadline: Instant,
    ) -> Self {
        let request = AnswerRequest::new(Arc::clone(query), Arc::clone(&sources), deadline);
        let request = request.with_limits(settings.max_prompt_tokens, secret);
        let mut shown = 0;
        let (stream, ensemble, price) = match models {
            Models::One(model) => {
                let call = || {
                    shown = visible_text::visible_sources(&**model, &request);
                    model.answer(request)
                };
                #[cfg(feature = "seeded-faults")]
                let call = || crate::seeded_stream::chunks(call());
                (CatchUnwindStream::call(call).unwrap_or_else(CatchUnwindStream::failing), None, model.price())
            }
            Models::Several(ensemble) => {
                let run = ensemble::start(ensemble, request, settings.model_patience, now);
                (CatchUnwindStream::ended(), Some(run), None)
            }
        };
        Self {
            stream,
            ensemble,
            price,
            usage: None,
            finish: None,
            scanner: Box::new(CitationScanner::new(shown)),
            sources,
            written: 0,
            last: None,
            remaining_bytes: settings.max_answer_bytes as usize,
            fast_path: false,
            end: None,
            deltas: 0,
            citations: 0,
            truncated: false,
            is_visible: false,
        }
    }

    /// Next event; `None` at the end, of which [`Self::take_end`] says how it came.
    #[inline]
    pub(crate) fn poll(
        &mut self,
        sequencer: &mut EventSequencer,
        time: &mut TimeBudget,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Event>> {
        if sequencer.now() >= time.deadline && self.end.is_none() {
            self.finish(Err(ExecutionError::DeadlineExceeded { stage: Stage::Answering }));
        }
        for _ in 0..MAX_ITEMS_PER_POLL {
            if !self.fast_path {
                if let Some(scanned) = self.scanner.pop() {
                    return Poll::Ready(Some(sequencer.event(self.kind(scanned))));
                }
                if self.end.is_some() {
                    // What became of models that were stopped with the answer.
                    let report = self.ensemble.as_mut().and_then(|ensemble| ensemble.progress_mut().next_report());
                    return Poll::Ready(report.map(|report| sequencer.event(EventKind::ModelFinished(report))));
                }
            }
            let polled = match &mut self.ensemble {
                None => self.stream.poll_next(cx),
                // Also when there is always something to read.
                Some(ensemble) if ensemble.expires().is_some_and(|at| sequencer.now() >= at) => {
                    ensemble.expire(sequencer.now());
                    continue;
                }
                Some(ensemble) => match ensemble.poll_next(sequencer.now(), cx) {
                    Poll::Ready(EnsembleEvent::Chunk(chunk)) => {
                        self.scanner.limit(ensemble.progress().shown());
                        Poll::Ready(Some(Ok(chunk)))
                    }
                    Poll::Ready(EnsembleEvent::Failed(error)) => Poll::Ready(Some(Err(error))),
                    Poll::Ready(EnsembleEvent::End) => Poll::Ready(None),
                    Poll::Ready(EnsembleEvent::Finished(report)) => {
                        return Poll::Ready(Some(sequencer.event(EventKind::ModelFinished(report))));
                    }
                    Poll::Pending => Poll::Pending,
                },
            };
            match polled {
                Poll::Ready(Some(Ok(Chunk::Text(text)))) => {
                    self.written = self.written.saturating_add(text.len() as u32);
                    // Nearly all pieces are a few printable characters: one look at each byte tells that they may pass.
                    if self.fast_path && text.len() <= self.remaining_bytes && is_plain_delta(text.as_bytes()) {
                        self.remaining_bytes -= text.len();
                        self.deltas += 1;
                        self.last = None;
                        let text = CleanText::from_clean(self.scanner.pass(text));
                        return Poll::Ready(Some(sequencer.event(EventKind::AnswerDelta { text })));
                    }
                    self.take(text);
                }
                Poll::Ready(Some(Ok(Chunk::Finish(reason)))) => self.finish = Some(reason),
                Poll::Ready(Some(Ok(Chunk::Usage(told)))) => {
                    let usage = self.usage.unwrap_or_default().max_of_each(told);
                    self.usage = Some(usage);
                    return Poll::Ready(Some(sequencer.event(EventKind::Usage(usage))));
                }
                Poll::Ready(Some(Err(error))) => self.finish(Err(ExecutionError::Model(error))),
                Poll::Ready(None) => self.finish(Ok(())),
                Poll::Pending => {
                    let expires = self.ensemble.as_ref().and_then(|ensemble| ensemble.expires());
                    if time.poll_until(expires.unwrap_or(time.deadline).min(time.deadline), cx).is_pending() {
                        return Poll::Pending;
                    }
                    // The timer fires at or after its time, by the same clock.
                    let now = Instant::now();
                    if let Some(ensemble) = self.ensemble.as_mut().filter(|_| now < time.deadline) {
                        ensemble.expire(now);
                        continue;
                    }
                    self.finish(Err(ExecutionError::DeadlineExceeded { stage: Stage::Answering }));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// How it ended. A text of which a reader would see nothing is no answer, unless it was cut.
    pub(crate) fn take_end(&mut self) -> Result<(), ExecutionError> {
        match self.end.take() {
            Some(Ok(())) if !self.is_visible && !self.truncated => Err(ExecutionError::Model(empty_answer_error())),
            end => end.unwrap_or(Ok(())),
        }
    }

    /// Cleans, bounds and scans a piece; what comes of it waits in the scanner.
    fn take(&mut self, text: String) {
        self.fast_path = false;
        let mut text = CleanText::piece(text, self.last);
        self.last = text.chars().next_back().or(self.last);
        if text.len() > self.remaining_bytes {
            text.truncate(self.remaining_bytes);
            self.truncated = true;
        }
        self.remaining_bytes -= text.len();
        let text = text.into_string();
        if text.len() <= MAX_DELTA_BYTES {
            self.scanner.push(text);
        } else {
            // Copied piece by piece: cutting a string in two copies all of its rest, and leaves the first its whole block.
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let (piece, others) = rest.split_at(rest.floor_char_boundary(MAX_DELTA_BYTES));
                self.scanner.push(piece.to_owned());
                rest = others;
            }
        }
        if self.truncated {
            self.finish(Ok(()));
        }
    }

    #[cold]
    fn finish(&mut self, end: Result<(), ExecutionError>) {
        self.fast_path = false;
        self.stop(match &end {
            Err(ExecutionError::DeadlineExceeded { .. }) => StopReason::Late,
            _ if self.truncated => StopReason::Full,
            _ => StopReason::Cancelled,
        });
        self.scanner.finish();
        // The service refused the call or was not reached, so it charges nothing.
        if self.written == 0 && matches!(&end, Err(ExecutionError::Model(error)) if is_refusal(error.kind)) {
            self.usage.get_or_insert_default();
        }
        self.end = Some(end);
    }

    fn kind(&mut self, scanned: Scanned) -> EventKind {
        self.is_visible |= match &scanned {
            Scanned::Text(text) => self.is_visible || has_visible(text),
            Scanned::Citation { .. } => true,
        };
        // With nothing left behind it, the next piece may pass quickly again.
        self.fast_path = self.end.is_none() && self.scanner.is_idle() && self.is_visible;
        match scanned {
            Scanned::Text(text) => {
                self.deltas += 1;
                EventKind::AnswerDelta { text: CleanText::from_clean(text) }
            }
            Scanned::Citation { span, chars, number } => {
                self.citations += 1;
                let id = self.sources[number as usize - 1].id;
                EventKind::Citation { span, chars, number, id }
            }
        }
    }

    /// Drops the models' streams now.
    fn stop(&mut self, reason: StopReason) {
        self.stream.end();
        if let Some(ensemble) = &mut self.ensemble {
            ensemble.stop(reason);
        }
    }

    /// Drops the models' streams now, because the query was cancelled.
    pub(crate) fn cancel(&mut self) {
        self.stop(StopReason::Cancelled);
    }

    /// How each model did, where there are several.
    pub(crate) fn models(&self) -> &[Arc<ModelReport>] {
        self.ensemble.as_ref().map_or(&[], |ensemble| ensemble.progress().reports())
    }

    /// The summary of the answer to a query; complete when the answer has ended.
    pub(crate) fn summary(&self, query: &Query, settings: &Settings) -> AnswerSummary {
        let (usage, usage_is_estimated, cost) = match &self.ensemble {
            None => {
                let usage = self.usage.unwrap_or_else(|| Usage {
                    input_tokens: prompt::estimate(query, &self.sources, &[], settings.max_prompt_tokens),
                    output_tokens: prompt::tokens_of(self.written),
                });
                (usage, self.usage.is_none(), self.price.map(|price| price.cost(usage)))
            }
            Some(ensemble) => {
                let reports = ensemble.progress().reports().iter();
                let usage = reports.clone().map(|report| report.usage).fold(Usage::default(), Usage::saturating_add);
                let cost = reports.clone().filter_map(|report| report.cost).reduce(Cost::saturating_add);
                (usage, reports.clone().any(|report| report.usage_is_estimated), cost)
            }
        };
        let progress = self.ensemble.as_ref().map(|ensemble| ensemble.progress());
        let is_cut = progress.is_some_and(Progress::is_cut);
        let finish = progress.map_or(self.finish, Progress::finish_reason);
        AnswerSummary {
            usage,
            usage_is_estimated,
            cost,
            bytes: self.scanner.emitted(),
            deltas: self.deltas,
            citations: self.citations,
            invalid_citations: self.scanner.invalid_citations(),
            truncated: self.truncated || is_cut || finish.is_some_and(FinishReason::is_cut),
            finish,
            shown: self.scanner.sources(),
            has_citations: self.citations > 0,
        }
    }
}

/// Whether a piece of text needs no cleaning, no cutting and no scan for markers. Such a piece is not empty, at most
/// [`MAX_DELTA_BYTES`] long, and printable ASCII on one line, without characters that may begin a marker or code.
#[inline]
fn is_plain_delta(text: &[u8]) -> bool {
    const NEEDS_SCAN: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0_usize;
        while byte < 256 {
            table[byte] = !is_meaningless(byte as u8);
            byte += 1;
        }
        table
    };
    let size = text.len().wrapping_sub(1) < MAX_DELTA_BYTES;
    size && !text.iter().fold(false, |found, &byte| found | NEEDS_SCAN[byte as usize])
}
