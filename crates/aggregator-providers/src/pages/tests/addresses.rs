//! Names: whose addresses are asked, and which of them are connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::web::{PUBLIC, PUBLIC_V6, Web, html, patient, without_rules};
use crate::http::HttpError;
use crate::pages::PageError;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn web<const N: usize>(names: [(&'static str, Vec<Vec<IpAddr>>); N]) -> Web {
    Web::with(patient(), names, |_, path| without_rules(path, || html("<p>A page of it.")))
}

#[tokio::test]
async fn a_page_of_a_public_host_is_read_through_its_checked_addresses() {
    let web = web([("both.example", vec![vec![PUBLIC_V6, PUBLIC]])]);
    for host in ["a.example", "both.example", "bücher.example"] {
        let page = web.read(&format!("http://{host}/a?b=c#d")).await.unwrap();
        assert_eq!(page.passages, ["A page of it."]);
    }
    assert_eq!(web.names.asked(), ["a.example", "both.example", "xn--bcher-kva.example"]);
    assert_eq!(web.pages()[0], "a.example/a?b=c");
}

#[tokio::test]
async fn no_connection_is_made_if_one_address_is_private() {
    let metadata = IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));
    let web = web([
        ("localhost", vec![vec![LOOPBACK, IpAddr::V6(Ipv6Addr::LOCALHOST)]]),
        ("metadata.example", vec![vec![metadata]]),
        ("first.example", vec![vec![LOOPBACK, PUBLIC]]),
        ("last.example", vec![vec![PUBLIC, PUBLIC_V6, "::ffff:10.0.0.1".parse().unwrap()]]),
    ]);
    for host in ["localhost", "metadata.example", "first.example", "last.example", "127.0.0.1", "[::1]"] {
        assert_eq!(web.read(&format!("http://{host}/")).await, Err(PageError::PrivateAddress), "{host}");
    }
    assert_eq!(web.server.counts().accepted, 0);
}

#[tokio::test]
async fn a_host_without_an_address_is_no_connection() {
    let web = web([("none.example", vec![vec![]])]);
    let error = web.read("http://none.example/").await.unwrap_err();
    assert_eq!(error, PageError::Http(HttpError::Connect { cause: "the host has no address".into() }));
}

/// A name server that gives a public address to the check, and another one to the connection.
#[tokio::test]
async fn a_name_is_resolved_once_for_a_page_and_connections_go_to_what_was_checked() {
    let web = web([("rebinding.example", vec![vec![PUBLIC], vec![LOOPBACK]])]);
    assert!(web.read("http://rebinding.example/").await.is_ok());
    assert_eq!(web.requests(), ["rebinding.example/robots.txt", "rebinding.example/"], "two connections");
    assert_eq!(web.names.asked().len(), 1);
    assert_eq!(web.read("http://rebinding.example/").await, Err(PageError::PrivateAddress), "the next page asks again");
    assert_eq!(web.server.counts().accepted, 2);
}

#[tokio::test]
async fn requests_say_who_asks_and_name_no_page_before() {
    let web = web([]);
    web.read("http://a.example/").await.unwrap();
    for request in web.server.requests() {
        assert!(request.header("user-agent").unwrap().starts_with("aggregator/"));
        for absent in ["accept-encoding", "referer", "cookie", "authorization"] {
            assert_eq!(request.header(absent), None);
        }
    }
}
