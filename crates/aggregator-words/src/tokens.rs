//! The words of a text.

use std::borrow::Cow;
use std::ops::Range;

use unicode_segmentation::{GraphemeIndices, UnicodeSegmentation as _, UnicodeWordIndices};

use crate::fold::fold;
use crate::parts::{Parts, parts};
use crate::script::{continues_run, uses_bigrams};
use crate::step_counter::count_steps;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word in folded form (see [`fold`](crate::fold)), never empty.
    pub text: Cow<'a, str>,
    /// Byte offsets into the text, on character boundaries. They cover the whole word, also where its folded form is cut.
    pub span: Range<usize>,
    /// A word, a part of one, or a bigram.
    pub kind: WordKind,
}

/// The kind of a [`Word`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WordKind {
    /// A word as a reader sees it, or a whole identifier.
    Word,
    /// A part of the word before it: of an identifier, a contraction, a number with its unit.
    Part,
    /// Two characters of a script that is written without spaces, or a single one between other text.
    Bigram,
}

/// The words of a text, in the order of their beginnings; a word comes before its parts.
///
/// A word is one of Unicode Standard Annex 29 that has a letter or digit. In addition:
///
/// - The parts of identifiers follow them, so that `max_prompt_tokens` is found by its whole name and by "prompt
///   tokens". What UAX 29 cuts (`tokio::spawn`, `--no-default-features`, `401(k)`) is several words.
/// - Signs that are part of a name stay: `C++`, `notepad++`, `C#`, `F#`.
/// - Runs of Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese and Tibetan characters are overlapping bigrams: 東京都 is
///   東京 and 京都. Korean too, though it has spaces, because its words carry particles.
///
/// The work is linear in the length of the text, and the memory constant.
///
/// ```
/// # use aggregator_words::words;
/// let found: Vec<_> = words("C++ and HashMap in 東京都").map(|word| word.text).collect();
/// assert_eq!(found, ["c++", "and", "hashmap", "hash", "map", "in", "東京", "京都"]);
/// ```
pub fn words(text: &str) -> Words<'_> {
    Words { text, at: 0, run: Run::None, parts: None }
}

/// The iterator over the words of a text; from [`words`].
#[derive(Debug)]
pub struct Words<'a> {
    text: &'a str,
    /// Byte offset of the run after `run`.
    at: usize,
    run: Run<'a>,
    /// Byte offset, text and remaining parts of the last word.
    parts: Option<(usize, &'a str, Parts<'a>)>,
}

/// A maximal run of text that is segmented in one way, with the byte offset at which it begins.
#[derive(Debug)]
enum Run<'a> {
    None,
    Words(usize, UnicodeWordIndices<'a>),
    Bigrams(usize, Bigrams<'a>),
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        loop {
            let (range, kind) = self.next_range()?;
            let text = fold(&self.text[range.clone()]);
            if !text.is_empty() {
                return Some(Word { text, span: range, kind });
            }
        }
    }
}

impl<'a> Words<'a> {
    fn next_range(&mut self) -> Option<(Range<usize>, WordKind)> {
        if let Some((base, _, parts)) = &mut self.parts {
            if let Some(part) = parts.next() {
                return Some((*base + part.start..*base + part.end, WordKind::Part));
            }
            self.parts = None;
        }
        loop {
            match &mut self.run {
                Run::None => {}
                Run::Words(base, found) => {
                    if let Some((at, word)) = found.next() {
                        count_steps(word.len());
                        let start = *base + at;
                        return Some((self.word(start, word), WordKind::Word));
                    }
                }
                Run::Bigrams(base, bigrams) => {
                    if let Some(pair) = bigrams.next() {
                        return Some((*base + pair.start..*base + pair.end, WordKind::Bigram));
                    }
                }
            }
            self.run = self.next_run()?;
        }
    }

    /// The range of a word with its signs. Prepares its parts, which come next.
    fn word(&mut self, start: usize, word: &'a str) -> Range<usize> {
        let end = start + word.len();
        let signs = sign_suffix_len(word, &self.text[end..]);
        self.parts = match signs {
            0 => Some((start, word, parts(word))),
            // The letter alone is not the name: `C` is another thing than `C++`.
            _ if word.len() == 1 => None,
            _ => Some((start, word, Parts::all(word))),
        };
        start..end + signs
    }

    fn next_run(&mut self) -> Option<Run<'a>> {
        let rest = &self.text[self.at..];
        let base = self.at;
        let is_bigrams = uses_bigrams(rest.chars().next()?);
        let ends = |c: char| if is_bigrams { !continues_run(c) } else { uses_bigrams(c) };
        let length = rest.find(ends).unwrap_or(rest.len());
        count_steps(length);
        self.at += length;
        let run = &rest[..length];
        Some(match is_bigrams {
            true => Run::Bigrams(base, Bigrams { characters: run.grapheme_indices(true), last: None, alone: true }),
            false => Run::Words(base, run.unicode_word_indices()),
        })
    }
}

