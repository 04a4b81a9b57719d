//! A client that writes and reads bytes, and what it asks.

use std::time::Duration;

use aggregator_core::{Engine, Settings as EngineSettings};
use aggregator_gateway::{Gateway, GatewayBuilder};
use aggregator_http::{Offers, ServeLimits, Service, Settings};
use aggregator_mocks::{List, Style};
use aggregator_mocks::{Pace, Probe, ScriptedModel, ScriptedProvider, Step, catalog};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub const MS: Duration = Duration::from_millis(1);
const LIST: List = List { pool: 12, repeats: 0 };
const STYLE: Style = Style { sources: 3, citations: 2, invented: 0 };

/// Results after 20, 40 and 60 ms, and an answer of 8 pieces, one in each 10 ms.
pub fn engine(probe: &Probe) -> Engine {
    let hits = [Step::Emit { items: 3, every: 20 * MS }];
    let pieces = [Step::Emit { items: 8, every: 10 * MS }];
    let corpus = catalog::corpus();
    Engine::builder()
        .hash_seed(0)
        .provider(ScriptedProvider::new("web", &hits, Pace::Scripted, &corpus, LIST, 7).probed(probe))
        .model(ScriptedModel::new("writer", &pieces, Pace::Scripted, &corpus, STYLE, 7).probed(probe))
        .build()
        .unwrap()
}

/// An engine that only searches.
pub fn searching(probe: &Probe) -> Engine {
    let hits = [Step::Emit { items: 3, every: 20 * MS }];
    let provider = ScriptedProvider::new("web", &hits, Pace::Scripted, &catalog::corpus(), LIST, 7);
    Engine::builder().hash_seed(0).settings(EngineSettings::default()).provider(provider.probed(probe)).build().unwrap()
}

/// A service over one engine.
pub fn service_of(engine: Engine, settings: Settings, gateway: impl Fn(GatewayBuilder) -> GatewayBuilder) -> Service {
    let of = |engine| gateway(Gateway::builder(engine)).build().unwrap();
    Service::new(Offers::new("aggregator", of(engine), of(searching(&Probe::new()))), settings)
}

/// A service over these engines, and what they are asked.
pub fn service_with(settings: Settings, gateway: impl Fn(GatewayBuilder) -> GatewayBuilder) -> (Service, Probe) {
    let probe = Probe::new();
    let of = |engine| gateway(Gateway::builder(engine)).build().unwrap();
    let offers = Offers::new("aggregator", of(engine(&probe)), of(searching(&probe)));
    (Service::new(offers.with("other", of(engine(&probe))), settings), probe)
}

pub fn service() -> (Service, Probe) {
    service_with(Settings::default(), |gateway| gateway)
}

/// A connection to a service.
pub struct Connection {
    pub stream: DuplexStream,
    pub ending: watch::Sender<bool>,
    pub task: JoinHandle<()>,
}

impl Connection {
    pub fn open(service: &Service) -> Self {
        let (stream, theirs) = duplex(64 << 10);
        let (ending, is_ending) = watch::channel(false);
        let answered = aggregator_http::connection(theirs, service.clone(), ServeLimits::default(), is_ending);
        Self { stream, ending, task: tokio::spawn(async move { drop(answered.await) }) }
    }

    pub async fn send(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    /// Reads until the text has come, and returns all that came.
    pub async fn read_until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains(text) {
            let mut piece = [0; 4_096];
            match self.stream.read(&mut piece).await.unwrap() {
                0 => panic!("it ended before {text:?}: {}", String::from_utf8_lossy(&read)),
                length => read.extend_from_slice(&piece[..length]),
            }
        }
        String::from_utf8(read).unwrap()
    }
}

/// A response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The data of each event, without heartbeats.
    pub fn data(&self) -> Vec<&str> {
        self.body.lines().filter_map(|line| line.strip_prefix("data: ")).collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// A request as bytes.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        text.push_str("host: localhost\r\n");
    }
    if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
        text.push_str("content-type: application/json\r\n");
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !headers.iter().any(|(name, _)| *name == "content-length") {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text + "\r\n" + body
}

/// Sends a request on a connection of its own, and reads the response to its end.
pub async fn ask(service: &Service, request: &str) -> Response {
    let mut connection = Connection::open(service);
    connection.send(request).await;
    let mut read = Vec::new();
    connection.stream.read_to_end(&mut read).await.unwrap();
    parse(&read)
}

pub async fn post(service: &Service, path: &str, body: &str) -> Response {
    ask(service, &request("POST", path, &[], body)).await
}

pub async fn get(service: &Service, path: &str) -> Response {
    ask(service, &request("GET", path, &[], "")).await
}

/// Head and body of a response, which may come in chunks.
pub fn parse(bytes: &[u8]) -> Response {
    let text = std::str::from_utf8(bytes).unwrap();
    let (head, mut rest) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no response: {text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut body = String::new();
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        while let Some((length, after)) = rest.split_once("\r\n") {
            let length = usize::from_str_radix(length, 16).unwrap();
            body.push_str(&after[..length]);
            rest = &after[length + 2..];
        }
    } else {
        body.push_str(rest);
    }
    Response { status, head: head.to_owned(), body }
}
