//! The body of a response as chunks.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use aggregator_providers::decode::{Decode as _, SseDecoder, SseEvent, SseLimits};
use aggregator_providers::http::{Body, HttpError};
use bytes::Bytes;
use futures::Stream;
use perf_load::{Answer, Chunk, ErrorKind};

use super::failure::kind_of;

/// Understands the events of a response.
pub(super) trait Parse: Send {
    /// Reads an event. Appends what the driver is told of it.
    fn read(&mut self, event: &SseEvent, chunks: &mut VecDeque<Chunk>);

    /// Whether the body consists of events; else all of it is text, and its end is the answer's.
    fn has_events(&self) -> bool {
        true
    }
}

/// A body that is read whole.
pub(super) struct Whole;

impl Parse for Whole {
    fn read(&mut self, _event: &SseEvent, _chunks: &mut VecDeque<Chunk>) {}

    fn has_events(&self) -> bool {
        false
    }
}

/// The chunks of a response.
pub(super) struct ResponseChunks {
    /// `None` after its end.
    body: Option<Body>,
    decoder: SseDecoder,
    parser: Box<dyn Parse>,
    bytes: Bytes,
    chunks: VecDeque<Chunk>,
}

impl ResponseChunks {
    pub(super) fn new(body: Body, parser: Box<dyn Parse>) -> Self {
        let decoder = SseDecoder::new(SseLimits::default());
        Self { body: Some(body), decoder, parser, bytes: Bytes::new(), chunks: VecDeque::new() }
    }

    /// Decodes the events of the bytes that are there, up to one that is worth a chunk.
    fn decode(&mut self) {
        let mut bytes: &[u8] = &self.bytes;
        let had = bytes.len();
        while self.chunks.is_empty() {
            match self.decoder.next_event(&mut bytes) {
                Some(Ok(event)) => self.parser.read(&event, &mut self.chunks),
                Some(Err(_)) => {
                    self.chunks.push_back(Chunk::Error(ErrorKind::Protocol));
                    self.body = None;
                }
                None => break,
            }
        }
        let used = had - bytes.len();
        let _ = self.bytes.split_to(used);
    }

    /// Takes the next bytes; `None` if there are none yet.
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(body) = &mut self.body else { return Poll::Ready(()) };
        match Pin::new(body).poll_next(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(bytes))) if self.parser.has_events() => self.bytes = bytes,
            Poll::Ready(Some(Ok(bytes))) => {
                let bytes = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                self.chunks.push_back(Chunk::Text { bytes, tokens: 0 });
            }
            Poll::Ready(Some(Err(error))) => self.fail(&error),
            Poll::Ready(None) => {
                self.body = None;
                if !self.parser.has_events() {
                    self.chunks.push_back(Chunk::End(Answer::Unchecked));
                }
            }
        }
        Poll::Ready(())
    }

    fn fail(&mut self, error: &HttpError) {
        self.body = None;
        self.chunks.push_back(Chunk::Error(kind_of(error)));
    }
}

impl Stream for ResponseChunks {
    type Item = Chunk;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Chunk>> {
        let this = &mut *self;
        loop {
            if let Some(chunk) = this.chunks.pop_front() {
                if matches!(chunk, Chunk::End(_)) {
                    // A connection is used again only if its response was read to the end, which is mostly there already. What
                    // follows the end is of no interest.
                    while this.body.is_some() && this.poll_bytes(cx).is_ready() {}
                }
                return Poll::Ready(Some(chunk));
            }
            if !this.bytes.is_empty() {
                this.decode();
            } else if this.body.is_none() {
                return Poll::Ready(None);
            } else if this.poll_bytes(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}
