//! Planted faults that stand between the engine and a stream; only with the feature `seeded-faults`.

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use tokio::time::{Sleep, sleep};

use crate::model::{Chunk, ChunkStream};
use crate::provider::HitStream;
use crate::seeded_fault::{Fault, is_active};

/// What stands between the engine and a provider.
pub(crate) fn hits(provider: HitStream) -> HitStream {
    if !is_active(Fault::UnboundedBuffer) {
        return provider;
    }
    // Faster than it is emptied, and as bounded in one poll as every poll has to be.
    const AHEAD: usize = 64;
    let mut provider = provider.fuse();
    let mut buffer = std::collections::VecDeque::new();
    stream::poll_fn(move |cx| {
        for _ in 0..AHEAD {
            match provider.poll_next_unpin(cx) {
                Poll::Ready(Some(hit)) => buffer.push_back(hit),
                Poll::Ready(None) => break,
                Poll::Pending if buffer.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready(buffer.pop_front())
    })
    .boxed()
}

/// What stands between the engine and a model.
pub(crate) fn chunks(mut model: ChunkStream) -> ChunkStream {
    /// In the middle of every answer that is long enough to have one.
    const MIDDLE: u32 = 30;
    let mut at = 0;
    if is_active(Fault::AllocationPerDelta) {
        return model.inspect(|chunk| drop(black_box(chunk.clone()))).boxed();
    }
    if is_active(Fault::StallInAnswer) {
        let mut stall: Option<Pin<Box<Sleep>>> = None;
        return stream::poll_fn(move |cx| {
            if at == MIDDLE {
                ready!(stall.get_or_insert_with(|| Box::pin(sleep(Duration::from_secs(2)))).as_mut().poll(cx));
            }
            let chunk = ready!(model.poll_next_unpin(cx));
            at += 1;
            Poll::Ready(chunk)
        })
        .boxed();
    }
    let mut held = None;
    if is_active(Fault::ReorderedDeltas) {
        return stream::poll_fn(move |cx| {
            if at == MIDDLE {
                held = ready!(model.poll_next_unpin(cx));
                at += 1;
            }
            let next = if at == MIDDLE + 2 { held.take() } else { None };
            let chunk = match next {
                Some(chunk) => Some(chunk),
                None => ready!(model.poll_next_unpin(cx)),
            };
            at += 1;
            Poll::Ready(chunk)
        })
        .boxed();
    }
    if is_active(Fault::LostLastDelta) {
        return stream::poll_fn(move |cx| {
            loop {
                match ready!(model.poll_next_unpin(cx)) {
                    Some(Ok(Chunk::Text(text))) => {
                        if let Some(before) = held.replace(Ok(Chunk::Text(text))) {
                            return Poll::Ready(Some(before));
                        }
                    }
                    other => {
                        held = None;
                        return Poll::Ready(other);
                    }
                }
            }
        })
        .boxed();
    }
    model
}
