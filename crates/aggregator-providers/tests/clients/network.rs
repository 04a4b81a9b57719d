//! The network itself, over sockets of this machine and a real clock. No test waits for a time to pass.

use std::sync::Arc;
use std::time::Duration;

use aggregator_providers::http::{Endpoint, HttpClient, HttpError, Limits, Request, Response, Secret};
use futures::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

const CANARY: &str = "canary-5f1e";

/// Long enough for any machine, where what is tested is no clock.
fn patient() -> Limits {
    let long = Duration::from_secs(60);
    Limits { connect: long, first_byte: long, idle: long, total: long, ..Limits::SEARCH }
}

async fn listener() -> (TcpListener, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/search?q=private", listener.local_addr().unwrap());
    (listener, Endpoint::new("base", &address).unwrap())
}

/// The request's head, as it was sent.
async fn head(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

/// Answers one request, then closes. Returns the head of the request.
fn answers(listener: TcpListener, response: &'static str) -> JoinHandle<String> {
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let head = head(&mut socket).await;
        socket.write_all(response.as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
        head
    })
}

async fn send(endpoint: Endpoint) -> Result<Response, HttpError> {
    let key = Secret::from_variable("KEY", Some(CANARY.into())).unwrap();
    let request = Request::get(endpoint).with_bearer(&key).unwrap();
    HttpClient::new(patient()).unwrap().send(request).await
}

/// Neither the key nor what was asked nor where.
fn assert_silent(error: &HttpError) {
    for text in [format!("{error}"), format!("{error:?}"), format!("{error:#?}")] {
        for secret in [CANARY, "private", "http://"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[tokio::test]
async fn a_request_asks_for_no_compression_and_names_no_page_before_it() {
    let (listener, endpoint) = listener().await;
    let sent = answers(listener, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    let response = send(endpoint).await.unwrap();
    assert_eq!(response.bytes().await.unwrap(), "{}");
    let head = sent.await.unwrap().to_ascii_lowercase();
    assert!(head.starts_with("get /search?q=private http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("authorization: bearer {CANARY}\r\n")), "{head}");
    for absent in ["accept-encoding", "referer", "cookie"] {
        assert!(!head.contains(absent), "{head}");
    }
}

#[tokio::test]
async fn a_closed_port_is_no_connection() {
    let (listener, endpoint) = listener().await;
    drop(listener);
    let error = send(endpoint).await.unwrap_err();
    assert!(matches!(error, HttpError::Connect { .. }), "{error:?}");
    assert_silent(&error);
}

#[tokio::test]
async fn another_host_does_not_get_the_key() {
    let (first, endpoint) = listener().await;
    let (second, elsewhere) = listener().await;
    let asked = Arc::new(Mutex::new(false));
    let heard = asked.clone();
    tokio::spawn(async move {
        let _ = second.accept().await;
        *heard.lock().await = true;
    });
    let port = elsewhere.url().port().unwrap();
    let response =
        format!("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{port}/?k={CANARY}\r\ncontent-length: 0\r\n\r\n");
    let sent = answers(first, response.leak());
    let error = send(endpoint).await.unwrap_err();
    assert_eq!(error, HttpError::RedirectRefused { status: 302 });
    assert_silent(&error);
    sent.await.unwrap();
    assert!(!*asked.lock().await, "the redirect was followed");
}

#[tokio::test]
async fn a_response_that_ends_early_is_truncated() {
    for response in [
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "",
    ] {
        let (listener, endpoint) = listener().await;
        let sent = answers(listener, response);
        let error = match send(endpoint).await {
            Ok(response) => response.bytes().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error, HttpError::Truncated { .. }), "{response:?}: {error:?}");
        assert_silent(&error);
        sent.await.unwrap();
    }
}

#[tokio::test]
async fn what_is_not_http_is_named_so() {
    for response in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n123456",
        "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n12345",
    ] {
        let (listener, endpoint) = listener().await;
        let sent = answers(listener, response);
        let error = send(endpoint).await.unwrap_err();
        assert!(matches!(error, HttpError::Protocol { .. }), "{response:?}: {error:?}");
        assert_silent(&error);
        sent.await.unwrap();
    }
}

#[tokio::test]
async fn a_service_without_tls_is_no_secure_connection() {
    let (listener, endpoint) = listener().await;
    let port = endpoint.url().port().unwrap();
    let plain = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        // Closed when the client is: closing earlier could reset what it has not read.
        let _ = socket.read_to_end(&mut Vec::new()).await;
    });
    let error = send(Endpoint::new("base", &format!("https://127.0.0.1:{port}/")).unwrap()).await.unwrap_err();
    assert!(matches!(error, HttpError::Tls { .. }), "{error:?}");
    assert_silent(&error);
    plain.await.unwrap();
}

/// Who never speaks TLS has not connected; who never answers sends no first byte. Only which clock it is, is tested.
#[tokio::test]
async fn a_silent_service_ends_the_clock_of_what_it_owes() {
    let short = Duration::from_millis(20);
    for (scheme, limits, expected) in [
        ("https", Limits { connect: short, ..patient() }, HttpError::ConnectTimeout { after: short }),
        ("http", Limits { first_byte: short, ..patient() }, HttpError::FirstByteTimeout { after: short }),
    ] {
        let (listener, endpoint) = listener().await;
        let address = format!("{scheme}://{}/", endpoint.url().socket_addrs(|| None).unwrap()[0]);
        let silent = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read_to_end(&mut Vec::new()).await;
        });
        let client = HttpClient::new(limits).unwrap();
        let error = client.get(Endpoint::new("base", &address).unwrap()).await.unwrap_err();
        assert_eq!(error, expected);
        silent.await.unwrap();
    }
}

/// The server sees the end of the connection, which tells it that the client stopped reading.
#[tokio::test]
async fn dropping_closes_the_socket() {
    for with_body in [false, true] {
        let (listener, endpoint) = listener().await;
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            head(&mut socket).await;
            if with_body {
                socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n12345").await.unwrap();
            }
            let _ = ready.send(());
            // Ends when the client closes.
            socket.read_to_end(&mut Vec::new()).await.unwrap_or_default()
        });
        if with_body {
            let mut body = send(endpoint).await.unwrap().into_body();
            assert_eq!(body.next().await.unwrap().unwrap(), "12345");
            is_ready.await.unwrap();
            drop(body);
        } else {
            let client = tokio::spawn(send(endpoint));
            is_ready.await.unwrap();
            client.abort();
            assert!(client.await.unwrap_err().is_cancelled());
        }
        let closed = tokio::time::timeout(Duration::from_secs(60), server).await;
        closed.expect("the connection stays open").unwrap();
    }
}
