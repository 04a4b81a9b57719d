//! The end of a server, and clients that harm others.

use std::time::Duration;

use aggregator_http::ServeLimits;
use aggregator_wire::{Event, EventKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep};

use crate::client::*;

const QUERY: &str = r#"{"query": "q"}"#;

#[tokio::test(start_paused = true)]
async fn each_stream_ends_with_its_terminal_event() {
    let (service, probe) = service();
    let mut all = Vec::new();
    for number in 0..50_u32 {
        let mut connection = Connection::open(&service);
        connection.send(&request("POST", "/v1/query", &[], QUERY)).await;
        connection.read_until("provider_started").await;
        all.push(connection);
        sleep(MS * (number % 3)).await;
    }
    assert_eq!(service.running(), 50);
    let begun = Instant::now();
    service.end_queries();
    for mut connection in all {
        let _ = connection.ending.send(true);
        let mut rest = Vec::new();
        connection.stream.read_to_end(&mut rest).await.unwrap();
        let rest = String::from_utf8(rest).unwrap();
        let last = rest.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().unwrap();
        assert!(matches!(Event::from_json_line(last).unwrap().kind, EventKind::Cancelled { .. }), "{last}");
        connection.task.await.unwrap();
    }
    assert_eq!((probe.active_calls(), service.running(), begun.elapsed()), (0, 0, Duration::ZERO));
    assert_eq!(get(&service, "/readyz").await.status, 503);
    let late = post(&service, "/v1/chat/completions", r#"{"messages": [{"role": "user", "content": "q"}]}"#).await;
    assert_eq!((late.status, late.json()["error"]["code"].as_str()), (503, Some("shutting_down")));
}

/// A client keeps its connection for the next request; the end of the server does not wait for that.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_when_the_server_ends() {
    let (service, _) = service();
    let mut connection = Connection::open(&service);
    connection.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    connection.read_until("ok\n").await;
    let begun = Instant::now();
    let _ = connection.ending.send(true);
    connection.task.await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_sends_no_request_is_closed() {
    let (service, _) = service();
    for sends in ["", "POST /v1/query HTTP/1.1\r\nhost: local"] {
        let (mut connection, begun) = (Connection::open(&service), Instant::now());
        connection.send(sends).await;
        let mut read = Vec::new();
        connection.stream.read_to_end(&mut read).await.unwrap();
        assert_eq!(begun.elapsed(), MS * 10_000, "{sends:?}");
    }
    // Also between two requests.
    let mut connection = Connection::open(&service);
    connection.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    connection.read_until("ok\n").await;
    let begun = Instant::now();
    let mut rest = Vec::new();
    connection.stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(begun.elapsed(), MS * 10_000);
}

/// The number of queries that run is limited, so a client that takes nothing must not keep the place of one.
#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_loses_its_connection_and_its_query() {
    let (service, probe) = service();
    let (mut stream, theirs) = tokio::io::duplex(64);
    let (_ending, is_ending) = tokio::sync::watch::channel(false);
    let answered = aggregator_http::connection(theirs, service.clone(), ServeLimits::default(), is_ending);
    let task = tokio::spawn(async move { drop(answered.await) });
    let begun = Instant::now();
    stream.write_all(request("POST", "/v1/query", &[], QUERY).as_bytes()).await.unwrap();
    task.await.unwrap();
    assert_eq!((probe.active_calls(), service.running()), (0, 0));
    assert!((MS * 30_000..MS * 31_000).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

/// What a slow client has not read is in the buffers of its connection; its query is over, and no other client is harmed.
#[tokio::test(start_paused = true)]
async fn a_slow_client_keeps_no_place_and_gets_its_whole_stream() {
    let (service, probe) = service();
    let (mut slow, theirs) = tokio::io::duplex(64);
    let (_ending, is_ending) = tokio::sync::watch::channel(false);
    let answered = aggregator_http::connection(theirs, service.clone(), ServeLimits::default(), is_ending);
    let task = tokio::spawn(async move { drop(answered.await) });
    slow.write_all(request("POST", "/v1/query", &[], QUERY).as_bytes()).await.unwrap();
    for _ in 0..100 {
        let mut byte = [0];
        slow.read_exact(&mut byte).await.unwrap();
        sleep(MS * 1_000).await;
        assert_eq!(post(&service, "/v1/search", QUERY).await.status, 200);
    }
    assert_eq!((probe.active_calls(), service.running(), task.is_finished()), (0, 0, false));
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).await.unwrap();
    let rest = String::from_utf8(rest).unwrap();
    let last = rest.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().unwrap();
    assert!(last.contains("\"type\":\"done\""), "{last}");
}
