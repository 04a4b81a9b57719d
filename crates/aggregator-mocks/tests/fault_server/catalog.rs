//! Each entry of the catalog against a raw socket.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;

use aggregator_mocks::fault_server::catalog::{self, Ending, Entry, ExpectedOutcome, PAUSE, Service, TEXT};
use aggregator_mocks::fault_server::{Counts, FaultServer, Script};

use crate::raw_client::{KEY, PATIENCE, Seen, ask, body, hits, runtime, text};

const ELSEWHERE: &str = "http://127.0.0.2:9";

/// Plays all entries, several at a time, and checks what is the same for all.
fn play(entries: Vec<Entry>, check: impl Fn(&Entry, &Seen) + Sync) {
    let entries = Mutex::new(entries.into_iter());
    let next = || entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(entry) = next() {
                    let server = FaultServer::start(entry.script(ELSEWHERE)).unwrap();
                    let seen = ask(&server, entry.ending);
                    let name = entry.name();
                    assert_eq!(seen.ending, entry.ending, "{name}: {:?}", String::from_utf8_lossy(&seen.bytes));
                    assert_eq!(seen.status(), entry.status, "{name}: {:?}", String::from_utf8_lossy(&seen.bytes));
                    check(&entry, &seen);
                    // `ask` has closed.
                    runtime()
                        .block_on(server.wait_until_closed(PATIENCE))
                        .unwrap_or_else(|open| panic!("{name}: {open}"));
                    let no_connection = matches!(entry.ending, Ending::Refused | Ending::NeverAccepted);
                    let Counts { accepted, open, hanging, unreadable, .. } = server.counts();
                    assert_eq!((accepted, open, hanging, unreadable), (u64::from(!no_connection), 0, 0, 0), "{name}");
                }
            });
        }
    });
}

#[test]
fn each_entry_does_what_it_says() {
    let endings = Mutex::new(BTreeMap::new());
    play(catalog::entries(), |entry, seen| {
        *endings.lock().unwrap().entry(format!("{:?}", entry.ending)).or_insert(0) += 1;
        let name = entry.name();
        let quotes = String::from_utf8_lossy(&seen.bytes).contains(KEY);
        assert_eq!(quotes, entry.fault.ends_with("-quoting"), "{name}");
        // What is called good, by a decoder that shares nothing with the catalog.
        let is_plain = entry.status == Some(200) && entry.also.is_none() && seen.ending != Ending::Endless;
        match entry.expected {
            ExpectedOutcome::Hits(expected) if is_plain => assert_eq!(hits(&body(&seen.bytes)), expected, "{name}"),
            ExpectedOutcome::Text(expected) if is_plain => assert_eq!(text(&body(&seen.bytes)), expected, "{name}"),
            _ => {}
        }
    });
    let endings = endings.into_inner().unwrap();
    assert_eq!(endings.len(), 6, "every ending is among them: {endings:?}");
}

#[test]
fn names_are_unique_and_every_outcome_is_expected_somewhere() {
    let entries = catalog::entries();
    assert!(entries.len() >= 50);
    let names: BTreeSet<_> = entries.iter().map(Entry::name).collect();
    assert_eq!(names.len(), entries.len());
    let outcomes: BTreeSet<_> = entries.iter().map(|entry| format!("{:?}", entry.expected)).collect();
    let wanted = "Connect FirstByte Idle Total TooLarge Truncated ContentType Encoding Redirect Auth Request \
                  Unavailable ServiceError InvalidResponse ToolCalls LengthLimit Filtered Empty";
    for outcome in wanted.split(' ') {
        assert!(outcomes.contains(outcome), "{outcome}");
    }
    assert!(entries.iter().all(|entry| entry.also != Some(entry.expected)), "a second outcome is another one");
    // Every service has the faults of connections.
    for service in Service::ALL {
        let of_all =
            ["good", "refuse", "hang-in-body", "drip-body", "cut-in-chunk", "bomb", "redirect-302", "401", "429"];
        for fault in of_all {
            assert!(names.contains(&format!("{}/{fault}", service.name())), "{service:?} {fault}");
        }
    }
}

