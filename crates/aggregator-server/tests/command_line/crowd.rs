//! Clients that harm a server: many that say nothing, slow ones, large requests, requests by the hundred on one connection, those
//! that leave. Its memory stays bounded, and another client gets its first event.
//!
//! `HOSTILE_CONNECTIONS` and `HOSTILE_STREAMS` are how many there are; as many as `.ci/run hostile_clients` has take too long for each
//! change. Only there times are judged.

use std::env;
use std::fs;
use std::process::Child;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::serve::Server;
use crate::world::World;

/// Longer than any machine needs: what is waited for comes, or the test fails.
const LONG: Duration = Duration::from_secs(120);

/// Files that this process needs beside the sockets of clients.
const OTHER_FILES: u64 = 300;

fn number(variable: &str, usual: usize) -> usize {
    let wanted = env::var(variable).ok().map_or(usual, |number| number.parse().expect(variable));
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    let possible = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
    if possible < wanted {
        println!("this process may open {files} files: {possible} of {wanted}");
    }
    wanted.min(possible)
}

/// Whether the numbers are those of the long run.
fn is_long() -> bool {
    env::var("HOSTILE_CONNECTIONS").is_ok()
}

/// Resident memory of a process, in MiB.
fn resident(child: &Child) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn request(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

/// Connections that have sent this, as many as asked for.
async fn connections(address: &str, number: usize, sends: &str) -> Vec<TcpStream> {
    let open = stream::iter(0..number).map(async |_| {
        let mut stream = timeout(LONG, TcpStream::connect(address)).await.expect("a connection").expect("a connection");
        // What is refused is closed while it is still being sent.
        let _ = stream.write_all(sends.as_bytes()).await;
        stream
    });
    open.buffer_unordered(64).collect().await
}

/// The time until another client has its first event, in milliseconds, the median and the longest of some.
async fn first_event(address: &str) -> [f64; 2] {
    let mut times = Vec::new();
    for number in 0..if is_long() { 15 } else { 3 } {
        let begun = Instant::now();
        let query = request("/v1/query", &format!("{{\"query\": \"why is a crossing slow, {number}?\"}}"));
        let mut stream = connections(address, 1, &query).await.remove(0);
        let mut read = Vec::new();
        while !read.windows(13).any(|found| found == b"event: status") {
            let length = timeout(LONG, stream.read_buf(&mut read)).await.expect("an event").unwrap();
            assert!(length > 0, "{}", String::from_utf8_lossy(&read));
        }
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        // And its last one.
        timeout(LONG, stream.read_to_end(&mut read)).await.expect("an end").unwrap();
        assert!(String::from_utf8_lossy(&read).contains("event: done"), "{}", String::from_utf8_lossy(&read));
    }
    times.sort_by(f64::total_cmp);
    [times[times.len() / 2], times[times.len() - 1]]
}

/// What a server is put to, and what it came to.
struct Trial {
    server: Server,
    before: f64,
    highest: f64,
}

impl Trial {
    fn start(world: &World, connections: usize) -> Self {
        let settings = format!("[server]\nconnections = {connections}\ncache_s = 0\n");
        fs::write(world.path("aggregator.toml"), settings).unwrap();
        let server = Server::start(world, &["serve", "--docs", "docs"], &[]);
        println!(
            "\n{connections} connections at most\n{:>44} {:>8} {:>8} {:>17}",
            "", "clients", "MiB", "first event, ms"
        );
        let before = resident(&server.child);
        Self { server, before, highest: before }
    }

    /// Notes what the memory is while these clients do what they do, and how another client fares.
    async fn note(&mut self, what: &str, clients: usize) {
        let [median, longest] = first_event(&self.server.address).await;
        let resident = resident(&self.server.child);
        self.highest = self.highest.max(resident);
        println!("{what:>44} {clients:>8} {resident:>8.1} {median:>8.1} {longest:>8.1}");
        if is_long() {
            // Far above what a calm machine needs: this one may be busy with other work.
            let is_soon = median < 1_000.0 && longest < 10_000.0;
            assert!(is_soon, "{what}: another client waits {median} ms for its first event, and up to {longest} ms");
        }
    }

    /// Checks what is left when all of them are gone.
    async fn end(self, most: f64) {
        let begun = Instant::now();
        loop {
            let mut figures = Vec::new();
            let asks = "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            let mut stream = connections(&self.server.address, 1, asks).await.remove(0);
            stream.read_to_end(&mut figures).await.unwrap();
            if String::from_utf8_lossy(&figures).contains("\naggregator_queries_running 0\n") {
                break;
            }
            assert!(begun.elapsed() < LONG, "queries of clients that are gone still run");
            sleep(Duration::from_millis(50)).await;
        }
        let (before, highest, after) = (self.before, self.highest, resident(&self.server.child));
        println!("resident: {before:.1} MiB before, at most {highest:.1} MiB, {after:.1} MiB after");
        assert!(highest - before < most, "{highest} MiB, {before} MiB before them");
        let (code, said) = self.server.end();
        assert_eq!(
            (code, said.lines().last().is_some_and(|line| line.starts_with("ended"))),
            (Some(0), true),
            "{said}"
        );
    }
}

/// As many as there are descriptors for, all of them open at the same time.
#[tokio::test]
async fn idle_connections_cost_little_and_harm_nobody() {
    let (number, world) = (number("HOSTILE_CONNECTIONS", 100), World::new());
    let mut trial = Trial::start(&world, number + 100);
    trial.note("alone", 0).await;
    let idle = connections(&trial.server.address, number, "").await;
    trial.note("say nothing", number).await;
    drop(idle);
    let halves = connections(&trial.server.address, number, "POST /v1/query HTTP/1.1\r\nhost: local").await;
    trial.note("have sent a part of a head", number).await;
    drop(halves);
    // A connection has at most 64 KiB of buffers, and most of these need a sixteenth.
    trial.end(30.0 + number as f64 * 24.0 / 1024.0).await;
}

/// More than there may be.
#[tokio::test]
async fn clients_that_do_harm_keep_no_other_out() {
    let (number, world) = (number("HOSTILE_CONNECTIONS", 100), World::new());
    let places = (number / 10).min(1_024);
    let mut trial = Trial::start(&world, places);
    let address = trial.server.address.clone();
    trial.note("alone", 0).await;
    let idle = connections(&address, number, "").await;
    trial.note("say nothing", number).await;
    drop(idle);

    let mut slow = connections(&address, number, "POST /v1/query HTTP/1.1\r\nhost: localhost\r\nx: ").await;
    for _ in 0..if is_long() { 3 } else { 1 } {
        for stream in &mut slow {
            let _ = stream.write_all(b"x").await;
        }
        trial.note("send their head byte by byte", number).await;
    }
    drop(slow);
    let body = request("/v1/query", &"{".repeat(1_000)).replace("content-length: 1000", "content-length: 1000000");
    let slow = connections(&address, number, &body).await;
    trial.note("send a part of their body", number).await;
    drop(slow);

    let some = number / 10;
    for (what, sends, refused) in [
        ("a head of 1 MiB", format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}", "x".repeat(1 << 20)), "HTTP/1.1 431"),
        ("an address of 200 KiB", format!("GET /{} HTTP/1.1\r\n", "x".repeat(200 << 10)), "HTTP/1.1 4"),
        ("1,000 headers", format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(1_000)), "HTTP/1.1 431"),
        ("a body of 2 MiB", request("/v1/query", &"x".repeat(2 << 20)), "HTTP/1.1 413"),
    ] {
        let mut all = connections(&address, some, &sends).await;
        trial.note(what, some).await;
        // Whoever reads it is told, unless what it had still sent made the system break the connection off.
        let mut told = 0;
        for stream in &mut all {
            let mut read = Vec::new();
            let _ = timeout(LONG, stream.read_to_end(&mut read)).await.expect("it is closed");
            assert!(
                read.is_empty() || read.starts_with(refused.as_bytes()),
                "{what}: {}",
                String::from_utf8_lossy(&read)
            );
            told += usize::from(!read.is_empty());
        }
        println!("{:>44} {told} of {some} have read the refusal", "");
    }
    let mut endless = connections(&address, some, "POST /v1/query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let chunk = format!("10000\r\n{}\r\n", "{".repeat(1 << 16));
    for _ in 0..40 {
        for stream in &mut endless {
            // Beyond the limit nothing is read.
            let _ = stream.try_write(chunk.as_bytes());
        }
    }
    trial.note("a body without an end", some).await;
    drop(endless);

    let pipelined = "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(100);
    let unread = connections(&address, some, &pipelined).await;
    trial.note("100 requests at once, answers not read", some).await;
    drop(unread);

    let stream = request("/v1/query", "{\"query\": \"what is a crossing?\"}");
    let mut slow = connections(&address, some, &stream).await;
    for _ in 0..3 {
        for stream in &mut slow {
            let _ = timeout(Duration::from_millis(1), stream.read(&mut [0])).await;
        }
        sleep(Duration::from_secs(u64::from(is_long()))).await;
        trial.note("read one byte a second", some).await;
    }
    drop(slow);
    let mut half = connections(&address, some, &stream).await;
    for stream in &mut half {
        let _ = stream.shutdown().await;
    }
    trial.note("close their half", some).await;
    drop(half);
    // What is not read when a connection is closed makes the system reset it.
    let mut reset = connections(&address, some, &stream).await;
    for stream in &mut reset {
        let _ = timeout(LONG, stream.read(&mut [0; 20])).await.expect("a head");
    }
    drop(reset);
    trial.note("have reset their stream", some).await;
    for _ in 0..5 {
        drop(connections(&address, number, "").await);
    }
    trial.note("were there for a moment", 5 * number).await;
    // Long bodies have 64 MiB together; beyond that each has what is always read, and the buffers of its connection.
    trial.end(144.0 + some as f64 / 8.0).await;
}

/// Each stream ends with its terminal event, or with a cut after the grace time.
#[tokio::test]
async fn a_server_that_ends_ends_its_streams() {
    let (number, world) = (number("HOSTILE_STREAMS", 60), World::new());
    let server = Server::start(&world, &["demo"], &[]);
    let query =
        |at: usize| request("/v1/query", &format!("{{\"query\": \"question {at}\", \"model\": \"heavy-tail\"}}"));
    let mut streams = Vec::new();
    for at in 0..number {
        let mut stream = connections(&server.address, 1, &query(at)).await.remove(0);
        // Those that read nothing will have it in the buffers of the system.
        if at % 5 != 0 {
            let mut begun = [0; 200];
            timeout(LONG, stream.read_exact(&mut begun)).await.expect("a beginning").unwrap();
        }
        streams.push(stream);
    }
    // They are cut after the grace time of 5 s, which is too long for each change.
    let cut = if is_long() { number / 10 } else { 0 };
    let half = request("/v1/query", "{").replace("content-length: 1", "content-length: 10");
    let halves = connections(&server.address, cut, &half).await;
    if cut > 0 {
        // Until the server has read their heads: one that has sent none yet is closed at once.
        sleep(Duration::from_secs(2)).await;
    }
    let begun = Instant::now();
    let ended = tokio::task::spawn_blocking(|| server.end());
    let mut last = Duration::ZERO;
    for mut stream in streams {
        let mut read = Vec::new();
        timeout(LONG, stream.read_to_end(&mut read)).await.expect("an end").unwrap();
        let text = String::from_utf8(read).unwrap();
        // The last chunk is empty: the response is complete.
        assert!(text.contains("event: cancelled") && text.ends_with("\r\n0\r\n\r\n"), "{text}");
        last = last.max(begun.elapsed());
    }
    for mut stream in halves {
        let mut read = Vec::new();
        let _ = timeout(LONG, stream.read_to_end(&mut read)).await.expect("a cut");
        assert!(read.is_empty(), "{}", String::from_utf8_lossy(&read));
    }
    let (code, said) = ended.await.unwrap();
    let took = begun.elapsed();
    println!("{number} streams: the last terminal event after {last:?}, the end after {took:?}");
    let expected = if cut > 0 { format!("ended; {cut} connections were cut after 5 s") } else { "ended".to_owned() };
    // Before it are the lines of the requests.
    assert_eq!((code, said.lines().last()), (Some(0), Some(expected.as_str())));
    if is_long() {
        assert!(last < Duration::from_secs(4) && took < Duration::from_secs(7), "{last:?}, {took:?}");
    }
}
