//! A body within its limits.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use tokio::time::{Instant, Sleep, sleep_until};

use super::error::HttpError;
use super::gzip::Gunzip;
use super::limits::Limits;
use super::transport::RawBody;

/// A body: a stream of its decompressed bytes, in pieces as they come, none of them empty. After an error it ends.
///
/// Dropping it closes the connection.
pub struct Body {
    raw: Option<RawBody>,
    gunzip: Option<Gunzip>,
    /// What the service states, before decompression.
    stated: Option<u64>,
    received: usize,
    limits: Limits,
    deadline: Deadline,
    /// Made when something is waited for the first time.
    clock: Option<Pin<Box<Sleep>>>,
    /// Whether the clock runs: not while the caller does something else, which is no fault of the service.
    is_waiting: bool,
}

/// When the request has to be complete.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    /// How long that was when the request began.
    pub(crate) after: std::time::Duration,
}

impl Body {
    pub(crate) fn new(raw: RawBody, gzip: bool, stated: Option<u64>, limits: Limits, deadline: Deadline) -> Self {
        let gunzip = gzip.then(|| Gunzip::new(limits));
        Self { raw: Some(raw), gunzip, stated, received: 0, limits, deadline, clock: None, is_waiting: false }
    }

    /// The whole body.
    ///
    /// # Errors
    /// As the stream.
    pub async fn bytes(mut self) -> Result<Bytes, HttpError> {
        let Some(first) = self.next().await.transpose()? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await.transpose()? else { return Ok(first) };
        let mut bytes = BytesMut::from(first);
        bytes.extend_from_slice(&second);
        while let Some(piece) = self.next().await.transpose()? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }

    /// The next piece, not looking at clocks. May be empty.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, HttpError>>> {
        let Some(raw) = &mut self.raw else { return Poll::Ready(None) };
        let piece = match ready!(raw.poll_next_unpin(cx)) {
            Some(Ok(piece)) => self.limited(piece),
            Some(Err(error)) => Err(error),
            None => {
                self.raw = None;
                match self.last() {
                    Ok(piece) if piece.is_empty() => return Poll::Ready(None),
                    last => last,
                }
            }
        };
        Poll::Ready(Some(piece))
    }

    fn limited(&mut self, piece: Bytes) -> Result<Bytes, HttpError> {
        self.received = self.received.saturating_add(piece.len());
        if self.received > self.limits.body {
            return Err(HttpError::TooLarge { limit: self.limits.body });
        }
        match &mut self.gunzip {
            Some(gunzip) => gunzip.push(&piece),
            None => Ok(piece),
        }
    }

    fn last(&mut self) -> Result<Bytes, HttpError> {
        match self.stated {
            Some(stated) if stated != self.received as u64 => {
                Err(HttpError::Truncated { cause: format!("{} of {stated} bytes came", self.received) })
            }
            _ => self.gunzip.as_mut().map_or(Ok(Bytes::new()), Gunzip::finish),
        }
    }

    /// Ends the body, if nothing came for too long.
    fn poll_clock(&mut self, cx: &mut Context<'_>) -> Poll<HttpError> {
        let (idle, total) = (Instant::now() + self.limits.idle, self.deadline.at);
        let until = idle.min(total);
        let clock = self.clock.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if !self.is_waiting {
            clock.as_mut().reset(until);
            self.is_waiting = true;
        }
        ready!(clock.as_mut().poll(cx));
        Poll::Ready(if Instant::now() >= total {
            self.over()
        } else {
            HttpError::IdleTimeout { after: self.limits.idle }
        })
    }

    fn over(&self) -> HttpError {
        HttpError::TotalTimeout { after: self.deadline.after, begun: true }
    }
}

/// Most pieces that one poll takes from the connection without giving one on: empty ones, and beginnings of what is compressed.
const MAX_PIECES_PER_POLL: usize = 64;

impl Stream for Body {
    type Item = Result<Bytes, HttpError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.raw.is_none() {
            return Poll::Ready(None);
        }
        // A service that always has a byte ready is over at the deadline, too.
        if Instant::now() >= self.deadline.at {
            self.raw = None;
            return Poll::Ready(Some(Err(self.over())));
        }
        for _ in 0..MAX_PIECES_PER_POLL {
            match self.poll_piece(cx) {
                Poll::Ready(Some(Ok(piece))) => {
                    self.is_waiting = false;
                    if !piece.is_empty() {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    self.raw = None;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => {
                    let error = ready!(self.poll_clock(cx));
                    self.raw = None;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("received", &self.received).finish_non_exhaustive()
    }
}
