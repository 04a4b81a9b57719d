//! Panic isolation: the streams of providers and models are made, polled and dropped here and nowhere else.
//!
//! Not isolated are `name` (asked when an engine is built) and the destructor of a provider or model itself, which runs
//! when the last engine and query that share it are dropped.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;

use crate::provider::{ProviderError, ProviderErrorKind};

type Boxed<T> = Pin<Box<dyn Stream<Item = Result<T, ProviderError>> + Send>>;

/// A stream of foreign code whose panics become errors, also when it is dropped. Unlike `futures::stream::CatchUnwind` it
/// covers the call that makes the stream, and ends the stream after its first error.
///
/// The stream is dropped as soon as it ends, fails or panics, and never polled again.
pub(crate) struct CatchUnwindStream<T>(Option<Boxed<T>>);

impl<T> CatchUnwindStream<T> {
    /// Calls foreign code that makes a stream.
    pub(crate) fn call(make: impl FnOnce() -> Boxed<T>) -> Result<Self, ProviderError> {
        // Unwind safety: whatever the closure left half done is foreign; of our own state it only read shared data.
        catch_unwind(AssertUnwindSafe(make)).map(|stream| Self(Some(stream))).map_err(panicked)
    }

    /// A stream that has ended.
    pub(crate) fn ended() -> Self {
        Self(None)
    }

    /// A stream that fails at its first poll.
    #[cold]
    pub(crate) fn failing(error: ProviderError) -> Self
    where
        T: Send + 'static,
    {
        Self(Some(Box::pin(futures::stream::once(std::future::ready(Err(error))))))
    }

    /// Polls for the next item; `None` is the end.
    // A call would be 38 instructions more for each delta.
    #[inline(always)]
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, ProviderError>>> {
        let Some(stream) = &mut self.0 else { return Poll::Ready(None) };
        match catch_unwind(AssertUnwindSafe(|| stream.as_mut().poll_next(cx))) {
            Ok(Poll::Ready(Some(Err(error)))) => Poll::Ready(Some(Err(self.failed(error)))),
            Ok(polled) => {
                if matches!(polled, Poll::Ready(None)) {
                    self.end();
                }
                polled
            }
            Err(payload) => {
                let error = panicked(payload);
                self.end();
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    /// Drops the stream now; a panic in its destructor ends there.
    pub(crate) fn end(&mut self) {
        if let Some(stream) = self.0.take()
            && let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(stream)))
        {
            discard(payload);
        }
    }

    /// The fields of the error are public: only here is it certain that the message is one short line.
    #[cold]
    fn failed(&mut self, error: ProviderError) -> ProviderError {
        self.end();
        error.with_clean_message()
    }

    /// Whether the stream has not ended.
    pub(crate) fn is_active(&self) -> bool {
        self.0.is_some()
    }
}

impl<T> Drop for CatchUnwindStream<T> {
    fn drop(&mut self) {
        self.end();
    }
}

/// The payload's text is never repeated: it may hold whatever the code was working on, keys included.
#[cold]
fn panicked(payload: Box<dyn Any + Send>) -> ProviderError {
    discard(payload);
    ProviderError::new(ProviderErrorKind::Panicked, "the implementation panicked")
}

/// A payload may itself panic when dropped; the payload of that panic is leaked, for there has to be an end.
#[cold]
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
}
