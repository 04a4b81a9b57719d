//! Text from outside, made safe to show: the one place where that happens.

use std::fmt;
use std::ops::Deref;

/// Text without control, bidirectional, zero-width and tag characters.
///
/// Everything that came from a query, a provider or a model passes through here before it leaves the engine, so that a
/// title cannot move a terminal's cursor, forge a log line, reverse the reading order or hide an instruction in a
/// prompt. Unsafe characters are removed; what they stood between is kept.
///
/// Removed are the control characters (C0, DEL, C1), soft hyphen, combining grapheme joiner, Arabic letter mark, Hangul
/// fillers, inherent Khmer vowels, Mongolian vowel separator, zero-width and directional marks and overrides
/// (U+200B-200F, U+202A-202E, U+2060-206F), variation selectors, byte order mark, interlinear annotation marks,
/// invisible format characters of shorthand and music, and the tag block (U+E0000-E0FFF): every control character,
/// every Bidi_Control and every Default_Ignorable_Code_Point of Unicode, which a test compares.
///
/// A zero-width joiner or non-joiner (U+200D, U+200C) stays where it is part of the spelling: one between two letters of a
/// script that joins or stacks them (Arabic and Persian, Syriac, Mongolian, the scripts of India and South-East Asia), and a
/// joiner between two emoji. Of several in a row the first stays.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CleanText(String);

impl CleanText {
    /// Cleans text that must stay on one line (titles, names, messages): line breaks and tabs become spaces (a carriage return
    /// goes).
    ///
    /// Text that is clean already is kept without copying.
    pub fn single_line(text: impl Into<String>) -> Self {
        Self::filter(text.into(), |c| match c {
            '\n' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
            _ => None,
        })
    }

    /// Cleans text of several lines (an answer): line feeds and tabs stay, other line breaks become line feeds (a carriage
    /// return goes).
    ///
    /// Text that is clean already is kept without copying.
    #[inline]
    pub fn multi_line(text: impl Into<String>) -> Self {
        Self::filter(text.into(), convert_line_break)
    }

    #[doc(hidden)]
    #[deprecated(note = "renamed to `single_line`")]
    pub fn line(text: impl Into<String>) -> Self {
        Self::single_line(text)
    }

    #[doc(hidden)]
    #[deprecated(note = "renamed to `multi_line`")]
    pub fn block(text: impl Into<String>) -> Self {
        Self::multi_line(text)
    }

    /// Cleans the next piece of a text of several lines, behind a character and before something that is not known yet.
    #[inline]
    pub(crate) fn piece(text: String, before: Option<char>) -> Self {
        let plain = printable_ascii_prefix(text.as_bytes());
        if plain == text.len() || !text[plain..].chars().any(is_unsafe_char) {
            return Self(text);
        }
        Self::rewrite(&text, before, true, convert_line_break)
    }

    /// `special` says what becomes of characters that would otherwise be removed.
    #[inline]
    fn filter(text: String, special: impl Fn(char) -> Option<char>) -> Self {
        let plain = printable_ascii_prefix(text.as_bytes());
        if plain == text.len() {
            return Self(text);
        }
        let keep = |c: char| if is_unsafe_char(c) { special(c) } else { Some(c) };
        // What precedes is ASCII, so this is a character boundary.
        if text[plain..].chars().all(|c| keep(c) == Some(c)) {
            return Self(text);
        }
        Self::rewrite(&text, None, false, special)
    }

    /// Cleans a text behind a character; `goes_on`: what follows it is not known.
    #[cold]
    fn rewrite(text: &str, before: Option<char>, goes_on: bool, special: impl Fn(char) -> Option<char>) -> Self {
        let mut out = String::with_capacity(text.len());
        let mut last = before;
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let next = || rest.clone().find(|&c| !is_unsafe_char(c) || special(c).is_some());
            let kept = match c {
                NON_JOINER | JOINER => {
                    let stays = last.is_some_and(|last| {
                        next().map_or(goes_on, |next| joins(last, c, next)) && joins(last, c, last)
                    });
                    stays.then_some(c)
                }
                _ if is_unsafe_char(c) => special(c),
                _ => Some(c),
            };
            if let Some(c) = kept {
                out.push(c);
                last = kept;
            }
        }
        Self(out)
    }

    /// Shortens to at most `max` bytes, at a character boundary, and gives back the memory of the rest.
    pub(crate) fn truncate(&mut self, max: usize) {
        if self.0.len() > max {
            self.0.truncate(self.0.floor_char_boundary(max));
            self.0.shrink_to_fit();
        }
    }

    /// The cleaned text as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Bytes of memory that the text occupies: at least its length, and more where its maker reserved more.
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// The text, given up by its wrapper.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Wraps pieces of text that was cleaned before; cutting clean text leaves it clean.
    pub(crate) fn from_clean(text: String) -> Self {
        debug_assert!(!text.chars().any(|c| is_unsafe_char(c) && !matches!(c, '\n' | '\t' | NON_JOINER | JOINER)));
        Self(text)
    }
}

