//! The metrics of any stream of an embedder.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::Stream;
use futures::stream::FusedStream;
use tokio::time::Instant;

use crate::stream_metrics::{Meter, StreamMetrics};
use crate::target::Chunk;

/// Wraps a stream, so that the metrics of what passes through can be asked for at any time.
///
/// `classify` says what each item is; `None` is an item that counts in nothing. Items pass unchanged. Times are tokio's, from this call;
/// so they are exact under a paused clock. Stalls are counted from 1 s on; [`Observed::stall`] sets another limit.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
/// use futures::{StreamExt, stream};
/// use perf_load::{Chunk, observe};
///
/// let mut answer = observe(stream::iter(["Rust", " is", " fast"]), |text: &&str| Some(Chunk::text(text)));
/// while let Some(text) = answer.next().await {
///     print!("{text}");
/// }
/// assert_eq!(answer.metrics().chunks, 3);
/// # });
/// ```
pub fn observe<S: Stream, F: FnMut(&S::Item) -> Option<Chunk>>(stream: S, classify: F) -> Observed<S, F> {
    Observed {
        stream: Box::pin(stream),
        classify,
        start: Instant::now(),
        meter: Meter::new(Duration::from_secs(1)),
        ended: None,
        when_dropped: None,
    }
}

/// A stream that is observed: [`observe`].
pub struct Observed<S: Stream, F> {
    stream: Pin<Box<S>>,
    classify: F,
    start: Instant,
    meter: Meter,
    ended: Option<Duration>,
    when_dropped: Option<Box<dyn FnOnce(StreamMetrics) + Send>>,
}

impl<S: Stream, F> Observed<S, F> {
    /// Counts stalls from this length on.
    #[must_use]
    pub fn stall(mut self, stall: Duration) -> Self {
        self.meter = Meter::new(stall);
        self
    }

    /// Calls this with the metrics when the stream is dropped, at its end or before. It must not panic.
    #[must_use]
    pub fn when_dropped(mut self, call: impl FnOnce(StreamMetrics) + Send + 'static) -> Self {
        self.when_dropped = Some(Box::new(call));
        self
    }

    /// The metrics so far; after the end, those of the whole stream. It copies and sorts the gaps.
    pub fn metrics(&self) -> StreamMetrics {
        match self.ended {
            Some(ended) => self.meter.clone().finish(ended).0,
            None => self.meter.metrics(),
        }
    }

    /// Whether the stream has ended.
    pub fn has_ended(&self) -> bool {
        self.ended.is_some()
    }
}

impl<S: Stream, F: FnMut(&S::Item) -> Option<Chunk> + Unpin> Stream for Observed<S, F> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.get_mut();
        if this.ended.is_some() {
            return Poll::Ready(None);
        }
        let item = ready!(this.stream.as_mut().poll_next(context));
        let at = this.start.elapsed();
        match &item {
            Some(item) => {
                if let Some(chunk) = (this.classify)(item) {
                    this.meter.note(&chunk, at);
                }
            }
            None => this.ended = Some(at),
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.ended.is_some() { (0, Some(0)) } else { self.stream.size_hint() }
    }
}

impl<S: Stream, F: FnMut(&S::Item) -> Option<Chunk> + Unpin> FusedStream for Observed<S, F> {
    fn is_terminated(&self) -> bool {
        self.ended.is_some()
    }
}

impl<S: Stream, F> Drop for Observed<S, F> {
    fn drop(&mut self) {
        if let Some(call) = self.when_dropped.take() {
            call(self.metrics());
        }
    }
}
