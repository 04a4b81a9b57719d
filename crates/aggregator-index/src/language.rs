//! The languages of the passages of a document.

use std::collections::BTreeMap;

use aggregator_words::{Kind, Language, detect, is_common, words};

use crate::parse::Piece;

/// Prose that tells a language of its own, in bytes; shorter ones ("API reference") are guessed wrong too often.
const ENOUGH: usize = 200;

/// Finds the language of each passage: its own where it has enough prose to tell, else that which most of the
/// document's prose so far is in.
#[derive(Debug)]
pub(crate) struct Languages {
    /// Of the last passage with enough prose.
    last: Language,
    /// Bytes of prose in each language.
    bytes: BTreeMap<Language, usize>,
}

impl Languages {
    /// At the beginning of a document.
    pub(crate) fn new() -> Self {
        Self { last: Language::Other, bytes: BTreeMap::new() }
    }

    /// The languages of the next passages, which are all of the document, or many.
    pub(crate) fn of(&mut self, pieces: &[Piece]) -> Vec<Language> {
        let own: Vec<_> = pieces.iter().map(|piece| self.own(&piece.prose)).collect();
        // Of two with equally much, the first in the order of languages.
        let most = self.bytes.iter().max_by_key(|&(&language, &bytes)| (bytes, std::cmp::Reverse(language)));
        let document = most.map_or_else(|| of_all(pieces), |(&language, _)| language);
        own.into_iter().map(|own| own.unwrap_or(document)).collect()
    }

    fn own(&mut self, prose: &str) -> Option<Language> {
        if prose.len() < ENOUGH {
            return None;
        }
        // Mostly it is that of the passage before, and telling that costs a tenth of detecting it.
        if !speaks(prose, self.last) {
            self.last = detect(prose);
        }
        if self.last == Language::Other {
            return None;
        }
        *self.bytes.entry(self.last).or_default() += prose.len();
        Some(self.last)
    }
}

/// Whether so many of the first words are common ones of a language that it is in that language: in prose half of them
/// are, and a tenth in a related language.
fn speaks(prose: &str, language: Language) -> bool {
    let mut counts = (0, 0);
    for word in words(prose).filter(|word| word.kind == Kind::Word).take(32) {
        counts.0 += u32::from(is_common(&word.text, language));
        counts.1 += 1;
    }
    counts.0 * 10 >= counts.1 * 3 && counts.1 > 0
}

/// The language of short passages together.
fn of_all(pieces: &[Piece]) -> Language {
    let mut prose = String::new();
    for piece in pieces {
        prose.extend(piece.headings.iter().map(|heading| format!("{heading}. ")));
        prose.push_str(&piece.prose);
        if prose.len() >= 2 * ENOUGH {
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
        let piece = |prose: &str| Piece { prose: prose.into(), ..Piece::default() };
        let german =
            "Dieses Kapitel beschreibt, wie das Programm eingerichtet wird, und welche Einstellungen es gibt. "
                .repeat(3);
        let english =
            "This chapter describes how the program is installed, and which settings there are for it. ".repeat(3);
        let mut languages = Languages::new();
        let found = languages.of(&[piece("Name"), piece(&german), piece(&german), piece(&english), piece("")]);
        use Language::{English, German};
        assert_eq!(found, [German, German, German, English, German]);
        assert_eq!(languages.of(&[piece("more")]), [German], "the next passages of the document");
        assert_eq!(Languages::new().of(&[]), []);
    }
}
