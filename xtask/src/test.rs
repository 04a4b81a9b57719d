//! `cargo xtask test`: every test of the workspace.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{exit_code, interrupt};

/// Run every test of the workspace, with nextest where it is installed
///
/// Without arguments all unit, integration and documentation tests. Arguments go to the test runner and narrow the run;
/// documentation tests are then left out.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Arguments for `cargo nextest run`, or for `cargo test`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<u8, Failure> {
    let workspace = Workspace::find()?;
    let runs: &[&[&str]] = match (has_nextest(&workspace), options.arguments.is_empty()) {
        (true, true) => &[&["nextest", "run"], &["test", "--doc"]],
        (true, false) => &[&["nextest", "run"]],
        (false, _) => &[&["test"]],
    };
    for run in runs {
        let mut cargo = workspace.cargo();
        cargo.args(*run).args(["--workspace", "--locked"]).args(&options.arguments);
        if !to_its_end(&mut cargo)?.success() {
            return Ok(exit_code::RED);
        }
    }
    Ok(exit_code::GREEN)
}

fn has_nextest(workspace: &Workspace) -> bool {
    let mut cargo = workspace.cargo();
    let quiet = cargo.args(["nextest", "--version"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs a test runner with this program's terminal: in its process group too, so that Ctrl-C reaches the runner, which
/// has its own way of stopping tests.
fn to_its_end(command: &mut Command) -> Result<ExitStatus, Failure> {
    let mut child = command
        .spawn()
        .map_err(|error| Failure::environment(format!("cargo could not be started: {error}"), "check the toolchain"))?;
    let mut interrupted = None;
    loop {
        match child.try_wait() {
            Ok(Some(_)) if interrupt::raised() => return Err(Failure::Interrupted),
            Ok(Some(status)) => return Ok(status),
            Ok(None) => {}
            Err(error) => {
                return Err(Failure::environment(format!("waiting for cargo failed: {error}"), "run this again"));
            }
        }
        if interrupt::raised() {
            let since: &Instant = interrupted.get_or_insert_with(Instant::now);
            hurry(&mut child, since.elapsed());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// A signal to this program alone does not reach the runner: after a moment it is asked, then killed.
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
