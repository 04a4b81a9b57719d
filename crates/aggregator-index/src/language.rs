//! The languages of the passages of a document.

use std::collections::BTreeMap;

use aggregator_documents::ParsedPassage;
use aggregator_words::{Language, WordKind, detect, is_stop_word, words};

/// Minimum number of bytes of prose for language detection; shorter texts ("API reference") are misclassified too often.
const MIN_PROSE_BYTES: usize = 200;

/// Assigns a language to each passage: the detected one if the passage has enough prose, else the language of most prose of
/// the document so far.
#[derive(Debug)]
pub(crate) struct LanguageTracker {
    /// The language of the last passage with enough prose.
    last: Language,
    /// Bytes of prose in each language.
    bytes: BTreeMap<Language, usize>,
}

impl LanguageTracker {
    /// Starts a document.
    pub(crate) fn new() -> Self {
        Self { last: Language::Other, bytes: BTreeMap::new() }
    }

    /// The languages of the next passages of the document.
    pub(crate) fn assign(&mut self, pieces: &[ParsedPassage]) -> Vec<Language> {
        let own: Vec<_> = pieces.iter().map(|piece| self.own_language(&piece.prose)).collect();
        // Ties go to the first in the order of languages.
        let most = self.bytes.iter().max_by_key(|&(&language, &bytes)| (bytes, std::cmp::Reverse(language)));
        let document = most.map_or_else(|| joint_language(pieces), |(&language, _)| language);
        own.into_iter().map(|own| own.unwrap_or(document)).collect()
    }

    fn own_language(&mut self, prose: &str) -> Option<Language> {
        if prose.len() < MIN_PROSE_BYTES {
            return None;
        }
        // It is mostly that of the previous passage; the check costs a tenth of a detection.
        if !is_in_language(prose, self.last) {
            self.last = detect(prose);
        }
        if self.last == Language::Other {
            return None;
        }
        *self.bytes.entry(self.last).or_default() += prose.len();
        Some(self.last)
    }
}

/// Whether at least 30 % of the first words are stop words of a language: in prose of that language half of them are, in a
/// related language a tenth.
fn is_in_language(prose: &str, language: Language) -> bool {
    let mut counts = (0, 0);
    for word in words(prose).filter(|word| word.kind == WordKind::Word).take(32) {
        counts.0 += u32::from(is_stop_word(&word.text, language));
        counts.1 += 1;
    }
    counts.0 * 10 >= counts.1 * 3 && counts.1 > 0
}

/// The language of several short passages together.
fn joint_language(pieces: &[ParsedPassage]) -> Language {
    let mut prose = String::new();
    for piece in pieces {
        prose.extend(piece.headings.iter().map(|heading| format!("{heading}. ")));
        prose.push_str(&piece.prose);
        if prose.len() >= 2 * MIN_PROSE_BYTES {
            break;
        }
    }
    detect(&prose)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_passages_have_the_language_of_the_document() {
        let piece = |prose: &str| ParsedPassage { prose: prose.into(), ..ParsedPassage::default() };
        let german =
            "Dieses Kapitel beschreibt, wie das Programm eingerichtet wird, und welche Einstellungen es gibt. "
                .repeat(3);
        let english =
            "This chapter describes how the program is installed, and which settings there are for it. ".repeat(3);
        let mut languages = LanguageTracker::new();
        let found = languages.assign(&[piece("Name"), piece(&german), piece(&german), piece(&english), piece("")]);
        use Language::{English, German};
        assert_eq!(found, [German, German, German, English, German]);
        assert_eq!(languages.assign(&[piece("more")]), [German], "the next passages of the document");
        assert_eq!(LanguageTracker::new().assign(&[]), []);
    }
}
