//! Settings of the server: plain data with defaults and their reasons.

use std::sync::Arc;
use std::time::Duration;

use aggregator_observe::Observer;

use crate::keys::ClientKey;
use crate::request_log::RequestLog;

/// How requests are answered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Keys of clients. Default none: every client that reaches the server may ask.
    pub keys: Vec<ClientKey>,
    /// Longest body of a request, in bytes. Default 1 MiB: a chat of sixteen long turns.
    pub max_body_bytes: usize,
    /// Bytes of all bodies that are read at the same time, without the first 64 KiB of each. Default 64 MiB; a request for which there
    /// is no room is refused. Without this limit, bodies that come slowly would take the longest body times the connections.
    pub max_bodies_bytes: usize,
    /// Time for the body of a request. Default 30 s.
    pub body_within: Duration,
    /// Silence after which a stream sends a comment. Default 15 s: proxies close connections that are silent for 30 to 60 s.
    pub heartbeat: Duration,
    /// Whether a list of the cited sources stands below answers of chat completions, for clients that show no citations. Default
    /// no; a request can ask for it with `x_source_list`.
    pub source_list: bool,
    /// Names of hosts that the server is asked by, beside those of this machine. Default none. A page of a stranger can make a
    /// browser resolve its own name to this machine, and then that name stands in the request.
    pub hosts: Vec<String>,
    /// Whether any name of a host is answered: behind a proxy, or where clients need keys. Default no.
    pub any_host: bool,
    /// The origins whose pages may read answers (CORS). Default none.
    pub origins: Vec<String>,
    /// Watches queries, beside the figures of the server. Default: one that writes spans.
    pub observer: Observer,
    /// Takes the report of each request. Default none.
    pub log: Option<Arc<dyn RequestLog>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            max_body_bytes: 1 << 20,
            max_bodies_bytes: 64 << 20,
            body_within: Duration::from_secs(30),
            heartbeat: Duration::from_secs(15),
            source_list: false,
            hosts: Vec::new(),
            any_host: false,
            origins: Vec::new(),
            observer: Observer::new(),
            log: None,
        }
    }
}

/// What a server may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeLimits {
    /// Connections at the same time. Default 1,024. For one more, the one that has waited longest for its client is closed; where all
    /// are answered, further ones wait in the queue of the system.
    pub connections: usize,
    /// Time for the head of a request, from the opening of the connection or the end of the request before. Default 10 s.
    pub head: Duration,
    /// Time in which a client that is sent something takes a part of it. Default 30 s; then its connection is closed, and its query
    /// dropped.
    pub stall: Duration,
    /// Time for which queries may go on when the server ends. Default 5 s.
    pub grace: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            head: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            grace: Duration::from_secs(5),
        }
    }
}
