//! A text as tokens: what white space separates, and within writing without spaces what the lexicon knows.

use super::lexicon::{self, Flags};
use crate::step_counter::count_step;
use crate::text::is_unsafe_char;

/// What a token looks like, as bits of [`Token::shape`].
pub(super) mod shape {
    /// Has a letter.
    pub const ALPHA: u32 = 1;
    /// Has a digit.
    pub const DIGIT: u32 = 1 << 1;
    /// The first letter of the token is a capital.
    pub const UPPER: u32 = 1 << 2;
    /// All letters of the token are capitals, and there are at least two.
    pub const CAPS: u32 = 1 << 3;
    /// Looks like code: an identifier, a path, an option, a lone operator.
    pub const CODE_LIKE: u32 = 1 << 4;
    /// Stands between backticks, as inline code.
    pub const INLINE_CODE: u32 = 1 << 5;
    /// Ends with a colon.
    pub const COLON: u32 = 1 << 6;
    /// Ends with a comma.
    pub const COMMA: u32 = 1 << 7;
    /// Ends with a full stop.
    pub const FULL_STOP: u32 = 1 << 8;
    /// Ends with a question mark.
    pub const QUESTION_MARK: u32 = 1 << 9;
    /// Ends with an exclamation mark.
    pub const EXCLAMATION: u32 = 1 << 10;
    /// Three back-ticks, or three tildes at the beginning of a line.
    pub const FENCE: u32 = 1 << 11;
    /// Written without spaces (Chinese, Japanese).
    pub const CJK: u32 = 1 << 12;
    /// Follows a line break.
    pub const NEWLINE: u32 = 1 << 13;
    /// Names an error: `TypeError`, `java.io.IOException`, `error[E0382]`.
    pub const ERROR_NAME: u32 = 1 << 14;
    /// A time of day with seconds.
    pub const TIME: u32 = 1 << 15;
    /// A hexadecimal number of four digits or more.
    pub const HEX: u32 = 1 << 16;
    /// A line of a file: `main.rs:4:5`.
    pub const FILE_LINE: u32 = 1 << 17;
    /// A number of a list: `1.`, `2)`.
    pub const LIST_NUMBER: u32 = 1 << 18;
    /// Nothing but punctuation.
    pub const PUNCTUATION: u32 = 1 << 19;
    /// Has a dot between letters, as `os.path` and `z.B.`
    pub const DOTTED: u32 = 1 << 20;
    /// Follows white space, or begins the text.
    pub const SPACE: u32 = 1 << 21;
    /// Ends a sentence, if what follows begins one.
    pub const END: u32 = FULL_STOP | QUESTION_MARK | EXCLAMATION;
}

/// What a token is part of; [`input_type`](super::input_type) decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Prose,
    Code,
    Error,
    /// Numbers, punctuation and names from programs within prose: no evidence for anything.
    Neutral,
}

/// One token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// The token without punctuation around it.
    pub core: (u32, u32),
    /// See [`shape`].
    pub shape: u32,
    /// What the lexicon says.
    pub flags: Flags,
    /// Number of the ambiguous term in [`lexicon::TERMS`], counted from 1; 0 if it is none.
    pub term: u8,
    /// Constructs that only programs have.
    pub code_points: u8,
    /// Characters.
    pub chars: u32,
    /// What it is part of.
    pub part: Part,
}

impl Token {
    pub(super) fn is(&self, bits: u32) -> bool {
        self.shape & bits != 0
    }

    pub(super) fn has(&self, flags: Flags) -> bool {
        self.flags & flags != 0
    }

    /// Words of prose: languages written without spaces have about one for two characters.
    pub(super) fn words(&self) -> u32 {
        if !self.is(shape::ALPHA | shape::DIGIT) {
            0
        } else if self.is(shape::CJK) {
            self.chars.div_ceil(2)
        } else {
            1
        }
    }

    pub(super) fn text<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start as usize..self.end as usize]
    }

    pub(super) fn core_text<'a>(&self, text: &'a str) -> &'a str {
        &text[self.core.0 as usize..self.core.1 as usize]
    }
}

/// Whether nothing of a token can be seen.
pub(super) fn is_invisible(token: &str) -> bool {
    token.chars().all(is_unsafe_char)
}

