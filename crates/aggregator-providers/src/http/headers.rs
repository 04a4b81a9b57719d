//! What the headers of a response say about its body.

use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, TRANSFER_ENCODING};

use super::error::HttpError;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
}

/// # Errors
/// If it is another one than gzip, or several.
pub(super) fn encoding(headers: &HeaderMap) -> Result<Encoding, HttpError> {
    let values: Vec<String> = headers.get_all(CONTENT_ENCODING).iter().map(|value| shown(value.as_bytes())).collect();
    match values.join(", ").to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(Encoding::Identity),
        "gzip" | "x-gzip" => Ok(Encoding::Gzip),
        found => Err(HttpError::ContentEncoding { found: found.to_owned() }),
    }
}

/// The length that the service states.
///
/// # Errors
/// If it is no number, there are two, or the body also says that it comes in pieces of stated lengths.
pub(super) fn content_length(headers: &HeaderMap) -> Result<Option<u64>, HttpError> {
    let malformed = |cause: &str| HttpError::Protocol { cause: cause.into() };
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let Some(length) = lengths.next() else { return Ok(None) };
    if lengths.any(|other| other != length) {
        return Err(malformed("it states two lengths"));
    }
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err(malformed("it states a length and that it comes in pieces"));
    }
    let text = length.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = text.and_then(|text| text.parse().ok());
    length.map(Some).ok_or_else(|| malformed("its length is no number"))
}

/// Bytes of all names and values.
pub(super) fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// The media type in lower case, without parameters; empty if there is none.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let text = headers.get(CONTENT_TYPE).map(|value| shown(value.as_bytes())).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The text of a header, if it is ASCII.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// At most 64 characters that are safe to show.
fn shown(bytes: &[u8]) -> String {
    bytes
        .iter()
        .filter(|byte| byte.is_ascii_graphic() || **byte == b' ')
        .take(64)
        .map(|byte| char::from(*byte))
        .collect()
}
