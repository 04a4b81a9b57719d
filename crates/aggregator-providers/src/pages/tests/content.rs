//! What comes: statuses, types, encodings, lengths.

use std::time::Duration;

use aggregator_mocks::fault_server::{Script, response};

use super::web::{Web, page, patient, without_rules};
use crate::http::HttpError;
use crate::pages::{Page, PageError, PageLimits};

async fn read(script: Script) -> Result<Page, PageError> {
    read_within(patient(), script).await
}

/// Reads the only page of a web, which no connection to is left of.
async fn read_within(limits: PageLimits, script: Script) -> Result<Page, PageError> {
    let web = Web::with(limits, [], move |_, path| without_rules(path, || script.clone()));
    let read = web.read("http://a.example/").await;
    web.wait_until_closed().await;
    read
}

#[tokio::test]
async fn a_page_is_read_with_its_title_and_headings() {
    let text = "<title>The guide</title><nav>Home</nav><main><h1>Guide</h1><h2>Install</h2><p>Run it.</main>";
    let expected = Page {
        title: Some("The guide".into()),
        passages: vec!["Guide › Install\n\nRun it.".into()],
        address: "http://a.example/".into(),
        bytes: text.len(),
        truncated: false,
    };
    for media_type in ["text/html", "application/xhtml+xml", "Text/HTML; charset=utf-8"] {
        assert_eq!(read(page(200, &[("Content-Type", media_type)], text)).await, Ok(expected.clone()));
    }
    let plain = read(page(200, &[("Content-Type", "text/plain")], "<b>one.</b>\n")).await.unwrap();
    assert_eq!((plain.title, plain.passages), (None, vec!["<b>one.</b>".to_owned()]));
    let empty = read(page(200, &[("Content-Type", "text/html")], "")).await.unwrap();
    assert_eq!((empty.passages, empty.bytes), (vec![], 0));
}

#[tokio::test]
async fn other_types_and_statuses_are_refused() {
    for (media_type, found) in [
        ("application/pdf", "application/pdf"),
        ("image/png", "image/png"),
        ("application/x-msdownload", "of an unexpected type"),
        ("text/html2", "of an unexpected type"),
    ] {
        assert_eq!(read(page(200, &[("Content-Type", media_type)], "a")).await, Err(PageError::ContentType { found }));
    }
    assert_eq!(read(page(200, &[], "a")).await, Err(PageError::ContentType { found: "of an unexpected type" }));
    for status in [400, 401, 403, 404, 410, 429, 451, 500, 503] {
        let html = page(status, &[("Content-Type", "text/html")], "<p>No.");
        assert_eq!(read(html).await, Err(PageError::Status { status }));
    }
}

#[tokio::test]
async fn encodings_of_characters_are_understood_or_refused() {
    let html = |media_type: &str, body: &[u8]| {
        Script::answering(response::complete(200, &[("Content-Type", media_type)], body))
    };
    let passages = async |script| read(script).await.map(|page| page.passages.concat());
    let grün = Ok("grün".to_owned());
    assert_eq!(passages(html("text/html; charset=\"ISO-8859-1\"", b"gr\xfcn")).await, grün);
    assert_eq!(passages(html("text/html;charset=utf-8", "grün".as_bytes())).await, grün);
    assert_eq!(passages(html("text/html; x=y; CHARSET=utf-16be", b"\0g\0r\0\xfc\0n")).await, grün);
    assert_eq!(passages(html("text/html", b"<meta charset=windows-1252>gr\xfcn")).await, grün);
    assert_eq!(passages(html("text/html; charset=koi8-r", &[0xd0; 100])).await, Err(PageError::Encoding));
    assert_eq!(passages(html("text/plain", b"\x7fELF\0\0")).await, Err(PageError::Encoding));
}

#[tokio::test]
async fn what_is_compressed_is_read_within_bounds_if_it_is_gzip() {
    let encoded = |encoding: &str, body: &[u8]| {
        Script::answering(response::complete(
            200,
            &[("Content-Type", "text/html"), ("Content-Encoding", encoding)],
            body,
        ))
    };
    assert_eq!(read(encoded("gzip", &response::gzip(b"<p>Text."))).await.unwrap().passages, ["Text."]);
    let found = |found| Err(PageError::Http(HttpError::ContentEncoding { found }));
    assert_eq!(read(encoded("br", b"a")).await, found("br"));
    assert_eq!(read(encoded("gzip, gzip", b"a")).await, found("several or unknown encodings"));
    // Whatever the pieces are that it comes in: read up to the limit, or refused.
    match read(encoded("gzip", &response::gzip_bomb(b'a', 100))).await {
        Ok(page) => assert!(page.truncated && page.bytes == patient().body),
        Err(PageError::Http(HttpError::Ratio { .. } | HttpError::TooLarge { .. })) => {}
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_long_page_is_read_up_to_the_limit() {
    let limits = PageLimits { body: 1_000, ..patient() };
    let html = |length| page(200, &[("Content-Type", "text/html")], &"<p>Word. ".repeat(1_000)[..length]);
    for (length, truncated) in [(999, false), (1_000, false), (1_001, true), (9_000, true)] {
        let page = read_within(limits, html(length)).await.unwrap();
        assert_eq!((page.bytes, page.truncated), (length.min(1_000), truncated), "{length}");
    }
    let head = response::head(200, &[("Content-Type", "text/html")]);
    let endless = Script::reading().send(head).repeat("<p>Word and ü. ", Duration::ZERO);
    let page = read_within(patient(), endless).await.unwrap();
    assert_eq!((page.bytes, page.truncated), (512 << 10, true));
    let is_text = |passage: &String| passage.starts_with("Word and ü.") && !passage.contains('\u{fffd}');
    assert!(!page.passages.is_empty() && page.passages.iter().all(is_text), "{:?}", page.passages);
}

#[tokio::test]
async fn a_page_that_does_not_come_in_time_is_refused() {
    let head = response::head(200, &[("Content-Type", "text/html")]);
    let limits = PageLimits { total: Duration::from_millis(500), ..patient() };
    for script in [
        Script::reading().hang(),
        Script::reading().send(head.clone()).hang(),
        Script::reading().send(head).repeat("a", Duration::from_millis(10)),
    ] {
        let error = read_within(limits, script).await.unwrap_err();
        assert!(matches!(error, PageError::Http(HttpError::TotalTimeout { .. })), "{error}");
    }
}

#[tokio::test]
async fn what_ends_early_or_is_no_http_is_refused() {
    let head = |length| response::head(200, &[("Content-Type", "text/html"), ("Content-Length", length)]);
    let error = read(Script::reading().send([&head("9")[..], b"123"].concat())).await.unwrap_err();
    assert!(matches!(error, PageError::Http(HttpError::Truncated { .. })), "{error}");
    let error = read(Script::reading().send(b"220 mail ready\r\n\r\n")).await.unwrap_err();
    assert!(matches!(error, PageError::Http(HttpError::Protocol { .. })), "{error}");
    let large = "x".repeat(70 << 10);
    let error = read(page(200, &[("Content-Type", "text/html"), ("X", &large)], "")).await.unwrap_err();
    assert!(matches!(error, PageError::Http(HttpError::HeadersTooLarge { .. })), "{error}");
}
