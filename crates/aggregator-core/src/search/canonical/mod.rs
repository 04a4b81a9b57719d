//! The canonical form of a URL: the key by which two hits are known to be the same page.
//!
//! The key is never shown and never fetched: the URL that is displayed stays as the provider gave it
//! (searxng/searxng#4602: rewritten links broke). It is a URL without its scheme, and so may decode what a server has to
//! see escaped. Two pages with one key are worse than a page with two: one of the two is lost.
//!
//! | rule | source |
//! |---|---|
//! | parsed as browsers do: case of scheme and host, IDNA, dot segments, white space, backslashes | WHATWG URL standard |
//! | `http` and `https` are one | hearchco/agent#245 |
//! | leading `www.` go, where a domain remains | our choice: nearly every site serves one page under both; Chromium's address
//! bar elides it as trivial |
//! | a trailing dot of the host goes | RFC 1034 section 3.1: the root label |
//! | the default ports 80 and 443 go | RFC 3986 section 6.2.3 |
//! | a user name without a password goes | it opens nothing, so it selects nothing |
//! | `%xx` of what is visible is decoded, unless the path or the query can be split by it; other escapes in upper case, a stray
//! `%` escaped | our choice, beyond RFC 3986 section 6.2.2: servers decode a path before they look at it |
//! | in a query a space is `+`, however it is written | WHATWG URL standard, section 5 |
//! | characters are in the normal form C | Unicode Standard Annex 15; RFC 3987 section 5.3.2.2 |
//! | trailing slashes of the path go | key only; searxng/searxng#4602 shows why links must keep them |
//! | `/index.html` and `/index.htm` go, without a query and outside of `/blob/` and `/raw/` | what servers send for a folder |
//! | `;jsessionid=…` goes | Jakarta Servlet specification, section 7.1.3 |
//! | tracking parameters and empty parameters go | [`tracking`](super::tracking) |
//! | parameters are in the order of their names, those of one name in their own order | our choice: programs look them up by
//! name |
//! | the fragment goes, except routes (`#/…`, `#!…`) and states (`#gid=1`) of programs; in a PDF it always goes |
//! samnodehi/n8n-nodes-duckduckgo#55; RFC 8118 section 3 |
//! | a redirect wrapper is the page it leads to, through three of them at most | `canonical/wrappers.rs` |
//! | sites that show a page under several addresses | `canonical/sites.rs` |
//! | of a file of this machine, the path and the fragment as they are; its path is its host | our choice: a fragment is a
//! passage, and two spellings are two files |
//!
//! What stays apart, because it may be two pages:
//!
//! | what | why |
//! |---|---|
//! | `/a%2Fb` and `/a/b`, and what else splits: `?`, `#`, `;`, `\`, in a query `&`, `=` of a name, `+` | it splits in one and
//! not in the other |
//! | `/a+b` and `/a%20b` | only in a query is `+` a space |
//! | the case of the path | most servers tell it apart |
//! | parameters of one name in another order; any order where one has no name or no value, or there are more than 32 | their
//! place may be what they say |
//! | `/index.php`, `/default.aspx` and other programs | the folder may be a page beside it |
//! | `//a` and `/a` | servers differ |
//! | `m.`, `amp.` and language subdomains; `/amp` at the end | a site of its own, or what the page is about |
//! | other ports; passwords | another server; another visitor |
//! | states in the fragment (`#map=…`) and the page without | the page may begin elsewhere |
//! | two addresses in one wrapper, opaque ones, share and login dialogs | it is not known where they lead |

mod escapes;
mod page;
mod query;
mod sites;
mod wrappers;

use std::ops::Range;

use url::Url;

use self::escapes::{Component, push_normal};
use self::page::Page;
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
    /// A URL of another kind than `http` and `https`; or `file`, from a provider that is not
    /// [local](crate::SearchProvider::is_local) or of another machine.
    #[error("only http and https URLs can be results, and files of this machine from local providers")]
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

/// A key and where in it the host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageKey<'a> {
    key: &'a str,
    host: Range<u16>,
}

impl<'a> PageKey<'a> {
    pub(crate) fn new(key: &'a str, host: HostRange) -> Self {
        Self { key, host }
    }

