//! `perf --against` is killed at many moments with three signals: no process and no file is left, and the next run succeeds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::tiny::{CLOCK, Tiny};
use rustix::process::{Pid, Signal, kill_process};

/// 50 with the variable `GATE_KILLS=50`, as every night.
const KILLS: u64 = 10;

/// Runs differ in what they find there already, in turns.
const KINDS: u64 = 10;

/// Seed of the moments.
const SEED: u64 = 20_260_314;

/// A number from 0 to 1 for each number (SplitMix64).
fn fraction(number: u64) -> f64 {
    let mut bits = SEED.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Processes that run a program below a directory, work there, or were told of it: number and command line of each. One that
/// has ended and was not waited for has neither program nor directory.
fn processes_in(dir: &Path) -> Vec<(i32, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let process = entry.path();
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let leads_there = |link: &str| fs::read_link(process.join(link)).is_ok_and(|to| to.starts_with(dir));
        let told = fs::read(process.join("cmdline")).unwrap_or_default();
        let told = String::from_utf8_lossy(&told).replace('\0', " ");
        if leads_there("exe") || leads_there("cwd") || told.contains(dir.to_str().unwrap()) {
            found.push((id, told));
        }
    }
    found
}

/// Sends a signal to each process. An error means that the process has ended.
fn send(signal: Signal, to: &BTreeSet<i32>) {
    for id in to.iter().filter_map(|&id| Pid::from_raw(id)) {
        let _ = kill_process(id, signal);
    }
}

/// Stops everything that a run has started, and gives its numbers.
fn hold(dir: &Path) -> BTreeSet<i32> {
    // Not xtask itself, its watchdog, or a child of which it waits until it has become another program.
    let is_other = |id: &i32| {
        fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|to| to != Path::new(env!("CARGO_BIN_EXE_xtask")))
    };
    let mut held = BTreeSet::new();
    loop {
        let found: BTreeSet<i32> = processes_in(dir).into_iter().map(|(id, _)| id).filter(is_other).collect();
        send(Signal::STOP, &found);
        // Until xtask has told its watchdog of the newest, or has started one more.
        thread::sleep(Duration::from_millis(5));
        if found.is_subset(&held) {
            return held;
        }
        held.extend(found);
    }
}

/// Sends a signal to a run and waits for its end. Nothing takes long here, so what is left behind would soon end of its own:
/// it is held before, so that it is in the middle of its work, and again after the end, from when on only a kill ends it.
/// Not in between, because the system itself hangs up on stopped processes whose parent ends.
fn kill(run: &mut Child, signal: Signal, dir: &Path) -> (ExitStatus, usize) {
    let held = hold(dir);
    send(Signal::CONT, &held);
    kill_process(Pid::from_child(run), signal).unwrap();
    let status = run.wait().unwrap();
    send(Signal::STOP, &held);
    (status, held.len())
}

/// What is built and measured again in a run, so that kills hit everything that one does.
fn forget(tiny: &Tiny, number: u64) {
    let remove = |path: &str| match fs::remove_dir_all(tiny.path("target/perf").join(path)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{path}: {error}"),
        _ => {}
    };
    match number % KINDS {
        // Everything, also what cargo keeps.
        0 => ["build", "compare", "pairs"].into_iter().for_each(remove),
        // The sides, of which cargo has what it built.
        5 => ["compare", "pairs"].into_iter().for_each(remove),
        // What was measured.
        2 | 7 => remove("pairs"),
        // Nothing: where the last run ended this one goes on.
        _ => {}
    }
}

#[test]
fn after_a_kill_nothing_is_left_and_the_next_run_is_complete() {
    let tiny = Tiny::new().linking_each_layout();
    tiny.edit(CLOCK, "500.0", "550.0");
    tiny.commit("slower");
    let before = tiny.files();

    // How long a run takes here that finds as much, and that it says what it should.
    let time = |number: u64| {
        forget(&tiny, number);
        let start = Instant::now();
        tiny.perf(&["--against", "HEAD^"]).expect(1);
        start.elapsed().as_secs_f64()
    };
    let (all, sides, pairs, nothing) = (time(0), time(5), time(2), time(1));
    println!("a whole run takes {all:.2} s; {sides:.2}, {pairs:.2} and {nothing:.2} s where more is there");
    let whole = |number: u64| match number % KINDS {
        0 => all,
        5 => sides,
        2 | 7 => pairs,
        // Mostly there is something to finish.
        _ => nothing * 1.3,
    };

    let kills = std::env::var("GATE_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number of kills"));
    let (mut killed, mut ended, mut held) = (0, 0, 0);
    for number in 0..kills {
        forget(&tiny, number);
        let after = whole(number) * fraction(number);
        let signal = [Signal::INT, Signal::TERM, Signal::KILL][number as usize % 3];
        let what = format!("kill {number} of seed {SEED}: {signal:?} after {after:.3} s");

        let mut run = tiny.perf_command(&["--against", "HEAD^"]);
        let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_secs_f64(after));
        let status = match run.try_wait().unwrap() {
            // The moment is approximate.
            Some(status) => status,
            None => {
                let (status, started) = kill(&mut run, signal, &tiny.path(""));
                held += started;
                status
            }
        };
        match (signal, status.code()) {
            (_, Some(1)) => ended += 1,
            (Signal::INT | Signal::TERM, Some(130)) => killed += 1,
            // Or before this program listens for the signal.
            (_, None) => killed += 1,
            _ => panic!("{what}: {status}"),
        }

        let start = Instant::now();
        loop {
            let left = processes_in(&tiny.path(""));
            if left.is_empty() {
                break;
            }
            if start.elapsed() > Duration::from_secs(5) {
                send(Signal::KILL, &left.iter().map(|(id, _)| *id).collect());
                panic!("{what}: still there: {left:#?}");
            }
            thread::sleep(Duration::from_millis(10));
        }
        // Also no temporary file beside the sources or in the repository.
        tiny.assert_same_after(&before, &what);
    }
    println!("{killed} were killed, with {held} processes that they had started; {ended} ended before");
    assert!(
        killed > ended && held as u64 > kills * 2 / 5,
        "{killed} were killed, with {held} processes; {ended} ended before"
    );

    let ran = tiny.perf(&["--against", "HEAD^"]).expect(1);
    assert_eq!(tiny.wall_verdicts(), ["REGRESSED"; 2], "{}{}", ran.stdout, ran.stderr);
}

/// Git is configured to start daemons and hooks.
#[test]
fn a_run_leaves_no_process_and_no_file_behind() {
    let tiny = Tiny::new().linking_each_layout();
    tiny.edit(CLOCK, "500.0", "550.0");
    tiny.git(&["config", "core.fsmonitor", "true"]);
    tiny.git(&["config", "core.untrackedCache", "true"]);
    tiny.write(".git/hooks/post-index-change", "#!/bin/sh\ntouch .git/called\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(tiny.path(".git/hooks/post-index-change"), executable).unwrap();
    let place = tempfile::tempdir().unwrap();
    let before = tiny.files();
    let mut run = tiny.perf_command(&["--against", "HEAD"]);
    let status = run.env("TMPDIR", place.path()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    assert_eq!(processes_in(&tiny.path("")), []);
    tiny.assert_same_after(&before, "a run");
    let left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}
