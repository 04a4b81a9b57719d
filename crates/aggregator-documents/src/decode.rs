//! Bytes of a document as text.

use std::borrow::Cow;

/// The content of a document.
#[derive(Debug, PartialEq, Eq)]
pub enum DecodeResult<'a> {
    /// Text, with U+FFFD in place of invalid bytes.
    Text {
        /// The text.
        text: Cow<'a, str>,
        /// Whether there were invalid bytes.
        lossy: bool,
    },
    /// Not text: NUL bytes without the byte order mark of UTF-16.
    Binary,
}

/// Labels of Windows-1252 (WHATWG Encoding, "Names and labels"), those that pages use.
const WINDOWS_1252: [&str; 6] = ["iso-8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252", "us-ascii"];

/// Decodes UTF-8 with or without a byte order mark, and UTF-16 with one. In other encodings, what is ASCII stays
/// readable; HTML may say that it is in Windows-1252, which is also what browsers read as ISO 8859-1 and US-ASCII.
pub fn decode(bytes: &[u8], is_html: bool) -> DecodeResult<'_> {
    match bytes {
        _ if is_html && is_windows_1252(bytes) => from_windows_1252(bytes),
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf_8(rest),
        _ => utf_8(bytes),
    }
}

/// Decodes bytes that came with the name of their encoding, as a response has it in `Content-Type`. A byte order mark has the
/// last word, as in browsers, then the name, then what the page itself declares. UTF-8, UTF-16 and Windows-1252 are known;
/// what has another name is read as UTF-8, as by [`decode`].
pub fn decode_as<'a>(bytes: &'a [u8], encoding: Option<&str>, is_html: bool) -> DecodeResult<'a> {
    let Some(name) = encoding.map(|name| name.trim().trim_matches(['"', '\'']).to_ascii_lowercase()) else {
        return decode(bytes, is_html);
    };
    let has_mark = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0xef, 0xbb, 0xbf, ..]);
    match name.as_str() {
        _ if has_mark => decode(bytes, false),
        "utf-16" | "utf-16le" => utf_16(bytes, u16::from_le_bytes),
        "utf-16be" => utf_16(bytes, u16::from_be_bytes),
        name if WINDOWS_1252.contains(&name) && may_be_windows_1252(bytes) => from_windows_1252(bytes),
        _ => decode(bytes, false),
    }
}

/// Whether a page that is not UTF-8 declares Windows-1252 in its first 1,024 bytes, where browsers look for it.
fn is_windows_1252(bytes: &[u8]) -> bool {
    if !may_be_windows_1252(bytes) {
        return false;
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1_024)]).to_ascii_lowercase();
    let mut after = head.split("charset=").skip(1).map(|rest| rest.trim_start_matches(['"', '\'', ' ']));
    after.any(|rest| WINDOWS_1252.iter().any(|label| rest.starts_with(label)))
}

fn may_be_windows_1252(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err() && !bytes.contains(&0) && !bytes.starts_with(&[0xef, 0xbb, 0xbf])
}

fn from_windows_1252(bytes: &[u8]) -> DecodeResult<'static> {
    DecodeResult::Text { text: bytes.iter().map(|&byte| windows_1252(byte)).collect(), lossy: false }
}

/// The characters that Windows-1252 has where ISO 8859-1 has control characters (WHATWG Encoding, index windows-1252).
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn utf_8(bytes: &[u8]) -> DecodeResult<'_> {
    if bytes.contains(&0) {
        return DecodeResult::Binary;
    }
    let text = String::from_utf8_lossy(bytes);
    let lossy = matches!(text, Cow::Owned(_));
    DecodeResult::Text { text, lossy }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> DecodeResult<'static> {
    let mut lossy = bytes.len() % 2 == 1;
    let units = bytes.as_chunks::<2>().0.iter().map(|&pair| unit(pair));
    let text: String = char::decode_utf16(units)
        .map(|decoded| {
            decoded.unwrap_or_else(|_| {
                lossy = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    match text.contains('\0') {
        true => DecodeResult::Binary,
        false => DecodeResult::Text { text: Cow::Owned(text), lossy },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Option<(String, bool)> {
        match decode(bytes, false) {
            DecodeResult::Text { text, lossy } => Some((text.into_owned(), lossy)),
            DecodeResult::Binary => None,
        }
    }

    #[test]
    fn byte_order_marks_name_the_encoding() {
        assert_eq!(text("grün".as_bytes()), Some(("grün".into(), false)));
        assert_eq!(text(b"\xef\xbb\xbfab"), Some(("ab".into(), false)));
        assert_eq!(text(b"\xff\xfea\0\xfc\0"), Some(("aü".into(), false)));
        assert_eq!(text(b"\xfe\xff\0a\0\xfc"), Some(("aü".into(), false)));
        assert_eq!(text(b"\xff\xfe\x3d\xd8\x00\xde"), Some(("😀".into(), false)));
    }

    #[test]
    fn a_page_may_name_its_encoding() {
        let page = |charset: &str| [format!("<meta charset={charset}>").as_bytes(), b"gr\xfcn \x80"].concat();
        let text = |bytes: &[u8]| match decode(bytes, true) {
            DecodeResult::Text { text, lossy } => (text.rsplit('>').next().unwrap().to_owned(), lossy),
            DecodeResult::Binary => unreachable!(),
        };
        assert_eq!(text(&page("\"ISO-8859-1\"")), ("grün €".into(), false));
        assert_eq!(text(&page("koi8-r")), ("gr\u{fffd}n \u{fffd}".into(), true));
        assert_eq!(
            text("<meta charset=latin1>grün".as_bytes()),
            ("grün".into(), false),
            "it is UTF-8 whatever it says"
        );
    }

    #[test]
    fn what_cannot_be_decoded_is_marked() {
        assert_eq!(text(b"gr\xfcn"), Some(("gr\u{fffd}n".into(), true)));
        assert_eq!(text(b"\xff\xfe\x3d\xd8a\0"), Some(("\u{fffd}a".into(), true)));
        assert_eq!(text(b"\xff\xfea\0b"), Some(("a".into(), true)));
        assert_eq!(text(b""), Some((String::new(), false)));
        assert_eq!(text(b"a\0b"), None);
        assert_eq!(text(b"\xff\xfe\0\0a\0"), None);
    }

    #[test]
    fn the_name_that_comes_with_bytes_is_before_that_in_the_page() {
        let page = b"<meta charset=latin1>gr\xfcn";
        let text = |bytes: &[u8], encoding| match decode_as(bytes, encoding, true) {
            DecodeResult::Text { text, .. } => text.rsplit('>').next().unwrap().to_owned(),
            DecodeResult::Binary => "binary".to_owned(),
        };
        assert_eq!(text(page, None), "grün");
        assert_eq!(text(page, Some("utf-8")), "gr\u{fffd}n");
        assert_eq!(text(b"gr\xfcn \x80", Some(" \"ISO-8859-1\" ")), "grün €");
        assert_eq!(text("grün".as_bytes(), Some("latin1")), "grün", "it is UTF-8 whatever it is called");
        assert_eq!(text("grün".as_bytes(), Some("x-unknown")), "grün");
        assert_eq!(text(b"a\0\xfc\0", Some("UTF-16LE")), "aü");
        assert_eq!(text(b"\0a\0\xfc", Some("utf-16be")), "aü");
        assert_eq!(text(b"\xfe\xff\0a", Some("utf-16le")), "a", "a byte order mark has the last word");
        assert_eq!(text(b"a\0b", Some("latin1")), "binary");
    }
}
