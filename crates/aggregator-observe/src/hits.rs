//! The hits of a search, watched.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use aggregator_core::ProviderError;
use aggregator_core::provider::{Hit, HitStream};
use futures::Stream;
use tokio::time::Instant;
use tracing::Span;

use crate::names;
use crate::spans::{record_count, record_provider_error, record_time};

pub(crate) struct WatchedHits {
    // Dropped before the span ends.
    hits: HitStream,
    call: ProviderCall,
}

struct ProviderCall {
    span: Span,
    content: bool,
    began: Instant,
    first: Option<Duration>,
    count: u64,
    outcome: &'static str,
}

impl WatchedHits {
    pub(crate) fn new(hits: HitStream, span: Span, content: bool) -> Self {
        Self {
            hits,
            call: ProviderCall { span, content, began: Instant::now(), first: None, count: 0, outcome: "dropped" },
        }
    }
}

impl Stream for WatchedHits {
    type Item = Result<Hit, ProviderError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { hits, call } = self.get_mut();
        let polled = call.span.in_scope(|| hits.as_mut().poll_next(cx));
        match &polled {
            Poll::Ready(Some(Ok(_))) => {
                call.count += 1;
                call.first.get_or_insert_with(|| call.began.elapsed());
            }
            Poll::Ready(Some(Err(error))) => {
                call.outcome = "error";
                record_provider_error(&call.span, error, call.content);
            }
            Poll::Ready(None) if call.outcome == "dropped" => call.outcome = "ok",
            _ => {}
        }
        polled
    }
}

impl Drop for ProviderCall {
    fn drop(&mut self) {
        self.span.record(names::OUTCOME, self.outcome);
        record_count(&self.span, names::HITS, self.count);
        record_time(&self.span, names::TIME_TO_FIRST_RESULT, self.first);
        record_time(&self.span, names::DURATION, Some(self.began.elapsed()));
    }
}
