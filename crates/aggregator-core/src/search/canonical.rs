//! The canonical form of a URL: the key by which two hits are known to be the same page.
//!
//! The key is never shown and never fetched: the URL that is displayed stays exactly as the provider gave it
//! (searxng/searxng#4602: rewritten links broke). It is a URL without its scheme.
//!
//! | rule | source |
//! |---|---|
//! | parsed as browsers do: case of scheme and host, IDNA, dot segments, white space, backslashes | WHATWG URL standard |
//! | `http` and `https` are one | hearchco/agent#245 |
//! | leading `www.` go, where a domain remains | our choice: nearly every site serves one page under both; Chromium's address bar elides it as trivial |
//! | a trailing dot of the host goes | RFC 1034 section 3.1: the root label |
//! | the default ports 80 and 443 go | RFC 3986 section 6.2.3 |
//! | `%xx` of an unreserved character is decoded, other escapes in upper case, a stray `%` escaped | RFC 3986 sections 2.1, 2.3, 6.2.2 |
//! | trailing slashes of the path go | key only; searxng/searxng#4602 shows why links must keep them |
//! | tracking parameters and empty parameters go, the others keep their order | [`tracking`](super::tracking) |
//! | the fragment goes, except routes of single-page applications (`#/…`, `#!…`) | samnodehi/n8n-nodes-duckduckgo#55 |
//!
//! What stays, because stripping it merges different pages: the case of the path, the order and repetition of
//! parameters, `index.html`, `m.` and language subdomains, user information, other ports.

use url::Url;

use super::tracking::is_tracking;
use crate::settings::Settings;

/// A URL in canonical form.
///
/// ```
/// # use aggregator_core::search::canonical::CanonicalUrl;
/// let a = CanonicalUrl::parse("http://www.Example.org:80/a/./b/?utm_source=x&id=7#top")?;
/// let b = CanonicalUrl::parse("https://example.org/a/b?id=7")?;
/// assert_eq!(a, b);
/// assert_eq!(a.as_str(), "example.org/a/b?id=7");
/// # Ok::<(), aggregator_core::search::canonical::UrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanonicalUrl(String);

/// Why a text has no canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Longer than [`Settings::MAX_URL_BYTES`].
    #[error("the URL is longer than {} bytes", Settings::MAX_URL_BYTES)]
    TooLong,
    /// Not an absolute URL.
    #[error("this is not an absolute URL")]
    Malformed,
    /// A URL of another kind than `http` and `https`.
    #[error("only http and https URLs can be results")]
    Scheme,
}

impl CanonicalUrl {
    /// Finds the canonical form.
    ///
    /// # Errors
    /// [`UrlError`] says why there is none.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let mut key = String::with_capacity(url.len());
        write_canonical(url, &mut key)?;
        Ok(Self(key))
    }

    /// The canonical form, without a scheme.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Appends the canonical form of `url` to `key`; on an error nothing is appended.
pub(crate) fn write_canonical(url: &str, key: &mut String) -> Result<(), UrlError> {
    if url.len() > Settings::MAX_URL_BYTES {
        return Err(UrlError::TooLong);
    }
    if fast_path(url, key) { Ok(()) } else { general_path(url, key) }
}

// --- The fast path: ordinary URLs, without a parser. ---
//
// It accepts only what the general path would copy unchanged, and leaves everything else to it. A property test holds
// the two together.

const HOST: u8 = 1;
const PATH: u8 = 2;
const QUERY: u8 = 4;

/// Which bytes stand for themselves in which part, for the parser and for the rules above.
const ORDINARY: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.' {
            table[byte] |= HOST;
        }
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') {
            table[byte] |= PATH | QUERY;
        }
        if matches!(b, b'!' | b'$' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@' | b'/') {
            table[byte] |= PATH | QUERY;
        }
        if matches!(b, b'&' | b'?') {
            table[byte] |= QUERY;
        }
        if matches!(b, b'&' | b'\'') {
            table[byte] |= PATH;
        }
        byte += 1;
    }
    table
};

