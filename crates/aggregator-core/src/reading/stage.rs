//! The reading of the pages of one query.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use tokio::time::Instant;

use super::passages::fitting;
use super::reader::{Page, PageReader, ReadRequest};
use super::settings::ReadingSettings;
use crate::deadline::TimeBudget;
use crate::event::{EventKind, Outcome, PageReport};
use crate::isolate::CatchUnwindStream;
use crate::query::Query;
use crate::search::select::Selection;
use crate::source::{RankedSource, ResultId, Source};

/// Pages that are being read.
pub(crate) struct Reading {
    /// The frozen sources, whose snippets become passages.
    sources: Vec<RankedSource>,
    selection: Option<Arc<Selection>>,
    calls: Vec<Call>,
    passage_bytes: usize,
    began: Instant,
    /// When the reading ends, whatever is read by then.
    until: Instant,
}

/// A page that is being read.
struct Call {
    /// Place of its source.
    index: usize,
    stream: CatchUnwindStream<Page>,
    running: bool,
}

impl Reading {
    /// Asks for the pages of the best sources; `None` if none of them is on the web.
    pub(crate) fn start(
        reader: &Arc<dyn PageReader>,
        settings: &ReadingSettings,
        query: &Arc<Query>,
        (sources, selection): (&[RankedSource], Option<Arc<Selection>>),
        now: Instant,
        deadline: Instant,
    ) -> Option<Box<Self>> {
        let until = (now + settings.time).min(deadline);
        let is_web = |source: &Source| source.url.starts_with("http://") || source.url.starts_with("https://");
        let pages = sources.iter().enumerate().filter(|(_, source)| is_web(&source.source));
        let calls: Vec<Call> = pages
            .take(settings.pages as usize)
            .map(|(index, source)| {
                let request = ReadRequest::new(source.source.url.as_str(), Arc::clone(query), until);
                let call = || reader.read(request).into_stream();
                let stream = CatchUnwindStream::call(|| Box::pin(call()));
                Call { index, stream: stream.unwrap_or_else(CatchUnwindStream::failing), running: true }
            })
            .collect();
        let passage_bytes = settings.passage_bytes as usize;
        let reading = Self { sources: sources.to_vec(), selection, calls, passage_bytes, began: now, until };
        (!reading.calls.is_empty()).then(|| Box::new(reading))
    }

    /// The next event; `Ready(None)` after the last page has ended.
    pub(crate) fn poll(
        &mut self,
        query: &Query,
        now: Instant,
        time: &mut TimeBudget,
        cx: &mut Context<'_>,
    ) -> Poll<Option<EventKind>> {
        let mut now = now;
        loop {
            let Some(first) = self.calls.iter().position(|call| call.running) else { return Poll::Ready(None) };
            // There are at most ten, so each is polled in every poll.
            for at in first..self.calls.len() {
                if !self.calls[at].running {
                    continue;
                }
                match self.calls[at].stream.poll_next(cx) {
                    Poll::Pending => {}
                    Poll::Ready(Some(Ok(page))) => {
                        let bytes = self.take(self.calls[at].index, query, &page);
                        return Poll::Ready(Some(self.finish(at, Outcome::Ok, bytes, now)));
                    }
                    Poll::Ready(Some(Err(error))) => {
                        return Poll::Ready(Some(self.finish(at, Outcome::Error(error), 0, now)));
                    }
                    // A future that is done is a stream of one item, so this is none.
                    Poll::Ready(None) => return Poll::Ready(Some(self.finish(at, Outcome::Ok, 0, now))),
                }
            }
            if now >= self.until {
                return Poll::Ready(Some(self.finish(first, Outcome::Timeout, 0, now)));
            }
            if time.poll_until(self.until, cx).is_pending() {
                return Poll::Pending;
            }
            // The timer fires at or after its time, by the same clock.
            now = Instant::now();
        }
    }

    /// Puts the passages that fit in the place of the snippet; returns their length, 0 if none fits.
    #[cold]
    fn take(&mut self, index: usize, query: &Query, page: &Page) -> u32 {
        let Some(passages) = fitting(query.search_text(), &page.passages, self.passage_bytes) else { return 0 };
        let bytes = passages.len() as u32;
        let source = &mut self.sources[index].source;
        *source = Arc::new(Source { snippet: passages, ..Source::clone(source) });
        bytes
    }

    fn finish(&mut self, at: usize, outcome: Outcome, bytes: u32, now: Instant) -> EventKind {
        let call = &mut self.calls[at];
        call.stream.end();
        call.running = false;
        let id: ResultId = self.sources[call.index].id;
        let latency = now.saturating_duration_since(self.began);
        EventKind::PageRead(Arc::new(PageReport { id, outcome, latency, bytes }))
    }

    /// The sources with what was read, and why each was selected.
    pub(crate) fn take_sources(&mut self) -> (Arc<[RankedSource]>, Option<Arc<Selection>>) {
        (std::mem::take(&mut self.sources).into(), self.selection.take())
    }
}
