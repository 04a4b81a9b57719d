//! Runs a program with this program's terminal, and passes on how it ended.

use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use perf_runner::error::Error;
use perf_runner::process::interrupt;

/// Runs a program with this program's terminal: in its process group too, so that Ctrl-C reaches it, as a test runner has its
/// own way of stopping tests.
pub fn to_its_end(command: &mut Command) -> Result<ExitStatus, Error> {
    let mut child = command
        .spawn()
        .map_err(|error| Error::environment(format!("cargo could not be started: {error}"), "check the toolchain"))?;
    let mut interrupted = None;
    loop {
        match child.try_wait() {
            Ok(Some(_)) if interrupt::is_set() => return Err(Error::Interrupted),
            Ok(Some(status)) => return Ok(status),
            Ok(None) => {}
            Err(error) => {
                return Err(Error::environment(format!("waiting for cargo failed: {error}"), "run this again"));
            }
        }
        if interrupt::is_set() {
            let since: &Instant = interrupted.get_or_insert_with(Instant::now);
            hurry(&mut child, since.elapsed());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// A signal to this program alone does not reach the other: after a moment it is asked, then killed.
fn hurry(child: &mut Child, waited: Duration) {
    if waited > Duration::from_secs(10) {
        // An error means that it is gone already.
        let _ = child.kill();
        return;
    }
    #[cfg(unix)]
    if waited > Duration::from_secs(1) {
        let pid = rustix::process::Pid::from_child(child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}
