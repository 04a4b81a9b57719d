//! The parts of a word: of an identifier, of a contraction, of a number with a unit.

use std::ops::Range;

use crate::step_counter::count_steps;

/// The parts of a word of UAX 29, as bytes in it, in order. A word that is its own only part has none.
///
/// - Underscores, full stops and other signs within a word part it: `max_prompt_tokens`, `foo.bar`.
/// - So does a capital behind a small letter, and the last capital of several: `HashMap`, `HTTPServer`; not `URLs`.
/// - Digits are parted from two or more letters: `sha256`, `10ms`; not from one: `x86`, `H2O`.
/// - What follows the `v` of a version is a part: `v1.2.3`.
/// - At an apostrophe, what has three letters or more is a part (`l'eau`, `Ankara'da`), unless `t` follows (`didn't`).
///
/// A word without letters (`1.95.0`), and one that has only parts of one letter (`e.g`, `U.S.A`), has none.
pub(crate) fn parts(word: &str) -> Parts<'_> {
    let none = Parts { word, at: word.len(), ended: true };
    // Most words; the others are looked at by characters.
    if word.bytes().all(|b| b.is_ascii_lowercase()) || word.bytes().all(|b| !b.is_ascii_alphabetic() && b < 0x80) {
        return none;
    }
    let whole = |range: &Range<usize>| range.len() == word.len();
    match Parts::all(word).any(|range| !whole(&range) && word[range].chars().nth(1).is_some()) {
        true => Parts::all(word),
        false => none,
    }
}

/// The iterator over the parts of a word; from [`parts`].
#[derive(Debug, Clone)]
pub(crate) struct Parts<'a> {
    word: &'a str,
    at: usize,
    ended: bool,
}

impl<'a> Parts<'a> {
    /// The parts of a word, also where the whole word is the only one.
    pub(crate) fn all(word: &'a str) -> Self {
        Self { word, at: 0, ended: false }
    }
}

impl Iterator for Parts<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            if self.ended {
                return None;
            }
            if self.at == 0 && is_version(self.word) {
                self.ended = true;
                return Some(1..self.word.len());
            }
            let rest = &self.word[self.at..];
            let start = self.at + rest.find(|c| !is_separator(c)).unwrap_or(rest.len());
            count_steps(start - self.at);
            if start == self.word.len() {
                self.ended = true;
                return None;
            }
            let end = start + first_part_len(&self.word[start..]);
            self.at = end;
            if is_part(self.word, start, end) {
                return Some(start..end);
            }
        }
    }
}

/// Whether a range of a word is a part. Between apostrophes it needs three letters.
fn is_part(word: &str, start: usize, end: usize) -> bool {
    let before = word[..start].chars().next_back().is_some_and(is_apostrophe);
    let mut behind = word[end..].chars();
    let after = behind.next().is_some_and(is_apostrophe);
    if !before && !after {
        return true;
    }
    // Reads at most three characters.
    let long = word[start..end].chars().nth(2).is_some();
    let negation = after && matches!(behind.next(), Some('t' | 'T')) && behind.next().is_none();
    long && !negation
}

fn is_version(word: &str) -> bool {
    let mut bytes = word.bytes();
    matches!(bytes.next(), Some(b'v' | b'V'))
        && bytes.clone().next().is_some_and(|b| b.is_ascii_digit())
        && bytes.all(|b| b.is_ascii_digit() || b == b'.')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '＇' | '\u{2bc}')
}

/// Punctuation that UAX 29 keeps within a word, and that separates its parts.
fn is_separator(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(
            c,
            '·' | '\u{387}'
                | '\u{55f}'
                | '\u{5f4}'
                | '\u{2024}'
                | '\u{2027}'
                | '\u{203f}'
                | '\u{2040}'
                | '\u{2054}'
                | '\u{fe13}'
                | '\u{fe33}'
                | '\u{fe34}'
                | '\u{fe4d}'..='\u{fe4f}' | '\u{fe52}' | '\u{fe55}' | '．' | '：' | '＿'
        )
        || is_apostrophe(c)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Upper,
    Lower,
    Digit,
    Separator,
    /// Marks and invisible characters, which belong to the character before them.
    Ignorable,
}

fn class(c: char) -> Class {
    match c {
        _ if c.is_uppercase() => Class::Upper,
        _ if c.is_alphabetic() => Class::Lower,
        _ if c.is_numeric() => Class::Digit,
        _ if is_separator(c) => Class::Separator,
        _ => Class::Ignorable,
    }
}

/// Length in bytes of the first part of a text that does not begin with a separator.
fn first_part_len(text: &str) -> usize {
    let mut classes = text.char_indices().map(|(at, c)| (at, class(c))).filter(|&(_, class)| class != Class::Ignorable);
    let Some((_, mut last)) = classes.next() else {
        count_steps(text.len());
        return text.len();
    };
    let mut letters = usize::from(last != Class::Digit);
    while let Some((at, now)) = classes.next() {
        count_steps(1);
        let next = || classes.clone().next().map(|(_, class)| class);
        let is_letter = |class| matches!(class, Some(Class::Upper | Class::Lower));
        let ends = match (last, now) {
            (_, Class::Separator) => true,
            (Class::Lower, Class::Upper) => true,
            // The plural of an acronym is no word of its own: the small letter after it would be alone.
            (Class::Upper, Class::Upper) => next() == Some(Class::Lower) && !ends_in_plural(&text[at..]),
            (Class::Upper | Class::Lower, Class::Digit) => letters >= 2,
            (Class::Digit, Class::Upper | Class::Lower) => is_letter(next()),
            _ => false,
        };
        if ends {
            return at;
        }
        letters = if now == Class::Digit { 0 } else { letters + 1 };
        last = now;
    }
    text.len()
}

/// Whether a text is a capital, an `s`, and then no letter.
fn ends_in_plural(text: &str) -> bool {
    let mut chars = text.chars().skip(1);
    chars.next() == Some('s') && !chars.next().is_some_and(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_where_a_reader_parts_them() {
        for (word, expected) in [
            ("plain", ""),
            ("Plain", ""),
            ("MAX", ""),
            ("1.95.0", ""),
            ("1,000", ""),
            ("max_prompt_tokens", "max prompt tokens"),
            ("MAX_PROMPT_TOKENS", "MAX PROMPT TOKENS"),
            ("__init__", "init"),
            ("_", ""),
            ("foo.bar", "foo bar"),
            ("lib.rs", "lib rs"),
            ("HashMap", "Hash Map"),
            ("HTTPServer", "HTTP Server"),
            ("parseJSONFast", "parse JSON Fast"),
            ("URLs", ""),
            ("APIs_old", "APIs old"),
            ("iPhone15Pro", "i Phone 15 Pro"),
            ("sha256", "sha 256"),
            ("utf_8", "utf 8"),
            ("10ms", "10 ms"),
            ("x86", ""),
            ("x86_64", "x86 64"),
            ("H2O", ""),
            ("3D", ""),
            ("v1.2.3", "1.2.3"),
            ("v2", ""),
            ("e.g", ""),
            ("U.S.A", ""),
            ("don't", ""),
            ("didn’t", ""),
            ("l'eau", "eau"),
            ("O'Reilly", "Reilly"),
            ("python's", "python"),
            ("Ankara'da", "Ankara"),
            ("größeÄnderung", "größe Änderung"),
        ] {
            let found: Vec<&str> = parts(word).map(|range| &word[range]).collect();
            assert_eq!(found.join(" "), expected, "{word}");
        }
    }
}