    /// The whole key: the text of a [`CanonicalUrl`].
    pub fn as_str(&self) -> &'a str {
        self.key
    }

    /// The host, without `www.`, user and port; the path of a file.
    pub fn host(&self) -> &'a str {
        &self.key[usize::from(self.host.start)..usize::from(self.host.end)]
    }

    /// The path; empty, or it begins with a slash.
    pub fn path(&self) -> &'a str {
        if self.key.starts_with('/') {
            return self.host();
        }
        let behind_host = &self.key[usize::from(self.host.end)..];
        let end = behind_host.find(['?', '#']).unwrap_or(behind_host.len());
        let start = behind_host.find('/').unwrap_or(end);
        behind_host.get(start..end).unwrap_or("")
    }
}

/// Maximum depth of wrappers that are looked into, one within the other. What has more is a page of its own.
const MAX_WRAPPERS: usize = 3;

/// Where in a key its host is.
pub(crate) type HostRange = Range<u16>;

/// Appends the canonical form of `url` to `key`, and says where in it the host is; on an error nothing is appended.
pub(crate) fn write_canonical(url: &str, key: &mut String) -> Result<HostRange, UrlError> {
    let url = trimmed(url);
    if url.len() > Settings::MAX_URL_BYTES {
        return Err(UrlError::TooLong);
    }
    write(url, MAX_WRAPPERS, key).map_err(|error| match error {
        WriteError::Error(error) => error,
        // Told to the outermost wrapper only, which goes on without looking into itself.
        WriteError::TooDeep => UrlError::Malformed,
    })
}

/// As [`write_canonical`], for the URL of a file of this machine.
pub(crate) fn write_file(url: &str, key: &mut String) -> Result<HostRange, UrlError> {
    let url = trimmed(url);
    if url.len() > Settings::MAX_URL_BYTES {
        return Err(UrlError::TooLong);
    }
    let url = Url::parse(url).map_err(|_| UrlError::Malformed)?;
    if url.scheme() != "file" || url.host().is_some() {
        return Err(UrlError::Scheme);
    }
    key.push_str(url.path());
    if let Some(passage) = url.fragment() {
        key.push('#');
        key.push_str(passage);
    }
    // The parser writes at most three bytes for each of a URL.
    Ok(0..url.path().len() as u16)
}

/// A URL without the white space around it.
#[inline]
pub(crate) fn trimmed(url: &str) -> &str {
    match url.as_bytes() {
        [b'!'..=b'~', .., b'!'..=b'~'] => url,
        _ => url.trim_matches(|c: char| c.is_whitespace() || c <= ' '),
    }
}

/// The reason for which no key was written.
#[derive(Debug)]
enum WriteError {
    Error(UrlError),
    /// There are more wrappers within each other than are looked into.
    TooDeep,
}

/// What a key is written from, in normal form.
#[derive(Clone, Copy)]
struct UrlParts<'a> {
    host: &'a str,
    path: &'a str,
    query: &'a str,
    /// The fragment with its `#`, where it selects something.
    state: &'a str,
}

fn write(url: &str, wrappers: usize, key: &mut String) -> Result<HostRange, WriteError> {
    match fast_path(url) {
        Some(parts) => write_parts(parts, wrappers, key),
        None => general_path(url, wrappers, key),
    }
}

#[inline]
fn write_parts(parts: UrlParts<'_>, wrappers: usize, key: &mut String) -> Result<HostRange, WriteError> {
    if sites::may_be_known(parts.host) {
        return write_known(parts, wrappers, key);
    }
    Ok(push(parts, key))
}

/// Writes the key of a page whose host rules may know.
#[cold]
fn write_known(parts: UrlParts<'_>, wrappers: usize, key: &mut String) -> Result<HostRange, WriteError> {
    let UrlParts { host, path, query, .. } = parts;
    let path = path.trim_end_matches('/');
    let path = if query::selects(query) { path } else { without_index(path) };
    let page = Page { host: host.into(), path: path.into(), query: query.into() };
    if let Some(target) = wrappers::target(&page) {
        if wrappers == 0 {
            return Err(WriteError::TooDeep);
        }
        match write(&target, wrappers - 1, key) {
            Ok(host) => return Ok(host),
            Err(WriteError::TooDeep) if wrappers < MAX_WRAPPERS => return Err(WriteError::TooDeep),
            // It leads to nothing that can be a result.
            Err(_) => {}
        }
    }
    let Page { host, path, query } = sites::rewritten(page);
    Ok(push(UrlParts { host: &host, path: &path, query: &query, ..parts }, key))
}