fn ordinary_prefix(bytes: &[u8], part: u8) -> usize {
    bytes.iter().position(|&b| ORDINARY[b as usize] & part == 0).unwrap_or(bytes.len())
}

fn fast_path(url: &str, key: &mut String) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return false };
    let (host, rest) = rest.split_at(ordinary_prefix(rest.as_bytes(), HOST));
    if !is_ordinary_host(host) {
        return false;
    }
    let (path, rest) = rest.split_at(ordinary_prefix(rest.as_bytes(), PATH));
    // A host is followed by a path, a query or a fragment: everything else (a port, user information, …) is not ordinary.
    if !(path.is_empty() || path.starts_with('/')) || has_dot_segment(path.as_bytes()) {
        return false;
    }
    let (query, rest) = match rest.strip_prefix('?') {
        Some(rest) => rest.split_at(ordinary_prefix(rest.as_bytes(), QUERY)),
        None => ("", rest),
    };
    // The fragment of an ordinary URL is dropped; one that is a route, or hides white space, is not ordinary.
    match rest.as_bytes() {
        [] => {}
        [b'#', fragment @ ..] => {
            if matches!(fragment, [b'/' | b'!', ..]) || !fragment.iter().all(|b| (0x21..0x7f).contains(b)) {
                return false;
            }
        }
        _ => return false,
    }
    key.push_str(without_www(host));
    key.push_str(path.trim_end_matches('/'));
    if !query.is_empty() {
        push_parameters(query, key, |text, key| key.push_str(text));
    }
    true
}

/// A name of lower-case ASCII labels that is neither an IP address in any notation nor Punycode.
fn is_ordinary_host(host: &str) -> bool {
    let mut last_starts_with_letter = false;
    for label in host.as_bytes().split(|&b| b == b'.') {
        match label {
            [] | [b'x', b'n', b'-', b'-', ..] => return false,
            [first, ..] => last_starts_with_letter = first.is_ascii_lowercase(),
        }
    }
    last_starts_with_letter
}

fn has_dot_segment(path: &[u8]) -> bool {
    path.windows(2).any(|pair| pair == b"/.")
}

// --- The general path: a standard parser, then the rules. ---

fn general_path(url: &str, key: &mut String) -> Result<(), UrlError> {
    let url = Url::parse(url).map_err(|_| UrlError::Malformed)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlError::Scheme);
    }
    let host = url.host_str().ok_or(UrlError::Malformed)?;
    // Only one dot is the root label; a name that ends in several is no name, and losing them all could make it a number.
    let host = match host.strip_suffix('.') {
        Some("") => return Err(UrlError::Malformed),
        Some(name) if !name.ends_with('.') => name,
        _ => host,
    };
    if !url.username().is_empty() || url.password().is_some() {
        key.push_str(url.username());
        if let Some(password) = url.password() {
            key.push(':');
            key.push_str(password);
        }
        key.push('@');
    }
    key.push_str(without_www(host));
    match url.port() {
        None | Some(80 | 443) => {}
        Some(port) => {
            key.push(':');
            key.push_str(&port.to_string());
        }
    }
    push_normalised(url.path().trim_end_matches('/'), key);
    if let Some(query) = url.query() {
        push_parameters(query, key, push_normalised);
    }
    match url.fragment() {
        None | Some("" | "/" | "!" | "!/") => {}
        Some(route) if route.starts_with(['/', '!']) => {
            key.push('#');
            push_normalised(route, key);
        }
        Some(_) => {}
    }
    Ok(())
}

// --- What both paths share. ---

fn without_www(mut host: &str) -> &str {
    while let Some(domain) = host.strip_prefix("www.") {
        if !domain.contains('.') || domain.starts_with('.') {
            break;
        }
        host = domain;
    }
    host
}

/// Appends the parameters that select the page; `push` writes one parameter in normal form.
fn push_parameters(query: &str, key: &mut String, push: impl Fn(&str, &mut String)) {
    let mut separator = '?';
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let before = key.len();
        key.push(separator);
        push(parameter, key);
        let written = &key[before + 1..];
        let name = written.split_once('=').map_or(written, |(name, _)| name);
        if is_tracking(name) {
            key.truncate(before);
        } else {
            separator = '&';
        }
    }
}

