//! A stand-in of the API on loopback: it keeps comments and checks, answers as the API does, and records every request.
//!
//! Two servers run, with an address each: the API, and the storage that it redirects downloads to.

use std::io::{self, BufRead as _, BufReader, Read as _, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

pub mod archives;
pub mod program;

/// The head of the pull request.
pub const HEAD: &str = "1111111111111111111111111111111111111111";
/// The login of the token.
pub const BOT: &str = "github-actions[bot]";
/// The token; no output may have it.
pub const TOKEN: &str = "ghs_secretsecretsecret";

/// What the server has, and what it was asked.
#[derive(Debug, Default)]
pub struct State {
    /// The pull requests, as the API shows them.
    pub pull_requests: Vec<Value>,
    /// The pull requests that are found by commit only.
    pub by_commit: Vec<Value>,
    /// Id, login and body of each comment of pull request 7.
    pub comments: Vec<(u64, String, String)>,
    /// The checks that were made.
    pub checks: Vec<Value>,
    /// The artifacts of the run, as the API shows them.
    pub artifacts: Vec<Value>,
    /// How the storage answers.
    pub storage: Storage,
    /// Answers instead of the ordinary ones, used in this order: part of the request line, status, headers, body; and whether
    /// the request is carried out all the same.
    pub faults: Vec<Fault>,
    /// Every request, in the order of arrival.
    pub requests: Vec<Request>,
}

/// An answer instead of the ordinary one.
#[derive(Debug, Clone)]
pub struct Fault {
    pub request: &'static str,
    pub status: u16,
    pub headers: &'static str,
    pub body: String,
    pub is_carried_out: bool,
}

impl Fault {
    pub fn new(request: &'static str, status: u16) -> Self {
        Self { request, status, headers: "", body: "{}".into(), is_carried_out: false }
    }
}

/// How the storage answers.
#[derive(Debug, Clone, Default)]
pub enum Storage {
    /// With these bytes.
    Bytes(Vec<u8>),
    /// With a length in the header, and then with these bytes only.
    Length(u64, Vec<u8>),
    /// With chunks, until the client goes away.
    Endless,
    /// With another redirect, to this address.
    Redirect(String),
    #[default]
    Missing,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whether it arrived at the storage.
    pub to_storage: bool,
    /// Method and path with query.
    pub line: String,
    /// The headers, in lower case.
    pub headers: String,
    pub body: String,
}

/// Two servers with one state.
pub struct StandIn {
    pub api: SocketAddr,
    pub storage: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl StandIn {
    /// Starts both servers. Pull request 7 is open, and its run has an artifact with these bytes.
    pub fn start(archive: Vec<u8>) -> Self {
        let bind = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (api, storage) = (bind(), bind());
        let addresses = (api.local_addr().unwrap(), storage.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            pull_requests: vec![pull_request(7, HEAD)],
            artifacts: vec![artifact(5, archive.len() as u64)],
            storage: Storage::Bytes(archive),
            ..State::default()
        }));
        for (listener, to_storage) in [(api, false), (storage, true)] {
            let state = Arc::clone(&state);
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    // A client that goes away early is no fault of the server.
                    let _ = serve(stream, to_storage, addresses.1, &state);
                }
            });
        }
        Self { api: addresses.0, storage: addresses.1, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The request lines that arrived, and whether one begins like this.
    pub fn was_asked(&self, begin: &str) -> bool {
        self.state().requests.iter().any(|request| request.line.starts_with(begin))
    }

    /// The bodies of the comments of the program.
    pub fn own_comments(&self) -> Vec<String> {
        let state = self.state();
        state.comments.iter().filter(|(_, login, _)| login == BOT).map(|(.., body)| body.clone()).collect()
    }
}

/// An open pull request of the repository.
pub fn pull_request(number: u64, head: &str) -> Value {
    json!({
        "number": number,
        "state": "open",
        "head": { "sha": head, "ref": "a branch/with ü&?#" },
        "base": { "ref": "main", "repo": { "full_name": "octo/perf" } },
    })
}

pub fn artifact(id: u64, size: u64) -> Value {
    json!({
        "id": id, "name": "perf-summary", "size_in_bytes": size, "expired": false, "created_at": "2026-01-02T03:04:05Z",
    })
}

/// The event of a run with this conclusion.
pub fn event(conclusion: &str) -> Value {
    json!({
        "action": "completed",
        "repository": { "full_name": "octo/perf" },
        "workflow_run": {
            "id": 99,
            "run_number": 42,
            "run_attempt": 1,
            "run_started_at": "2026-01-02T03:00:00Z",
            "event": "pull_request",
            "conclusion": conclusion,
            "head_sha": HEAD,
            "head_branch": "a branch/with ü&?#",
            "head_repository": { "owner": { "login": "fork" } },
            "pull_requests": [],
        },
    })
}

