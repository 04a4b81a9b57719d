//! Real runaway processes under the limits that measuring processes set for themselves.
#![cfg(unix)]

use std::env;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};

use perf_gate::ProcessLimits;
use perf_harness::{Arguments, Case, limits};

const SMALL: ProcessLimits = ProcessLimits { processor_seconds: 1, memory: 256 << 20 };

/// The cases of a harness package.
#[derive(Debug)]
struct TestCase {
    heavy: bool,
}

impl Case for TestCase {
    const ALL: &'static [Self] = &[Self { heavy: false }, Self { heavy: true }];

    fn name(&self) -> &'static str {
        if self.heavy { "a/heavy/case" } else { "an/ordinary/case" }
    }

    fn is_heavy(&self) -> bool {
        self.heavy
    }
}

/// Names the runaway that this executable runs when it starts itself.
const VARIABLE: &str = "PERF_HARNESS_TEST_RUNAWAY";

/// The body of the child process; without the variable it does nothing.
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
        // Almost three times the limit in total, with a restart for each case as in `time`. Each case stays well below the
        // limit: the system counts ticks, which exceed this clock by a tenth on a busy machine.
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
        other => panic!("unknown runaway {other}"),
    }
}

/// The body of a child process that is a target of a harness package; without the variable it does nothing.
#[test]
fn target() {
    let Ok(arguments) = env::var("PERF_HARNESS_TEST_ARGUMENTS") else { return };
    let arguments = Vec::from_iter(arguments.split(' ').map(str::to_owned));
    let given = Arguments::<TestCase>::of(&arguments, "--ops");
    assert!(!matches!(given, Arguments::List));
    let limit = |resource| rustix::process::getrlimit(resource).current;
    println!("limits {:?} {:?}", limit(rustix::process::Resource::Cpu), limit(rustix::process::Resource::As));
}

/// What a target with these arguments says of its limits: seconds and bytes.
fn limits_of(arguments: &str) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "target", "--nocapture"])
        .env("PERF_HARNESS_TEST_ARGUMENTS", arguments)
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let limits = stdout.lines().find_map(|line| line.split_once("limits "));
    limits.unwrap_or_else(|| panic!("{output:?}")).1.to_owned()
}

#[test]
fn a_target_that_measures_a_case_has_the_limits_of_its_kind() {
    let of = |limits: ProcessLimits, used: u64| {
        format!("{:?} {:?}", Some(limits.processor_seconds + used), Some(limits.memory))
    };
    // The second that has begun counts as used.
    assert_eq!(limits_of("an/ordinary/case"), of(ProcessLimits::ORDINARY, 1));
    assert_eq!(limits_of("a/heavy/case"), of(ProcessLimits::HEAVY, 1));
    // Valgrind takes more.
    assert_eq!(limits_of("an/ordinary/case --ops 1"), limits_of("a/heavy/case --ops 1"));
    assert_ne!(limits_of("an/ordinary/case --ops 1"), limits_of("an/ordinary/case"));
}

fn run(which: &str) -> Output {
    let this = env::current_exe().unwrap();
    let mut command = Command::new(this);
    command.args(["--exact", "runaway", "--nocapture"]).env(VARIABLE, which).stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn an_endless_loop_ends_with_sigxcpu() {
    let output = run("loop");
    assert_eq!(output.status.signal(), Some(rustix::process::Signal::XCPU.as_raw()), "{output:?}");
    assert!(!output.status.core_dumped(), "the process dumped core");
}

#[test]
#[cfg(target_os = "linux")]
fn an_endless_allocation_ends_with_the_message_that_the_runner_knows() {
    let output = run("allocation");
    assert_eq!(output.status.signal(), Some(rustix::process::Signal::ABORT.as_raw()), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("memory allocation of 1048576 bytes failed"), "{stderr}");
}

#[test]
fn each_case_restarts_the_limit_of_processor_time() {
    let output = run("cases");
    assert!(output.status.success(), "{output:?}");
}
