//! Ends the child processes when this program is killed by a signal that it cannot handle.
//!
//! This program handles Ctrl-C and TERM and ends its children itself. After KILL it cannot: cargo would build on for
//! minutes, and what measures would burn a processor. So before its first child this program starts itself once more, as a
//! watchdog that is told the process group of each child when it starts and when it has ended. When this program is gone,
//! however it went, the pipe between them closes, and the watchdog kills whatever is still on its list and ends.
//!
//! It is a help, not a condition: where it cannot be started, or was killed itself, everything goes on without it. What is
//! left is the part of a millisecond between the start of a child and the line about it.
//!
//! What runs tests is not on the list: it shares the terminal's process group, and has its own way of stopping.

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

/// The environment variable that makes this program a watchdog. Only the watchdog is started with it.
pub const WATCHDOG_ENV: &str = "PERF_WATCHDOG";

enum WatchdogState {
    NotStarted,
    /// It could not be started, or was sent away.
    Absent,
    Running(Child),
}

static WATCHDOG: Mutex<WatchdogState> = Mutex::new(WatchdogState::NotStarted);

/// Starts the watchdog, unless that was done before.
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
    // Its name is for people who look at processes. Of the environment it needs nothing, and a variable that makes this
    // program a linker must not reach it.
    command.arg0("perf-watchdog").env_clear().env(WATCHDOG_ENV, "1");
    // It must not keep the pipe open that this program's caller reads.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // A group of its own: Ctrl-C in the terminal, or a kill of this program's group, must not reach it.
    command.process_group(0);
    // Where links are made too: nothing is measured on the first processor while there is another one.
    let _pinned = AffinityGuard::pin(affinity::available_processors().first().copied());
    let child = command.spawn().ok()?;
    // If it does not read, lines are lost, and nobody waits for it.
    if let Some(pipe) = &child.stdin
        && let Ok(flags) = fcntl_getfl(pipe)
    {
        let _ = fcntl_setfl(pipe, flags | OFlags::NONBLOCK);
    }
    Some(child)
}

/// A child with a process group of its own, which is on the watchdog's list while this lives: until the child was waited
/// for, and no longer, because another process may then get its number.
#[derive(Debug)]
pub struct RegisteredGroup(u32);

impl RegisteredGroup {
    /// Puts the group of a child on the list.
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
        // One write, so that no line is ever cut. An error means that nobody is there to be told.
        let _ = pipe.write_all(format!("{sign}{group}\n").as_bytes());
    }
}

/// Sends the watchdog away at the end of this program, when all children have ended: else init would have to clean up after
/// it, which not every container's does.
pub fn shutdown() {
    let mut watchdog = WATCHDOG.lock().unwrap_or_else(PoisonError::into_inner);
    if let WatchdogState::Running(child) = &mut *watchdog {
        // Errors mean that it is gone already.
        let _ = child.kill();
        let _ = child.wait();
    }
    *watchdog = WatchdogState::Absent;
}

/// What this program does as a watchdog: read until this program's end of the pipe closes, then end the process groups on the list.
pub fn watchdog_main() -> ExitCode {
    for group in remaining_groups(io::stdin().lock()) {
        // An error means that it is gone already.
        let _ = kill_process_group(group, Signal::KILL);
    }
    ExitCode::SUCCESS
}

/// The groups that are on the list at the end of what was said.
fn remaining_groups(said: impl BufRead) -> Vec<Pid> {
    let mut list = BTreeSet::new();
    for line in said.lines().map_while(Result::ok) {
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
    fn what_was_not_taken_from_the_list_is_left_over() {
        let left =
            |said: &str| -> Vec<i32> { remaining_groups(said.as_bytes()).into_iter().map(Pid::as_raw_pid).collect() };
        assert_eq!(left(""), [0; 0]);
        assert_eq!(left("+20\n+30\n-20\n+40\n"), [30, 40]);
        assert_eq!(left("+20\n-20\n+20\n"), [20], "a number that came again");
        assert_eq!(left("+0\n+1\n+-5\n+\n\nnonsense\n+20x\n-7\n"), [0; 0], "nobody's group");
    }

    #[test]
    fn without_a_watchdog_everything_goes_on() {
        assert!(spawn(Path::new("no/such/program")).is_none());
        // A test program starts none, so nobody is told.
        notify('+', 7);
        shutdown();
    }
}
