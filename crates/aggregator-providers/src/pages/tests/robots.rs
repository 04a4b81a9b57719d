//! What sites allow.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aggregator_mocks::fault_server::{Script, response};
use futures::future::join_all;

use super::web::{Web, html, page, patient, redirect};
use crate::http::HttpError;
use crate::pages::{PageError, PageLimits};

/// A web whose robots.txt is as said, with pages that are all there.
fn web(robots: impl Fn(&str) -> Script + Send + Sync + 'static) -> Web {
    Web::new(move |host, path| if path == "/robots.txt" { robots(host) } else { html("<p>A page of it.") })
}

fn unknown(cause: &str) -> PageError {
    PageError::RobotsUnknown { cause: cause.into() }
}

#[tokio::test]
async fn rules_for_this_program_and_for_all_are_kept() {
    let web = web(|host| match host {
        "own.example" => page(
            200,
            &[],
            "user-agent: *\ndisallow:\n\nUser-Agent: Aggregator\ndisallow: /private\nallow: /private/not",
        ),
        _ => page(200, &[], "user-agent: *\ndisallow: /*?q="),
    });
    for (url, allowed) in [
        ("http://own.example/", true),
        ("http://own.example/private", false),
        ("http://own.example/%70rivate/a", false),
        ("http://own.example/private/not", true),
        ("http://all.example/", true),
        ("http://all.example/search?q=a", false),
    ] {
        assert_eq!(web.read(url).await.err(), (!allowed).then_some(PageError::Robots), "{url}");
    }
    assert_eq!(web.pages(), ["own.example/", "own.example/private/not", "all.example/"]);
}

#[tokio::test]
async fn a_site_is_asked_once_for_all_of_its_pages() {
    let web = web(|_| page(200, &[], ""));
    let pages = join_all(["/1", "/2", "/3"].map(async |path| web.read(&format!("http://a.example{path}")).await)).await;
    assert!(pages.iter().all(Result::is_ok), "{pages:?}");
    web.fetcher.clone().read("http://a.example/4", tokio::time::Instant::now() + patient().total).await.unwrap();
    assert_eq!(web.requests().iter().filter(|request| request.ends_with("/robots.txt")).count(), 1);
    web.read("http://b.example/").await.unwrap();
    assert_eq!(web.requests().iter().filter(|request| request.ends_with("/robots.txt")).count(), 2, "another site");
}

#[tokio::test]
async fn no_rules_allow_all_and_no_answer_allows_nothing() {
    for (status, expected) in [
        (204, None),
        (400, None),
        (401, None),
        (403, None),
        (404, None),
        (410, None),
        (429, Some(unknown("the site answered with status 429"))),
        (500, Some(unknown("the site answered with status 500"))),
        (503, Some(unknown("the site answered with status 503"))),
    ] {
        let web = web(move |_| page(status, &[], ""));
        assert_eq!(web.read("http://a.example/").await.err(), expected, "{status}");
        assert_eq!(web.pages().len(), usize::from(expected.is_none()));
        assert_eq!(web.read("http://a.example/").await.err(), expected, "{status}");
        assert_eq!(web.requests().iter().filter(|request| request.ends_with("/robots.txt")).count(), 1, "{status}");
    }
    let web = web(|_| Script::reading().send(b"SSH-2.0-OpenSSH\r\n\r\n"));
    let error = web.read("http://a.example/").await.unwrap_err();
    assert!(matches!(error, PageError::RobotsUnknown { .. }), "{error}");
}

#[tokio::test]
async fn rules_may_be_elsewhere_but_not_everywhere() {
    let web = web(|host| match host {
        "a.example" => redirect(301, "http://rules.example/robots.txt"),
        "rules.example" => page(200, &[], "user-agent: *\ndisallow: /"),
        "file.example" => redirect(302, "file:///etc/passwd"),
        "private.example" => redirect(302, "http://10.0.0.1/robots.txt"),
        _ => redirect(302, "/robots.txt"),
    });
    assert_eq!(web.read("http://a.example/").await, Err(PageError::Robots));
    for host in ["file", "private", "loop"] {
        let error = web.read(&format!("http://{host}.example/")).await.unwrap_err();
        assert!(matches!(error, PageError::RobotsUnknown { .. }), "{host}: {error}");
    }
    assert_eq!(web.requests().iter().filter(|request| request.starts_with("loop")).count(), 6);
    assert_eq!(web.pages(), [""; 0]);
}

#[tokio::test]
async fn rules_beyond_the_limit_are_not_seen_and_none_is_cut() {
    let limits = PageLimits { robots: 64, ..patient() };
    let text = |dashes: usize| format!("user-agent: *\ndisallow: /a\n#{}\ndisallow: /b\n", "-".repeat(dashes));
    // The limit is after `disallow: /`, or after the whole rule.
    for (text, b_allowed) in [(text(24), true), (text(22), false)] {
        let endless =
            Script::reading().send(response::head(200, &[])).send(text).repeat(vec![b' '; 4 << 10], Duration::ZERO);
        let web = Web::with(limits, [], move |_, path| match path {
            "/robots.txt" => endless.clone(),
            _ => html("<p>A page of it."),
        });
        assert_eq!(web.read("http://a.example/a").await, Err(PageError::Robots));
        assert_eq!(web.read("http://a.example/b").await.is_ok(), b_allowed);
        assert!(web.read("http://a.example/c").await.is_ok());
        web.wait_until_closed().await;
    }
}

/// The time of one page says nothing about the site.
#[tokio::test]
async fn a_page_without_time_leaves_the_site_to_the_next_one() {
    let web = web(|_| page(200, &[], ""));
    let error = web.fetcher.read("http://a.example/", tokio::time::Instant::now()).await.unwrap_err();
    assert!(matches!(error, PageError::Http(HttpError::TotalTimeout { .. })), "{error}");
    assert!(web.read("http://a.example/").await.is_ok());
}

#[tokio::test]
async fn rules_that_did_not_come_in_the_time_of_one_page_are_asked_for_by_the_next() {
    let asked = AtomicU32::new(0);
    let web = web(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => Script::reading().send(response::head(200, &[])).send("user-agent: *\n").hang(),
        _ => page(200, &[], ""),
    });
    let soon = tokio::time::Instant::now() + Duration::from_millis(300);
    let error = web.fetcher.read("http://a.example/", soon).await.unwrap_err();
    assert!(matches!(error, PageError::Http(HttpError::TotalTimeout { .. })), "{error}");
    // A machine that was too busy to send the first request in time sends the second one here.
    web.read("http://b.example/").await.unwrap();
    assert!(web.read("http://a.example/").await.is_ok());
}
