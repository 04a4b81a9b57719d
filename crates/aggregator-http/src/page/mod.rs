//! The page of the server: three files, which are in the program. They load nothing else, and need no key.

use std::future::ready;

use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

/// What the page may do. It loads its own two files and asks its own server; no text of a stranger becomes a script, a style or
/// a form, and no other page can have it in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
#[derive(Debug, Clone, Copy)]
struct File {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
}

const FILES: [File; 3] = [
    File { path: "/", kind: "text/html; charset=utf-8", text: include_str!("page.html") },
    File { path: "/page.css", kind: "text/css; charset=utf-8", text: include_str!("page.css") },
    File { path: "/page.js", kind: "text/javascript; charset=utf-8", text: include_str!("page.js") },
];

/// Whether a path is one of the page's.
pub(crate) fn is_of_page(path: &str) -> bool {
    FILES.iter().any(|file| file.path == path)
}

/// The routes of the page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> impl Iterator<Item = (&'static str, MethodRouter<S>)> {
    FILES.into_iter().map(|file| {
        let headers = file.headers();
        (file.path, get(move |asked: HeaderMap| ready(file.response(&asked, headers))))
    })
}

impl File {
    fn headers(&self) -> HeaderMap {
        let digest = Sha256::digest(self.text.as_bytes());
        // Half of it: what is told apart are versions of this program.
        let tag: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        // A browser keeps it, and asks each time whether it has changed: the page must fit the server.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        // Digits and quotes are always a value.
        if let Ok(tag) = HeaderValue::try_from(format!("\"{tag}\"")) {
            headers.insert(ETAG, tag);
        }
        headers
    }

    fn response(&self, asked: &HeaderMap, headers: HeaderMap) -> Response {
        let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut known = known.flat_map(|value| value.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
        let current = headers.get(ETAG).and_then(|tag| tag.to_str().ok());
        match known.any(|tag| tag == "*" || Some(tag) == current) {
            true => (StatusCode::NOT_MODIFIED, headers).into_response(),
            false => (headers, self.text).into_response(),
        }
    }
}
