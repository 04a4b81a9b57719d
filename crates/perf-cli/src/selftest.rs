//! `perf selftest`: runs the program that measures the error rates of the gate, which cargo builds on demand.

use perf_judge::exit_status;
use perf_runner::error::Error;
use perf_runner::workspace::Workspace;

use crate::forward;

const AFTER: &str = "\
Exit codes:
    2  usage or environment: no self-test is configured
  101  the package of the self-test does not build
  130  interrupted
    …  otherwise the exit code of the program: 0 if all targets are met, 1 if not

Examples:
  {command} perf selftest --judge-only  judge the recorded pairs again
  {command} perf selftest --suites 20   measure all arms, for hours
  {command} perf selftest -- --help     options of the program";

/// Measure false positive rate and power of this gate, and publish them
///
/// Builds and runs the package that `selftest` in [workspace.metadata.perf] names. All arguments go to that program.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER)]
pub struct Options {
    /// Arguments of the program, such as --suites 20 [default: none]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let package = workspace.config.selftest.as_deref().ok_or_else(|| {
        Error::environment(
            "this workspace has no self-test of its gate",
            "name its package: `selftest` in [workspace.metadata.perf]",
        )
    })?;
    let mut cargo = workspace.cargo();
    // Paths among the arguments start where the user is.
    cargo.current_dir(".");
    // In the profile of tests the code that judges is optimised.
    cargo
        .args(["run", "--quiet", "--locked", "--profile", "test", "--package", package, "--"])
        .args(&options.arguments);
    let status = forward::run_to_completion(&mut cargo)?;
    // Without a code it was killed.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(exit_status::USAGE))
}
