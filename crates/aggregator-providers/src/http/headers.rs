//! What the headers of a response say about its body.

use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};

use super::error::HttpError;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
}

/// # Errors
/// If it is another one than gzip, or several.
pub(crate) fn encoding(headers: &HeaderMap) -> Result<Encoding, HttpError> {
    let values: Vec<&[u8]> = headers.get_all(CONTENT_ENCODING).iter().map(HeaderValue::as_bytes).collect();
    let text = String::from_utf8_lossy(&values.join(&b", "[..])).trim().to_ascii_lowercase();
    match text.as_str() {
        "" | "identity" => Ok(Encoding::Identity),
        "gzip" | "x-gzip" => Ok(Encoding::Gzip),
        _ => {
            let found = ENCODINGS.into_iter().find(|known| *known == text).unwrap_or("several or unknown encodings");
            Err(HttpError::ContentEncoding { found })
        }
    }
}

/// Encodings that errors name. What a service writes is shown only where it is one of these: it may repeat a key.
const ENCODINGS: [&str; 4] = ["br", "zstd", "deflate", "compress"];

/// Media types that errors name.
const TYPES: [&str; 11] = [
    "application/json",
    "application/octet-stream",
    "application/pdf",
    "application/x-ndjson",
    "application/xml",
    "image/png",
    "text/event-stream",
    "text/html",
    "text/javascript",
    "text/plain",
    "text/xml",
];

/// The name of a media type for errors.
pub(crate) fn shown_type(media_type: &str) -> &'static str {
    TYPES.into_iter().find(|known| *known == media_type).unwrap_or("of an unexpected type")
}

/// The length that the service states.
///
/// # Errors
/// If it is no number, there are two, or the body also says that it comes in pieces of stated lengths.
pub(crate) fn content_length(headers: &HeaderMap) -> Result<Option<u64>, HttpError> {
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
pub(crate) fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// The media type in lower case, without parameters; empty if there is none.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let text = text(headers, &CONTENT_TYPE).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The encoding that the media type names, in lower case.
#[cfg(feature = "network")]
pub(crate) fn charset(headers: &HeaderMap) -> Option<String> {
    let mut parameters = text(headers, &CONTENT_TYPE)?.split(';').skip(1).filter_map(|pair| pair.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(value.trim().trim_matches(['"', '\'']).to_ascii_lowercase()).filter(|value| !value.is_empty())
}

/// The text of a header, if it is ASCII.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
