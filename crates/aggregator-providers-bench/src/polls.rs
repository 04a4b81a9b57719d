//! Counting polls.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::{Stream, StreamExt as _};

/// A stream that counts its polls.
#[derive(Debug)]
pub(crate) struct PollCounter<S> {
    stream: S,
    /// Polls so far.
    pub(crate) polls: u64,
    /// Polls up to and with the one that gave the first item; 0 before it.
    pub(crate) polls_to_first: u64,
}

impl<S> PollCounter<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, polls: 0, polls_to_first: 0 }
    }
}

impl<S: Stream + Unpin> Stream for PollCounter<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.polls += 1;
        let item = self.stream.poll_next_unpin(cx);
        if self.polls_to_first == 0 && item.is_ready() {
            self.polls_to_first = self.polls;
        }
        item
    }
}

/// A stream that is pending once more before each item, if that is planted.
#[derive(Debug)]
pub(crate) struct PendingOnce<S> {
    stream: S,
    is_planted: bool,
    was_pending: bool,
}

impl<S> PendingOnce<S> {
    pub(crate) fn new(stream: S, is_planted: bool) -> Self {
        Self { stream, is_planted, was_pending: false }
    }
}

impl<S: Stream + Unpin> Stream for PendingOnce<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        if self.is_planted && !self.was_pending {
            self.was_pending = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let item = self.stream.poll_next_unpin(cx);
        self.was_pending = item.is_pending();
        item
    }
}
