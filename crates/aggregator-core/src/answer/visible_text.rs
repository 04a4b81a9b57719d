//! The text of a model as a reader would see it, for text that is not emitted piece by piece.

use super::citations::{CitationScanner, Scanned};
use crate::model::{AnswerRequest, LanguageModel};
use crate::text::{CleanText, is_unsafe_char};

/// The text of a model, cleaned, and without markers that name no source.
pub(super) struct VisibleText {
    scanner: CitationScanner,
    /// The beginning of the text that later pieces cannot change.
    pub(super) text: String,
    /// Numbers of the sources that the text cites, in order, each once.
    pub(super) cited: Vec<u32>,
}

impl VisibleText {
    /// Scans a text that may continue. With `sources` 0, every marker is left out.
    pub(super) fn scan(text: &str, sources: u32) -> Self {
        let mut scanner = CitationScanner::new(sources);
        scanner.push(CleanText::multi_line(text).into_string());
        Self { scanner, text: String::new(), cited: Vec::new() }.drain_scanner()
    }

    /// Ends the text. A beginning of a marker at its end is then text.
    pub(super) fn finish(mut self) -> Self {
        self.scanner.finish();
        self.drain_scanner()
    }

    /// Moves what the scanner has found into the text and the citations.
    fn drain_scanner(mut self) -> Self {
        while let Some(scanned) = self.scanner.pop() {
            match scanned {
                Scanned::Text(text) => self.text.push_str(&text),
                Scanned::Citation { number, .. } => self.cited.push(number),
            }
        }
        self.cited.sort_unstable();
        self.cited.dedup();
        self
    }

    /// Whether the text has a visible character, or a marker that may be a citation.
    pub(super) fn has_visible_text(&self) -> bool {
        let held = || self.scanner.certain().is_some_and(|(text, marker)| marker || has_visible(text));
        has_visible(&self.text) || held()
    }
}

/// Whether any character of a text is visible.
pub(super) fn has_visible(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace() && !is_unsafe_char(c))
}

/// The number of sources in the prompt of a model.
pub(super) fn visible_sources(model: &dyn LanguageModel, request: &AnswerRequest) -> u32 {
    model.shows(request).min(request.sources.len()) as u32
}