/// What an unsafe character becomes in text of several lines: line feeds and tabs stay, other line breaks become line feeds.
fn convert_line_break(c: char) -> Option<char> {
    match c {
        '\n' | '\t' => Some(c),
        '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        _ => None,
    }
}

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// Whether a joiner or non-joiner between two characters is part of the spelling.
fn joins(before: char, joiner: char, after: char) -> bool {
    is_of_joining_script(before) && is_of_joining_script(after)
        || joiner == JOINER && is_emoji(before) && is_emoji(after)
}

/// Letters and marks of the scripts in which joiners change what is read: Arabic, Syriac, Mandaic, N'Ko, Mongolian, those of
/// India, and Tibetan, Myanmar, Khmer, Balinese, Javanese and their neighbours.
fn is_of_joining_script(c: char) -> bool {
    let in_block = matches!(c,
        '\u{620}'..='\u{65f}' | '\u{66e}'..='\u{6d3}' | '\u{6d5}'..='\u{6ff}' | '\u{700}'..='\u{7ff}' | '\u{840}'..='\u{8ff}'
        | '\u{900}'..='\u{963}' | '\u{970}'..='\u{dff}' | '\u{f40}'..='\u{fbc}' | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17d3}' | '\u{1820}'..='\u{18aa}' | '\u{1b00}'..='\u{1b4c}' | '\u{a840}'..='\u{a873}'
        | '\u{a980}'..='\u{a9c0}' | '\u{fb50}'..='\u{fdfb}' | '\u{fe70}'..='\u{fefc}');
    in_block && !c.is_numeric()
}

/// What emoji sequences are made of, variation selectors apart: symbols and pictures.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{21ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// Whether a text is clean: one of several lines, or a piece of one, which may begin with a joiner.
pub fn is_clean(text: &str) -> bool {
    let mut last = None;
    text.chars().all(|c| {
        let before = last.replace(c);
        match c {
            '\n' | '\t' => true,
            NON_JOINER | JOINER => before.is_none_or(|before| joins(before, c, before)),
            _ => !is_unsafe_char(c),
        }
    })
}

