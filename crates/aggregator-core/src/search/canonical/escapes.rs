//! Percent-escapes in normal form, and one form of characters that Unicode lets write in several ways.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::step_counter::count_step;

/// The component of a URL that a text is from. It decides what has to stay escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Component {
    /// All segments of a path. What a path can be split by stays escaped: `/`, `?`, `#`, `;` and `\`.
    Path,
    /// The name of a parameter. What a query can be split by stays escaped: `&`, `=`, `#` and `;`; and `+`, which is a space.
    Name,
    /// The value of a parameter: as a name, but behind the first `=` another one means itself.
    Value,
    /// A fragment. Programs read it as they like, so only what never means anything is decoded.
    Fragment,
}

const PATH: u8 = 1;
const NAME: u8 = 2;
const VALUE: u8 = 4;
const FRAGMENT: u8 = 8;

/// Which bytes are the same escaped and not, in which component.
const DECODED: [u8; 256] = {
    let mut table = [0; 256];
    // What is visible; `%` is never decoded, or `%2541` and `%41` would be one.
    let mut byte = 0x21_u8;
    while byte < 0x7f {
        let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let mut parts = 0;
        if !matches!(byte, b'%' | b'/' | b'?' | b'#' | b';' | b'\\') {
            parts |= PATH;
        }
        if !matches!(byte, b'%' | b'&' | b'=' | b'+' | b'#' | b';') {
            parts |= NAME;
        }
        if !matches!(byte, b'%' | b'&' | b'+' | b'#' | b';') {
            parts |= VALUE;
        }
        if unreserved {
            parts |= FRAGMENT;
        }
        table[byte as usize] = parts;
        byte += 1;
    }
    table
};

impl Component {
    fn decodes(self, byte: u8) -> bool {
        let component = match self {
            Self::Path => PATH,
            Self::Name => NAME,
            Self::Value => VALUE,
            Self::Fragment => FRAGMENT,
        };
        DECODED[usize::from(byte)] & component != 0
    }

    fn push(self, byte: u8, key: &mut String) {
        if self.decodes(byte) {
            key.push(char::from(byte));
        } else if byte == b' ' && matches!(self, Self::Name | Self::Value) {
            key.push('+');
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            key.push('%');
            key.push(char::from(DIGITS[usize::from(byte >> 4)]));
            key.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// Appends ASCII text, as a standard parser gives it, in normal form.
pub(super) fn push_normal(text: &str, component: Component, key: &mut String) {
    let mut rest = text;
    let mut run = Vec::new();
    // Whether the last thing that was appended is a letter or digit, which an accent behind it changes.
    let mut letter = false;
    while let Some(at) = rest.find('%') {
        count_step();
        key.push_str(&rest[..at]);
        if let Some(last) = rest.as_bytes()[..at].last() {
            letter = last.is_ascii_alphanumeric();
        }
        rest = &rest[at..];
        match escaped(rest) {
            None => {
                key.push_str("%25");
                letter = false;
                rest = &rest[1..];
            }
            Some(byte) if byte.is_ascii() => {
                component.push(byte, key);
                letter = byte.is_ascii_alphanumeric();
                rest = &rest[3..];
            }
            Some(_) => {
                run.clear();
                run.extend(if letter { key.pop().map(|letter| letter as u8) } else { None });
                while let Some(byte) = escaped(rest).filter(|byte| !byte.is_ascii()) {
                    count_step();
                    run.push(byte);
                    rest = &rest[3..];
                }
                push_characters(&run, component, key);
                letter = false;
            }
        }
    }
    key.push_str(rest);
}

/// Appends text that is not escaped; what has no meaning in this component is escaped.
pub(super) fn push_text(text: &str, component: Component, key: &mut String) {
    text.bytes().for_each(|byte| component.push(byte, key));
}

/// Appends bytes of which all but the first are not ASCII. ASCII stands between all others, and composes with what follows it
/// only, so the text as a whole is in normal form if each such run is.
fn push_characters(run: &[u8], component: Component, key: &mut String) {
    const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
    for chunk in run.utf8_chunks() {
        count_step();
        for byte in NFC.normalize(chunk.valid()).bytes().chain(chunk.invalid().iter().copied()) {
            component.push(byte, key);
        }
    }
}

/// The byte of the escape that a text begins with.
pub(super) fn escaped(text: &str) -> Option<u8> {
    match *text.as_bytes() {
        [b'%', high, low, ..] => Some(hex(high)? * 16 + hex(low)?),
        _ => None,
    }
}

/// The text that was escaped; `None` if it is not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&first) = rest.as_bytes().first() {
        count_step();
        let byte = escaped(rest);
        bytes.push(byte.unwrap_or(first));
        // As bytes: what follows a byte of a character is no beginning of one.
        let width = if byte.is_some() { 3 } else { rest.chars().next().map_or(1, char::len_utf8) };
        if byte.is_none() {
            bytes.extend_from_slice(&rest.as_bytes()[1..width]);
        }
        rest = &rest[width..];
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
