//! The server itself: what it counts, records and closes.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use aggregator_mocks::fault_server::catalog::Ending;
use aggregator_mocks::fault_server::{FaultServer, Script, Step, response};

use crate::raw_client::{KEY, PATIENCE, ask, runtime, send};

#[test]
fn requests_are_recorded_as_they_were_sent() {
    let server = FaultServer::start(Script::answering("x")).unwrap();
    assert_eq!(ask(&server, Ending::Closed).bytes, b"x");
    let requests = server.requests();
    let [request] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!((&*request.method, &*request.target), ("POST", "/search?q=%22trees%22"));
    assert_eq!(request.header("x-key"), Some(KEY));
    assert_eq!(request.header("x-other"), None);
    assert_eq!(request.headers.len(), 3);
    assert_eq!(request.body, br#"{"query":"trees"}"#);
    assert!(!format!("{server:?}").contains(KEY));
}

#[test]
fn what_is_no_request_is_counted_with_its_reason() {
    for (sent, why) in [
        ("\r\n\r\n", "the first line is no request of HTTP/1.1"),
        ("GET / HTTP/1.0\r\n\r\n", "the first line is no request of HTTP/1.1"),
        ("GET / HTTP/1.1\r\nHost\r\n\r\n", "a header has no colon"),
        ("POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", "Content-Length is no number"),
        ("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "the body is larger than 8 MiB"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "the body is sent in chunks"),
    ] {
        let server = FaultServer::start(Script::answering("x")).unwrap();
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        runtime().block_on(server.wait_for(PATIENCE, |counts| counts.unreadable == 1 && counts.open == 0)).unwrap();
        assert_eq!(server.unreadable(), [why]);
        assert_eq!(server.counts().requests, 0);
    }
    // A client that leaves has sent nothing wrong.
    let server = FaultServer::start(Script::answering("x")).unwrap();
    TcpStream::connect(server.address()).unwrap().write_all(b"GET / HT").unwrap();
    let counts =
        runtime().block_on(server.wait_for(PATIENCE, |counts| counts.accepted == 1 && counts.open == 0)).unwrap();
    assert_eq!((counts.requests, counts.unreadable), (0, 0));
}

#[test]
fn open_connections_are_counted_until_the_client_closes() {
    let server = FaultServer::start(Script::reading().hang()).unwrap();
    let clients = [send(&server), send(&server), send(&server)];
    let runtime = runtime();
    let counts = runtime.block_on(server.wait_for(PATIENCE, |counts| counts.hanging == 3)).unwrap();
    assert_eq!((counts.accepted, counts.open, counts.requests), (3, 3, 3));
    let open = runtime.block_on(server.wait_until_closed(Duration::from_millis(1))).unwrap_err();
    assert_eq!(open.0.open, 3);
    assert!(open.to_string().starts_with("3 of 3 connections are still open"), "{open}");
    drop(clients);
    runtime.block_on(server.wait_until_closed(PATIENCE)).unwrap();
    assert_eq!(server.counts().accepted, 3);
}

#[test]
fn dropping_the_server_closes_everything() {
    let scripts = [
        Script::reading().hang(),
        Script::reading().wait(Duration::from_secs(3_600)),
        Script::reading().repeat("x", Duration::ZERO),
        Script::new().then(Step::ReadHead).repeat("x", Duration::from_secs(3_600)),
    ];
    for script in scripts {
        let server = FaultServer::start(script.clone()).unwrap();
        let mut client = send(&server);
        runtime().block_on(server.wait_for(PATIENCE, |counts| counts.requests == 1)).unwrap();
        drop(server);
        // Not asked whether the port refuses: it is free, so another server may have it by now.
        let end = std::io::copy(&mut client, &mut std::io::sink()).map_err(|error| error.kind());
        assert!(matches!(end, Ok(_) | Err(ErrorKind::ConnectionReset)), "{script:?}: {end:?}");
    }
    for script in [Script::refusing(), Script::never_accepting()] {
        // The thread has ended when this returns.
        drop(FaultServer::start(script).unwrap());
    }
}

#[test]
fn repeats_end_after_their_number() {
    let step = Step::Repeat { bytes: b"ab".to_vec(), times: Some(3), every: Duration::from_millis(1) };
    let server = FaultServer::start(Script::reading().then(step).send(response::LAST_CHUNK)).unwrap();
    assert_eq!(ask(&server, Ending::Closed).bytes, b"ababab0\r\n\r\n");
}

#[test]
fn a_connection_can_have_several_requests() {
    let script = Script::answering("first").then(Step::ReadRequest).send("second").then(Step::ShutDownWrite).hang();
    let server = FaultServer::start(script).unwrap();
    let mut client = send(&server);
    let mut first = [0; 5];
    client.read_exact(&mut first).unwrap();
    client.write_all(b"GET /2 HTTP/1.1\r\n\r\n").unwrap();
    let mut second = String::new();
    client.read_to_string(&mut second).unwrap();
    assert_eq!((&first, &*second), (b"first", "second"));
    assert_eq!(server.requests()[1].target, "/2");
    assert_eq!(server.counts().open, 1);
}