/// White space, among the characters of writing without spaces.
const IDEOGRAPHIC_SPACE: char = '\u{3000}';

/// Whether a character belongs to writing without spaces, its punctuation included.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Whether a character is a letter or a digit, without the tables of Unicode for the letters that are common here.
fn is_letter(c: char) -> bool {
    matches!(c, 'à'..='ö' | 'а'..='ё') || c.is_alphanumeric()
}

fn is_capital(c: char) -> bool {
    !matches!(c, 'à'..='ö' | 'а'..='ё') && c.is_uppercase()
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Cuts a text into tokens, in one pass.
pub(super) fn tokenise(text: &str) -> Vec<Token> {
    // Five bytes a word is common to the languages written with spaces; one more and nothing is moved.
    let mut tokens = Vec::with_capacity(text.len() / 4 + 4);
    let bytes = text.as_bytes();
    let (mut at, mut before) = (0, shape::SPACE | shape::NEWLINE);
    // An entry that was found where the token before it had to end.
    let mut entry = None;
    while let Some(&byte) = bytes.get(at) {
        count_step();
        if byte < 0x80 {
            if byte.is_ascii_whitespace() || byte == 0x0b {
                before |= if byte == b'\n' { shape::NEWLINE | shape::SPACE } else { shape::SPACE };
                at += 1;
                continue;
            }
        } else if let Some(c) = char_at(text, at) {
            let spaceless = is_cjk(c) && c != IDEOGRAPHIC_SPACE;
            if !spaceless && c.is_whitespace() {
                before |= if matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}') { shape::NEWLINE } else { 0 };
                before |= shape::SPACE;
                at += c.len_utf8();
                continue;
            }
            if spaceless {
                let (mut token, next) = unspaced(text, at, entry.take());
                entry = next;
                token.shape |= before;
                (at, before) = (token.end as usize, 0);
                tokens.push(token);
                continue;
            }
        }
        let is_fence =
            bytes[at..].starts_with(b"```") || before & shape::NEWLINE != 0 && bytes[at..].starts_with(b"~~~");
        let mut token = if is_fence { fence(at) } else { spaced(text, at) };
        token.shape |= before;
        (at, before) = (token.end as usize, 0);
        tokens.push(token);
    }
    tokens
}

fn fence(at: usize) -> Token {
    Token {
        start: at as u32,
        end: at as u32 + 3,
        core: (at as u32, at as u32),
        shape: shape::FENCE | shape::PUNCTUATION,
        flags: 0,
        term: 0,
        code_points: 0,
        chars: 3,
        part: Part::Neutral,
    }
}

// --- Writing with spaces. ---

