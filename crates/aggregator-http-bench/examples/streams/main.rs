//! Streams over sockets: a client and a server as two processes of this machine, beside a bare endpoint of hyper that sends the same
//! bytes at the same times.
//!
//! `cargo run --release -p aggregator-http-bench --example streams -- [streams a second] [open streams]`
//!
//! It prints how late events are, what the processes take of the processors, the memory of open streams, the time to the first byte,
//! and the time until a call is dropped whose client is gone. The figures are those of this machine at this hour, so its load is
//! printed too.

mod client;
mod process;
mod profile;
mod server;

use std::error::Error;
use std::thread::available_parallelism;
use std::time::Duration;

use client::{Ask, Latencies, Run};
use process::Server;
use server::Kind;

/// Rounds of both endpoints, in turns.
const ROUNDS: u32 = 3;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(5);
/// The share of all processors that the bare endpoint and its client may have: beyond it queues of processes are measured.
const MAX_SHARE: f64 = 0.6;
/// The share of one processor that others may have, beyond which the times are theirs.
const MAX_OTHERS: f64 = 0.1;
/// Streams that are open when the time to the first byte is measured.
const CONCURRENT: u32 = 100;
/// Clients that go away.
const GONE: usize = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [option, kind] = &arguments[..]
        && option == "--serve"
    {
        return server::run(Kind::parse(kind)?);
    }
    let number = |at: usize, default: u32| arguments.get(at).map_or(Ok(default), |argument| argument.parse());
    let (Ok(rate), Ok(open)) = (number(0, 1_000), number(1, 5_000)) else {
        return Err("usage: streams [streams a second, default 1000] [open streams, default 5000]".into());
    };
    if rate == 0 {
        return Err("the rate is 0: give at least 1 stream a second".into());
    }
    let files = process::raise_file_limit();
    println!("{} processors, load {}, {files} files a process", processors(), process::load());
    let bare = profile::recorded(profile::STREAMED);
    let (due, deltas) = profile::due(&bare);
    let last = due.last().copied().unwrap_or_default();
    println!("a stream: {} events and {deltas} pieces of text over {} ms\n", due.len() - deltas, last.as_millis());
    if deltas != profile::DELTAS {
        return Err(format!("the stream has {deltas} pieces of text instead of {}", profile::DELTAS).into());
    }
    let ask = Ask { request: profile::ask(profile::STREAMED, "how late is an event?"), due };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let rate = sustained(&ask, rate).await?;
        at_rate(&ask, rate).await?;
        concurrent(&ask).await?;
        memory(open as usize).await?;
        cancelled().await
    })
}

fn processors() -> f64 {
    available_parallelism().map_or(1.0, |processors| processors.get() as f64)
}

/// The highest rate, in steps of a fifth, at which the bare endpoint and its client leave enough of the processors.
async fn sustained(ask: &Ask, mut rate: u32) -> Result<u32, Box<dyn Error>> {
    loop {
        let server = Server::start(Kind::Bare(profile::STREAMED))?;
        let run = client::at_rate(&server, ask, rate, WARM_UP, MEASURED / 2).await;
        let share = (run.server + run.client) / processors();
        println!(
            "bare at {rate}/s: endpoint {:.0} % and client {:.0} % of a processor, others {:.0} %",
            100.0 * run.server,
            100.0 * run.client,
            100.0 * run.others
        );
        if share <= MAX_SHARE || rate < 10 {
            return Ok(rate);
        }
        rate = rate * 4 / 5;
    }
}

