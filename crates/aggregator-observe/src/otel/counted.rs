//! What becomes of spans: sent, failed, or dropped because they came faster than they could be sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};

use super::batch::BatchSender;
use crate::measure::{Export, Measure};
use crate::observer::Observer;

/// What became of the spans of a process so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SpanCounts {
    /// Spans that have ended.
    pub ended: u64,
    /// Spans that the collector has taken.
    pub sent: u64,
    /// Spans that were lost because a batch could not be sent, or because the collector refused them.
    pub failed: u64,
}

impl SpanCounts {
    /// Spans that are neither sent nor failed: before the end those that wait, after it those that were lost because the queue was
    /// full or the time was up.
    pub fn remaining(self) -> u64 {
        self.ended.saturating_sub(self.sent).saturating_sub(self.failed)
    }
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    ended: AtomicU64,
    sent: AtomicU64,
    failed: AtomicU64,
    fails: AtomicBool,
}

impl Counts {
    pub(super) fn now(&self) -> SpanCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SpanCounts { ended: read(&self.ended), sent: read(&self.sent), failed: read(&self.failed) }
    }
}

/// Counts spans before they are queued.
#[derive(Debug)]
pub(super) struct CountingProcessor<P> {
    pub(super) inner: P,
    pub(super) counts: Arc<Counts>,
}

impl<P: SpanProcessor> SpanProcessor for CountingProcessor<P> {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        self.inner.on_start(span, cx);
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.counts.ended.fetch_add(1, Ordering::Relaxed);
            self.inner.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Counts what becomes of batches, and reports it.
#[derive(Debug)]
pub(super) struct CountingExporter<S> {
    pub(super) sender: S,
    pub(super) counts: Arc<Counts>,
    pub(super) observer: Observer,
}

impl<S: BatchSender> SpanExporter for CountingExporter<S> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        let result = self.sender.send(batch).await;
        let (lost, error) = match result {
            Ok(()) => (0, None),
            Err(loss) => (loss.spans.min(spans), Some(loss.why)),
        };
        self.counts.sent.fetch_add(spans - lost, Ordering::Relaxed);
        self.counts.failed.fetch_add(lost, Ordering::Relaxed);
        let is_news = self.counts.fails.swap(error.is_some(), Ordering::Relaxed) != error.is_some();
        let export = Export { spans, lost, error, is_news };
        self.observer.record(&Measure::Export(&export));
        export.error.map_or(Ok(()), |why| Err(OTelSdkError::InternalFailure(why)))
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.sender.shutdown(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.sender.set_resource(resource);
    }
}
