//! The bytes of a response become the items of a model's stream.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use aggregator_core::{Chunk, ProviderError, ProviderErrorKind};
use bytes::{Buf as _, Bytes};
use futures::Stream;

use super::json;
use super::parse::{Parse, Progress};
use crate::decode::{Decode as _, DecodeError};

/// Events and pieces of a body that are read in one poll before others run.
const MAX_STEPS_PER_POLL: usize = 128;

/// Reads an answer from the body of a response.
///
/// The stream starts nothing, and holds no more than one piece of the body, one event and what follows from it. It ends with the
/// answer: the body is dropped as soon as the service has marked the end, or an error was found. An error of the body after the
/// service has said why the text ended is none.
pub fn chunks<S, E, P>(body: S, parser: P) -> Chunks<S, P>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<ProviderError>,
    P: Parse,
{
    let decoder = parser.decoder();
    Chunks {
        body: Some(Box::pin(body)),
        bytes: Bytes::new(),
        decoder,
        parser,
        made: Vec::new(),
        ready: VecDeque::new(),
    }
}

/// The stream of [`chunks`].
#[derive(Debug)]
pub struct Chunks<S, P: Parse> {
    /// Until the end is known.
    body: Option<Pin<Box<S>>>,
    /// The rest of the last piece.
    bytes: Bytes,
    decoder: P::Decoder,
    parser: P,
    /// Memory for what one event makes.
    made: Vec<Chunk>,
    ready: VecDeque<Result<Chunk, ProviderError>>,
}

impl<S, P: Parse> Chunks<S, P> {
    /// Reads an event; `false` when it is the last one that counts.
    fn read(&mut self, text: &str) -> bool {
        let progress = self.parser.read(text, &mut self.made);
        self.ready.extend(self.made.drain(..).map(Ok));
        match progress {
            Ok(Progress::More) => true,
            Ok(Progress::Complete) => {
                self.end(None);
                false
            }
            Err(error) => {
                self.fail(error);
                false
            }
        }
    }

    /// Nothing that comes counts; the text so far does.
    fn fail(&mut self, error: ProviderError) {
        let _incomplete = self.parser.end(&mut self.made);
        self.ready.extend(self.made.drain(..).map(Ok));
        self.stop(Some(error));
    }

    /// The events are over; `error` is why, if the body failed.
    fn end(&mut self, error: Option<ProviderError>) {
        let result = self.parser.end(&mut self.made);
        self.ready.extend(self.made.drain(..).map(Ok));
        let failed = result.err().map(|incomplete| match error {
            // The body says better why an answer is not complete.
            Some(error) if incomplete.kind == ProviderErrorKind::Truncated => error,
            _ => incomplete,
        });
        self.stop(failed);
    }

    /// The body is over; what is left in the decoder may be a complete event all the same.
    fn end_of_body(&mut self) {
        match self.decoder.finish() {
            Some(Ok(event)) => {
                let text = event.as_ref().trim();
                if (text == "[DONE]" || json::is_complete(text)) && !self.read(text) {
                    return;
                }
            }
            Some(Err(error)) => return self.fail(too_large(error)),
            None => {}
        }
        self.end(None);
    }

    fn stop(&mut self, error: Option<ProviderError>) {
        self.ready.extend(error.map(Err));
        self.body = None;
        self.bytes = Bytes::new();
    }
}

fn too_large(error: DecodeError) -> ProviderError {
    ProviderError::new(ProviderErrorKind::BadResponse, format!("the model's stream: {error}")).with_source(error)
}

impl<S, E, P> Stream for Chunks<S, P>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<ProviderError>,
    P: Parse + Unpin,
    P::Decoder: Unpin,
{
    type Item = Result<Chunk, ProviderError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        for _ in 0..MAX_STEPS_PER_POLL {
            if let Some(item) = this.ready.pop_front() {
                return Poll::Ready(Some(item));
            }
            let Some(body) = &mut this.body else { return Poll::Ready(None) };
            if this.bytes.is_empty() {
                match body.as_mut().poll_next(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(Ok(bytes))) => this.bytes = bytes,
                    Poll::Ready(Some(Err(error))) => this.end(Some(error.into())),
                    Poll::Ready(None) => this.end_of_body(),
                }
                continue;
            }
            let mut rest = &this.bytes[..];
            let event = this.decoder.next_event(&mut rest);
            let read = this.bytes.len() - rest.len();
            this.bytes.advance(read);
            match event {
                None => {}
                Some(Ok(event)) => {
                    this.read(event.as_ref());
                }
                Some(Err(error)) => this.fail(too_large(error)),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
