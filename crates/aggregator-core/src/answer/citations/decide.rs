//! Whether what looks like a citation is one: `[1]` is, and so are an index, an interval and a year in brackets.
//!
//! A marker whose source exists is a citation wherever a citation can stand. The scanner removes a marker whose source does not
//! exist only where nothing but a citation can stand; in doubt the marker is text, so that no part of the answer is lost.

use super::lead::{Lead, lead};
use super::marker::Marker;

/// Bytes before a marker that are looked at.
pub(super) const CONTEXT: usize = 64;

/// Largest number that counts as an invented source. Larger ones in brackets are years, error codes, Miller indices.
const LARGEST_INVENTED: u32 = 99;

/// What a marker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No citation.
    Text,
    /// A citation of sources that exist.
    Cited,
    /// Some of its numbers are invented.
    PartlyInvented,
    /// All of its numbers are invented.
    Invented,
}

/// What surrounds a marker.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// Whether the marker is the first on its line.
    pub starts_line: bool,
    /// A marker that was never closed ends where it begins.
    pub after_incomplete: bool,
    /// What the text before it says of a marker with one number, and of one with several.
    pub standing: [Standing; 2],
}

/// How sure it is that a citation stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Only a citation can.
    Sure,
    /// A citation, or an index.
    Possible,
    /// No citation.
    No,
}

/// Decides about a marker, by the character behind it; None at the end of the text.
pub(super) fn decide(marker: &Marker, around: Around, next: Option<char>, sources: u32) -> Verdict {
    let exists = |number: u32| (1..=sources).contains(&number);
    let (mut existing, mut invented, mut impossible) = (0_u32, 0_u32, false);
    let (mut last, mut ascends) = (0, true);
    for number in marker.numbers() {
        ascends &= number > last;
        last = number;
        existing += u32::from(exists(number));
        invented += u32::from(!exists(number));
        impossible |= number == 0 || !exists(number) && number > LARGEST_INVENTED;
    }
    let is_definition = around.starts_line && next == Some(':');
    let is_link = next == Some('(');
    if impossible || is_definition || is_link || around.after_incomplete {
        return Verdict::Text;
    }
    match (standing(marker, around, next), existing, invented) {
        (Standing::No, ..) => Verdict::Text,
        (_, 1.., 0) => Verdict::Cited,
        (Standing::Possible, ..) => Verdict::Text,
        // Sources are listed in their order; coordinates and shapes are not.
        _ if !ascends => Verdict::Text,
        (Standing::Sure, 0, _) => Verdict::Invented,
        (Standing::Sure, ..) => Verdict::PartlyInvented,
    }
}

fn standing(marker: &Marker, around: Around, next: Option<char>) -> Standing {
    // Two brackets around several numbers are a matrix.
    let behind = match (marker.is_list(), marker.is_double()) {
        (true, true) => Standing::No,
        (list, double) => around.standing[usize::from(list || double)],
    };
    #[cfg(feature = "seeded-faults")]
    if crate::seeded_fault::is_active(crate::seeded_fault::Fault::IndexAsCitation) {
        return Standing::Sure;
    }
    let standing = match next {
        _ if marker.is_explicit() => Standing::Sure,
        Some(c) if (c.is_ascii_alphanumeric() || c == '_') && marker.is_list() => Standing::No,
        // `[6]-gingerol`
        Some(c) if (c.is_ascii_alphanumeric() || c == '_' || c == '-') && behind == Standing::Sure => {
            Standing::Possible
        }
        Some('=' | '{' | ']' | '}') => Standing::No,
        _ => behind,
    };
    match standing {
        Standing::Sure if marker.is_doubtful() => Standing::Possible,
        standing => standing,
    }
}

