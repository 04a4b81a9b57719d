//! Server-sent events: frames out of a stream of events, with heartbeats where nothing comes.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use aggregator_core::Event;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep};

/// Makes frames of events.
pub(crate) trait Frames: Send + Unpin + 'static {
    /// Writes what a client is sent for an event; nothing is allowed, and is not sent.
    fn write(&mut self, event: &Event, out: &mut Vec<u8>);
}

/// A comment, which clients pass over.
const HEARTBEAT: &[u8] = b": keep-alive\n\n";

/// Most events whose frames go out as one piece: what is ready at the same time needs one write to the socket.
const MAX_TOGETHER: usize = 32;

/// Bytes of the buffer that a piece is written to, before it grows: the frame of a piece of an answer has about 250.
const PIECE_BYTES: usize = 512;

/// The body of a response that sends events as they come. Dropping it, as when the client is gone, drops the query.
pub(crate) struct EventBody<S, F> {
    events: Option<S>,
    frames: F,
    /// Sends a heartbeat when it fires.
    silence: Pin<Box<Sleep>>,
    every: Duration,
}

impl<S, F> EventBody<S, F> {
    pub(crate) fn new(events: S, frames: F, heartbeat: Duration) -> Self {
        Self { events: Some(events), frames, silence: Box::pin(sleep(heartbeat)), every: heartbeat }
    }
}

impl<S, F> http_body::Body for EventBody<S, F>
where
    S: Stream<Item = Event> + Unpin,
    F: Frames,
{
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let Some(events) = &mut this.events else { return Poll::Ready(None) };
        let (mut bytes, mut waits) = (Vec::new(), false);
        for _ in 0..MAX_TOGETHER {
            match events.poll_next_unpin(cx) {
                Poll::Ready(Some(event)) => {
                    // Not before there is an event: most polls of a stream find none.
                    if bytes.capacity() == 0 {
                        bytes.reserve(PIECE_BYTES);
                    }
                    this.frames.write(&event, &mut bytes);
                }
                Poll::Ready(None) => {
                    this.events = None;
                    break;
                }
                Poll::Pending => {
                    waits = true;
                    break;
                }
            }
        }
        if bytes.is_empty() {
            if this.events.is_none() {
                return Poll::Ready(None);
            }
            if !waits {
                // None of them had a frame: the next ones have their turn.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if this.silence.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            bytes.extend_from_slice(HEARTBEAT);
        }
        this.silence.as_mut().reset(Instant::now() + this.every);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(bytes)))))
    }
}

/// A response that sends events as they come.
pub(crate) fn response<S, F>(events: S, frames: F, heartbeat: Duration) -> Response
where
    S: Stream<Item = Event> + Send + Unpin + 'static,
    F: Frames + Send,
{
    let mut response = Response::new(Body::new(EventBody::new(events, frames, heartbeat)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    // A proxy that collects or compresses a stream delays it.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
