//! A planted slowdown takes time and changes nothing else: what a case computes, counts and allocates is as without it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// One for each way in which cases are driven: plain calls, one query, many of them.
const CASES: [&str; 5] =
    ["url/ordinary/40", "rank/standard/40", "query/floor/10", "answer/deltas/200", "load/floor/100"];

/// Builds `count` and `heap` with the slowdowns.
fn build() -> [PathBuf; 2] {
    // Read at run time: clones that share a target folder share this executable.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let root = Path::new(&manifest).parent().expect("xtask is a folder of the workspace");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // As `--seeded-faults` of xtask builds them, so that they are built once for all tests.
    cargo.args(["build", "--profile", "bench", "--benches", "--package", "perf-gate", "--locked"]);
    cargo.args(["--features", "seeded-faults", "--message-format=json"]).current_dir(root).stdin(Stdio::null());
    let output = cargo.output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).expect("cargo prints UTF-8");
    ["count", "heap"].map(|name| {
        let built = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let mut found = built.filter(|message| message["target"]["name"] == name && message["executable"].is_string());
        let message = found.next().unwrap_or_else(|| panic!("cargo built no `{name}`"));
        message["executable"].as_str().expect("it is a text").into()
    })
}

/// Copies of both programs: another test has the same programs built, and cargo removes an old program before it links the new
/// one.
fn copies(dir: &Path) -> [PathBuf; 2] {
    for _ in 0..10 {
        let copy = |program: PathBuf| {
            let copy = dir.join(program.file_name()?);
            fs::copy(&program, &copy).ok()?;
            run(&copy, &["--list"], "").status.success().then_some(copy)
        };
        if let [Some(count), Some(heap)] = build().map(copy) {
            return [count, heap];
        }
    }
    panic!("the programs were replaced ten times while they were copied")
}

fn run(program: &Path, arguments: &[&str], slowdown: &str) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).env("SEEDED_FAULT", slowdown).stdin(Stdio::null());
    command.output().expect("it starts")
}

fn printed(program: &Path, arguments: &[&str], slowdown: &str) -> String {
    let output = run(program, arguments, slowdown);
    assert!(output.status.success(), "{arguments:?} {slowdown}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("records are UTF-8")
}

#[test]
fn a_slowdown_changes_only_time() {
    let dir = tempfile::tempdir().unwrap();
    let [count, heap] = copies(dir.path());
    for case in CASES {
        // An operation that loses the amount computed would fail in each of them.
        let records = |slowdown: &str| {
            [
                printed(&count, &[case], slowdown),
                printed(&heap, &[case], slowdown),
                printed(&count, &[case, "--ops", "0003"], slowdown),
            ]
        };
        let without = records("none:000");
        assert!(without.iter().all(|text| !text.is_empty()));
        for slowdown in ["work:100", "cache:100", "memory:010", "syscall:010", "yield:010"] {
            assert_eq!(records(slowdown), without, "{case} {slowdown}");
        }
    }

    // More than starting takes, and a small part of what the units take, so the test holds on a faster processor.
    const MILLISECONDS: u128 = 40;
    for arguments in [&["url/ordinary/40"][..], &["url/ordinary/40", "--ops", "0001"]] {
        let start = std::time::Instant::now();
        printed(&count, arguments, "work:500000000");
        let took = start.elapsed().as_millis();
        assert!(took > MILLISECONDS, "{arguments:?} was not slowed down: {took} ms");
    }

    for (bad, says) in [("wrok:100", "`wrok:100` is not a slowdown"), ("work:1e3", "`work:1e3` is not a slowdown")] {
        for arguments in [&["url/ordinary/40"][..], &["url/ordinary/40", "--ops", "0003"]] {
            let output = run(&count, arguments, bad);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && said.contains(says), "{bad} {arguments:?}: {said}");
        }
    }
    // Faults have no colon, and are named as ever.
    assert!(!run(&count, &["--list"], "no-such-fault").status.success());
    assert!(!printed(&count, &["--list"], "removed-case").contains("cancel/drop/standard"));
}
