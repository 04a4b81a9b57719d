//! The server as its user runs it: a child process that is asked over sockets, and ends on a signal.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aggregator_mocks::fault_server::catalog::{self, Service};
use aggregator_mocks::fault_server::{FaultServer, Script, response};

use crate::world::{Ran, World};

/// A server that was started, and what it wrote so far.
pub struct Server {
    pub child: Child,
    pub address: String,
    lines: BufReader<std::process::ChildStderr>,
    pub said: Vec<String>,
}

impl Server {
    pub fn start(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = world.command(&[arguments, &["--listen", "127.0.0.1:0"]].concat());
        command.envs(variables.iter().copied());
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let mut server = Self { child, address: String::new(), lines, said: Vec::new() };
        // The last line of what it says when it listens, in both forms of the log.
        let is_last = |line: &String| line.contains("/metrics") || line.contains("\"event\":\"listening\"");
        while !server.said.last().is_some_and(is_last) {
            let mut line = String::new();
            assert!(server.lines.read_line(&mut line).unwrap() > 0, "it ended: {:?}", server.said);
            if let Some((_, address)) = line.split_once("listening at http://") {
                let end = address.find(|c: char| c == '"' || c.is_whitespace()).unwrap_or(address.len());
                address[..end].clone_into(&mut server.address);
            }
            server.said.push(line);
        }
        server
    }

    /// The response to a request, to the end of the connection.
    pub fn ask(&self, path: &str, headers: &str, body: &str) -> String {
        let mut connection = self.send(path, headers, body);
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        response
    }

    /// The response to a GET.
    pub fn get(&self, path: &str) -> String {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(connection, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        response
    }

    pub fn send(&self, path: &str, headers: &str, body: &str) -> TcpStream {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let length = body.len();
        write!(
            connection,
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n{headers}\r\n{body}"
        )
        .unwrap();
        connection
    }

    /// Sends a signal, and returns the exit code with what it said in the end.
    pub fn end(mut self) -> (Option<i32>, String) {
        self.signal();
        let rest = self.rest();
        (self.child.wait().unwrap().code(), rest)
    }

    pub fn signal(&self) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    }

    /// What it says until it ends.
    pub fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        rest
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, unless a test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const QUESTION: &str = "how many files does a crossing carry?";

#[test]
fn documents_are_served_to_clients_with_a_key() {
    let world = World::new();
    let settings = "[server]\nkeys = [{ name = 'ann', key = '${ANN_KEY}' }]\n";
    std::fs::write(world.path("aggregator.toml"), settings).unwrap();
    let server = Server::start(&world, &["serve", "--docs", "docs"], &[("ANN_KEY", "canary-77ac01")]);
    let query = format!("{{\"query\": \"{QUESTION}\"}}");
    assert!(server.ask("/v1/query", "", &query).starts_with("HTTP/1.1 401"));
    let key = "authorization: Bearer canary-77ac01\r\n";
    let events = server.ask("/v1/query", key, &query);
    assert!(
        events.contains("event: answer_delta") && events.contains("4,096") && events.contains("event: done"),
        "{events}"
    );
    let chat = format!("{{\"messages\": [{{\"role\": \"user\", \"content\": \"{QUESTION}\"}}]}}");
    let answer = server.ask("/v1/chat/completions", key, &chat);
    assert!(answer.contains("4,096") && answer.contains("url_citation"), "{answer}");
    assert!(!format!("{events}{answer}{:?}", server.said).contains("canary"));
    // Clients do not learn where the folder is on this machine.
    assert!(
        answer.contains("file:///docs/guide.md#") && !answer.contains(world.path("").to_str().unwrap()),
        "{answer}"
    );

    // The port is taken.
    let taken = world.run(&["serve", "--docs", "docs", "--listen", &server.address]);
    assert!(taken.ends(2).err.contains("ANN_KEY is not set"));
    let mut command = world.command(&["serve", "--docs", "docs", "--listen", &server.address]);
    let output = command.env("ANN_KEY", "k").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && error.contains("choose another one with --listen"), "{error}");
    let (code, rest) = server.end();
    assert!(code == Some(0) && rest.ends_with("\nended\n"), "{rest}");
    // Nobody's key, question, answer, or folder.
    for hidden in ["canary", "crossing", "4,096", world.path("").to_str().unwrap()] {
        assert!(!rest.contains(hidden), "{rest}");
    }
}

#[test]
fn a_stream_ends_with_its_last_event_when_the_server_does() {
    let world = World::new();
    let server = Server::start(&world, &["demo"], &[]);
    let mut streams: Vec<_> =
        (0..20).map(|number| server.send("/v1/query", "", &format!("{{\"query\": \"question {number}\"}}"))).collect();
    let mut begun = [0; 200];
    for stream in &mut streams {
        stream.read_exact(&mut begun).unwrap();
    }
    let (code, rest) = server.end();
    assert!(code == Some(0) && rest.ends_with("\nended\n"), "{rest}");
    for mut stream in streams {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("event: cancelled"), "{rest}");
    }
}

const SEARCH: &str = "/v1/search";

