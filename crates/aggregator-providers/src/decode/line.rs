//! Lines of a stream, whatever its chunks are.

use super::DecodeError;

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// CR, LF, or CR followed by LF.
    Any,
    /// LF, or CR followed by LF.
    LineFeed,
}

/// Cuts a stream into lines; keeps the one that is not complete.
#[derive(Debug)]
pub(super) struct Lines {
    /// The line so far, as long as it has not ended; at most `limit` bytes and a carriage return.
    partial: Vec<u8>,
    limit: usize,
    end: LineEnd,
    /// Whether the line before ended with a carriage return, so that a line feed belongs to it.
    after_return: bool,
    /// Whether no line was complete yet: a byte order mark may be in front.
    first: bool,
    failed: bool,
}

impl Lines {
    pub(super) fn new(limit: usize, end: LineEnd) -> Self {
        Self { partial: Vec::new(), limit, end, after_return: false, first: true, failed: false }
    }

    /// The next line that is complete, without its end, as `read` sees it; `bytes` loses what was read.
    pub(super) fn next<R>(
        &mut self,
        bytes: &mut &[u8],
        read: impl FnOnce(&[u8]) -> R,
    ) -> Option<Result<R, DecodeError>> {
        if self.failed {
            *bytes = &[];
            return None;
        }
        if self.after_return && !bytes.is_empty() {
            self.after_return = false;
            *bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        let is_end = |&byte: &u8| byte == b'\n' || (byte == b'\r' && self.end == LineEnd::Any);
        let Some(length) = bytes.iter().position(is_end) else {
            let rest = std::mem::take(bytes);
            return self.keep(rest).err().map(Err);
        };
        let (line, rest) = bytes.split_at(length);
        self.after_return = rest[0] == b'\r';
        *bytes = &rest[1..];
        if self.partial.is_empty() {
            return Some(self.complete(line).map(read));
        }
        if let Err(error) = self.keep(line) {
            return Some(Err(error));
        }
        let mut partial = std::mem::take(&mut self.partial);
        let result = self.complete(&partial).map(read);
        // The memory is kept for the next line.
        partial.clear();
        self.partial = partial;
        Some(result)
    }

    /// The last line, if the stream ended within it.
    pub(super) fn finish<R>(&mut self, read: impl FnOnce(&[u8]) -> R) -> Option<Result<R, DecodeError>> {
        if self.failed || self.partial.is_empty() {
            return None;
        }
        let partial = std::mem::take(&mut self.partial);
        Some(self.complete(&partial).map(read))
    }

    /// Drops what is left and everything that comes.
    pub(super) fn fail(&mut self) {
        self.failed = true;
        self.partial = Vec::new();
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.partial.capacity()
    }

    /// Adds to the line that is not complete.
    fn keep(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let needed = self.partial.len() + bytes.len();
        // One more byte may be the carriage return of the line's end.
        let most = self.limit.saturating_add(usize::from(self.end == LineEnd::LineFeed));
        if needed > most {
            return Err(self.too_long());
        }
        if needed > self.partial.capacity() {
            // Doubles, but never beyond the limit.
            let capacity = needed.max(self.partial.capacity() * 2).min(most);
            self.partial.reserve_exact(capacity - self.partial.len());
        }
        self.partial.extend_from_slice(bytes);
        Ok(())
    }

    /// The text of a line whose end was found.
    fn complete<'l>(&mut self, line: &'l [u8]) -> Result<&'l [u8], DecodeError> {
        let line = match self.end {
            LineEnd::Any => line,
            LineEnd::LineFeed => line.strip_suffix(b"\r").unwrap_or(line),
        };
        if line.len() > self.limit {
            return Err(self.too_long());
        }
        let first = std::mem::take(&mut self.first);
        Ok(if first { line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line) } else { line })
    }

    fn too_long(&mut self) -> DecodeError {
        self.fail();
        DecodeError::LineTooLong { limit: self.limit }
    }
}