fn spaced(text: &str, start: usize) -> Token {
    let bytes = text.as_bytes();
    let (mut at, mut chars, mut bits, mut points) = (start, 0_u32, 0_u32, 0_u8);
    let (mut capitals, mut letters, mut colons) = (0_u32, 0_u32, 0_u32);
    let mut core: Option<(usize, usize)> = None;
    let mut before = 0_u8;
    while let Some(&byte) = bytes.get(at) {
        count_step();
        let mut length = 1;
        let mut is_core = false;
        if byte >= 0x80 {
            let Some(c) = char_at(text, at) else { break };
            if c.is_whitespace() || is_cjk(c) {
                break;
            }
            length = c.len_utf8();
            if is_letter(c) {
                is_core = true;
                letters += 1;
                let upper = is_capital(c);
                capitals += u32::from(upper);
                bits |= if upper && letters == 1 { shape::ALPHA | shape::UPPER } else { shape::ALPHA };
            }
        } else if byte.is_ascii_alphabetic() {
            is_core = true;
            letters += 1;
            bits |= shape::ALPHA;
            if byte.is_ascii_uppercase() {
                capitals += 1;
                if letters == 1 {
                    bits |= shape::UPPER;
                } else if before.is_ascii_lowercase() {
                    bits |= shape::CODE_LIKE;
                }
            }
        } else if byte.is_ascii_digit() {
            is_core = true;
            bits |= shape::DIGIT;
            if before == b':' && at >= start + 2 {
                if bytes[at - 2].is_ascii_digit() {
                    colons += 1;
                } else if bytes[at - 2].is_ascii_alphabetic() && bits & shape::DOTTED != 0 {
                    bits |= shape::FILE_LINE | shape::CODE_LIKE;
                }
            }
        } else if byte.is_ascii_whitespace() || byte == 0x0b {
            break;
        } else {
            if byte == b'`' && at > start && bytes[at..].starts_with(b"```") {
                break;
            }
            let (found, weak) = punctuation(before, byte, text, at, start);
            points = points.saturating_add(found);
            bits |= weak;
        }
        if is_core {
            core = Some((core.map_or(at, |core| core.0), at + length));
        }
        before = if byte < 0x80 {
            byte
        } else if is_core {
            b'a'
        } else {
            b'~'
        };
        chars += 1;
        at += length;
    }
    let core = core.unwrap_or((start, start));
    if letters >= 2 && capitals == letters {
        bits |= shape::CAPS;
    }
    if bits & (shape::ALPHA | shape::DIGIT) == 0 {
        bits |= shape::PUNCTUATION;
    }
    if colons >= 2 {
        bits |= shape::TIME;
    }
    bits |= ending(&text[start..at]);
    let inner = &text[core.0..core.1];
    if bits & shape::DIGIT != 0 {
        bits |= number_shapes(inner, &text[start..at]);
    }
    let (flags, term) = if letters > 0 { lexicon::find_in(inner) } else { (0, 0) };
    if capitals > 0 && (inner.ends_with("Error") || inner.ends_with("Exception")) && inner.len() > 6
        || inner.starts_with("error[")
    {
        bits |= shape::ERROR_NAME;
    }
    if bytes[start] == b'`'
        && at > start + 2
        && text[start..at].trim_end_matches(['.', ',', '?', ':', ';']).ends_with('`')
    {
        bits |= shape::INLINE_CODE;
    }
    // A name that stands alone between operators is one; an operator alone may be one of prose ("a - b").
    let (start, end) = (start as u32, at as u32);
    let core = (core.0 as u32, core.1 as u32);
    Token { start, end, core, shape: bits, flags, term, code_points: points.min(4), chars, part: Part::Neutral }
}

/// How many constructs of programs a byte of punctuation completes, and the shapes it tells of.
#[inline]
fn punctuation(before: u8, byte: u8, text: &str, at: usize, start: usize) -> (u8, u32) {
    let bytes = text.as_bytes();
    let next = bytes.get(at + 1).copied().unwrap_or(b' ');
    let after_name = before.is_ascii_alphanumeric() || before == b'_';
    let ends = char_at(text, at + 1).is_none_or(|next| next.is_whitespace() || is_cjk(next));
    let begins = at == start;
    match byte {
        b'{' | b'}' => (1, 0),
        b'(' if (after_name || before == b'!') && !is_plural(&bytes[at + 1..]) => (1, 0),
        b'[' if after_name => (1, 0),
        b'>' if matches!(before, b'-' | b'=' | b'/') => (1, 0),
        b'=' if matches!(before, b'=' | b'!' | b'+') => (1, 0),
        b'&' if before == b'&' => (1, 0),
        b'|' if before == b'|' => (1, 0),
        b'/' if before == b'<' => (1, 0),
        b'"' | b'\'' if before == b'=' => (1, 0),
        b'"' | b'\'' if before == b'(' && at >= start + 2 && bytes[at - 2].is_ascii_alphanumeric() => (1, 0),
        b';' if ends && (before.is_ascii_digit() || matches!(before, b')' | b']' | b'"' | b'\'')) => (1, 0),
        b'<' if begins && next.is_ascii_alphabetic() => (1, 0),
        b'#' if begins && next.is_ascii_alphabetic() => (0, shape::CODE_LIKE),
        b';' if ends && !begins => (0, shape::CODE_LIKE),
        b'=' | b'<' | b'>' | b'|' | b'+' if begins && (ends || next == b'=') => (0, shape::CODE_LIKE),
        b'=' if after_name => (0, shape::CODE_LIKE),
        b':' if before == b':' => (0, shape::CODE_LIKE),
        b'.' if before.is_ascii_alphabetic() && next.is_ascii_alphabetic() => (0, shape::CODE_LIKE | shape::DOTTED),
        b'_' | b'/' if after_name && next.is_ascii_alphanumeric() => (0, shape::CODE_LIKE),
        b'-' if begins && (next == b'-' || next.is_ascii_alphabetic()) => (0, shape::CODE_LIKE),
        b'$' | b'@' if begins && next.is_ascii_alphabetic() => (0, shape::CODE_LIKE),
        b'\\' => (0, shape::CODE_LIKE),
        _ => (0, 0),
    }
}