/// Appends text with its percent-escapes in normal form.
fn push_normalised(text: &str, key: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        key.push_str(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1..at + 3).and_then(|digits| Some((hex(digits[0])?, hex(digits[1])?)));
        match escape {
            Some((high, low)) => {
                let byte = high * 16 + low;
                if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                    key.push(char::from(byte));
                } else {
                    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                    key.push('%');
                    key.push(char::from(DIGITS[usize::from(high)]));
                    key.push(char::from(DIGITS[usize::from(low)]));
                }
                rest = &rest[at + 3..];
            }
            None => {
                key.push_str("%25");
                rest = &rest[at + 1..];
            }
        }
    }
    key.push_str(rest);
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(url: &str) -> String {
        CanonicalUrl::parse(url).unwrap_or_else(|error| panic!("{url}: {error}")).0
    }

    fn general(url: &str) -> Result<String, UrlError> {
        let mut key = String::new();
        general_path(url, &mut key).map(|()| key)
    }

    fn fast(url: &str) -> Option<String> {
        let mut key = String::new();
        fast_path(url, &mut key).then_some(key)
    }

    #[test]
    fn variants_of_a_page_have_one_key() {
        for (key, variants) in [
            (
                "example.org/a/b",
                &[
                    "https://example.org/a/b",
                    "http://example.org/a/b/",
                    "https://www.example.org/a/b//",
                    "HTTPS://EXAMPLE.ORG/a/b",
                    "https://example.org.:443/a/b",
                    "http://example.org:80/a/b",
                    "https://example.org/a/b#section-2",
                    "https://example.org/a/b#:~:text=streams",
                    "https://example.org/a/b?utm_source=x&UTM_medium=y",
                    "https://example.org/a/b?&fbclid=1&&",
                    "https://example.org/a/b?%75tm_source=x",
                    "https://example.org/a/./c/../b",
                    "https://example.org/%61/b",
                    "  https://example.org/a/b\n",
                    "https:\\\\example.org\\a\\b",
                ][..],
            ),
            (
                "example.org",
                &[
                    "https://example.org",
                    "http://www.example.org/",
                    "https://example.org/?gclid=1#x",
                    "https://example.org/#/",
                ],
            ),
            (
                "example.org/w?id=7&b=2",
                &["https://example.org/w?id=7&b=2", "https://example.org/w/?utm_id=0&id=7&b=2&mc_eid=z"],
            ),
            ("xn--bcher-kva.example/%C3%A4", &["https://bücher.example/ä", "https://xn--bcher-kva.example/%c3%a4"]),
            ("example.org:8443/x", &["https://example.org:8443/x", "http://www.example.org:8443/x/"]),
            ("app.example#/inbox", &["https://app.example/#/inbox", "http://app.example#/inbox"]),
            ("[::1]/x", &["http://[::1]/x", "http://[0:0::1]:80/x/"]),
            ("127.0.0.1", &["http://127.0.0.1", "http://0x7f.1/", "http://2130706433"]),
            ("example.org/100%25", &["https://example.org/100%", "https://example.org/100%25"]),
            ("user@example.org/x", &["https://user@example.org/x"]),
            // Found by the properties below.
            ("0..", &["https://0../"]),
            ("www..", &["https://www../"]),
            ("a.org", &["https://www.www.a.org/"]),
        ] {
            for variant in variants {
                assert_eq!(canonical(variant), key, "{variant}");
            }
        }
    }

    #[test]
    fn different_pages_keep_different_keys() {
        let pages = [
            "https://example.org/a",
            "https://example.org/A",
            "https://example.org/a/index.html",
            "https://m.example.org/a",
            "https://de.example.org/a",
            "https://example.org/a?ref=1",
            "https://example.org/a?source=1",
            "https://example.org/a?id=1",
            "https://example.org/a?id=2",
            "https://example.org/a?x=1&id=1",
            "https://example.org/a?id=1&x=1",
            "https://example.org/a?q=a+b",
            "https://example.org/a?q=a%26b",
            "https://example.org/a%2Fb",
            "https://example.org/a/b",
            "https://example.org/a;v=1",
            "https://example.org/a#/route",
            "https://example.org:8080/a",
            "https://www.com/a",
            "https://com/a",
        ];
        let keys: std::collections::BTreeSet<_> = pages.iter().map(|page| canonical(page)).collect();
        assert_eq!(keys.len(), pages.len(), "{keys:#?}");
    }

    #[test]
    fn what_is_no_web_page_is_refused() {
        for (url, error) in [
            ("", UrlError::Malformed),
            ("example.org/a", UrlError::Malformed),
            ("/relative", UrlError::Malformed),
            ("https://", UrlError::Malformed),
            ("https:///.", UrlError::Malformed),
            ("https://exa mple.org/", UrlError::Malformed),
            ("javascript:alert(1)", UrlError::Scheme),
            ("data:text/html,x", UrlError::Scheme),
            ("ftp://example.org/", UrlError::Scheme),
            ("file:///etc/passwd", UrlError::Scheme),
        ] {
            assert_eq!(CanonicalUrl::parse(url), Err(error), "{url}");
        }
        let long = |bytes: usize| format!("https://example.org/{}", "a".repeat(bytes - 20));
        assert!(CanonicalUrl::parse(&long(2_048)).is_ok());
        assert_eq!(CanonicalUrl::parse(&long(2_049)), Err(UrlError::TooLong));
    }

    #[test]
    fn ordinary_urls_take_the_fast_path() {
        for url in [
            "https://example.org",
            "https://www.example.org/a/b-c_d/e.html?id=7&utm_source=x#top",
            "http://docs.example.net/2026/11/23/a(b),c;d=e~f",
        ] {
            assert!(fast(url).is_some(), "{url}");
        }
    }

    /// Text made of the pieces at which parsers disagree.
    fn url_like() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-z0-9]{1,6}",
            1 => prop::sample::select(vec![
                "/", "//", "/.", "/..", "/./", "/../", ".", "..", "?", "&", "=", "#", "#/", "#!", "%", "%2", "%2e", "%2F", "%41",
                "%c3%a9", "%00", ":", ":80", ":443", ":8080", "@", "www.", "xn--", "xn--bcher-kva", "utm_source=1", "&fbclid=x&",
                "gclid", "é", "ß", "İ", "\u{200b}", "\u{ad}", " ", "\t", "\n", "\\", "|", "^", "'", "\"", "<", "[", "]", "{", "~", "_",
                "-", "--", "0x7f", "127.1", "1", "+", ",", ";", "!", "*", "(", "$", "A", "ORG",
            ]).prop_map(str::to_owned),
        ];
        let scheme = prop::sample::select(vec![
            "https://",
            "http://",
            "https://www.",
            "HTTP://",
            "https:/",
            "https:",
            "ftp://",
            "",
        ]);
        (scheme, prop::collection::vec(piece, 0..12)).prop_map(|(scheme, pieces)| scheme.to_owned() + &pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn both_paths_agree(url in url_like()) {
            if let Some(key) = fast(&url) {
                prop_assert_eq!(Ok(key), general(&url));
            }
        }

        #[test]
        fn canonical_is_idempotent(url in url_like()) {
            if let Ok(CanonicalUrl(key)) = CanonicalUrl::parse(&url) {
                prop_assert_eq!(canonical(&format!("https://{key}")), key);
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = CanonicalUrl::parse(&text);
            let _ = CanonicalUrl::parse(&format!("https://example.org/{text}"));
        }

        #[test]
        fn variants_agree(host in "[a-z]{1,8}\\.(org|com)", path in "(/[a-zA-Z0-9_~-][a-zA-Z0-9._~-]{0,7}){0,4}", id in 0u32..9) {
            let plain = canonical(&format!("https://{host}{path}?id={id}"));
            for variant in [
                format!("http://www.{host}:80{path}/?id={id}"),
                format!("https://{}{path}?utm_source=a&id={id}&fbclid=b#frag", host.to_uppercase()),
                format!("https://{host}{path}//?&id=%3{id}"),
            ] {
                prop_assert_eq!(canonical(&variant), plain.as_str());
            }
        }
    }
}