/// How late events are.
async fn at_rate(ask: &Ask, rate: u32) -> Result<(), Box<dyn Error>> {
    let mut both: [Option<Run>; 2] = [None, None];
    for round in 0..ROUNDS {
        for (kind, sum) in [Kind::Bare(profile::STREAMED), Kind::Server].into_iter().zip(&mut both) {
            let server = Server::start(kind)?;
            let run = client::at_rate(&server, ask, rate, WARM_UP, MEASURED).await;
            match sum {
                Some(sum) => sum.merge(&run, round),
                None => *sum = Some(run),
            }
        }
    }
    let [Some(bare), Some(ours)] = &both else { return Err("nothing was measured".into()) };
    println!("\n{rate} streams/s, {ROUNDS} rounds of {} s each, in turns", MEASURED.as_secs());
    println!("{:<34}{:>12}{:>12}{:>12}", "", "bare", "server", "added");
    for (name, quantile) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
        difference(&format!("an event is late by, {name}"), &bare.late, &ours.late, quantile);
    }
    for (name, of) in [("server", (|run| run.server) as fn(&Run) -> f64), ("client", |run| run.client)] {
        let (bare, ours) = (100.0 * of(bare), 100.0 * of(ours));
        println!("{:<34}{bare:>10.0} %{ours:>10.0} %{:>10.0} %", format!("{name}, of a processor"), ours - bare);
    }
    println!("{:<34}{:>10.0} %{:>10.0} %", "others, of a processor", 100.0 * bare.others, 100.0 * ours.others);
    println!("{:<34}{:>12}{:>12}", "streams that failed", bare.failed, ours.failed);
    println!("{:<34}{:>12}{:>12}", "events", bare.late.len(), ours.late.len());
    if bare.others.max(ours.others) > MAX_OTHERS {
        println!("others are busy: what is late says more of them than of the server; repeat it on a quiet machine");
    }
    Ok(())
}

fn difference(name: &str, bare: &Latencies, ours: &Latencies, quantile: f64) {
    let [bare, ours] = [bare, ours].map(|times| times.value_at_quantile(quantile) as f64 / 1e3);
    println!("{name:<34}{bare:>9.2} ms{ours:>9.2} ms{:>9.2} ms", ours - bare);
}

/// The time to the first byte.
async fn concurrent(ask: &Ask) -> Result<(), Box<dyn Error>> {
    let bare = Server::start(Kind::Bare(profile::STREAMED))?;
    let bare = client::concurrent(&bare, ask, CONCURRENT, MEASURED).await;
    let ours = Server::start(Kind::Server)?;
    let ours = client::concurrent(&ours, ask, CONCURRENT, MEASURED).await;
    println!("\n{CONCURRENT} streams are open, of {} in all", ours.first_byte.len());
    println!("{:<34}{:>12}{:>12}{:>12}", "", "bare", "server", "added");
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
        difference(&format!("time to the first byte, {name}"), &bare.first_byte, &ours.first_byte, quantile);
    }
    println!("{:<34}{:>12}{:>12}", "streams that failed", bare.failed, ours.failed);
    Ok(())
}

/// Resident memory of streams that stand still in the middle of an answer.
async fn memory(streams: usize) -> Result<(), Box<dyn Error>> {
    println!("\n{streams} streams are open in the middle of an answer");
    println!("{:<34}{:>12}{:>12}{:>12}", "resident memory", "before", "open", "a stream");
    for (name, kind) in [("bare", Kind::Bare(profile::HELD)), ("server", Kind::Server)] {
        let server = Server::start(kind)?;
        // The first streams also fill what is there once.
        drop(client::open(&server, &profile::ask(profile::HELD, "what does a stream need?"), 10).await?);
        let before = server.resident();
        let open = client::open(&server, &profile::ask(profile::HELD, "what does a stream need?"), streams).await?;
        let after = server.resident();
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let of_one = after.saturating_sub(before) as f64 / 1024.0 / streams.max(1) as f64;
        println!("{name:<34}{:>8.1} MiB{:>8.1} MiB{of_one:>8.1} KiB", mib(before), mib(after));
        drop(open);
    }
    Ok(())
}

/// The time from the moment when a client is gone to the drop of its model's call.
async fn cancelled() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Kind::Server)?;
    let times = client::cancel(&server, |query| profile::ask(profile::HELD, query), GONE).await?;
    println!("\n{GONE} clients go away in the middle of an answer");
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
        let time = times.value_at_quantile(quantile) as f64 / 1e3;
        println!("{:<34}{time:>9.2} ms", format!("the call is dropped after, {name}"));
    }
    println!("\nload {}", process::load());
    Ok(())
}