/// Appends a key.
#[inline]
fn push(parts: UrlParts<'_>, key: &mut String) -> HostRange {
    key.push_str(parts.host);
    let path = key.len();
    key.push_str(parts.path.trim_end_matches('/'));
    let query = key.len();
    query::push_parameters(parts.query, key);
    leave_index(path, query, key);
    key.push_str(parts.state);
    0..parts.host.len() as u16
}

/// Takes from a key without a query what servers send for a folder.
#[inline]
fn leave_index(path: usize, query: usize, key: &mut String) {
    if key.len() == query && matches!(key.as_bytes().last(), Some(b'l' | b'm')) {
        key.truncate(path + without_index(&key[path..]).len());
    }
}

/// A path without what servers send for a folder.
fn without_index(path: &str) -> &str {
    let folder = |path: &str| {
        let folder = path.strip_suffix("/index.html").or_else(|| path.strip_suffix("/index.htm"))?;
        Some(folder.trim_end_matches('/').len())
    };
    let mut end = path.len();
    while let Some(shorter) = folder(&path[..end]) {
        end = shorter;
    }
    // In the first two, a folder of source code is another page than a file in it. Behind a semicolon are parameters.
    if end < path.len() && ["/blob/", "/raw/", ";"].iter().any(|other| path.contains(other)) {
        return path;
    }
    &path[..end]
}

// --- The fast path: ordinary URLs, without a parser. ---
//
// It accepts only what the general path would copy unchanged, and leaves everything else to it. A property test holds
// the two together.

const HOST: u8 = 1;
const PATH: u8 = 2;
const QUERY: u8 = 4;
/// A semicolon in a path: behind it may be a session.
const PARAMETER: u8 = 8;

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
        if matches!(b, b'!' | b'$' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@' | b'/') {
            table[byte] |= PATH | QUERY;
        }
        if matches!(b, b'&' | b'?' | b';') {
            table[byte] |= QUERY;
        }
        if b == b';' {
            table[byte] |= PARAMETER;
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

#[inline]
fn fast_path(url: &str) -> Option<UrlParts<'_>> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, rest) = rest.split_at(ordinary_prefix(rest.as_bytes(), HOST));
    if !is_ordinary_host(host) {
        return None;
    }
    let mut path = ordinary_prefix(rest.as_bytes(), PATH);
    if rest.as_bytes().get(path) == Some(&b';') {
        path = with_parameters(rest)?;
    }
    let (path, rest) = rest.split_at(path);
    // A host is followed by a path, a query or a fragment: everything else (a port, user information, …) is not ordinary.
    if !(path.is_empty() || path.starts_with('/')) || has_dot_segment(path.as_bytes()) {
        return None;
    }
    let (query, rest) = match rest.strip_prefix('?') {
        Some(rest) => rest.split_at(ordinary_prefix(rest.as_bytes(), QUERY)),
        None => ("", rest),
    };
    // The fragment of an ordinary URL is dropped; one that may select something, or hides white space, is not ordinary.
    match rest.as_bytes() {
        [] => {}
        [b'#', fragment @ ..] => {
            if matches!(fragment, [b'/' | b'!', ..]) || !fragment.iter().all(|b| (0x21..0x7f).contains(b) && *b != b'=')
            {
                return None;
            }
        }
        _ => return None,
    }
    Some(UrlParts { host: without_www(host), path, query, state: "" })
}

