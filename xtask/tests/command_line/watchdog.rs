//! No process outlives xtask, even if xtask is killed with SIGKILL.

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::world::{Ran, World, gone, wait_for};

/// A child and a grandchild that would outlive this test.
const WAITING: &str =
    "sleep 600 & echo $! > $here/grandchild; echo $$ > $here/child.tmp; mv $here/child.tmp $here/child; wait";

fn kill(signal: &str, id: &str) {
    assert!(Command::new("kill").args([signal, id]).status().unwrap().success(), "kill {signal} {id}");
}

/// A run that waits for `heap` of a case.
fn waiting(arguments: &[&str]) -> (World, Child) {
    let world = World::with_baseline();
    world.script("heap.d/url/ordinary/40.sh", WAITING);
    let started = world.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&world, "bin/child");
    (world, started)
}

/// Number and group of the watchdog of a run.
fn watchdog_of(started: &Child) -> (String, String) {
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid=,pgid=,args="]).output().unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let parent = started.id().to_string();
    let found: Vec<_> = listed
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| words.get(1) == Some(&parent.as_str()) && words.get(3) == Some(&"perf-watchdog"))
        .collect();
    let [one] = &found[..] else { panic!("one watchdog of {parent}, not {found:?}, in\n{listed}") };
    (one[0].to_owned(), one[2].to_owned())
}

#[track_caller]
fn assert_no_process_is_left(world: &World, watchdog: &str) {
    for file in ["bin/child", "bin/grandchild"] {
        let id = fs::read_to_string(world.path(file)).unwrap();
        assert!(gone(id.trim()), "{file} {id} is still there");
    }
    assert!(gone(watchdog), "the watchdog is still there");
}

#[test]
fn after_a_kill_no_child_is_left_and_no_watchdog() {
    for arguments in [&["perf", "--quick"][..], &["baseline", "update"]] {
        let (world, started) = waiting(arguments);
        let before = world.baseline();
        let (watchdog, group) = watchdog_of(&started);
        assert_eq!(watchdog, group, "it has a group of its own, which Ctrl-C does not reach");
        kill("-KILL", &started.id().to_string());
        // It ends: no process keeps its output open.
        let ran = Ran::of(started.wait_with_output().unwrap());
        assert_eq!(ran.code, -1, "{}", ran.stderr);
        assert_no_process_is_left(&world, &watchdog);
        assert_eq!(world.baseline(), before);
        // The lock died with its holder: the watchdog does not hold it.
        world.script("heap.d/url/ordinary/40.sh", "exit 1");
        world.xtask(&["baseline", "update"]).expect(1);
    }
}

#[test]
fn an_interruption_ends_the_watchdog() {
    for signal in ["-INT", "-TERM"] {
        let (world, started) = waiting(&["perf", "--quick"]);
        let (watchdog, _) = watchdog_of(&started);
        kill(signal, &started.id().to_string());
        Ran::of(started.wait_with_output().unwrap()).expect(130);
        assert_no_process_is_left(&world, &watchdog);
    }
}

#[test]
fn a_run_continues_without_its_watchdog() {
    let (world, started) = waiting(&["perf", "--quick"]);
    let (watchdog, _) = watchdog_of(&started);
    kill("-KILL", &watchdog);
    assert!(gone(&watchdog));
    // The waiting case is broken, and the others are measured.
    kill("-KILL", fs::read_to_string(world.path("bin/child")).unwrap().trim());
    kill("-KILL", fs::read_to_string(world.path("bin/grandchild")).unwrap().trim());
    Ran::of(started.wait_with_output().unwrap()).expect(1).says("`heap` ended with signal: 9");
    assert_eq!(world.verdict("heap", "query/floor/10", "heap-blocks"), "PASS");
}

/// A child that inherits the watchdog's pipe would hide the end of xtask.
#[test]
#[cfg(target_os = "linux")]
fn a_child_inherits_nothing_of_the_watchdog() {
    let (world, started) = waiting(&["perf", "--quick"]);
    let (watchdog, _) = watchdog_of(&started);
    let child = fs::read_to_string(world.path("bin/child")).unwrap();
    let open = |id: &str| -> Vec<_> {
        let files = fs::read_dir(format!("/proc/{}/fd", id.trim())).unwrap();
        files.filter_map(|file| fs::read_link(file.unwrap().path()).ok()).collect()
    };
    let pipe = fs::read_link(format!("/proc/{watchdog}/fd/0")).unwrap();
    assert!(pipe.to_string_lossy().starts_with("pipe:"), "{pipe:?}");
    assert!(open(&started.id().to_string()).contains(&pipe));
    assert!(!open(&child).contains(&pipe), "{:?}", open(&child));
    let environment = fs::read(format!("/proc/{}/environ", child.trim())).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("PATH=") && !environment.contains("PERF_"), "{environment}");
    // The watchdog inherits no lock: it would hold it after the end of the owner.
    let lock = world.path("target/perf/.lock");
    assert!(!open(&watchdog).contains(&lock), "{:?}", open(&watchdog));
    // A watchdog that held the pipe open would keep the reader of xtask's output waiting.
    for output in ["1", "2"] {
        let to = fs::read_link(format!("/proc/{watchdog}/fd/{output}")).unwrap();
        assert_eq!(to.to_str(), Some("/dev/null"));
    }
    kill("-INT", &started.id().to_string());
    Ran::of(started.wait_with_output().unwrap()).expect(130);
}
