//! What is wrong with a file that people write, and where.

/// A text is not TOML of the expected shape; one line, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ShapeError {
    line: usize,
    column: usize,
    message: String,
}

impl ShapeError {
    /// What is wrong by the account of the parser.
    pub fn new(text: &str, error: &toml::de::Error) -> Self {
        Self::at(text, error.span().unwrap_or_default(), error.message())
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is wrong at the beginning of a span of the text.
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
