//! `cargo xtask test`: every test of the workspace.

use std::process::Stdio;

use perf_judge::exit_status;
use perf_runner::error::Error;
use perf_runner::workspace::Workspace;

use crate::passed_on;

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
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let runs: &[&[&str]] = match (has_nextest(workspace), options.arguments.is_empty()) {
        (true, true) => &[&["nextest", "run"], &["test", "--doc"]],
        (true, false) => &[&["nextest", "run"]],
        (false, _) => &[&["test"]],
    };
    for run in runs {
        let mut cargo = workspace.cargo();
        cargo.args(*run).args(["--workspace", "--locked"]).args(&options.arguments);
        if !passed_on::to_its_end(&mut cargo)?.success() {
            return Ok(exit_status::FAIL);
        }
    }
    Ok(exit_status::PASS)
}

fn has_nextest(workspace: &Workspace) -> bool {
    let mut cargo = workspace.cargo();
    let quiet = cargo.args(["nextest", "--version"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
