//! Bytes of a stream become events, within bounds.
//!
//! A decoder takes the bytes as they come, cut anywhere: the events do not depend on the cuts. It keeps the line and the event
//! that are not complete, and nothing else, so its memory is bounded by its limits and not by what a server sends.
//!
//! - [`SseDecoder`]: `text/event-stream`, as the HTML standard defines it.
//! - [`NdjsonDecoder`]: one JSON text a line.
//!
//! ```
//! use aggregator_providers::decode::{Decode as _, SseDecoder, SseLimits};
//!
//! let mut decoder = SseDecoder::new(SseLimits::default());
//! let mut data = Vec::new();
//! for mut bytes in [&b"data: on"[..], b"e\n\nda", b"ta: two\n\n"] {
//!     while let Some(event) = decoder.next_event(&mut bytes) {
//!         data.push(event.expect("within the limits").data);
//!     }
//! }
//! assert_eq!(data, ["one", "two"]);
//! ```

mod line;
mod ndjson;
mod sse;

pub use ndjson::{NdjsonDecoder, NdjsonLimits};
pub use sse::{SseDecoder, SseEvent, SseLimits};

/// Turns the bytes of one stream into events.
pub trait Decode {
    /// What a stream consists of.
    type Event;

    /// The next event that is complete; `bytes` loses what was read.
    ///
    /// Reads no further than the end of that event, so the caller decides how many events it takes at once. `None` means that
    /// `bytes` is empty and more are needed.
    ///
    /// # Errors
    /// A line or an event is larger than its limit. The stream cannot be read on: later calls drop the bytes and give `None`.
    fn next_event(&mut self, bytes: &mut &[u8]) -> Option<Result<Self::Event, DecodeError>>;

    /// What was left when the stream ended, as an event; `None` where the last event was complete. Called once, after the last
    /// byte.
    ///
    /// The event may be cut anywhere. It is only of use where its text says itself whether it is complete, as JSON does.
    ///
    /// # Errors
    /// The last line makes the event larger than its limit.
    fn finish(&mut self) -> Option<Result<Self::Event, DecodeError>>;

    /// Bytes of memory that are held between two calls.
    fn held_bytes(&self) -> usize;
}

/// A stream that is not read on, because something in it is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A line does not end within the limit.
    #[error("a line is longer than {limit} bytes")]
    LineTooLong {
        /// Maximum length of a line, in bytes without its end.
        limit: usize,
    },
    /// An event does not end within the limit.
    #[error("an event is larger than {limit} bytes")]
    EventTooLarge {
        /// Maximum size of an event, in bytes of its data and its name.
        limit: usize,
    },
}

/// Adds the text of `bytes` to `text`; each malformed part becomes one U+FFFD. `false`, where that would exceed `limit` bytes.
fn push_lossy(text: &mut String, bytes: &[u8], limit: usize) -> bool {
    for chunk in bytes.utf8_chunks() {
        let replacement = if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
        let needed = text.len() + chunk.valid().len() + replacement.len();
        if needed > limit {
            return false;
        }
        if needed > text.capacity() {
            // Doubles, but never beyond the limit.
            text.reserve_exact(needed.max(text.capacity() * 2).min(limit) - text.len());
        }
        text.push_str(chunk.valid());
        text.push_str(replacement);
    }
    true
}
