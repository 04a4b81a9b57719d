//! A watchdog process that kills the remaining children if this program is killed with SIGKILL.
//!
//! This program handles SIGINT and SIGTERM and kills its children itself. It cannot handle SIGKILL: cargo would then go on
//! building for minutes, and a measuring process would occupy a processor. So before its first child this program starts itself
//! once more, as a watchdog, and reports the start and the end of each child's process group through a pipe. When this program
//! ends, the pipe closes, and the watchdog kills the groups that are still registered.
//!
//! The watchdog is optional: if it cannot be started, or was killed, this program works without it. A child that starts less
//! than a millisecond before the SIGKILL may not be registered yet.
//!
//! The child of `test` is not registered: it shares the terminal's process group, and is stopped in its own way.

use std::collections::BTreeSet;
use std::env;
use std::io::{self, BufRead, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process_group};

use super::affinity::{self, AffinityGuard};

/// The environment variable that makes this program run as the watchdog.
pub const WATCHDOG_ENV: &str = "PERF_WATCHDOG";

enum WatchdogState {
    NotStarted,
    /// The watchdog could not be started, or was shut down.
    Absent,
    Running(Child),
}

static WATCHDOG: Mutex<WatchdogState> = Mutex::new(WatchdogState::NotStarted);

/// Starts the watchdog at the first call; later calls do nothing.
pub fn start() {
    let mut watchdog = WATCHDOG.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(*watchdog, WatchdogState::NotStarted) {
        let this = if super::can_run_as_helper() { env::current_exe().ok() } else { None };
        let started = this.and_then(|this| spawn(&this));
        *watchdog = started.map_or(WatchdogState::Absent, WatchdogState::Running);
    }
}

fn spawn(program: &Path) -> Option<Child> {
    let mut command = Command::new(program);
    // The name appears in process lists. The environment is cleared, because a variable in it could make this program a
    // linker.
    command.arg0("perf-watchdog").env_clear().env(WATCHDOG_ENV, "1");
    // The watchdog must not keep the standard output open that this program's caller reads.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Its own process group: Ctrl-C in the terminal, or a kill of this program's group, must not reach it.
    command.process_group(0);
    // The first processor, where links run too: measurements use the last one.
    let _pinned = AffinityGuard::pin(affinity::available_processors().first().copied());
    let child = command.spawn().ok()?;
    // If the watchdog does not read, lines are lost instead of blocking this program.
    if let Some(pipe) = &child.stdin
        && let Ok(flags) = fcntl_getfl(pipe)
    {
        let _ = fcntl_setfl(pipe, flags | OFlags::NONBLOCK);
    }
    Some(child)
}

/// A child's process group, registered with the watchdog until this is dropped. Drop it as soon as the child was waited for,
/// because the system may then reuse the number.
#[derive(Debug)]
pub struct RegisteredGroup(u32);

impl RegisteredGroup {
    /// Registers the process group of a child.
    pub fn new(child: &Child) -> Self {
        notify('+', child.id());
        Self(child.id())
    }
}

impl Drop for RegisteredGroup {
    fn drop(&mut self) {
        notify('-', self.0);
    }
}

fn notify(sign: char, group: u32) {
    let mut watchdog = WATCHDOG.lock().unwrap_or_else(PoisonError::into_inner);
    if let WatchdogState::Running(child) = &mut *watchdog
        && let Some(pipe) = &mut child.stdin
    {
        // One write per line keeps lines whole. An error means that the watchdog has ended.
        let _ = pipe.write_all(format!("{sign}{group}\n").as_bytes());
    }
}

/// Ends the watchdog, when all children have ended. Without this call init would have to reap it, which init does not do in
/// every container.
pub fn shutdown() {
    let mut watchdog = WATCHDOG.lock().unwrap_or_else(PoisonError::into_inner);
    if let WatchdogState::Running(child) = &mut *watchdog {
        // Errors mean that it has already ended.
        let _ = child.kill();
        let _ = child.wait();
    }
    *watchdog = WatchdogState::Absent;
}

/// Runs this process as the watchdog: reads until the other end of the pipe closes, then kills the registered groups.
pub fn watchdog_main() -> ExitCode {
    for group in remaining_groups(io::stdin().lock()) {
        // An error means that it has already ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
    ExitCode::SUCCESS
}

/// The groups that are still registered at the end of the input.
fn remaining_groups(input: impl BufRead) -> Vec<Pid> {
    let mut list = BTreeSet::new();
    for line in input.lines().map_while(Result::ok) {
        match (line.get(..1), line.get(1..).and_then(|group| group.parse::<i32>().ok())) {
            // `kill` takes group 0 for the caller's own, and 1 for every process.
            (Some("+"), Some(group @ 2..)) => _ = list.insert(group),
            (Some("-"), Some(group)) => _ = list.remove(&group),
            _ => {}
        }
    }
    list.into_iter().filter_map(Pid::from_raw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_were_not_removed_remain() {
        let left =
            |input: &str| -> Vec<i32> { remaining_groups(input.as_bytes()).into_iter().map(Pid::as_raw_pid).collect() };
        assert_eq!(left(""), [0; 0]);
        assert_eq!(left("+20\n+30\n-20\n+40\n"), [30, 40]);
        assert_eq!(left("+20\n-20\n+20\n"), [20], "a number that came again");
        assert_eq!(left("+0\n+1\n+-5\n+\n\nnonsense\n+20x\n-7\n"), [0; 0], "no valid group");
    }

    #[test]
    fn a_missing_watchdog_is_tolerated() {
        assert!(spawn(Path::new("no/such/program")).is_none());
        // A test program starts no watchdog, so this writes nothing.
        notify('+', 7);
        shutdown();
    }
}
