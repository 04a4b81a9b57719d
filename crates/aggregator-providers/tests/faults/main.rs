//! Every client against every fault of its service, over sockets of this machine.
//!
//! Each entry of the table of faults is played to the client of its service. It ends in one of the outcomes that the table allows,
//! within its time, with no connection open and with no request sent elsewhere, and the key is in no text that the client or a
//! library below it writes at the level TRACE.

mod capture;
mod clients;
mod outcome;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use aggregator_mocks::contract::check_provider;
use aggregator_mocks::fault_server::catalog::{self, Entry, ExpectedOutcome, Service};
use aggregator_mocks::fault_server::{FaultServer, Script};
use aggregator_providers::http::MAX_WAIT;
use futures::{FutureExt as _, StreamExt as _, stream};

use clients::{Asked, CANARY, Client, MAX_HITS};

/// Entries that are played at a time: most of the time is waiting for what never comes.
const AT_ONCE: usize = 48;

/// What the server gets to notice that the client is gone, and a busy machine to let it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The time for a whole request. A fault that a limit of time ends takes it; all others end by themselves, and may take as long
/// as a busy machine lets them wait.
fn total_time(entry: &Entry) -> Duration {
    use ExpectedOutcome::{Connect, FirstByte, Idle, Total};
    let is_ended_by_time = [Connect, FirstByte, Idle, Total].iter().any(|outcome| entry.accepts(outcome));
    if is_ended_by_time { Duration::from_secs(4) } else { PATIENCE * 2 }
}

/// What came of an entry.
struct Played {
    entry: Entry,
    client: Client,
    asked: Asked,
    /// The time that the client had.
    total: Duration,
    took: Duration,
    left_open: Option<String>,
}

async fn play(client: Client, entry: Entry, elsewhere: String) -> Played {
    let server = FaultServer::start(entry.script(&elsewhere)).expect("a port of this machine");
    let total = total_time(&entry);
    let begun = Instant::now();
    let asked = clients::ask(client, &server.url(), total).await;
    let took = begun.elapsed();
    let left_open = server.wait_until_closed(PATIENCE).await.err().map(|open| open.to_string());
    Played { entry, client, asked, total, took, left_open }
}

impl Played {
    /// What is wrong, one line for each; empty if nothing is.
    fn faults(&self) -> String {
        let Self { entry, client, asked, total, took, left_open } = self;
        let name = format!("{client:?} {}", entry.name());
        let mut faults = String::new();
        let is_right = entry.accepts(&asked.outcome) || asked.outcome == at_most(entry.expected);
        if !is_right {
            let also = entry.also.map(|also| format!(" or {also:?}")).unwrap_or_default();
            let _ =
                writeln!(faults, "{name}: {:?}, expected {:?}{also}: {}", asked.outcome, entry.expected, asked.says);
        }
        if *took > *total + PATIENCE {
            let _ = writeln!(faults, "{name}: took {took:?}");
        }
        if asked.says.contains(CANARY) {
            let _ = writeln!(faults, "{name}: the key is in {}", asked.says);
        }
        if let Some(open) = left_open {
            let _ = writeln!(faults, "{name}: {open}");
        }
        faults
    }
}

/// An expected outcome within what the client takes: as many hits as were asked for, and the longest wait that is believed.
fn at_most(expected: ExpectedOutcome) -> ExpectedOutcome {
    match expected {
        ExpectedOutcome::Hits(hits) => ExpectedOutcome::Hits(hits.min(MAX_HITS)),
        ExpectedOutcome::RateLimited { wait } => {
            ExpectedOutcome::RateLimited { wait: wait.map(|wait| wait.min(MAX_WAIT)) }
        }
        other => other,
    }
}

/// Each client with each fault of its service.
fn entries() -> impl Iterator<Item = (Client, Entry)> {
    Service::ALL.into_iter().flat_map(Client::of).flat_map(|client| {
        let service = Service::ALL.into_iter().find(|service| Client::of(*service).contains(client));
        catalog::entries_of(service.expect("it is one of them")).into_iter().map(|entry| (*client, entry))
    })
}

/// How often each client came to each outcome; `--nocapture` shows it, and `FAULT_TABLE` all entries.
fn print(played: &[Played]) {
    let mut counts: BTreeMap<(Client, String), usize> = BTreeMap::new();
    for Played { client, asked, .. } in played {
        let outcome = match asked.outcome {
            ExpectedOutcome::RateLimited { .. } => "rate limited".to_owned(),
            ExpectedOutcome::Hits(_) => "hits".to_owned(),
            other => other.to_string(),
        };
        *counts.entry((*client, outcome)).or_default() += 1;
    }
    for ((client, outcome), count) in counts {
        println!("{:<12} {outcome:<18} {count:>4}", format!("{client:?}"));
    }
    if std::env::var_os("FAULT_TABLE").is_some() {
        let mut rows: Vec<_> = played
            .iter()
            .map(|Played { client, entry, asked, took, .. }| {
                format!(
                    "{:<12} {:<36} {:<26} {:>6} ms",
                    format!("{client:?}"),
                    entry.fault,
                    asked.outcome.to_string(),
                    took.as_millis()
                )
            })
            .collect();
        rows.sort();
        println!("{}", rows.join("\n"));
    }
}

/// The contract that the mocks keep, over sockets.
#[tokio::test]
async fn searches_keep_the_contract_of_a_provider() {
    for (client, entry) in entries().filter(|(_, entry)| entry.fault == "500-hits") {
        let server = FaultServer::start(entry.script("http://127.0.0.2:9")).unwrap();
        let Some(provider) = clients::provider(client, &server.url(), total_time(&entry)) else {
            panic!("{client:?} finds hits")
        };
        assert_eq!(check_provider(&*provider, "what does a provider promise?").await, Ok(()), "{client:?}");
        assert_eq!(server.wait_until_closed(PATIENCE).await.map_err(|open| open.to_string()), Ok(()), "{client:?}");
    }
}

#[tokio::test]
async fn every_client_survives_every_fault() {
    let log = capture::start();
    let elsewhere = FaultServer::start(Script::reading()).unwrap();
    let url = elsewhere.url();
    let played: Vec<_> = stream::iter(entries())
        // A task each: within one, a stream that always has bytes would use up the turns of all others.
        .map(|(client, entry)| {
            tokio::spawn(play(client, entry, url.clone())).map(|played| played.expect("it does not panic"))
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    assert!(played.len() >= 900, "{} entries were played", played.len());
    let faults: String = played.iter().map(Played::faults).collect();
    print(&played);
    assert!(faults.is_empty(), "{} of {} ended wrongly:\n{faults}", faults.lines().count(), played.len());
    assert_eq!(elsewhere.counts().accepted, 0, "a client went where a redirect led");
    log.assert_without(CANARY);
}
