//! A model's text as a reader would see it, for texts that are not given out as they come.

use super::citations::{CitationScanner, Scanned};
use crate::model::{AnswerRequest, LanguageModel};
use crate::text::{CleanText, is_forbidden};

/// A text as it would be shown: cleaned, and without markers that name no source.
pub(super) struct Shown {
    scanner: CitationScanner,
    /// What is certain of it.
    pub(super) text: String,
    /// Sources that it cites, in order, each once.
    pub(super) cited: Vec<u32>,
}

impl Shown {
    /// Of a text that may go on; with no source, every marker is left out.
    pub(super) fn of(text: &str, sources: u32) -> Self {
        let mut scanner = CitationScanner::new(sources);
        scanner.push(CleanText::block(text).into_string());
        Self { scanner, text: String::new(), cited: Vec::new() }.taken()
    }

    /// The text ends here: what may have become a marker is none.
    pub(super) fn ended(mut self) -> Self {
        self.scanner.finish();
        self.taken()
    }

    fn taken(mut self) -> Self {
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

    /// Whether a reader would see anything.
    pub(super) fn is_useful(&self) -> bool {
        let held = || self.scanner.certain().is_some_and(|(text, marker)| marker || has_visible(text));
        has_visible(&self.text) || held()
    }
}

/// Whether any character of a text can be seen.
pub(super) fn has_visible(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace() && !is_forbidden(c))
}

/// How many sources a model gets to see.
pub(super) fn how_many(model: &dyn LanguageModel, request: &AnswerRequest) -> u32 {
    model.shows(request).min(request.sources.len()) as u32
}
