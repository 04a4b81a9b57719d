//! The error of parsing a file that people write, with its place.

/// The error of a text that is not TOML of the expected form. Its message is one line, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    line: usize,
    column: usize,
    message: String,
}

#[doc(hidden)]
#[deprecated(note = "renamed to `ParseError`")]
pub type ShapeError = ParseError;

impl ParseError {
    /// Wraps an error of the parser.
    pub fn new(text: &str, error: &toml::de::Error) -> Self {
        Self::at(text, error.span().unwrap_or_default(), error.message())
    }

    /// The message, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// An error at the beginning of a span of the text.
    pub fn at(text: &str, span: std::ops::Range<usize>, message: &str) -> Self {
        let before = &text[..text.floor_char_boundary(span.start)];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.replace('\n', "; "),
        }
    }
}
