//! Real runaways under the limits that measuring processes set for themselves.
#![cfg(unix)]

#[path = "../benches/limits.rs"]
mod limits;

use std::env;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};

use perf_gate::ProcessLimits;

const SMALL: ProcessLimits = ProcessLimits { processor_seconds: 1, memory: 256 << 20 };

/// Names the runaway; this executable runs it in a process of its own.
const VARIABLE: &str = "PERF_GATE_TEST_RUNAWAY";

/// What runs away, and does nothing in the process that runs the tests.
#[test]
fn runaway() {
    let Ok(which) = env::var(VARIABLE) else { return };
    limits::apply(SMALL);
    match which.as_str() {
        "loop" => loop {
            std::hint::black_box(0);
        },
        "allocation" => {
            let mut all = Vec::new();
            loop {
                all.push(std::hint::black_box(vec![1_u8; 1 << 20]));
            }
        }
        // Almost three times the limit, but begun anew each time, as `time` does for each case. Each takes well below the limit:
        // the system counts processor time in ticks, which on a busy machine are a tenth more than what this clock says.
        "cases" => {
            for _ in 0..4 {
                limits::apply(SMALL);
                let start = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
                let over = |now: rustix::time::Timespec| {
                    (now.tv_sec - start.tv_sec) * 1_000_000_000 + now.tv_nsec - start.tv_nsec > 700_000_000
                };
                while !over(rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime)) {}
            }
        }
        other => panic!("no runaway is called {other}"),
    }
}

fn run(which: &str) -> Output {
    let this = env::current_exe().unwrap();
    let mut command = Command::new(this);
    command.args(["--exact", "runaway", "--nocapture"]).env(VARIABLE, which).stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn an_endless_loop_ends_by_the_signal_that_stands_for_it() {
    let output = run("loop");
    assert_eq!(output.status.signal(), Some(rustix::process::Signal::XCPU.as_raw()), "{output:?}");
    assert!(!output.status.core_dumped(), "its memory is not written to a file");
}

#[test]
#[cfg(target_os = "linux")]
fn an_endless_allocation_ends_with_the_message_that_the_judge_knows() {
    let output = run("allocation");
    assert_eq!(output.status.signal(), Some(rustix::process::Signal::ABORT.as_raw()), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("memory allocation of 1048576 bytes failed"), "{said}");
}

#[test]
fn the_processor_time_of_a_further_case_begins_anew() {
    let output = run("cases");
    assert!(output.status.success(), "{output:?}");
}
