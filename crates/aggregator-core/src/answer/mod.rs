//! The answer stage: the model's text, cleaned, bounded and checked for citations, piece by piece.

pub(crate) mod citations;
pub mod contradictions;
pub mod ensemble;
pub mod mode;
pub mod partial;
pub mod prompt;
mod shown;

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use crate::deadline::Allowance;
use crate::event::{AnswerSummary, Event, EventKind, ModelReport, QueryFailure, Stage};
use crate::isolate::Isolated;
use crate::limits::MAX_SWALLOWED;
use crate::model::{AnswerRequest, Chunk, Cost, Price, Usage};
use crate::outbox::Outbox;
use crate::query::Query;
use crate::settings::Settings;
use crate::shared::Models;
use crate::source::RankedSource;
use crate::text::CleanText;
use citations::{CitationScanner, Scanned, is_meaningless};
use ensemble::{Choir, Said, Stop};

/// Largest [`EventKind::AnswerDelta`]: longer pieces of a model are cut. The reference system promised 16 KiB and
/// enforced nothing.
pub const MAX_DELTA_BYTES: usize = 16 * 1_024;

/// The answer of one query.
pub(crate) struct Answer {
    /// The model, where there is one.
    stream: Isolated<Chunk>,
    /// The models, where there are several.
    choir: Option<Box<Choir>>,
    price: Option<Price>,
    usage: Option<Usage>,
    /// Boxed, because a query without an answer has room for one, too.
    scanner: Box<CitationScanner>,
    sources: Arc<[RankedSource]>,
    /// Bytes of text that the model gave, shown or not.
    written: u32,
    /// The last character that it gave, if that is not plain.
    last: Option<char>,
    /// Bytes the model may still give, cleaning and scanning apart.
    room: usize,
    /// Nothing waits in the scanner, it is in the middle of a line, and the end is not known: an ordinary piece may pass as it is.
    quiet: bool,
    end: Option<Result<(), QueryFailure>>,
    deltas: u32,
    citations: u32,
    truncated: bool,
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
        let request = request.within(settings.max_prompt_tokens, secret);
        let mut shown = 0;
        let (stream, choir, price) = match models {
            Models::One(model) => {
                let call = || {
                    shown = shown::how_many(&**model, &request);
                    model.answer(request)
                };
                #[cfg(feature = "seeded-faults")]
                let call = || crate::seeded_stream::chunks(call());
                (Isolated::call(call).unwrap_or_else(Isolated::failing), None, model.price())
            }
            Models::Several(ensemble) => {
                let choir = Choir::new(ensemble, request, settings.model_patience, now);
                (Isolated::ended(), Some(Box::new(choir)), None)
            }
        };
        Self {
            stream,
            choir,
            price,
            usage: None,
            scanner: Box::new(CitationScanner::new(shown)),
            sources,
            written: 0,
            last: None,
            room: settings.max_answer_bytes as usize,
            quiet: false,
            end: None,
            deltas: 0,
            citations: 0,
            truncated: false,
        }
    }

    /// Next event; `None` at the end, of which [`Self::take_end`] says how it came.
    #[inline]
    pub(crate) fn poll(
        &mut self,
        outbox: &mut Outbox,
        time: &mut Allowance,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Event>> {
        if outbox.now() >= time.deadline && self.end.is_none() {
            self.finish(Err(QueryFailure::DeadlineExceeded { stage: Stage::Answering }));
        }
        for _ in 0..MAX_SWALLOWED {
            if !self.quiet {
                if let Some(scanned) = self.scanner.pop() {
                    return Poll::Ready(Some(outbox.event(self.kind(scanned))));
                }
                if self.end.is_some() {
                    // What became of models that were stopped with the answer.
                    let report = self.choir.as_mut().and_then(|choir| choir.next_report());
                    return Poll::Ready(report.map(|report| outbox.event(EventKind::ModelFinished(report))));
                }
            }
            let polled = match &mut self.choir {
                None => self.stream.poll_next(cx),
                // Also when there is always something to read.
                Some(choir) if choir.is_overdue(outbox.now()) => {
                    choir.expire(outbox.now());
                    continue;
                }
                Some(choir) => match choir.poll_next(outbox.now(), cx) {
                    Poll::Ready(Said::Chunk(chunk)) => {
                        self.scanner.limit(choir.shown());
                        Poll::Ready(Some(Ok(chunk)))
                    }
                    Poll::Ready(Said::Failed(error)) => Poll::Ready(Some(Err(error))),
                    Poll::Ready(Said::End) => Poll::Ready(None),
                    Poll::Ready(Said::Finished(report)) => {
                        return Poll::Ready(Some(outbox.event(EventKind::ModelFinished(report))));
                    }
                    Poll::Pending => Poll::Pending,
                },
            };
            match polled {
                Poll::Ready(Some(Ok(Chunk::Text(text)))) => {
                    self.written = self.written.saturating_add(text.len() as u32);
                    // Nearly all pieces are a few printable characters: one look at each byte tells that they may pass.
                    if self.quiet && text.len() <= self.room && is_ordinary(text.as_bytes()) {
                        self.room -= text.len();
                        self.deltas += 1;
                        self.last = None;
                        let text = CleanText::from_clean(self.scanner.pass(text));
                        return Poll::Ready(Some(outbox.event(EventKind::AnswerDelta { text })));
                    }
                    self.take(text);
                }
                Poll::Ready(Some(Ok(Chunk::Usage(usage)))) => {
                    self.usage = Some(usage);
                    return Poll::Ready(Some(outbox.event(EventKind::Usage(usage))));
                }
                Poll::Ready(Some(Err(error))) => self.finish(Err(QueryFailure::Model(error))),
                Poll::Ready(None) => self.finish(Ok(())),
                Poll::Pending => {
                    let expires = self.choir.as_ref().and_then(|choir| choir.expires());
                    if time.poll_until(expires.unwrap_or(time.deadline).min(time.deadline), cx).is_pending() {
                        return Poll::Pending;
                    }
                    // The timer fires at or after its time, by the same clock.
                    let now = Instant::now();
                    if let Some(choir) = self.choir.as_mut().filter(|_| now < time.deadline) {
                        choir.expire(now);
                        continue;
                    }
                    self.finish(Err(QueryFailure::DeadlineExceeded { stage: Stage::Answering }));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// How it ended.
    pub(crate) fn take_end(&mut self) -> Result<(), QueryFailure> {
        self.end.take().unwrap_or(Ok(()))
    }

    /// Cleans, bounds and scans a piece; what comes of it waits in the scanner.
    fn take(&mut self, text: String) {
        self.quiet = false;
        let mut text = CleanText::piece(text, self.last);
        self.last = text.chars().next_back().or(self.last);
        if text.len() > self.room {
            text.truncate(self.room);
            self.truncated = true;
        }
        self.room -= text.len();
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
    fn finish(&mut self, end: Result<(), QueryFailure>) {
        self.quiet = false;
        self.stop(match &end {
            Err(QueryFailure::DeadlineExceeded { .. }) => Stop::Late,
            _ if self.truncated => Stop::Full,
            _ => Stop::Cancelled,
        });
        self.scanner.finish();
        self.end = Some(end);
    }

    fn kind(&mut self, scanned: Scanned) -> EventKind {
        // With nothing left behind it, the next piece may pass quickly again.
        self.quiet = self.end.is_none() && self.scanner.is_idle();
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
    fn stop(&mut self, why: Stop) {
        self.stream.end();
        if let Some(choir) = &mut self.choir {
            choir.stop(why);
        }
    }

    /// Drops the models' streams now, because the query was cancelled.
    pub(crate) fn cancel(&mut self) {
        self.stop(Stop::Cancelled);
    }

    /// How each model did, where there are several.
    pub(crate) fn models(&self) -> &[Arc<ModelReport>] {
        self.choir.as_ref().map_or(&[], |choir| choir.reports())
    }

    /// The account of the answer to a query; complete when it has ended.
    pub(crate) fn summary(&self, query: &Query, settings: &Settings) -> AnswerSummary {
        let (usage, usage_is_estimated, cost) = match &self.choir {
            None => {
                let usage = self.usage.unwrap_or_else(|| Usage {
                    input_tokens: prompt::estimate(query, &self.sources, &[], settings.max_prompt_tokens),
                    output_tokens: prompt::tokens_of(self.written),
                });
                (usage, self.usage.is_none(), self.price.map(|price| price.of(usage)))
            }
            Some(choir) => {
                let reports = choir.reports().iter();
                let usage = reports.clone().map(|report| report.usage).fold(Usage::default(), Usage::and);
                let cost = reports.clone().filter_map(|report| report.cost).reduce(Cost::and);
                (usage, reports.clone().any(|report| report.usage_is_estimated), cost)
            }
        };
        AnswerSummary {
            usage,
            usage_is_estimated,
            cost,
            bytes: self.scanner.emitted(),
            deltas: self.deltas,
            citations: self.citations,
            invented: self.scanner.invented(),
            truncated: self.truncated || self.choir.as_ref().is_some_and(|choir| choir.is_cut()),
            shown: self.scanner.sources(),
            has_citations: self.citations > 0,
        }
    }
}

/// Whether a piece of text needs neither cleaning nor cutting nor a look for markers: not empty, not too large, printable
/// ASCII on one line, without what may begin a marker or code.
#[inline]
fn is_ordinary(text: &[u8]) -> bool {
    const EXTRAORDINARY: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0_usize;
        while byte < 256 {
            table[byte] = !is_meaningless(byte as u8);
            byte += 1;
        }
        table
    };
    let size = text.len().wrapping_sub(1) < MAX_DELTA_BYTES;
    size && !text.iter().fold(false, |found, &byte| found | EXTRAORDINARY[byte as usize])
}
