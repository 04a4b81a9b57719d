//! `perf selftest`: how often the gate is wrong, in a program of its own, which is built when it is asked for.

use perf_judge::exit_status;
use perf_runner::error::Error;
use perf_runner::workspace::Workspace;

use crate::passed_on;

/// Measure how often this gate is wrong, and publish it: false alarms, and what it sees by size
///
/// Builds the program that does it first. Its own help: `perf selftest -- --help`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Arguments for the program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let package = workspace.config.selftest.as_deref().ok_or_else(|| {
        Error::environment(
            "no program of this workspace finds out how often its gate is wrong",
            "name its package: `selftest` in [workspace.metadata.perf]",
        )
    })?;
    let mut cargo = workspace.cargo();
    // Paths among the arguments start where the user is.
    cargo.current_dir(".");
    cargo.args(["run", "--quiet", "--locked", "--package", package, "--"]).args(&options.arguments);
    let status = passed_on::to_its_end(&mut cargo)?;
    // Without a code it was killed.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(exit_status::USAGE))
}
