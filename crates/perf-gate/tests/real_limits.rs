//! A hundred queries at once in a process with 30 s of processor time and little address space beyond that of its start.
//!
//! Rust aborts a process in which an allocation fails, and no library can prevent that. So a program that has little memory
//! asks for what its queries need before it starts them, as here: then the first failure is an error that it can report.
#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::process::{Command, Output, Stdio};

use aggregator_mocks::{InvariantChecker, Pace, TerminalEvent, catalog};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::Builder;

/// Names the address space in MiB that the child has beyond that of its start.
const VARIABLE: &str = "PERF_GATE_TEST_MEBIBYTES";

const QUERIES: usize = 100;

/// Four times the heap of a hundred standard queries (`load/standard/100` heap-peak).
const NEEDED_MIB: usize = 8;

/// Exit code of a child that has too little memory for its queries.
const TOO_LITTLE_MEMORY: i32 = 3;

/// The body of the child process; without the variable it does nothing.
#[test]
fn child() {
    let Ok(mebibytes) = env::var(VARIABLE) else { return };
    let mebibytes: u64 = mebibytes.parse().expect("a number");
    let scenario = catalog::scenario("standard");
    let engine = scenario.engine(&catalog::corpus(), Pace::Scripted, None);
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    limit(Resource::Cpu, 30);
    limit(Resource::Core, 0);
    limit(Resource::As, address_space() + (mebibytes << 20));

    if Vec::<u8>::new().try_reserve_exact(NEEDED_MIB << 20).is_err() {
        eprintln!(
            "error: {QUERIES} queries need {NEEDED_MIB} MiB of memory, and the limit of this process leaves less"
        );
        std::process::exit(TOO_LITTLE_MEMORY);
    }
    let ended: Vec<InvariantChecker> = runtime.block_on(async {
        let read = |_| async {
            let mut query = engine.run(scenario.query());
            scenario.read(&mut query).await
        };
        (0..QUERIES).map(read).collect::<FuturesUnordered<_>>().collect().await
    });
    let is_done = |checker: &&InvariantChecker| {
        checker.check().is_ok() && checker.summary().is_some_and(|(end, _)| end == TerminalEvent::Done)
    };
    let errors = ended.len() - ended.iter().filter(is_done).count();
    println!("{} queries ended, {errors} with an error", ended.len());
}

/// Sets the soft limit of a resource.
fn limit(resource: Resource, to: u64) {
    let maximum = getrlimit(resource).maximum;
    setrlimit(resource, Rlimit { current: Some(to), maximum }).expect("a limit can be lowered");
}

/// The address space of this process in bytes.
fn address_space() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")?.trim().strip_suffix(" kB")?.parse().ok());
    size.map(|kib: u64| kib << 10).expect("Linux tells the size of a process")
}

fn run(mebibytes: u64) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]).env(VARIABLE, mebibytes.to_string()).stdin(Stdio::null());
    // The C library reserves 64 MiB for each thread that allocates, which would hide the limit.
    command.env("MALLOC_ARENA_MAX", "1");
    command.output().unwrap()
}

fn has_no_errors(output: &Output) -> bool {
    let ended = "100 queries ended, 0 with an error";
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains(ended)
}

#[test]
fn a_hundred_queries_end_without_an_error_in_50_mib() {
    let output = run(50);
    assert!(has_no_errors(&output), "{output:?}");
}

#[test]
fn too_little_memory_is_an_error_and_no_abort() {
    let mut failed = 0;
    for mebibytes in [24, 12, 9, 8, 7, 4, 2, 1, 0] {
        let output = run(mebibytes);
        if has_no_errors(&output) {
            assert_eq!(failed, 0, "{mebibytes} MiB suffice, and more do not: {output:?}");
            continue;
        }
        failed += 1;
        // A process that a signal ended has no exit code.
        assert_eq!(output.status.code(), Some(TOO_LITTLE_MEMORY), "{mebibytes} MiB: {output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("error: 100 queries need 8 MiB of memory"), "{mebibytes} MiB: {stderr}");
    }
    assert!((4..=8).contains(&failed), "{failed} of 9 limits were too low");
}