#[test]
fn cuts_are_where_they_should_be() {
    // (fault, what the bytes end with, bytes that are missing of the promised length)
    let within_character = |bytes: &[u8]| bytes.ends_with(b"Z\xc3");
    play(wanted(&["cut-in-character", "hang-in-body"]), |entry, seen| {
        let bytes = seen.bytes.strip_suffix(b"\r\n").unwrap_or(&seen.bytes);
        assert!(within_character(bytes), "{}: {:?}", entry.name(), String::from_utf8_lossy(bytes));
    });
    play(
        wanted(&["cut-before-last-byte", "cut-after-head", "length-too-large", "cut-in-body", "reset-in-body"]),
        |entry, seen| {
            let missing = promised(seen) - body(&seen.bytes).len();
            let is_right = match entry.fault {
                "cut-before-last-byte" => missing == 1,
                "cut-after-head" => missing == promised(seen),
                "length-too-large" => missing == 100,
                _ => missing == promised(seen).div_ceil(2),
            };
            assert!(is_right, "{}: {missing} of {} missing", entry.name(), promised(seen));
        },
    );
    play(wanted(&["cut-in-status-line", "hang-in-status-line"]), |_, seen| assert_eq!(seen.bytes, b"HTTP/1.1 2"));
    play(wanted(&["cut-in-chunk-size"]), |_, seen| assert!(seen.bytes.ends_with(b"\r\n1")));
    play(wanted(&["cut-before-last-chunk", "hang-after-last-byte"]), |_, seen| {
        assert!(!seen.bytes.ends_with(b"0\r\n\r\n") && seen.bytes.ends_with(b"\r\n"));
    });
}

/// The length that a response promises.
fn promised(seen: &Seen) -> usize {
    let head = String::from_utf8_lossy(&seen.bytes).into_owned();
    let line = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("it has a length");
    line.parse().unwrap()
}

fn wanted(faults: &[&str]) -> Vec<Entry> {
    let entries: Vec<_> = catalog::entries().into_iter().filter(|entry| faults.contains(&entry.fault)).collect();
    assert_eq!(entries.len(), faults.len() * Service::ALL.len(), "{faults:?}");
    entries
}

#[test]
fn redirects_lead_where_they_are_told() {
    for entry in catalog::entries_of(Service::Ollama).iter().filter(|entry| entry.fault.starts_with("redirect-30")) {
        let server = FaultServer::start(entry.script(ELSEWHERE)).unwrap();
        let seen = ask(&server, entry.ending);
        let head = String::from_utf8_lossy(&seen.bytes).into_owned();
        assert!(head.contains(&format!("\r\nLocation: {ELSEWHERE}/")), "{head}");
    }
}

#[test]
fn pauses_are_short() {
    assert!(PAUSE.as_millis() <= 20, "clients get limits of ten times a pause, and their tests take as long");
}

/// What people read: a row for what is the same for several services.
#[test]
fn the_table_of_entries() {
    let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
    for entry in catalog::entries() {
        let outcome = match entry.also {
            Some(also) => format!("{} or {also}", entry.expected),
            None => entry.expected.to_string(),
        };
        let success = match entry.service.is_search() {
            true => outcome.replace("3 hits", "good"),
            false => outcome.replace("text", "good"),
        };
        let status = entry.status.map_or("-".to_owned(), |status| status.to_string());
        let ending = format!("{:?}", entry.ending);
        let row = format!("{:<34} {status:>6} {ending:<14} {success:<44} {}", entry.fault, entry.does);
        match rows.iter_mut().find(|(known, _)| *known == row) {
            Some((_, services)) => services.push(entry.service.name()),
            None => rows.push((row, vec![entry.service.name()])),
        }
    }
    let mut table =
        format!("{:<34} {:>6} {:<14} {:<44} what it does (services)\n", "fault", "status", "ending", "outcome");
    for (row, services) in rows {
        let services = match services.as_slice() {
            ["brave", "searxng", "openai", "anthropic", "ollama"] => "all".to_owned(),
            ["brave", "searxng"] => "searches".to_owned(),
            ["openai", "anthropic", "ollama"] => "models".to_owned(),
            some => some.join(", "),
        };
        writeln!(table, "{row} ({services})").unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_chosen_script_answers_as_a_fixed_one() {
    let server = FaultServer::start_with(|number, request| {
        let fault = request.target.split("q=").nth(1).unwrap_or_default();
        assert_eq!(fault, "%22trees%22");
        let wanted = ["429-seconds", "good"][usize::from(number > 0)];
        let entries = catalog::entries_of(Service::OpenAi);
        entries.iter().find(|entry| entry.fault == wanted).map_or_else(Script::new, |entry| entry.script(ELSEWHERE))
    })
    .unwrap();
    assert_eq!(ask(&server, Ending::Closed).status(), Some(429));
    assert_eq!(text(&body(&ask(&server, Ending::Closed).bytes)), TEXT);
    assert_eq!(server.counts().requests, 2);
}
