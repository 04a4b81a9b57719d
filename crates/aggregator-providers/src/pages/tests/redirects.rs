//! Redirects: followed within the same rules, and not without end.

use std::net::{IpAddr, Ipv4Addr};

use super::web::{Web, html, page, patient, redirect, without_rules};
use crate::pages::{PageError, PageLimits};

#[tokio::test]
async fn a_chain_is_followed_up_to_the_limit() {
    let web = Web::new(|host, path| {
        without_rules(path, || match (host, path) {
            ("a.example", "/0") => redirect(301, "/1"),
            ("a.example", "/1") => redirect(302, "http://b.example/2"),
            ("b.example", "/2") => redirect(307, "//c.example/3?x=y#z"),
            ("c.example", "/3?x=y") => html("<title>Three</title><p>Here it is."),
            (_, path) => redirect(303, &format!("http://a.example{}", path.strip_prefix("/more").unwrap_or("/more/0"))),
        })
    });
    let read = web.read("http://a.example/0").await.unwrap();
    assert_eq!((read.address.as_str(), read.title.as_deref()), ("http://c.example/3?x=y", Some("Three")));
    assert_eq!(web.pages(), ["a.example/0", "a.example/1", "b.example/2", "c.example/3?x=y"]);
    assert_eq!(web.names.asked(), ["a.example", "b.example", "c.example"], "each host once");
    assert_eq!(web.read("http://a.example/more/0").await, Err(PageError::TooManyRedirects { most: 3 }));
}

#[tokio::test]
async fn a_loop_ends() {
    for redirects in [0, 2] {
        let limits = PageLimits { redirects, ..patient() };
        let web = Web::with(limits, [], |_, path| without_rules(path, || redirect(308, "/again")));
        assert_eq!(web.read("http://a.example/").await, Err(PageError::TooManyRedirects { most: redirects }));
        assert_eq!(web.pages().len() as u32, redirects + 1);
    }
}

#[tokio::test]
async fn redirects_go_to_no_address_that_would_not_be_asked_itself() {
    let private = || vec![vec![IpAddr::V4(Ipv4Addr::new(192, 168, 0, 1))]];
    for (location, expected) in [
        ("http://127.0.0.1/", PageError::PrivateAddress),
        ("http://[::ffff:7f00:1]/", PageError::PrivateAddress),
        ("http://2130706433/latest/meta-data/", PageError::PrivateAddress),
        ("http://intranet.example/", PageError::PrivateAddress),
        ("file:///etc/passwd", PageError::BadAddress { why: "it is neither http nor https" }),
        ("http://a.example:6379/", PageError::BadAddress { why: "its port is neither 80 nor 443" }),
        ("http://u:p@a.example/", PageError::BadAddress { why: "it has a user name or a password" }),
        ("http://[", PageError::BadAddress { why: "it is no address such as https://example.org/page" }),
    ] {
        let web = Web::with(patient(), [("intranet.example", private())], move |_, path| {
            without_rules(path, || redirect(302, location))
        });
        assert_eq!(web.read("http://a.example/").await, Err(expected), "{location}");
        assert_eq!(web.requests(), ["a.example/robots.txt", "a.example/"], "{location}");
    }
}

#[tokio::test]
async fn what_is_no_redirect_is_none() {
    let web = Web::new(|_, path| {
        without_rules(path, || match path {
            "/no-location" => page(302, &[], ""),
            "/not-text" => page(302, &[("Location", "/\u{e9}")], ""),
            "/300" => page(300, &[("Location", "/")], ""),
            "/304" => page(304, &[("Location", "/")], ""),
            _ => html("<p>Found it."),
        })
    });
    let why = "the site redirects, and does not say where to";
    assert_eq!(web.read("http://a.example/no-location").await, Err(PageError::BadAddress { why }));
    assert!(web.read("http://a.example/not-text").await.is_ok(), "UTF-8 is understood, as browsers do");
    assert_eq!(web.read("http://a.example/300").await, Err(PageError::Status { status: 300 }));
    assert_eq!(web.read("http://a.example/304").await, Err(PageError::Status { status: 304 }));
}
