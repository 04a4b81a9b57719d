//! Whether what looks like a citation is one: `[1]` is, and so are an index, an interval and a year in brackets.
//!
//! A marker whose source exists is a citation wherever a citation can stand. The scanner removes a marker whose source does not
//! exist only where nothing but a citation can stand; in doubt the marker is text, so that no part of the answer is lost.

use super::marker::Marker;

/// Bytes before a marker that are looked at.
pub(super) const CONTEXT: usize = 64;

/// Largest number that counts as an invented source. Larger ones in brackets are years, error codes, Miller indices.
const LARGEST_INVENTED: u32 = 99;

/// Words before brackets with several numbers that are no citation, in lower case.
const NOUNS: [&str; 42] = [
    "interval",
    "intervals",
    "range",
    "ranges",
    "vector",
    "vectors",
    "list",
    "lists",
    "array",
    "arrays",
    "matrix",
    "tuple",
    "shape",
    "shapes",
    "size",
    "scale",
    "box",
    "ci",
    "set",
    "sequence",
    "point",
    "points",
    "class",
    "pattern",
    "regex",
    "axis",
    "domain",
    "index",
    "indices",
    "row",
    "rows",
    "slice",
    "intervall",
    "vektor",
    "liste",
    "bereich",
    "skala",
    "intervalle",
    "vecteur",
    "intervalo",
    "интервал",
    "вектор",
];

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
    /// It is the first on its line.
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
    let behind = around.standing[usize::from(marker.is_list())];
    #[cfg(feature = "seeded-faults")]
    if crate::seeded_fault::is(crate::seeded_fault::Fault::IndexAsCitation) {
        return Standing::Sure;
    }
    match next {
        _ if marker.is_explicit() => Standing::Sure,
        Some(c) if (c.is_ascii_alphanumeric() || c == '_') && marker.is_list() => Standing::No,
        Some(c) if (c.is_ascii_alphanumeric() || c == '_') && behind == Standing::Sure => Standing::Possible,
        Some('=' | '{' | ']' | '}') => Standing::No,
        _ => behind,
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
    let standing = match last {
        ']' if after_citation => Standing::Sure,
        ']' | '[' | '{' | '=' | '^' | '_' | '\\' | '$' | '#' | '@' | '&' | '/' | '+' | '<' | '~' => Standing::No,
        '(' => match before[..before.len() - 1].chars().next_back() {
            Some(c) if c.is_ascii_alphanumeric() || c == '_' => Standing::No,
            _ => Standing::Sure,
        },
        ')' | '>' | '-' => Standing::Possible,
        _ if last.is_ascii_alphanumeric() => behind_word(before),
        _ => Standing::Sure,
    };
    [standing; 2]
}

fn behind_space(before: &str) -> [Standing; 2] {
    let behind_key = [r#"":"#, "':"].iter().any(|end| before.ends_with(end));
    if behind_key || before.ends_with(['=', '{', '[']) || before.ends_with("->") || before.ends_with("return") {
        return [Standing::No; 2];
    }
    let word = &before[before.trim_end_matches(char::is_alphabetic).len()..];
    let lower = || word.chars().flat_map(char::to_lowercase);
    let is_noun = NOUNS.iter().any(|noun| noun.len() == word.len() && noun.chars().eq(lower()));
    let list = if is_noun { Standing::No } else { Standing::Sure };
    [Standing::Sure, list]
}

/// Directly behind a letter or digit of ASCII: an index, unless the word is one of a text.
fn behind_word(before: &str) -> Standing {
    let token = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    if token.contains("://") || token.len() >= CONTEXT - 4 {
        return Standing::No;
    }
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