/// Bytes of the signs after a word that belong to its name: 2 for `C++`, 1 for `C#`, else 0.
fn sign_suffix_len(word: &str, behind: &str) -> usize {
    let signs = match behind.as_bytes() {
        [b'+', b'+', ..] => 2,
        [b'#', ..] if word.len() == 1 => 1,
        _ => return 0,
    };
    let is_name = word.bytes().all(|b| b.is_ascii_alphanumeric()) && word.bytes().any(|b| b.is_ascii_alphabetic());
    // A version may follow: C++17.
    let ends = behind[signs..].chars().next().is_none_or(|c| !c.is_alphabetic() && !matches!(c, '+' | '#' | '_'));
    if is_name && ends { signs } else { 0 }
}

/// Overlapping bigrams of a run of characters.
#[derive(Debug)]
struct Bigrams<'a> {
    characters: GraphemeIndices<'a>,
    last: Option<Range<usize>>,
    /// Whether no bigram was found yet.
    alone: bool,
}

impl Iterator for Bigrams<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            let next = self.characters.next().map(|(at, character)| {
                count_steps(character.len());
                at..at + character.len()
            });
            match (self.last.take(), next) {
                (None, None) => return None,
                (None, Some(first)) => self.last = Some(first),
                (Some(last), Some(next)) => {
                    self.last = Some(next.clone());
                    self.alone = false;
                    return Some(last.start..next.end);
                }
                (Some(last), None) => return self.alone.then_some(last),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step_counter;

    fn found(text: &str) -> String {
        let one = |word: Word<'_>| match word.kind {
            WordKind::Word => word.text.into_owned(),
            WordKind::Part => format!("({})", word.text),
            WordKind::Bigram => format!("<{}>", word.text),
        };
        words(text).map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn texts_have_the_words_that_a_reader_sees() {
        for (text, expected) in [
            ("", ""),
            ("... --- !!!", ""),
            ("The quick, brown fox.", "the quick brown fox"),
            ("set max_prompt_tokens = 8", "set max_prompt_tokens (max) (prompt) (tokens) 8"),
            ("a HashMap<K, V>", "a hashmap (hash) (map) k v"),
            ("tokio::spawn(async {})", "tokio spawn async"),
            ("see foo.bar and src/lib.rs.", "see foo.bar (foo) (bar) and src lib.rs (lib) (rs)"),
            ("--no-default-features", "no default features"),
            ("since v1.2.3 or 1.95.0", "since v1.2.3 (1.2.3) or 1.95.0"),
            ("C++, C++17, C#, F# and .NET; g++", "c++ c++ 17 c# f# and net g++"),
            ("Notepad++ (i++)", "notepad++ (notepad) i++"),
            ("C+++ a++b c#x", "c a b c x"),
            ("a 401(k) plan", "a 401 k plan"),
            ("don’t DON'T", "don't don't"),
            ("L’eau de l'Oise", "l'eau (eau) de l'oise (oise)"),
            ("Straße STRASSE", "strasse strasse"),
            ("Zu\u{ad}cker", "zucker"),
            ("e.g. the U.S. army", "e.g the u.s army"),
            ("user@example.com", "user example.com (example) (com)"),
            ("Привет, мир!", "привет мир"),
            ("東京都", "<東京> <京都>"),
            ("猫", "<猫>"),
            ("東京タワー2024年に", "<東京> <京タ> <タワ> <ワー> 2024 <年に>"),
            ("データbase", "<デー> <ータ> base"),
            ("한국어abc", "<한국> <국어> abc"),
            ("서울에서 간다", "<서울> <울에> <에서> <간다>"),
            ("ﾊﾟﾝを", "<パン> <ンを>"),
            ("ภาษาไทย", "<ภา> <าษ> <ษา> <าไ> <ไท> <ทย>"),
            ("我、你。", "<我> <你>"),
            ("ـ", ""),
            ("שָׁלוֹם עולם", "שלום עולם"),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_word_is_cut_and_its_span_is_whole() {
        let text = format!("{} end", "x".repeat(5_000));
        let found: Vec<Word<'_>> = words(&text).collect();
        assert_eq!((found[0].text.len(), found[0].span.clone()), (crate::MAX_WORD_CHARS, 0..5_000));
        assert_eq!(found[1].text, "end");
    }

    #[test]
    fn the_work_is_linear_however_hostile_the_text() {
        for unit in [
            "a",
            "A",
            "aB",
            "AB",
            "a_",
            "_",
            "a1",
            "1a",
            "a.",
            "a'",
            "'",
            "a.\u{301}",
            "\u{301}",
            "a\u{200d}",
            "c++",
            "c#",
            "+",
            "東",
            "東a",
            "東\u{301}",
            "한a_",
            "v1.",
            "𝐀",
            "\u{fdfa}",
            "As",
            "👩\u{200d}",
            "🇩",
            "ก็",
            " ",
        ] {
            let work = |count: usize| {
                let text = unit.repeat(count);
                step_counter::take_count();
                let found = words(&text).count();
                (step_counter::take_count(), found, text.len())
            };
            let (once, _, _) = work(2_000);
            let (twice, found, length) = work(4_000);
            assert!(twice <= 2 * once + 2_000, "{unit:?}: {once}, then {twice}");
            assert!(twice <= 12 * length as u64 && found <= 2 * length, "{unit:?}: {twice} for {length} bytes");
        }
    }
}