fn words(number: u32) -> String {
    format!("{{\"query\": \"tides of lake {number}\"}}")
}

/// A server that searches with this instance of SearXNG, under these settings.
fn searching(searxng: &FaultServer, settings: &str) -> (World, Server) {
    let world = World::new();
    let text = format!("[search.searxng]\nbase = '{}'\n[services]\nretries = 0\n{settings}", searxng.url());
    std::fs::write(world.path("aggregator.toml"), text).unwrap();
    let server = Server::start(&world, &["serve", "--docs", "docs"], &[]);
    (world, server)
}

fn answering() -> FaultServer {
    FaultServer::start(Script::answering(catalog::good_response(Service::Searxng))).unwrap()
}

/// The limit of a service and its breaker hold for all queries of a server.
#[test]
fn limits_and_breakers_of_the_settings_hold_for_all_clients() {
    let searxng = answering();
    let (_world, server) = searching(&searxng, "[limits.searxng]\nrequests = 1\nper_ms = 600000\n");
    assert!(server.ask(SEARCH, "", &words(1)).contains("\"type\":\"ok\""));
    let refused = server.ask(SEARCH, "", &words(2));
    assert!(refused.contains("the limit of requests is reached") && searxng.counts().requests == 1, "{refused}");

    for (failures, asked) in [(2, 2), (0, 4)] {
        let searxng = FaultServer::start(Script::answering(response::complete(503, &[], b""))).unwrap();
        let (_world, server) = searching(&searxng, &format!("breaker_failures = {failures}\n"));
        for number in 0..4 {
            server.ask(SEARCH, "", &words(number));
        }
        assert_eq!(searxng.counts().requests, asked, "{failures} failures");
        let (_, log) = server.end();
        assert_eq!(log.matches("breaker opened service=searxng").count(), usize::from(failures > 0), "{log}");
    }
}

#[test]
fn what_was_asked_lately_is_asked_again_only_without_a_cache() {
    for (settings, asked) in [("", 1), ("[server]\ncache_s = 0\n", 3)] {
        let searxng = answering();
        let (_world, server) = searching(&searxng, settings);
        for _ in 0..3 {
            assert!(server.ask(SEARCH, "", &words(1)).contains("\"type\":\"ok\""));
        }
        assert_eq!(searxng.counts().requests, asked, "{settings}");
    }
}

/// A connection needs a file descriptor. One too many waits for its turn instead of making the others fail, or takes the place of
/// one whose client says nothing.
#[test]
fn there_are_no_more_connections_than_files() {
    let world = World::new();
    let arguments = ["demo", "--listen", "127.0.0.1:0"];
    let none = Ran::of(world.command_with_files(128, &arguments).output().unwrap(), &world.path(""));
    assert!(none.ends(2).err.contains("this process may open 128 files, and needs more than 128"));
    let server = Server::of(world.command_with_files(130, &arguments));
    assert!(server.said[0].contains("may open 130 files: at most 2 connections"), "{:?}", server.said);
    let silent = [0, 1].map(|_| TcpStream::connect(&server.address).unwrap());
    // This one takes most of a minute, if it may.
    let slow = r#"{"query": "q", "model": "heavy-tail"}"#;
    let [first, _second] = [0, 1].map(|_| {
        let mut stream = server.send("/v1/query", "", slow);
        stream.read_exact(&mut [0; 200]).unwrap();
        stream
    });
    for mut stream in silent {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0, "it is closed for another one");
    }
    let mut third = TcpStream::connect(&server.address).unwrap();
    third.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    third.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    assert!(third.read(&mut [0]).is_err(), "it is answered while two are answered");
    drop(first);
    third.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut response = String::new();
    third.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
}

#[test]
fn load_on_a_server_is_judged_by_a_scenario() {
    let world = World::new();
    let server = Server::start(&world, &["demo"], &[]);
    let scenario = |threshold: &str| {
        format!(
            "schema = 1\nname = \"few\"\nthresholds = [\"{threshold}\"]\n[closed]\nusers = 20\nqueries_per_user = 4\n\
             [[stages]]\nkind = \"hold\"\nduration = \"30s\"\n[target]\nprofile = \"floor\"\n\
             [[queries]]\nname = \"one\"\ntext = \"what does a promise cost?\"\n"
        )
    };
    std::fs::write(world.path("good.toml"), scenario("errors.rate < 5%")).unwrap();
    std::fs::write(world.path("bad.toml"), scenario("results.max < 5")).unwrap();
    let url = format!("http://{}", server.address);
    let load = |file: &str, code: i32| {
        let arguments = ["load", &url, "--scenario", file, "--api", "query", "--model", "standard", "--demo"];
        world.run(&arguments).ends(code).shown()
    };
    let good = load("good.toml", 0);
    assert!(good.contains("80 started, 80 succeeded, 0 failed") && good.contains("PASS (exit 0)"), "{good}");
    let bad = load("bad.toml", 1);
    assert!(bad.contains("FAIL (exit 1)"), "{bad}");
    let absent = world.run(&["load", "absent.toml"]).ends(2).shown();
    assert!(absent.contains("cannot read absent.toml"), "{absent}");
}