fn serve(stream: TcpStream, to_storage: bool, storage: SocketAddr, state: &Mutex<State>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let (mut headers, mut length) = (String::new(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        if header.trim().is_empty() {
            break;
        }
        let header = header.to_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        headers.push_str(&header);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).unwrap();
    let request = Request { to_storage, line, headers, body };
    let mut stream = reader.into_inner();
    let answer = {
        let mut state = state.lock().unwrap();
        state.requests.push(request.clone());
        let fault = state.faults.iter().position(|fault| request.line.contains(fault.request));
        match fault.map(|at| state.faults.remove(at)) {
            Some(fault) => {
                if fault.is_carried_out {
                    let _ = state.answer(&request, storage);
                }
                Answer::Plain(fault.status, fault.headers.to_owned(), fault.body.into_bytes())
            }
            None if to_storage => Answer::Storage(state.storage.clone()),
            None => state.answer(&request, storage),
        }
    };
    answer.write(&mut stream)
}

enum Answer {
    Plain(u16, String, Vec<u8>),
    Storage(Storage),
}

impl Answer {
    fn json(status: u16, body: &Value) -> Self {
        Self::Plain(status, String::new(), body.to_string().into_bytes())
    }

    fn write(self, out: &mut impl Write) -> io::Result<()> {
        let mut plain = |status: u16, headers: &str, length: u64, body: &[u8]| {
            write!(out, "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n")?;
            out.write_all(body)
        };
        match self {
            Self::Plain(status, headers, body) => plain(status, &headers, body.len() as u64, &body),
            Self::Storage(Storage::Bytes(bytes)) => plain(200, "", bytes.len() as u64, &bytes),
            Self::Storage(Storage::Length(length, bytes)) => plain(200, "", length, &bytes),
            Self::Storage(Storage::Redirect(to)) => plain(302, &format!("location: {to}\r\n"), 0, b""),
            Self::Storage(Storage::Missing) => plain(404, "", 0, b""),
            Self::Storage(Storage::Endless) => {
                out.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")?;
                // Ends when the client closes the connection.
                loop {
                    write!(out, "10000\r\n")?;
                    out.write_all(&[0; 0x10000])?;
                    write!(out, "\r\n")?;
                }
            }
        }
    }
}

impl State {
    fn answer(&mut self, request: &Request, storage: SocketAddr) -> Answer {
        if !request.headers.contains(&format!("authorization: bearer {TOKEN}")) {
            return Answer::json(401, &json!({ "message": "Bad credentials" }));
        }
        let (method, target) = request.line.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let Some(path) = path.strip_prefix("/api/v3/repos/octo/perf") else {
            return Answer::json(404, &json!({ "message": "Not Found" }));
        };
        let body = || serde_json::from_str::<Value>(&request.body).unwrap();
        match (method, path) {
            ("GET", "/pulls") => {
                // An owner and a branch, each escaped.
                assert!(query.contains("state=open&head=fork%3Aa+branch%2Fwith+%C3%BC%26%3F%23"), "{query}");
                Answer::json(200, &json!(self.pull_requests))
            }
            ("GET", path) if path == format!("/commits/{HEAD}/pulls") => Answer::json(200, &json!(self.by_commit)),
            ("GET", "/actions/runs/99/artifacts") => {
                assert!(query.contains("name=perf-summary"), "{query}");
                Answer::json(200, &json!({ "total_count": self.artifacts.len(), "artifacts": self.artifacts }))
            }
            ("GET", "/actions/artifacts/5/zip") => {
                Answer::Plain(302, format!("location: http://{storage}/blob?sig=signature\r\n"), Vec::new())
            }
            ("GET", "/issues/7/comments") => {
                let number = |name: &str| -> usize {
                    let value = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
                    value.unwrap().parse().unwrap()
                };
                let (page, size) = (number("page"), number("per_page"));
                let shown = self.comments.iter().skip((page - 1) * size).take(size);
                let shown: Vec<Value> = shown
                    .map(|(id, login, body)| json!({ "id": id, "body": body, "user": { "login": login } }))
                    .collect();
                Answer::json(200, &json!(shown))
            }
            ("POST", "/issues/7/comments") => {
                let id = 1_000 + self.comments.len() as u64;
                self.comments.push((id, BOT.into(), body()["body"].as_str().unwrap().to_owned()));
                Answer::json(201, &json!({ "id": id }))
            }
            ("PATCH", path) => {
                let id: u64 = path.strip_prefix("/issues/comments/").unwrap().parse().unwrap();
                match self.comments.iter_mut().find(|comment| comment.0 == id) {
                    Some(comment) => {
                        comment.2 = body()["body"].as_str().unwrap().to_owned();
                        Answer::json(200, &json!({ "id": id }))
                    }
                    None => Answer::json(404, &json!({ "message": "Not Found" })),
                }
            }
            ("POST", "/check-runs") => {
                self.checks.push(body());
                Answer::json(201, &json!({ "id": 1 }))
            }
            _ => Answer::json(404, &json!({ "message": "Not Found" })),
        }
    }
}
