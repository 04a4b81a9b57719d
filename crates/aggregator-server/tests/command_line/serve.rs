//! The server as its user runs it: a child process that is asked over sockets, and ends on a signal.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::world::World;

/// A server that was started, and what it wrote so far.
struct Server {
    child: Child,
    address: String,
    lines: BufReader<std::process::ChildStderr>,
    said: Vec<String>,
}

impl Server {
    fn start(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = world.command(&[arguments, &["--listen", "127.0.0.1:0"]].concat());
        let mut child = command.envs(variables.iter().copied()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let mut server = Self { child, address: String::new(), lines, said: Vec::new() };
        while !server.said.last().is_some_and(|line| line.contains("/metrics")) {
            let mut line = String::new();
            assert!(server.lines.read_line(&mut line).unwrap() > 0, "it ended: {:?}", server.said);
            if let Some(address) = line.trim().strip_prefix("listening at http://") {
                address.clone_into(&mut server.address);
            }
            server.said.push(line);
        }
        server
    }

    /// The response to a request, to the end of the connection.
    fn ask(&self, path: &str, headers: &str, body: &str) -> String {
        let mut connection = self.send(path, headers, body);
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        response
    }

    fn send(&self, path: &str, headers: &str, body: &str) -> TcpStream {
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
    fn end(mut self) -> (Option<i32>, String) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
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
    assert_eq!(server.end(), (Some(0), "ended\n".to_owned()));
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
    assert_eq!((code, rest.as_str()), (Some(0), "ended\n"));
    for mut stream in streams {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("event: cancelled"), "{rest}");
    }
}