/// Whether a bracket after a word holds the ending of a plural or of a gender, as in `type(s)`.
fn is_plural(rest: &[u8]) -> bool {
    [&b"s)"[..], b"es)", b"e)", b"n)", b"en)", b"in)", b"a)", b"as)"].iter().any(|ending| rest.starts_with(ending))
}

/// The shapes of the last character, white space and closing brackets and quotes aside.
fn ending(token: &str) -> u32 {
    let token = token.trim_end_matches(['"', '\'', ')', ']', '»', '”', '*']);
    match token.chars().next_back() {
        Some('!') if token.trim_end_matches('!').ends_with('?') => shape::QUESTION_MARK,
        Some('.' | '…') => shape::FULL_STOP,
        Some('?' | '؟') => shape::QUESTION_MARK,
        Some('!') => shape::EXCLAMATION,
        Some(':') => shape::COLON,
        Some(',' | ';') => shape::COMMA,
        _ => 0,
    }
}

fn number_shapes(core: &str, token: &str) -> u32 {
    if let Some(digits) = core.strip_prefix("0x")
        && digits.len() >= 4
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return shape::HEX;
    }
    let list = core.len() <= 2
        && core.bytes().all(|b| b.is_ascii_digit())
        && token.len() == core.len() + 1
        && token.ends_with(['.', ')']);
    if list { shape::LIST_NUMBER } else { 0 }
}

// --- Writing without spaces. ---

/// The token that begins at a place, with the entry that is known to begin there, and the entry that begins behind it.
fn unspaced(text: &str, start: usize, entry: Option<lexicon::Prefix>) -> (Token, Option<lexicon::Prefix>) {
    let mut token = fence(start);
    token.shape = shape::CJK;
    if let Some(punctuation) = char_at(text, start).and_then(unspaced_punctuation) {
        token.shape |= punctuation | shape::PUNCTUATION;
        token.end = (start + char_at(text, start).map_or(1, char::len_utf8)) as u32;
        token.chars = 1;
        return (token, None);
    }
    token.shape |= shape::ALPHA;
    let (mut at, mut chars, mut next) = (start, 0, None);
    if let Some(found) = entry.or_else(|| lexicon::longest_prefix(&text[start..])) {
        (token.flags, token.term) = (found.flags, found.term);
        (at, chars) = (start + found.bytes, found.chars);
    } else {
        while let Some(c) = char_at(text, at) {
            count_step();
            if !is_cjk(c) || unspaced_punctuation(c).is_some() {
                break;
            }
            if at > start {
                next = lexicon::longest_prefix(&text[at..]);
                if next.is_some() {
                    break;
                }
            }
            at += c.len_utf8();
            chars += 1;
        }
    }
    (token.end, token.chars, token.core) = (at as u32, chars, (start as u32, at as u32));
    (token, next)
}

/// The shapes of a full-width punctuation mark; `None` for letters.
pub(super) fn unspaced_punctuation(c: char) -> Option<u32> {
    Some(match c {
        // Nearly all.
        '\u{3400}'..='\u{9fff}' => return None,
        '。' | '．' | '｡' => shape::FULL_STOP,
        '？' => shape::QUESTION_MARK,
        '！' => shape::EXCLAMATION,
        '：' => shape::COLON,
        '，' | '、' | '；' => shape::COMMA,
        IDEOGRAPHIC_SPACE..='\u{3004}' | '\u{3008}'..='\u{3020}' | '\u{3030}' | '・' | '\u{ff00}'..='\u{ff0f}' => 0,
        '\u{ff1b}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}' => 0,
        _ => return None,
    })
}
