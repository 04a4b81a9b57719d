//! Decompression within bounds. No encoding is asked for; some servers and proxies compress anyway.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;

use super::error::HttpError;
use super::limits::Limits;

/// What may be made of the first bytes whatever the ratio: short texts compress well.
const SLACK: usize = 1 << 20;

/// A body that is being decompressed.
pub(super) struct Gunzip {
    decoder: MultiGzDecoder<Bounded>,
    limits: Limits,
    received: usize,
    decoded: usize,
}

/// Takes a number of bytes and fails at the next one.
#[derive(Debug, Default)]
struct Bounded {
    bytes: Vec<u8>,
    left: usize,
    full: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.left {
            self.full = true;
            return Err(io::Error::other("the limit is reached"));
        }
        self.left -= bytes.len();
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Gunzip {
    pub(super) fn new(limits: Limits) -> Self {
        Self { decoder: MultiGzDecoder::new(Bounded::default()), limits, received: 0, decoded: 0 }
    }

    /// What a piece of the body becomes. Holds at most [`Limits::body`] bytes.
    ///
    /// # Errors
    /// If all of it becomes larger than the limit or than the ratio allows, or the piece is not gzip.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<Bytes, HttpError> {
        self.received = self.received.saturating_add(piece.len());
        let by_ratio = self.received.saturating_mul(self.limits.ratio).saturating_add(SLACK);
        let most = self.limits.body.min(by_ratio);
        self.decoder.get_mut().left = most.saturating_sub(self.decoded);
        let written = self.decoder.write_all(piece).and_then(|()| self.decoder.flush());
        self.taken(written, most)
    }

    /// What is left at the end.
    ///
    /// # Errors
    /// As [`push`](Self::push), and if the body is not complete.
    pub(super) fn finish(&mut self) -> Result<Bytes, HttpError> {
        if self.received == 0 {
            return Ok(Bytes::new());
        }
        let ended = self.decoder.try_finish();
        if ended.is_err() && !self.decoder.get_ref().full {
            return Err(HttpError::Truncated { cause: format!("in a gzip body, after {} bytes", self.received) });
        }
        self.taken(ended, self.limits.body)
    }

    fn taken(&mut self, written: io::Result<()>, most: usize) -> Result<Bytes, HttpError> {
        let output = self.decoder.get_mut();
        if output.full && most < self.limits.body {
            return Err(HttpError::Ratio { ratio: self.limits.ratio });
        }
        if output.full {
            return Err(HttpError::TooLarge { limit: self.limits.body });
        }
        let bytes = std::mem::take(&mut output.bytes);
        written.map_err(|_| HttpError::Protocol { cause: "it says that it is gzip, and is not".into() })?;
        self.decoded = self.decoded.saturating_add(bytes.len());
        Ok(bytes.into())
    }
}