/// Where a path ends that has semicolons; `None` if there is a session in it.
#[cold]
fn with_parameters(rest: &str) -> Option<usize> {
    let end = ordinary_prefix(rest.as_bytes(), PATH | PARAMETER);
    let path = rest[..end].trim_end_matches('/');
    (without_session(path).len() == path.len()).then_some(end)
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

fn general_path(url: &str, wrappers: usize, key: &mut String) -> Result<HostRange, WriteError> {
    let url = Url::parse(url).map_err(|_| WriteError::Error(UrlError::Malformed))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(WriteError::Error(UrlError::Scheme));
    }
    let host = url.host_str().ok_or(WriteError::Error(UrlError::Malformed))?;
    // Only one dot is the root label; a name that ends in several is no name, and losing them all could make it a number.
    let host = match host.strip_suffix('.') {
        Some("") => return Err(WriteError::Error(UrlError::Malformed)),
        Some(name) if !name.ends_with('.') => name,
        _ => host,
    };
    let port = url.port().filter(|port| !matches!(port, 80 | 443));
    let host = without_www(host);
    if port.is_none() && url.password().is_none() && sites::may_be_known(host) {
        return write_normal(&url, host, wrappers, key);
    }
    let start = key.len();
    if let Some(password) = url.password() {
        for part in [url.username(), ":", password, "@"] {
            key.push_str(part);
        }
    }
    let host_start = key.len() - start;
    key.push_str(host);
    let host_end = key.len() - start;
    if let Some(port) = port {
        key.push(':');
        key.push_str(&port.to_string());
    }
    let path = key.len();
    push_normal(without_session(url.path()), Component::Path, key);
    let slashes = key[path..].len() - key[path..].trim_end_matches('/').len();
    key.truncate(key.len() - slashes);
    let state = url.fragment().and_then(|fragment| state_of(fragment, &key[path..]));
    let query = key.len();
    query::push_parameters_normal(url.query().unwrap_or(""), key);
    leave_index(path, query, key);
    if let Some(state) = state {
        key.push('#');
        push_normal(state, Component::Fragment, key);
    }
    Ok(host_start as u16..host_end as u16)
}

/// Writes the key of a page whose host rules may know: they read its parts in normal form.
#[cold]
fn write_normal(url: &Url, host: &str, wrappers: usize, key: &mut String) -> Result<HostRange, WriteError> {
    // One after the other in one text.
    let mut normal = String::with_capacity(url.as_str().len());
    push_normal(without_session(url.path()), Component::Path, &mut normal);
    let query = normal.len();
    query::push_normal_query(url.query().unwrap_or(""), &mut normal);
    let state = normal.len();
    if let Some(fragment) = url.fragment().and_then(|fragment| state_of(fragment, &normal[..query])) {
        normal.push('#');
        push_normal(fragment, Component::Fragment, &mut normal);
    }
    let parts = UrlParts { host, path: &normal[..query], query: &normal[query..state], state: &normal[state..] };
    write_known(parts, wrappers, key)
}

/// The part of a fragment that selects what is shown.
fn state_of<'a>(fragment: &'a str, path: &str) -> Option<&'a str> {
    // A text fragment scrolls (URL Fragment Text Directives).
    let state = fragment.split(":~:").next().unwrap_or(fragment);
    let is_route = state.starts_with(['/', '!']) && !matches!(state, "/" | "!" | "!/");
    let mut names = state.split('&').filter_map(|parameter| parameter.split_once('=')).map(|(name, _)| name);
    let is_pdf = path.len() >= 4 && path.as_bytes()[path.len() - 4..].eq_ignore_ascii_case(b".pdf");
    // Google's search box for sites writes its first tab behind every page, and a search beside it.
    (is_route || (!is_pdf && state != "gsc.tab=0" && names.any(|name| !is_tracking(name)))).then_some(state)
}

/// A path without the session that servlets write behind its last segment.
fn without_session(path: &str) -> &str {
    const SESSION: &[u8] = b";jsessionid=";
    let path = path.trim_end_matches('/');
    let segment = path.rfind('/').map_or(0, |slash| slash + 1);
    let session = path.as_bytes()[segment..].windows(SESSION.len()).position(|text| text.eq_ignore_ascii_case(SESSION));
    match session {
        // Nothing or a dot before it would become another segment.
        Some(at) if at > 0 && !ends_with_dot(&path[..segment + at]) => &path[..segment + at],
        _ => path,
    }
}

/// Whether the last character of a path is a dot, written as it is or escaped.
fn ends_with_dot(path: &str) -> bool {
    path.ends_with('.') || path.ends_with("%2e") || path.ends_with("%2E")
}

fn without_www(mut host: &str) -> &str {
    while let Some(domain) = host.strip_prefix("www.") {
        if !domain.contains('.') || domain.starts_with('.') {
            break;
        }
        host = domain;
    }
    host
}

#[cfg(test)]
mod tests;
