//! Limits of an answer.

/// Limits of an answer of [`ExtractiveModel`](crate::ExtractiveModel).
///
/// ```
/// # use aggregator_extract::{ExtractiveModel, Options};
/// let short = ExtractiveModel::with_options(Options::default().sentences(2).bytes(400));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Maximum number of sentences, 1 to 50. A sentence that needs the one before it brings that along and counts as one; its
    /// neighbours count too.
    pub sentences: u32,
    /// Maximum number of bytes without citations, 100 to 100,000. The first sentence may exceed it.
    pub bytes: u32,
}

impl Options {
    /// Maximum number of sentences of an interim answer, if [`Options::sentences`] is larger.
    pub const INTERIM_SENTENCES: u32 = 2;

    /// Sets the maximum number of sentences; a value outside 1 to 50 becomes the nearest bound.
    #[must_use]
    pub fn sentences(mut self, sentences: u32) -> Self {
        self.sentences = sentences.clamp(1, 50);
        self
    }

    /// Sets the maximum number of bytes; a value outside 100 to 100,000 becomes the nearest bound.
    #[must_use]
    pub fn bytes(mut self, bytes: u32) -> Self {
        self.bytes = bytes.clamp(100, 100_000);
        self
    }
}

impl Default for Options {
    /// Five sentences in 1,500 bytes: a paragraph that is read at a glance.
    fn default() -> Self {
        Self { sentences: 5, bytes: 1_500 }
    }
}