/// What the text before a marker says of it, if it has one number, and if it has several. `after_citation`: a citation ends
/// where it begins.
pub(super) fn behind(before: &str, after_citation: bool) -> [Standing; 2] {
    let Some(last) = before.chars().next_back() else { return [Standing::Sure; 2] };
    if last.is_whitespace() {
        let before = before.trim_end_matches([' ', '\t', '\u{a0}']);
        return behind_space(before);
    }
    let rest = &before[..before.len() - last.len_utf8()];
    let standing = match last {
        ']' if after_citation => Standing::Sure,
        // `[1]/[2]`, `[1]–[3]`
        '/' | '–' | '—' if rest.ends_with(']') => Standing::Possible,
        '^' => behind_caret(rest),
        ']' | '[' | '{' | '=' | '_' | '\\' | '$' | '#' | '@' | '&' | '/' | '+' | '<' | '~' => Standing::No,
        '(' => match rest.chars().next_back() {
            Some(c) if c.is_ascii_alphanumeric() || c == '_' || c == '\\' => Standing::No,
            _ => Standing::Sure,
        },
        ')' if rest.ends_with('(') => Standing::No,
        ')' | '>' | '-' => Standing::Possible,
        _ if last.is_ascii_alphanumeric() => behind_word(before),
        _ if is_mathematical(last) => return [Standing::Sure, Standing::No],
        _ => Standing::Sure,
    };
    [standing; 2]
}

fn behind_space(before: &str) -> [Standing; 2] {
    let Some(last) = before.chars().next_back() else { return [Standing::Sure; 2] };
    match last {
        '=' | '{' | '[' => return [Standing::No; 2],
        ':' if before.ends_with(r#"":"#) || before.ends_with("':") => return [Standing::No; 2],
        '>' if before.ends_with("->") => return [Standing::No; 2],
        _ if is_mathematical(last) => return [Standing::Sure, Standing::No],
        _ => {}
    }
    match lead(before) {
        Lead::Code => [Standing::No; 2],
        Lead::List => [Standing::Sure, Standing::No],
        Lead::PerhapsList => [Standing::Sure, Standing::Possible],
        Lead::Place => [Standing::Possible; 2],
        Lead::Any => [Standing::Sure; 2],
    }
}

/// Signs behind which a list of numbers is an interval or a value.
fn is_mathematical(c: char) -> bool {
    matches!(c, '∈' | '∉' | '∋' | '⊂' | '⊆' | '⊃' | '∩' | '∪' | '×' | '≈' | '≠' | '≤' | '≥' | '→' | '↦' | '⇒')
}

/// Behind a caret, which writes a citation behind a word, and an index behind a letter.
fn behind_caret(before: &str) -> Standing {
    let word = before.len() - before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').len();
    match before.chars().next_back() {
        Some(c) if matches!(c, '.' | ',' | ';' | ':' | '!' | '?') || word > 2 && c.is_alphabetic() => {
            Standing::Possible
        }
        _ => Standing::No,
    }
}

/// Directly behind a letter or digit of ASCII: an index, unless the word is one of a text.
fn behind_word(before: &str) -> Standing {
    let token = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    if token.contains("://") || token.len() >= CONTEXT - 4 {
        return Standing::No;
    }
    // Chinese and Japanese have no spaces around a name.
    let token = token.rsplit(is_unspaced).next().unwrap_or_default();
    let word = token.trim_start_matches(['(', '{', '"', '\'', '*', '“', '‘', '«', '„', '¿', '¡', '「', '（']);
    let is_number = word.chars().all(|c| !c.is_alphabetic());
    if !word.is_ascii() || is_number && word.starts_with(|c: char| c.is_ascii_digit()) {
        return Standing::Sure;
    }
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let capitals = word.bytes().filter(u8::is_ascii_uppercase).count();
    let starts_large = word.starts_with(|c: char| c.is_ascii_uppercase());
    let is_plain = word.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'\'' | b'*' | b','));
    if !is_plain || letters < 2 || capitals > usize::from(starts_large) && capitals < letters {
        // `argv_1`, `sys.argv`, `x2`, `camelCase`
        return Standing::No;
    }
    match (starts_large, letters) {
        (true, 4..) if capitals == 1 => Standing::Sure,
        (true, _) => Standing::Possible,
        (false, 4..) => Standing::Possible,
        (false, _) => Standing::No,
    }
}

/// Characters of scripts without spaces between words, and their marks.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ffef}')
}
