//! Many streams in one task: polls only streams that were woken, in turn, and yields items in completion order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::task::AtomicWaker;

use crate::isolate::CatchUnwindStream;
use crate::limits::MAX_PROVIDERS;
use crate::provider::{Hit, ProviderError};

/// The streams that were woken since the last poll, and the task to wake for them.
struct ReadySet {
    bits: AtomicU64,
    task: AtomicWaker,
}

/// Wakes one stream of the fan-out.
struct StreamWaker {
    ready_set: Arc<ReadySet>,
    bit: u64,
}

impl Wake for StreamWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Release: whatever the waker's thread wrote before is seen by the poll that finds the bit.
        let before = self.ready_set.bits.fetch_or(self.bit, Ordering::Release);
        // Where the bit was set already, the task was woken with it; waking it once is enough.
        if before & self.bit == 0 {
            self.ready_set.task.wake();
        }
    }
}

/// The streams of the providers of one query.
pub(crate) struct FanOut {
    streams: Vec<Member>,
    ready_set: Arc<ReadySet>,
    /// Streams that may have an item, one bit each: those that were woken, and those that have not been pending yet.
    ready: u64,
    /// The stream that was polled last; the first ready one after it is polled next.
    last_polled: usize,
}

struct Member {
    stream: CatchUnwindStream<Hit>,
    waker: Waker,
}

impl Drop for FanOut {
    fn drop(&mut self) {
        // A provider may keep its waker for long, and this one keeps the caller's task in memory.
        drop(self.ready_set.task.take());
    }
}

/// The result of polling a stream of the fan-out.
pub(crate) enum StreamEvent {
    Hit(Hit),
    End,
    Failed(ProviderError),
    /// The stream is pending. Reported only for the streams that the caller names.
    Pending,
}

impl FanOut {
    pub(crate) fn with_capacity(streams: usize) -> Self {
        let ready_set = Arc::new(ReadySet { bits: AtomicU64::new(0), task: AtomicWaker::new() });
        Self { streams: Vec::with_capacity(streams), ready_set, ready: 0, last_polled: MAX_PROVIDERS - 1 }
    }

    /// Adds a stream; streams are numbered in the order they are added.
    pub(crate) fn push(&mut self, stream: CatchUnwindStream<Hit>) {
        let bit = 1 << self.streams.len();
        self.ready |= bit;
        let waker = Waker::from(Arc::new(StreamWaker { ready_set: Arc::clone(&self.ready_set), bit }));
        self.streams.push(Member { stream, waker });
    }

    pub(crate) fn len(&self) -> usize {
        self.streams.len()
    }

    /// Drops a stream now.
    pub(crate) fn end(&mut self, index: usize) {
        self.streams[index].stream.end();
        self.ready &= !(1 << index);
    }

    /// Polls ready streams in turn until one yields an event. Streams whose bit is set in `report_pending` are reported when
    /// they are pending, too. Bounded: each stream is polled at most once while it is pending.
    pub(crate) fn poll_next(&mut self, report_pending: u64, cx: &mut Context<'_>) -> Poll<(usize, StreamEvent)> {
        // Looked at once a call: a stream that wakes itself while it is polled gets its next turn in the next poll, and
        // not in an endless loop here.
        if self.ready_set.bits.load(Ordering::Relaxed) != 0 {
            self.ready |= self.ready_set.bits.swap(0, Ordering::Acquire);
        }
        loop {
            let Some(index) = self.next_ready() else {
                self.ready_set.task.register(cx.waker());
                // A stream may have been woken before the task was registered.
                if self.ready_set.bits.load(Ordering::Acquire) != 0 {
                    cx.waker().wake_by_ref();
                }
                return Poll::Pending;
            };
            self.last_polled = index;
            let Member { stream, waker } = &mut self.streams[index];
            if !stream.is_active() {
                // Woken after its end.
                self.ready &= !(1 << index);
                continue;
            }
            let event = match stream.poll_next(&mut Context::from_waker(waker)) {
                Poll::Ready(Some(Ok(hit))) => return Poll::Ready((index, StreamEvent::Hit(hit))),
                Poll::Ready(Some(Err(error))) => StreamEvent::Failed(error),
                Poll::Ready(None) => StreamEvent::End,
                Poll::Pending => {
                    self.ready &= !(1 << index);
                    if report_pending & (1 << index) == 0 {
                        continue;
                    }
                    return Poll::Ready((index, StreamEvent::Pending));
                }
            };
            self.end(index);
            return Poll::Ready((index, event));
        }
    }

    /// Round robin, so that a stream that always has something cannot keep the others waiting.
    fn next_ready(&self) -> Option<usize> {
        if self.ready == 0 {
            return None;
        }
        // Shifting twice keeps the shift below 64 for the last stream.
        let after = self.ready & (!1_u64 << self.last_polled);
        let among = if after == 0 { self.ready } else { after };
        Some(among.trailing_zeros() as usize)
    }
}
