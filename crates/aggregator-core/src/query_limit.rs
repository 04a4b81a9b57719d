//! How much of a query a search service takes.

/// How much of a query a search service takes.
///
/// ```
/// # use aggregator_core::provider::QueryLimit;
/// // That of Brave's search API.
/// let brave = QueryLimit { chars: 400, words: 50 };
/// assert!(brave.allows("difference between malloc() and calloc()"));
/// assert!(!brave.allows(&"word ".repeat(51)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimit {
    /// Most characters (Unicode scalar values).
    pub chars: u32,
    /// Most words: what white space separates.
    pub words: u32,
}

impl QueryLimit {
    /// No limit but that of a [`Query`](crate::Query).
    pub const NONE: Self = Self { chars: u32::MAX, words: u32::MAX };

    /// Whether a text is within the limit.
    pub fn allows(self, text: &str) -> bool {
        // A text has at most as many characters as bytes, and a word has a byte and one of white space.
        let (chars, words) = (self.chars as usize, self.words as usize);
        (text.len() <= chars || text.chars().nth(chars).is_none())
            && (text.len() / 2 < words || text.split_whitespace().nth(words).is_none())
    }
}
