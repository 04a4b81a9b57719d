//! Many streams, one task: polls only what was woken, in turn, and gives items in completion order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::task::AtomicWaker;

use crate::isolate::Isolated;
use crate::limits::MAX_PROVIDERS;
use crate::provider::{Hit, ProviderError};

/// Who was woken since the last look, and whom to tell.
struct Woken {
    bits: AtomicU64,
    task: AtomicWaker,
}

/// Wakes one stream of the fan-out.
struct StreamWaker {
    woken: Arc<Woken>,
    bit: u64,
}

impl Wake for StreamWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Release: whatever the waker's thread wrote before is seen by the poll that finds the bit.
        let before = self.woken.bits.fetch_or(self.bit, Ordering::Release);
        // A bit that was set already has told the task; telling it once is enough.
        if before & self.bit == 0 {
            self.woken.task.wake();
        }
    }
}

/// The streams of one query's providers.
pub(crate) struct FanOut {
    streams: Vec<Member>,
    woken: Arc<Woken>,
    /// Streams that may have an item: woken, or not yet seen pending.
    ready: u64,
    /// The stream that was polled last; the next ready one after it is next.
    turn: usize,
}

struct Member {
    stream: Isolated<Hit>,
    waker: Waker,
}

impl Drop for FanOut {
    fn drop(&mut self) {
        // A provider may keep its waker for long, and this one keeps the caller's task in memory.
        drop(self.woken.task.take());
    }
}

/// What a stream said.
pub(crate) enum Said {
    Hit(Hit),
    End,
    Failed(ProviderError),
    /// Nothing yet; reported only for a stream that the caller wants to be told of.
    Nothing,
}

impl FanOut {
    pub(crate) fn with_capacity(streams: usize) -> Self {
        let woken = Arc::new(Woken { bits: AtomicU64::new(0), task: AtomicWaker::new() });
        Self { streams: Vec::with_capacity(streams), woken, ready: 0, turn: MAX_PROVIDERS - 1 }
    }

    /// Adds a stream; streams are numbered in the order they are added.
    pub(crate) fn push(&mut self, stream: Isolated<Hit>) {
        let bit = 1 << self.streams.len();
        self.ready |= bit;
        let waker = Waker::from(Arc::new(StreamWaker { woken: Arc::clone(&self.woken), bit }));
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

    /// Polls the next stream that may have something to say, until one does. `curious` is a set of streams of which even
    /// silence is reported. Bounded: each stream is polled at most once without saying anything.
    pub(crate) fn poll_next(&mut self, curious: u64, cx: &mut Context<'_>) -> Poll<(usize, Said)> {
        // Looked at once a call: a stream that wakes itself while it is polled gets its next turn in the next poll, and
        // not in an endless loop here.
        if self.woken.bits.load(Ordering::Relaxed) != 0 {
            self.ready |= self.woken.bits.swap(0, Ordering::Acquire);
        }
        loop {
            let Some(index) = self.next_ready() else {
                self.woken.task.register(cx.waker());
                // Somebody may have been woken before the task was registered, and told nobody.
                if self.woken.bits.load(Ordering::Acquire) != 0 {
                    cx.waker().wake_by_ref();
                }
                return Poll::Pending;
            };
            self.turn = index;
            let Member { stream, waker } = &mut self.streams[index];
            if !stream.is_live() {
                // Woken after its end.
                self.ready &= !(1 << index);
                continue;
            }
            let said = match stream.poll_next(&mut Context::from_waker(waker)) {
                Poll::Ready(Some(Ok(hit))) => return Poll::Ready((index, Said::Hit(hit))),
                Poll::Ready(Some(Err(error))) => Said::Failed(error),
                Poll::Ready(None) => Said::End,
                Poll::Pending => {
                    self.ready &= !(1 << index);
                    if curious & (1 << index) == 0 {
                        continue;
                    }
                    return Poll::Ready((index, Said::Nothing));
                }
            };
            self.end(index);
            return Poll::Ready((index, said));
        }
    }

    /// Round robin, so that a stream that always has something cannot keep the others waiting.
    fn next_ready(&self) -> Option<usize> {
        if self.ready == 0 {
            return None;
        }
        // Shifting twice keeps the shift below 64 for the last stream.
        let after = self.ready & (!1_u64 << self.turn);
        let among = if after == 0 { self.ready } else { after };
        Some(among.trailing_zeros() as usize)
    }
}
