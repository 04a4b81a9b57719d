//! Server-sent events, as the HTML standard defines `text/event-stream`.

use super::line::{LineEnd, Lines};
use super::{Decode, DecodeError, push_lossy};

/// Limits of a stream of server-sent events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseLimits {
    /// Maximum length of a line, in bytes without its end.
    pub line: usize,
    /// Maximum size of an event, in bytes of its data and its name.
    pub event: usize,
}

impl Default for SseLimits {
    /// 256 KiB a line, 1 MiB an event.
    fn default() -> Self {
        Self { line: 256 << 10, event: 1 << 20 }
    }
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SseEvent {
    /// The name; empty where the stream gives none, which the standard calls `message`.
    pub event: String,
    /// The data; several lines are joined with line feeds.
    pub data: String,
    /// The last id that the stream has given, in this event or before it; empty if none.
    pub id: String,
}

/// Decodes server-sent events.
///
/// Lines end with CR, LF or CR LF; a byte order mark in front, comments, `retry` and unknown fields are ignored; malformed
/// UTF-8 becomes U+FFFD. An event without data is none. A stream that ends within an event gives it on
/// [`finish`](Decode::finish), where the standard drops it: some servers do not write the last empty line.
#[derive(Debug)]
pub struct SseDecoder {
    lines: Lines,
    event_limit: usize,
    pending: Pending,
}

/// The fields of the event that is not complete.
#[derive(Debug, Default)]
struct Pending {
    name: String,
    data: String,
    has_data: bool,
    /// Outlives the event.
    id: String,
}

/// What a line does.
enum Step {
    Continue,
    Dispatch,
    TooLarge,
}

impl SseDecoder {
    /// Makes a decoder for one stream.
    pub fn new(limits: SseLimits) -> Self {
        let SseLimits { line, event } = limits;
        Self { lines: Lines::new(line, LineEnd::Any), event_limit: event, pending: Pending::default() }
    }

    fn too_large(&mut self) -> DecodeError {
        self.lines.fail();
        self.pending = Pending::default();
        DecodeError::EventTooLarge { limit: self.event_limit }
    }
}

impl Decode for SseDecoder {
    type Event = SseEvent;

    fn next_event(&mut self, bytes: &mut &[u8]) -> Option<Result<SseEvent, DecodeError>> {
        let (pending, limit) = (&mut self.pending, self.event_limit);
        loop {
            match self.lines.next(bytes, |line| pending.read(line, limit))? {
                Ok(Step::Continue) => {}
                Ok(Step::Dispatch) => {
                    if let Some(event) = pending.take() {
                        return Some(Ok(event));
                    }
                }
                Ok(Step::TooLarge) => return Some(Err(self.too_large())),
                Err(error) => {
                    self.pending = Pending::default();
                    return Some(Err(error));
                }
            }
        }
    }

    fn finish(&mut self) -> Option<Result<SseEvent, DecodeError>> {
        let (pending, limit) = (&mut self.pending, self.event_limit);
        match self.lines.finish(|line| pending.read(line, limit)) {
            Some(Ok(Step::TooLarge)) => Some(Err(self.too_large())),
            Some(Err(error)) => Some(Err(error)),
            None | Some(Ok(Step::Continue | Step::Dispatch)) => self.pending.take().map(Ok),
        }
    }

    fn held_bytes(&self) -> usize {
        let Pending { name, data, id, .. } = &self.pending;
        self.lines.held_bytes() + name.capacity() + data.capacity() + id.capacity()
    }
}

impl Pending {
    fn read(&mut self, line: &[u8], limit: usize) -> Step {
        if line.is_empty() {
            return Step::Dispatch;
        }
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => self.add_data(value, limit),
            b"event" => {
                self.name.clear();
                let room = limit.saturating_sub(self.data.len());
                if push_lossy(&mut self.name, value, room) { Step::Continue } else { Step::TooLarge }
            }
            b"id" if !value.contains(&0) => {
                self.id.clear();
                if push_lossy(&mut self.id, value, limit) { Step::Continue } else { Step::TooLarge }
            }
            // A comment has an empty field; `retry` is for clients that connect again.
            _ => Step::Continue,
        }
    }

    fn add_data(&mut self, value: &[u8], limit: usize) -> Step {
        let limit = limit.saturating_sub(self.name.len());
        // The line feed between two lines; the standard adds one behind each and removes the last.
        let fits = !self.has_data || push_lossy(&mut self.data, b"\n", limit);
        self.has_data = true;
        if fits && push_lossy(&mut self.data, value, limit) { Step::Continue } else { Step::TooLarge }
    }

    fn take(&mut self) -> Option<SseEvent> {
        let (event, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
        std::mem::take(&mut self.has_data).then(|| SseEvent { event, data, id: self.id.clone() })
    }
}

impl AsRef<str> for SseEvent {
    /// The data.
    fn as_ref(&self) -> &str {
        &self.data
    }
}
