//! The end of a server, and clients that harm others.

use std::time::Duration;

use aggregator_http::{Ended, ServeLimits};
use aggregator_wire::{Event, EventKind};
use futures::StreamExt as _;
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

/// What a client does when the server ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Client {
    Events,
    Chunks,
    WholeChat,
    Results,
    /// It reads nothing of its stream.
    ReadsNothing,
    /// It has sent a part of a head.
    HalfHead,
    /// It has sent a head, and a part of the body.
    HalfBody,
    /// It keeps its connection for later.
    Keeps,
}

impl Client {
    fn sends(self) -> String {
        let chat =
            |streams: bool| format!(r#"{{"messages": [{{"role": "user", "content": "q"}}], "stream": {streams}}}"#);
        match self {
            Self::Events | Self::ReadsNothing => request("POST", "/v1/query", &[], QUERY),
            Self::Chunks => request("POST", "/v1/chat/completions", &[], &chat(true)),
            Self::WholeChat => request("POST", "/v1/chat/completions", &[], &chat(false)),
            Self::Results => request("POST", "/v1/search", &[], QUERY),
            Self::HalfHead => "POST /v1/query HTTP/1.1\r\nhost: local".into(),
            Self::HalfBody => request("POST", "/v1/query", &[("content-length", "99")], "{"),
            Self::Keeps => "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n".into(),
        }
    }

    /// Whether what came is complete: a stream with its terminal event, or an answer in one piece.
    fn is_served(self, read: &[u8]) -> bool {
        if matches!(self, Self::HalfHead | Self::HalfBody) {
            return read.is_empty();
        }
        let response = parse(read);
        let error = |json: &str| json.contains("\"shutting_down\"");
        match self {
            Self::Events | Self::ReadsNothing => response.data().last().is_some_and(|data| {
                Event::from_json_line(data).is_ok_and(|event| matches!(event.kind, EventKind::Cancelled { .. }))
            }),
            Self::Chunks => response.data().last().is_some_and(|data| error(data)) && !response.body.contains("[DONE]"),
            Self::WholeChat | Self::Results => response.status == 503 && error(&response.body),
            _ => response.body == "ok\n",
        }
    }
}

/// Starts a server in memory with clients, lets it run for a moment, ends it, and returns how it ended, after which time, and what
/// each client has got.
async fn ended_with(clients: &[Client]) -> (Ended, Duration, Vec<Vec<u8>>) {
    let (service, probe) = service();
    let (mut readers, mut connections) = (Vec::new(), Vec::new());
    for client in clients {
        let (mut ours, theirs) = tokio::io::duplex(if *client == Client::ReadsNothing { 64 } else { 64 << 10 });
        connections.push(theirs);
        let client = *client;
        readers.push(tokio::spawn(async move {
            ours.write_all(client.sends().as_bytes()).await.unwrap();
            let mut read = Vec::new();
            if client == Client::ReadsNothing {
                sleep(MS * 60_000).await;
            }
            ours.read_to_end(&mut read).await.unwrap();
            read
        }));
    }
    let incoming = futures::stream::iter(connections).chain(futures::stream::pending());
    // In the middle of the search, whose results come after 20, 40 and 60 ms.
    let (begun, run) = (Instant::now(), MS * 25);
    let ended = aggregator_http::serve_connections(incoming, service.clone(), ServeLimits::default(), sleep(run)).await;
    let took = begun.elapsed() - run;
    assert_eq!((probe.active_calls(), service.running()), (0, 0), "nothing is left");
    let mut got = Vec::new();
    for reader in readers {
        got.push(reader.await.unwrap());
    }
    (ended, took, got)
}

/// As many of each kind, and more queries than run at the same time: some wait for a place.
#[tokio::test(start_paused = true)]
async fn at_the_end_500_streams_get_their_terminal_event_at_once() {
    use Client::*;
    let clients =
        [[Events; 200].as_slice(), &[Chunks; 200], &[WholeChat; 50], &[Results; 50], &[HalfHead; 20], &[Keeps; 20]];
    let clients = clients.concat();
    let (ended, took, got) = ended_with(&clients).await;
    assert_eq!((ended, took), (Ended { cut: 0 }, Duration::ZERO));
    for (client, got) in clients.iter().zip(&got) {
        assert!(client.is_served(got), "{client:?}: {}", String::from_utf8_lossy(got));
    }
}

#[tokio::test(start_paused = true)]
async fn at_the_end_clients_that_do_nothing_are_cut_after_the_grace_time_and_hold_up_no_other() {
    use Client::*;
    let clients = [[Events; 200].as_slice(), &[ReadsNothing; 100], &[Chunks; 150], &[HalfBody; 50]].concat();
    let (ended, took, got) = ended_with(&clients).await;
    assert_eq!((ended, took), (Ended { cut: 150 }, ServeLimits::default().grace));
    for (client, got) in clients.iter().zip(&got) {
        match client {
            // The cut is clean: what it has is a beginning, and its connection is closed.
            ReadsNothing => assert!(got.len() == 64 && got.starts_with(b"HTTP/1.1 200 OK\r\n")),
            _ => assert!(client.is_served(got), "{client:?}: {}", String::from_utf8_lossy(got)),
        }
    }
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
