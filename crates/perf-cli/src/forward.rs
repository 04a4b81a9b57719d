//! Runs a child process in the foreground, with this program's terminal and process group.

use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use perf_runner::error::Error;
use perf_runner::process::interrupt;

/// Runs a program to completion. It stays in this program's process group, so that Ctrl-C reaches it: a test runner stops its
/// tests itself.
pub fn run_to_completion(command: &mut Command) -> Result<ExitStatus, Error> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .spawn()
        .map_err(|error| Error::environment(format!("{name} could not be started: {error}"), "check the toolchain"))?;
    let mut interrupted = None;
    loop {
        match child.try_wait() {
            Ok(Some(_)) if interrupt::is_set() => return Err(Error::Interrupted),
            Ok(Some(status)) => return Ok(status),
            Ok(None) => {}
            Err(error) => {
                return Err(Error::environment(format!("waiting for {name} failed: {error}"), "run this again"));
            }
        }
        if interrupt::is_set() {
            let since: &Instant = interrupted.get_or_insert_with(Instant::now);
            escalate_signal(&mut child, since.elapsed());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Ends a child that a signal to this program alone did not reach: TERM after 1 s, KILL after 10 s.
fn escalate_signal(child: &mut Child, waited: Duration) {
    if waited > Duration::from_secs(10) {
        // An error means that the child has exited.
        let _ = child.kill();
        return;
    }
    #[cfg(unix)]
    if waited > Duration::from_secs(1) {
        let pid = rustix::process::Pid::from_child(child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}