/// Whether a character is unsafe in text that is shown, logged or put in a prompt.
///
/// Line breaks, tabs and joiners are unsafe here; [`CleanText`] says where they stay.
pub fn is_unsafe_char(c: char) -> bool {
    // Most text is below the first special character beyond the control characters.
    if c < '\u{ad}' {
        return c.is_control();
    }
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
        | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[doc(hidden)]
#[deprecated(note = "renamed to `is_unsafe_char`")]
pub fn is_forbidden(c: char) -> bool {
    is_unsafe_char(c)
}

/// Length of the beginning that is printable ASCII throughout, in whole blocks of 16 bytes unless it is all of the text.
///
/// Blocks are looked at without leaving them early, so that the compiler compares 16 bytes at once.
#[inline]
pub(crate) fn printable_ascii_prefix(bytes: &[u8]) -> usize {
    let is_plain = |block: &[u8]| block.iter().fold(true, |plain, &b| plain & (b.wrapping_sub(0x20) < 0x5f));
    let (blocks, rest) = bytes.as_chunks::<16>();
    match blocks.iter().position(|block| !is_plain(block)) {
        Some(block) => block * 16,
        None if is_plain(rest) => bytes.len(),
        None => bytes.len() - rest.len(),
    }
}

impl Deref for CleanText {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for CleanText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CleanText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for CleanText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_removed_and_the_rest_stays() {
        for (from, line, block) in [
            ("plain", "plain", "plain"),
            ("two\nlines\tand a tab", "two lines and a tab", "two\nlines\tand a tab"),
            ("carriage\r\nreturn", "carriage return", "carriage\nreturn"),
            ("\u{1b}[2J\u{1b}]52;c;eA==\u{7}", "[2J]52;c;eA==", "[2J]52;c;eA=="),
            ("csi \u{9b}31m", "csi 31m", "csi 31m"),
            ("abc\u{202e}fed\u{2066}x\u{2069}", "abcfedx", "abcfedx"),
            ("zero\u{200b}width\u{feff}", "zerowidth", "zerowidth"),
            ("tag\u{e0041}\u{e007f}", "tag", "tag"),
            ("heart \u{2764}\u{fe0f}", "heart \u{2764}", "heart \u{2764}"),
            ("para\u{2029}graph", "para graph", "para\ngraph"),
            ("next\u{85}line\u{c}feed", "next line feed", "next\nline\nfeed"),
            ("Zürich – São Paulo 東京", "Zürich – São Paulo 東京", "Zürich – São Paulo 東京"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("می\u{200c}\u{200c}\u{202e}خواهم\u{200c} x", "می\u{200c}خواهم x", "می\u{200c}خواهم x"),
            ("क्\u{200d}ष", "क्\u{200d}ष", "क्\u{200d}ष"),
            (
                "👩\u{200d}👩\u{200d}👧 \u{2764}\u{fe0f}\u{200d}🔥",
                "👩\u{200d}👩\u{200d}👧 \u{2764}\u{200d}🔥",
                "👩\u{200d}👩\u{200d}👧 \u{2764}\u{200d}🔥",
            ),
            ("ad\u{200d}min a\u{200c}b 👩\u{200c}👧 👩\u{200d}x", "admin ab 👩👧 👩x", "admin ab 👩👧 👩x"),
            ("\u{200c}ا ۱\u{200c}۲", "ا ۱۲", "ا ۱۲"),
        ] {
            assert_eq!(CleanText::single_line(from).as_str(), line);
            assert_eq!(CleanText::multi_line(from).as_str(), block);
        }
    }

    #[test]
    fn truncation_never_cuts_a_character() {
        for max in 0..8 {
            let mut text = CleanText::single_line("aé東b");
            text.truncate(max);
            assert!(text.len() <= max && "aé東b".starts_with(text.as_str()));
        }
    }

    #[test]
    fn i12_truncation_gives_back_the_memory_of_the_rest() {
        let mut text = CleanText::single_line("x".repeat(1_000_000));
        text.truncate(512);
        assert!(text.into_string().capacity() < 1_024);
    }

    #[test]
    fn the_plain_beginning_ends_before_the_first_other_byte() {
        for length in 0..70 {
            let plain = vec![b'a'; length];
            assert_eq!(printable_ascii_prefix(&plain), length);
            for at in 0..length {
                for other in [0, 0x1f, 0x7f, 0x80, 0xff] {
                    let mut bytes = plain.clone();
                    bytes[at] = other;
                    assert_eq!(
                        printable_ascii_prefix(&bytes),
                        at / 16 * 16,
                        "{length} bytes, the one at {at} is {other}"
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn i10_nothing_forbidden_survives(text in any::<String>()) {
            let line = CleanText::single_line(text.clone());
            prop_assert!(is_clean(&line) && !line.contains(['\n', '\t']));
            prop_assert!(is_clean(&CleanText::multi_line(text)));
        }

        /// Cut anywhere, a text is cleaned to what is clean, and as it would be whole but for joiners before what comes later.
        #[test]
        fn i10_pieces_are_cleaned_as_the_whole(
            text in "[a \u{200c}\u{200d}\u{202e}ا-يक-ह\u{94d}👩❤۱]{0,30}",
            cuts in prop::collection::vec(0usize..90, 0..12),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|&cut| text.is_char_boundary(cut)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let (mut joined, mut last) = (String::new(), None);
            for cut in cuts.windows(2) {
                let piece = CleanText::piece(text[cut[0]..cut[1]].to_owned(), last);
                last = piece.chars().next_back().or(last);
                joined.push_str(&piece);
            }
            prop_assert!(is_clean(&joined));
            let without = |text: &str| text.replace([NON_JOINER, JOINER], "");
            let whole = CleanText::multi_line(text);
            prop_assert_eq!(without(&joined), without(&whole));
            prop_assert!(joined.len() >= whole.len());
        }

        /// The properties' own tables, not ours.
        #[test]
        fn i10_everything_that_unicode_calls_invisible_is_forbidden(
            text in r"[\p{Cc}\p{Bidi_Control}[\p{Default_Ignorable_Code_Point}--[\u{e0000}-\u{e0fff}]]]{1,40}",
        ) {
            prop_assert!(text.chars().all(is_unsafe_char), "{:?}", text.escape_unicode().to_string());
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            let once = CleanText::multi_line(text);
            prop_assert_eq!(CleanText::multi_line(once.as_str()), once);
        }
    }
}
