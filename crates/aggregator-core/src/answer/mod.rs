//! The answer stage: the model's text, cleaned, bounded and checked for citations, piece by piece.

pub mod citations;

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use crate::deadline::Allowance;
use crate::engine::Parts;
use crate::event::{AnswerSummary, CleanText, EventKind, QueryFailure, RankedSource, Stage};
use crate::isolate::Isolated;
use crate::model::{AnswerRequest, Chunk, LanguageModel};
use crate::provider::ProviderError;
use crate::query::Query;
use crate::search::MAX_SWALLOWED;
use citations::{CitationScanner, Scanned};

/// Largest [`EventKind::AnswerDelta`]: longer pieces of a model are cut. The reference system promised 16 KiB and
/// enforced nothing.
pub const MAX_DELTA_BYTES: usize = 16 * 1_024;

/// The answer of one query.
pub(crate) struct Answer {
    stream: Isolated<Chunk>,
    scanner: CitationScanner,
    sources: Arc<[RankedSource]>,
    /// Bytes the model gave, before cleaning and scanning.
    received: usize,
    end: Option<Result<(), QueryFailure>>,
    summary: AnswerSummary,
}

impl Answer {
    pub(crate) fn new(
        model: &dyn LanguageModel,
        query: &Arc<Query>,
        sources: Arc<[RankedSource]>,
        deadline: Instant,
    ) -> Self {
        let request = AnswerRequest::new(Arc::clone(query), Arc::clone(&sources), deadline);
        let stream = Isolated::call(|| model.answer(request)).unwrap_or_else(Isolated::failing);
        let scanner = CitationScanner::new(sources.len() as u32);
        Self { stream, scanner, sources, received: 0, end: None, summary: AnswerSummary::default() }
    }

    /// Next event; at the end how the answer ended.
    #[inline]
    pub(crate) fn poll(
        &mut self,
        parts: &Parts,
        now: Instant,
        time: &mut Allowance,
        cx: &mut Context<'_>,
    ) -> Poll<Result<EventKind, Result<(), QueryFailure>>> {
        if now >= time.deadline && self.end.is_none() {
            self.finish(Err(QueryFailure::DeadlineExceeded { stage: Stage::Answering }));
        }
        for _ in 0..MAX_SWALLOWED {
            if let Some(scanned) = self.scanner.pop() {
                return Poll::Ready(Ok(self.event(scanned)));
            }
            if let Some(end) = self.end.take() {
                return Poll::Ready(Err(end));
            }
            match self.stream.poll_next(cx) {
                Poll::Ready(Some(Ok(Chunk::Text(text)))) => {
                    if let Some(scanned) = self.take(parts, text) {
                        return Poll::Ready(Ok(self.event(scanned)));
                    }
                }
                Poll::Ready(Some(Ok(Chunk::Usage(usage)))) => return Poll::Ready(Ok(EventKind::Usage(usage))),
                Poll::Ready(Some(Err(error))) => self.fail(error),
                Poll::Ready(None) => self.finish(Ok(())),
                Poll::Pending => {
                    if time.poll_until(time.deadline, cx).is_pending() {
                        return Poll::Pending;
                    }
                    self.finish(Err(QueryFailure::DeadlineExceeded { stage: Stage::Answering }));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    #[inline]
    fn take(&mut self, parts: &Parts, text: String) -> Option<Scanned> {
        let mut text = CleanText::block(text);
        let room = parts.settings.max_answer_bytes as usize - self.received;
        if text.len() > room {
            text.truncate(room);
            self.summary.truncated = true;
        }
        self.received += text.len();
        let first = if text.len() <= MAX_DELTA_BYTES {
            self.scanner.push(text.into_string())
        } else {
            self.take_in_parts(text.into_string())
        };
        if !self.summary.truncated {
            return first;
        }
        self.finish(Ok(()));
        first
    }

    #[cold]
    fn take_in_parts(&mut self, mut text: String) -> Option<Scanned> {
        while !text.is_empty() {
            let rest = text.split_off(text.floor_char_boundary(MAX_DELTA_BYTES));
            self.scanner.queue(std::mem::replace(&mut text, rest));
        }
        self.scanner.pop()
    }

    fn finish(&mut self, end: Result<(), QueryFailure>) {
        self.stream.end();
        self.scanner.finish();
        self.end = Some(end);
    }

    fn fail(&mut self, error: ProviderError) {
        self.finish(Err(QueryFailure::Model(error)));
    }

    #[inline]
    fn event(&mut self, scanned: Scanned) -> EventKind {
        match scanned {
            Scanned::Text(text) => {
                self.summary.deltas += 1;
                self.summary.bytes += text.len() as u32;
                EventKind::AnswerDelta { text: CleanText::from_clean(text) }
            }
            Scanned::Citation { span, number } => {
                self.summary.citations += 1;
                let id = self.sources[number as usize - 1].id;
                EventKind::Citation { span, number, id }
            }
        }
    }

    /// Drops the model's stream now.
    pub(crate) fn stop(&mut self) {
        self.stream.end();
    }

    pub(crate) fn summary(&self) -> AnswerSummary {
        AnswerSummary { invented: self.scanner.invented(), ..self.summary }
    }
}
