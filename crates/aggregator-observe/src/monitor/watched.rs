//! Futures and streams whose operation is watched.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Stream, TryFuture, TryStream};

use super::operation::Operation;
use crate::observer::Observer;
use crate::operation_report::Status;

/// Begins with the first poll.
#[derive(Debug)]
enum Stage {
    New(Observer, Cow<'static, str>),
    Running(Operation),
    Ended,
}

impl Stage {
    /// Polls within the span of the operation.
    fn poll<T>(&mut self, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        if matches!(self, Self::New(..))
            && let Self::New(observer, name) = std::mem::replace(self, Self::Ended)
        {
            *self = Self::Running(Operation::start(observer, name));
        }
        let span = if let Self::Running(operation) = self { operation.span().cloned() } else { None };
        let _entered = span.as_ref().map(tracing::Span::enter);
        poll()
    }

    fn end(&mut self, status: Status) {
        if let Self::Running(operation) = std::mem::replace(self, Self::Ended) {
            operation.end(status);
        }
    }
}

/// A future or a stream that ends well; from [`Monitor`](super::Monitor).
#[derive(Debug)]
#[must_use = "it does nothing unless it is polled"]
pub struct Watched<T> {
    // Boxed, as pinning a field needs `unsafe`.
    inner: Pin<Box<T>>,
    stage: Stage,
}

impl<T> Watched<T> {
    pub(super) fn new(inner: T, observer: Observer, name: Cow<'static, str>) -> Self {
        Self { inner: Box::pin(inner), stage: Stage::New(observer, name) }
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { inner, stage } = self.get_mut();
        let output = ready!(stage.poll(|| inner.as_mut().poll(cx)));
        stage.end(Status::Ok);
        Poll::Ready(output)
    }
}

impl<S: Stream> Stream for Watched<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let Self { inner, stage } = self.get_mut();
        let item = ready!(stage.poll(|| inner.as_mut().poll_next(cx)));
        if item.is_none() {
            stage.end(Status::Ok);
        }
        Poll::Ready(item)
    }
}

/// A future or a stream that may fail; from [`Monitor`](super::Monitor).
#[derive(Debug)]
#[must_use = "it does nothing unless it is polled"]
pub struct WatchedTry<T> {
    inner: Pin<Box<T>>,
    stage: Stage,
}

impl<T> WatchedTry<T> {
    pub(super) fn new(inner: T, observer: Observer, name: Cow<'static, str>) -> Self {
        Self { inner: Box::pin(inner), stage: Stage::New(observer, name) }
    }
}

impl<F: TryFuture> Future for WatchedTry<F> {
    type Output = Result<F::Ok, F::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { inner, stage } = self.get_mut();
        let output = ready!(stage.poll(|| inner.as_mut().try_poll(cx)));
        stage.end(if output.is_ok() { Status::Ok } else { Status::Error });
        Poll::Ready(output)
    }
}

impl<S: TryStream> Stream for WatchedTry<S> {
    type Item = Result<S::Ok, S::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { inner, stage } = self.get_mut();
        let item = ready!(stage.poll(|| inner.as_mut().try_poll_next(cx)));
        match &item {
            Some(Ok(_)) => {}
            Some(Err(_)) => stage.end(Status::Error),
            None => stage.end(Status::Ok),
        }
        Poll::Ready(item)
    }
}
