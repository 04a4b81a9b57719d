//! Words that stand in a marker, read one character after the other.

use std::ops::Range;

/// What a word in a marker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// A number of a source follows.
    Source,
    /// A number of a source follows, or one of something else: an exhibit, a passage of the source.
    Document,
    /// Another number follows.
    And,
    /// The last number of a range follows.
    To,
    /// A place in the source follows, as a page.
    Place,
}

/// The words, in lower case and in the order of their characters.
const WORDS: [(&str, Word); 149] = [
    ("abb", Word::Place),
    ("abs", Word::Place),
    ("abschnitt", Word::Place),
    ("and", Word::And),
    ("art", Word::Place),
    ("article", Word::Place),
    ("bis", Word::To),
    ("bron", Word::Source),
    ("bronnen", Word::Source),
    ("cap", Word::Place),
    ("ch", Word::Place),
    ("chap", Word::Place),
    ("chapter", Word::Place),
    ("chapters", Word::Place),
    ("chunk", Word::Document),
    ("citation", Word::Source),
    ("citations", Word::Source),
    ("cite", Word::Source),
    ("context", Word::Document),
    ("doc", Word::Document),
    ("docs", Word::Document),
    ("document", Word::Document),
    ("documents", Word::Document),
    ("dokument", Word::Document),
    ("e", Word::And),
    ("en", Word::And),
    ("eq", Word::Place),
    ("equation", Word::Place),
    ("et", Word::And),
    ("excerpt", Word::Document),
    ("fig", Word::Place),
    ("figure", Word::Place),
    ("fonte", Word::Source),
    ("fontes", Word::Source),
    ("fonti", Word::Source),
    ("forrás", Word::Source),
    ("források", Word::Source),
    ("fuente", Word::Source),
    ("fuentes", Word::Source),
    ("i", Word::And),
    ("ja", Word::And),
    ("kap", Word::Place),
    ("kapitel", Word::Place),
    ("kaynak", Word::Source),
    ("kaynaklar", Word::Source),
    ("kilde", Word::Source),
    ("kilder", Word::Source),
    ("källa", Word::Source),
    ("källor", Word::Source),
    ("lemma", Word::Place),
    ("line", Word::Place),
    ("lines", Word::Place),
    ("lähde", Word::Source),
    ("lähteet", Word::Source),
    ("nguồn", Word::Source),
    ("note", Word::Place),
    ("och", Word::And),
    ("og", Word::And),
    ("p", Word::Place),
    ("page", Word::Place),
    ("pages", Word::Place),
    ("para", Word::Place),
    ("paragraph", Word::Place),
    ("paras", Word::Place),
    ("passage", Word::Document),
    ("passages", Word::Document),
    ("pp", Word::Place),
    ("pág", Word::Place),
    ("quelle", Word::Source),
    ("quellen", Word::Source),
    ("ref", Word::Document),
    ("reference", Word::Document),
    ("references", Word::Document),
    ("referenz", Word::Document),
    ("refs", Word::Document),
    ("result", Word::Document),
    ("réf", Word::Document),
    ("réfs", Word::Document),
    ("référence", Word::Document),
    ("références", Word::Document),
    ("s", Word::Place),
    ("sec", Word::Place),
    ("sect", Word::Place),
    ("section", Word::Place),
    ("sections", Word::Place),
    ("seite", Word::Place),
    ("seiten", Word::Place),
    ("snippet", Word::Document),
    ("source", Word::Source),
    ("sources", Word::Source),
    ("src", Word::Source),
    ("tab", Word::Place),
    ("tabelle", Word::Place),
    ("table", Word::Place),
    ("theorem", Word::Place),
    ("thm", Word::Place),
    ("to", Word::To),
    ("und", Word::And),
    ("ve", Word::And),
    ("và", Word::And),
    ("web", Word::Document),
    ("y", Word::And),
    ("zdroj", Word::Source),
    ("zdroje", Word::Source),
    ("à", Word::To),
    ("és", Word::And),
    ("źródła", Word::Source),
    ("źródło", Word::Source),
    ("și", Word::And),
    ("πηγή", Word::Source),
    ("джерела", Word::Source),
    ("джерело", Word::Source),
    ("до", Word::To),
    ("и", Word::And),
    ("источник", Word::Source),
    ("источники", Word::Source),
    ("с", Word::Place),
    ("стр", Word::Place),
    ("та", Word::And),
    ("і", Word::And),
    ("מקור", Word::Source),
    ("المصادر", Word::Source),
    ("المصدر", Word::Source),
    ("مصدر", Word::Source),
    ("منبع", Word::Source),
    ("و", Word::And),
    ("स्रोत", Word::Source),
    ("と", Word::And),
    ("与", Word::And),
    ("來源", Word::Source),
    ("出典", Word::Source),
    ("出处", Word::Source),
    ("出處", Word::Source),
    ("参考", Word::Document),
    ("参考文献", Word::Document),
    ("參考", Word::Document),
    ("參考文獻", Word::Document),
    ("及", Word::And),
    ("和", Word::And),
    ("文献", Word::Document),
    ("文獻", Word::Document),
    ("来源", Word::Source),
    ("第", Word::Place),
    ("與", Word::And),
    ("資料", Word::Document),
    ("资料", Word::Document),
    ("및", Word::And),
    ("와", Word::And),
    ("출처", Word::Source),
];

/// A word as far as it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelling {
    /// Those that begin so.
    first: u8,
    end: u8,
    /// Characters read.
    length: u8,
}

impl Spelling {
    pub(super) const fn new() -> Self {
        Self { first: 0, end: WORDS.len() as u8, length: 0 }
    }

    /// The word with another character, if there is one that begins so.
    pub(super) fn with(self, c: char) -> Option<Self> {
        let mut lower = c.to_lowercase();
        let (Some(c), None) = (lower.next(), lower.next()) else { return None };
        let Range { start, end } = self.range();
        let at = |word: &(&str, Word)| word.0.chars().nth(usize::from(self.length));
        let first = start + WORDS[start..end].partition_point(|word| at(word) < Some(c));
        let end = first + WORDS[first..end].partition_point(|word| at(word) == Some(c));
        (first < end).then_some(Self { first: first as u8, end: end as u8, length: self.length + 1 })
    }

    /// What it says, if it is a whole word.
    pub(super) fn word(self) -> Option<Word> {
        // Of those that begin alike the shortest is the first.
        let (word, says) = WORDS[self.range()].first()?;
        (word.chars().count() == usize::from(self.length)).then_some(*says)
    }

    fn range(self) -> Range<usize> {
        usize::from(self.first)..usize::from(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: &str) -> Option<Word> {
        word.chars().try_fold(Spelling::new(), Spelling::with)?.word()
    }

    #[test]
    fn each_word_is_read_in_any_case_and_nothing_else_is_one() {
        assert!(WORDS.is_sorted_by(|a, b| a.0 < b.0), "they are searched by halves");
        for (word, says) in WORDS {
            assert_eq!(read(word), Some(says), "{word}");
            assert_eq!(read(&word.to_uppercase()), Some(says), "{word}");
            assert_eq!(read(&format!("{word}x")), None, "{word}x");
        }
        for other in ["", "sourc", "docu", "f", "q", "see", "citation needed"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
