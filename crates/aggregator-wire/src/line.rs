//! Events as lines of JSON.

use std::fmt;

use aggregator_core::event::CleanText;

use crate::event::Event;

/// The error of reading a line that is not an event.
#[derive(Debug)]
pub struct ReadError(serde_json::Error);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The reason may quote the line, which is of any length and content.
        const MAX_CHARS: usize = 300;
        let reason = CleanText::single_line(self.0.to_string());
        match reason.char_indices().nth(MAX_CHARS) {
            None => write!(f, "this is no event: {reason}"),
            Some((end, _)) => write!(f, "this is no event: {}…", &reason[..end]),
        }
    }
}

impl std::error::Error for ReadError {}

/// An event of the engine as one line of JSON, without a line break; that of [`Event::to_json_line`].
pub fn to_json_line(event: &aggregator_core::Event) -> String {
    Event::from(event).to_json_line()
}

impl Event {
    /// The event as one line of JSON, without a line break at its end; there is none within.
    pub fn to_json_line(&self) -> String {
        let mut line = Vec::new();
        self.write(&mut line);
        String::from_utf8(line).expect("JSON is UTF-8")
    }

    /// Puts the line, with a line feed behind it, at the end of what will be sent. A caller that empties the buffer and uses it
    /// again allocates nothing for lines that fit.
    pub fn append_json_line(&self, buffer: &mut Vec<u8>) {
        self.write(buffer);
        buffer.push(b'\n');
    }

    fn write(&self, buffer: &mut Vec<u8>) {
        // Only a writer that fails, a key that is no text and a tagged value that is no object are errors; a `Vec`
        // takes everything, there are no maps, and each tagged type is written in a test.
        serde_json::to_writer(buffer, self).expect("an event has a JSON form");
    }

    /// Reads an event from its line. White space around it is passed over, and so are fields that are not known; what
    /// is new in an event becomes `Unknown`.
    ///
    /// Texts are as the sender wrote them. Clean text of an untrusted sender before showing it: [`CleanText`].
    ///
    /// # Errors
    /// The line is not JSON, lacks a field, has a value of another type or outside its range, or has another
    /// [`SCHEMA`](crate::SCHEMA).
    pub fn from_json_line(line: &str) -> Result<Self, ReadError> {
        serde_json::from_str(line).map_err(ReadError)
    }
}
