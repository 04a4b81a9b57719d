//! A client that knows nothing but bytes, and a decoder of good answers that shares no code with the catalog.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use aggregator_mocks::fault_server::FaultServer;
use aggregator_mocks::fault_server::catalog::Ending;
use tokio::runtime::{Builder, Runtime};

/// Longer than anything takes that is expected to happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub const KEY: &str = "canary-5f1c";
const BODY: &str = r#"{"query":"trees"}"#;

/// What came on a connection, and how it ended.
pub struct Seen {
    pub bytes: Vec<u8>,
    pub ending: Ending,
}

impl Seen {
    /// The status of a head that is there whole.
    pub fn status(&self) -> Option<u16> {
        self.bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        std::str::from_utf8(self.bytes.strip_prefix(b"HTTP/1.")?.get(2..5)?).ok()?.parse().ok()
    }
}

pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Connects and sends a request with a body.
pub fn send(server: &FaultServer) -> TcpStream {
    try_send(server).unwrap_or_else(|error| panic!("the server did not take the request: {error}"))
}

fn try_send(server: &FaultServer) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(server.address())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = BODY.len();
    let head =
        format!("POST /search?q=%22trees%22 HTTP/1.1\r\nHost: a\r\nX-Key: {KEY}\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + BODY).as_bytes())?;
    Ok(stream)
}

/// Asks a server that should end as `promised`, and waits as long as that can be seen.
pub fn ask(server: &FaultServer, promised: Ending) -> Seen {
    let nothing = |ending| Seen { bytes: Vec::new(), ending };
    if matches!(promised, Ending::Refused | Ending::NeverAccepted) {
        return match TcpStream::connect_timeout(&server.address(), Duration::from_millis(300)).map_err(|e| e.kind()) {
            Err(ErrorKind::ConnectionRefused) => nothing(Ending::Refused),
            Err(ErrorKind::TimedOut | ErrorKind::WouldBlock) => nothing(Ending::NeverAccepted),
            other => panic!("{other:?}"),
        };
    }
    let mut stream = match try_send(server) {
        Ok(stream) => stream,
        // A reset is told once, to whatever is called first: reading would then see an end.
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
            return nothing(Ending::Reset);
        }
        Err(error) => panic!("{error}"),
    };
    if promised == Ending::Silent {
        runtime().block_on(server.wait_for(PATIENCE, |counts| counts.hanging == 1)).unwrap();
        // All has been sent; this is for what is on its way.
        stream.set_read_timeout(Some(Duration::from_millis(30))).unwrap();
    }
    let mut seen = nothing(Ending::Closed);
    let mut buffer = [0; 64 << 10];
    loop {
        seen.ending = match stream.read(&mut buffer).map_err(|error| error.kind()) {
            Ok(0) => Ending::Closed,
            Ok(count) => {
                seen.bytes.extend_from_slice(&buffer[..count]);
                // Enough for a head, and more than any pause of an endless script yields at once.
                if promised != Ending::Endless || seen.bytes.len() < 260 {
                    continue;
                }
                Ending::Endless
            }
            Err(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => Ending::Reset,
            Err(ErrorKind::TimedOut | ErrorKind::WouldBlock) => Ending::Silent,
            Err(other) => panic!("{other:?}"),
        };
        return seen;
    }
}

/// The body of the last response among these bytes, whose head is 200.
pub fn body(bytes: &[u8]) -> Vec<u8> {
    let start =
        bytes.windows(12).rposition(|window| window.starts_with(b"HTTP/1.") && &window[8..] == b" 200").unwrap();
    let end = start + bytes[start..].windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let (head, mut rest) = (String::from_utf8_lossy(&bytes[start..end]).to_ascii_lowercase(), &bytes[end + 4..]);
    if !head.contains("transfer-encoding: chunked") {
        return rest.to_vec();
    }
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n").unwrap();
        let digits = std::str::from_utf8(&rest[..line]).unwrap().split(';').next().unwrap().to_owned();
        let size = usize::from_str_radix(&digits, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        assert_eq!(&rest[line + 2 + size..line + 4 + size], b"\r\n");
        rest = &rest[line + 4 + size..];
    }
}

/// The hits with a URL in a body of a search.
pub fn hits(body: &[u8]) -> usize {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap();
    let results = [&json["results"], &json["web"]["results"]].into_iter().find_map(|list| list.as_array());
    results.map_or(0, |list| list.iter().filter(|hit| hit["url"].is_string()).count())
}

/// The text in a body of a model, up to where the stream says that it ends.
pub fn text(body: &[u8]) -> String {
    let body =
        std::str::from_utf8(body).unwrap().trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let is_events = body.contains("data:");
    let payloads: Vec<String> = if is_events {
        let data = |event: &str| {
            let lines: Vec<_> = event.lines().filter_map(|line| line.strip_prefix("data:")).collect();
            lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
        };
        body.split("\n\n").map(data).collect()
    } else {
        body.lines().map(str::to_owned).collect()
    };
    let mut text = String::new();
    for payload in payloads.iter().filter(|payload| !payload.trim().is_empty()) {
        if payload.trim() == "[DONE]" {
            break;
        }
        let json: serde_json::Value =
            serde_json::from_str(payload).unwrap_or_else(|error| panic!("{error}: {payload}"));
        if json["type"] == "message_stop" {
            break;
        }
        let pieces = [&json["choices"][0]["delta"]["content"], &json["delta"]["text"], &json["message"]["content"]];
        // A second choice is another answer.
        let is_first = json["choices"][0]["index"].as_u64().unwrap_or(0) == 0;
        text.extend(pieces.into_iter().filter(|_| is_first).filter_map(|piece| piece.as_str()));
        if json["done"] == true {
            break;
        }
    }
    text
}
