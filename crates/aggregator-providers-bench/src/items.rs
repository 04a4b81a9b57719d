//! Faults planted behind streams of hits and of pieces of answers.

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aggregator_core::model::{AnswerRequest, ChunkStream};
use aggregator_core::{HitStream, LanguageModel, ProviderError, SearchProvider, SearchRequest};
use futures::{Stream, StreamExt as _};

use crate::fault::Fault;

/// The items of a client.
type Items<T> = Pin<Box<dyn Stream<Item = Result<T, ProviderError>> + Send>>;

/// The stream with a fault, if that is one of items; else the stream as it is, so that without a fault nothing is added.
pub(crate) fn with_fault<T>(items: Items<T>, fault: Option<Fault>) -> Items<T>
where
    T: Clone + Unpin + Send + 'static,
{
    match fault {
        Some(fault) if fault.is_of_items() => {
            Faulty { items, fault, read: 0, delayed: None, held: Vec::new(), was_pending: false }.boxed()
        }
        _ => items,
    }
}

/// A stream with a planted fault.
struct Faulty<T> {
    items: Items<T>,
    fault: Fault,
    /// Items read from the stream.
    read: u64,
    /// The item that comes behind its successor.
    delayed: Option<Result<T, ProviderError>>,
    held: Vec<Result<T, ProviderError>>,
    was_pending: bool,
}

impl<T: Clone + Unpin> Stream for Faulty<T> {
    type Item = Result<T, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.fault == Fault::ExtraPoll && !this.was_pending {
            this.was_pending = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            if this.read >= 3
                && let Some(item) = this.delayed.take()
            {
                return Poll::Ready(Some(item));
            }
            let Some(item) = ready!(this.items.poll_next_unpin(cx)) else { return Poll::Ready(None) };
            this.read += 1;
            this.was_pending = false;
            match this.fault {
                Fault::LostItem if this.read % 10 == 3 => continue,
                Fault::SwappedItems if this.read == 2 => {
                    this.delayed = Some(item);
                    continue;
                }
                Fault::CopiedItem => drop(black_box(item.clone())),
                Fault::HeldItems => this.held.push(item.clone()),
                _ => {}
            }
            return Poll::Ready(Some(item));
        }
    }
}

/// A provider or model whose streams have a fault.
pub(crate) struct WithFault<C>(pub(crate) C, pub(crate) Option<Fault>);

impl<P: SearchProvider> SearchProvider for WithFault<P> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn query_limit(&self) -> aggregator_core::QueryLimit {
        self.0.query_limit()
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        with_fault(self.0.search(request), self.1)
    }
}

impl<M: LanguageModel> LanguageModel for WithFault<M> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn shows(&self, request: &AnswerRequest) -> usize {
        self.0.shows(request)
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        with_fault(self.0.answer(request), self.1)
    }
}
