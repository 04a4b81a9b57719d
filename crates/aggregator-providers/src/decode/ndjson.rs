//! Newline-delimited JSON: one text a line.

use super::line::{LineEnd, Lines};
use super::{Decode, DecodeError, push_lossy};

/// Limits of a stream of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NdjsonLimits {
    /// Maximum length of a line, in bytes without its end.
    pub line: usize,
}

impl Default for NdjsonLimits {
    /// 256 KiB a line.
    fn default() -> Self {
        Self { line: 256 << 10 }
    }
}

/// Decodes lines of JSON; gives the text of each, which it does not parse.
///
/// A line ends with LF or CR LF; a byte order mark in front and lines of white space are ignored; malformed UTF-8 becomes
/// U+FFFD. A last line without an end is given on [`finish`](Decode::finish).
#[derive(Debug)]
pub struct NdjsonDecoder {
    lines: Lines,
    limit: usize,
}

impl NdjsonDecoder {
    /// Makes a decoder for one stream.
    pub fn new(limits: NdjsonLimits) -> Self {
        Self { lines: Lines::new(limits.line, LineEnd::LineFeed), limit: limits.line }
    }
}

/// The text of a line. Replacements of malformed bytes make it at most three times as long.
fn text(line: &[u8], limit: usize) -> Option<String> {
    if line.trim_ascii().is_empty() {
        return None;
    }
    let mut text = String::with_capacity(line.len());
    push_lossy(&mut text, line, limit.saturating_mul(3));
    Some(text)
}

impl Decode for NdjsonDecoder {
    type Event = String;

    fn next_event(&mut self, bytes: &mut &[u8]) -> Option<Result<String, DecodeError>> {
        loop {
            let limit = self.limit;
            let line = self.lines.next(bytes, |line| text(line, limit))?;
            if let Some(event) = line.transpose() {
                return Some(event);
            }
        }
    }

    fn finish(&mut self) -> Option<Result<String, DecodeError>> {
        let limit = self.limit;
        let line = self.lines.finish(|line| text(line, limit))?;
        line.transpose()
    }

    fn held_bytes(&self) -> usize {
        self.lines.held_bytes()
    }
}
