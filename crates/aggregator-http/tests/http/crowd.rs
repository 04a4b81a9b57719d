//! More connections than there may be, over sockets.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use aggregator_http::{Ended, ServeLimits, Service, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::client::*;

/// A server of this process.
pub struct Server {
    pub address: SocketAddr,
    pub end: oneshot::Sender<()>,
    pub task: JoinHandle<Ended>,
}

impl Server {
    pub async fn start(service: &Service, connections: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, (end, ends)) = (listener.local_addr().unwrap(), oneshot::channel());
        let mut limits = ServeLimits::default();
        limits.connections = connections;
        // No timeout of the server is of help here.
        limits.head = 100 * LONG;
        let serving = aggregator_http::serve(listener, service.clone(), limits, async {
            if ends.await.is_err() {
                pending::<()>().await;
            }
        });
        Self { address, end, task: tokio::spawn(serving) }
    }

    pub async fn connect(&self, sends: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(sends.as_bytes()).await.unwrap();
        stream
    }
}

/// Longer than any machine needs: what is waited for comes, or the test fails.
const LONG: Duration = Duration::from_secs(20);

/// What comes until the connection is closed, with or without an error.
async fn rest(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut read)).await.expect("it is closed");
    String::from_utf8(read).unwrap()
}

async fn read_until(stream: &mut TcpStream, text: &str) {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        let mut piece = [0; 1_024];
        let length = timeout(LONG, stream.read(&mut piece)).await.expect("it comes").unwrap();
        assert!(length > 0, "{}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&piece[..length]);
    }
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
const KEPT: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Whatever a client leaves open, in whatever state, it cannot keep others out.
#[tokio::test]
async fn connections_that_wait_for_their_clients_give_way() {
    let mut settings = Settings::default();
    settings.body_within = 100 * LONG;
    let (service, _) = service_with(settings, |gateway| gateway);
    let server = Server::start(&service, 4).await;
    let body = "POST /v1/query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"query\"";
    let mut waiting = Vec::new();
    for sends in ["", "POST /v1/query HTTP/1.1\r\nhost: local", body, KEPT] {
        let mut stream = server.connect(sends).await;
        if sends == KEPT {
            read_until(&mut stream, "ok\n").await;
        }
        waiting.push(stream);
    }
    // More than there are: each new one is answered, because one that waits is closed.
    for _ in 0..20 {
        assert!(rest(&mut server.connect(HEALTH).await).await.ends_with("ok\n"));
    }
    for stream in waiting.iter_mut().take(1) {
        assert_eq!(rest(stream).await, "", "the first has waited longest");
    }
    // All that is left open is closed for as many new ones, none of which sends anything.
    let others: Vec<_> =
        [server.connect("").await, server.connect("").await, server.connect("").await, server.connect("").await].into();
    assert!(rest(&mut server.connect(HEALTH).await).await.ends_with("ok\n"));
    for stream in &mut waiting {
        rest(stream).await;
    }
    drop(others);
}

/// A query is never cut for one that comes: that one waits.
#[tokio::test]
async fn connections_that_are_answered_do_not_give_way() {
    let (service, probe) = service_with(Settings::default(), |gateway| gateway);
    let server = Server::start(&service, 2).await;
    let query = request("POST", "/v1/query", &[], r#"{"query": "q", "model": "aggregator"}"#);
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect(&query).await;
        read_until(&mut stream, "provider_started").await;
        streams.push(stream);
    }
    let late = rest(&mut server.connect(HEALTH).await).await;
    assert!(late.ends_with("ok\n"), "{late}");
    assert!(service.running() < 2, "it was not answered before one of them had ended");
    for mut stream in streams {
        let events = rest(&mut stream).await;
        assert!(events.contains("event: done"), "{events}");
    }
    assert_eq!(probe.active_calls(), 0);
    server.end.send(()).unwrap();
    assert_eq!(timeout(LONG, server.task).await.unwrap().unwrap(), Ended { cut: 0 });
}

/// Many requests at once are answered one after the other, in turns with other connections.
#[tokio::test(start_paused = true)]
async fn a_client_that_sends_hundreds_of_requests_at_once_takes_turns() {
    let (service, _) = service();
    let mut many = Connection::open(&service);
    many.send(&KEPT.repeat(300)).await;
    let mut one = Connection::open(&service);
    one.send(HEALTH).await;
    let mut read = String::new();
    one.stream.read_to_string(&mut read).await.unwrap();
    assert!(read.ends_with("ok\n"), "{read}");
    let mut answered = Vec::with_capacity(64 << 10);
    let count = |answered: &[u8]| String::from_utf8_lossy(answered).matches("ok\n").count();
    many.stream.read_buf(&mut answered).await.unwrap();
    let before = count(&answered);
    assert!((1..10).contains(&before), "{before} were answered before the one");
    // And it is closed when no more comes.
    many.stream.read_to_end(&mut answered).await.unwrap();
    assert_eq!(count(&answered), 300);
}
