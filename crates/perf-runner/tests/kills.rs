//! Processes that write baselines and histories, killed at any moment, and many of them at once: nothing is lost or corrupt.
//!
//! The child is this test program itself, with a folder in a variable.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use perf_gate::{Baseline, CaseName, Checksum, Class, Key, Metric, Provenance, Record, Unit};
use perf_history::run::{RecordedCase, RecordedHarness, RecordedRun, RecordedValue, WallChanges};
use perf_judge::rng::SplitMix64;
use perf_runner::files::atomic_write;
use perf_runner::history::folder::HistoryFolder;
use perf_runner::history::index;

/// The folder in which a child writes.
const DIR: &str = "TEST_WRITES_IN";

/// How many files a child writes before it ends by itself.
const NUMBER: &str = "TEST_WRITES";

fn key() -> Key {
    let text = String::from;
    let (rustc, target, profile) = (text("rustc 1.95.0"), text("x86_64"), text("1"));
    Key { rustc, target, profile, rustflags: text(""), packages: text("2"), inputs: text("3") }
}

fn case() -> CaseName {
    CaseName::new("query/floor/10").unwrap()
}

const BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);

fn run(blocks: u64) -> RecordedRun {
    let values = BTreeMap::from([(BLOCKS.name(), RecordedValue(blocks, Unit::Blocks, Class::Heap))]);
    let cases = BTreeMap::from([(case(), RecordedCase { checksum: Checksum(7), values, wall: None })]);
    let (package, together) = ("words-bench".to_owned(), WallChanges::default());
    RecordedRun {
        commit: format!("{:040x}", std::process::id()),
        committed: blocks as i64,
        measured: blocks as i64,
        machine: "a processor".into(),
        quick: false,
        base: None,
        anchor: None,
        harnesses: vec![RecordedHarness { package, key: key(), tools: None, cases, together }],
    }
}

/// A baseline of many records, so that it is written in several pieces.
fn baseline(scale: u64) -> Baseline {
    let name = |number: u64| CaseName::new(format!("query/floor/{number}")).unwrap();
    let records = (0..400).map(|number| Record::new(name(number), BLOCKS, scale, Checksum(scale)).unwrap());
    let provenance = Provenance { commit: "abc".into(), machine: "m".into() };
    Baseline::new(key(), None, provenance, records.collect()).unwrap()
}

/// The child: adds runs and replaces a baseline, and prints the name of each run that was added.
#[test]
fn the_child_that_writes() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else { return };
    let number: u64 = std::env::var(NUMBER).unwrap().parse().unwrap();
    let folder = HistoryFolder::at(dir.join("history"), "history".into());
    println!("\nready");
    for blocks in 0..number {
        let name = folder.append(&run(blocks)).unwrap();
        let next = baseline(blocks % 2 + 1);
        let check = |back: &str| Baseline::from_toml(back).is_ok_and(|back| back == next);
        atomic_write::write(&dir.join("baseline.toml"), &next.to_toml("the command"), check).unwrap();
        // Only after both are on disk.
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nwritten {name}").unwrap();
        out.flush().unwrap();
    }
}

fn child(dir: &Path, number: u64) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "the_child_that_writes", "--nocapture", "--test-threads=1"]);
    command.env(DIR, dir).env(NUMBER, number.to_string()).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// What a child prints.
fn output(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok)
}

/// The runs that a child says it has written.
fn names(lines: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    lines.filter_map(|line| Some(line.strip_prefix("written ")?.to_owned()))
}

/// Checks that every file is complete, and that none of these is missing.
fn check(dir: &Path, written: &[String]) {
    let folder = HistoryFolder::at(dir.join("history"), "history".into());
    let names = folder.names().unwrap();
    for name in &names {
        folder.read(name).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
    for name in written {
        assert!(names.contains(name), "{name} is lost");
    }
    if let Ok(text) = fs::read_to_string(dir.join("baseline.toml")) {
        let found = Baseline::from_toml(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(found == baseline(1) || found == baseline(2));
    }
}

/// 50 kills; 500 with the variable `FILE_KILLS=500`, as every night.
#[test]
fn many_kills_lose_nothing() {
    let kills = std::env::var("FILE_KILLS").map_or(50, |kills| kills.parse().expect("a number of kills"));
    let mut rng = SplitMix64::new(20);
    let (mut all, mut killed) = (0, 0);
    let mut dir = tempfile::tempdir().unwrap();
    for kill in 0..kills {
        let mut one = child(dir.path(), 1_000_000);
        let mut lines = output(&mut one);
        assert!(lines.any(|line| line == "ready"));
        // Some files after it is ready, in the middle of the next one; a file takes a few milliseconds.
        let mut written: Vec<String> = names(lines.by_ref()).take(rng.below(4)).collect();
        std::thread::sleep(Duration::from_micros(rng.below(4_000) as u64));
        one.kill().unwrap();
        written.extend(names(lines));
        one.wait().unwrap();
        check(dir.path(), &written);
        all += written.len();
        killed += usize::from(!written.is_empty());
        // A new folder from time to time, so that the first file is killed too.
        if kill % 20 == 19 {
            dir = tempfile::tempdir().unwrap();
        }
    }
    println!("{all} runs written by {killed} of {kills} children before they were killed");
    assert!(killed > kills / 2, "{killed} of {kills} wrote something");
}

#[test]
fn twenty_processes_at_once_lose_nothing() {
    const PROCESSES: usize = 20;
    const EACH: u64 = 10;
    let dir = tempfile::tempdir().unwrap();
    let mut children: Vec<Child> = (0..PROCESSES).map(|_| child(dir.path(), EACH)).collect();
    let written: Vec<String> = children.iter_mut().flat_map(|child| names(output(child))).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(written.len(), PROCESSES * EACH as usize);
    check(dir.path(), &written);
    let folder = HistoryFolder::at(dir.path().join("history"), "history".into());
    assert_eq!(index::case_points(&folder, &case()).unwrap().len(), written.len());
}
