//! The command line of the gate, for the task runner of any workspace:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     perf_cli::main()
//! }
//! ```
//!
//! What is measured, and how the command is called, the workspace's root manifest says in `[workspace.metadata.perf]`
//! ([`perf_runner::config::Config`]). The way of a run: `perf`, `baseline`, `selftest` and `test` have a file or a
//! folder each, with their options; `perf-runner` measures, `perf-judge` judges; [`wording`] says what can be done about a
//! row, and [`stdout`] prints.

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use perf_judge::exit_status;
use perf_runner::error::Error;
use perf_runner::process::interrupt;
#[cfg(unix)]
use perf_runner::process::watchdog;
use perf_runner::workspace::Workspace;

mod baseline;
mod passed_on;
mod perf;
mod places;
mod selftest;
pub mod stdout;
mod test;
pub mod wording;

/// The tasks of this workspace: measure and judge what it does, keep its baselines, run its tests.
#[derive(Parser)]
#[command(after_help = exit_status::HELP)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Perf(perf::Command),
    Baseline(baseline::Options),
    Test(test::Options),
}

/// The whole program: reads the command line and the manifest of the workspace that the current directory is in, does what was
/// asked for, and says how that ended. Exit codes are those of [`exit_status`].
pub fn main() -> ExitCode {
    if let Some(code) = perf_runner::run_as_helper() {
        return code;
    }
    let code = interrupt::install_handler().and_then(|()| run());
    let code = code.unwrap_or_else(|failure| {
        anstream::eprint!("{failure}");
        exit_code(&failure)
    });
    #[cfg(unix)]
    watchdog::shutdown();
    ExitCode::from(code)
}

fn run() -> Result<u8, Error> {
    let workspace = Workspace::find();
    // Help has to be there also where there is no workspace.
    let name = workspace.as_ref().map_or_else(|_| "cargo xtask".to_owned(), |found| found.config.command.clone());
    let command = CommandLine::command().name(name.clone()).bin_name(name);
    let CommandLine { verb } =
        CommandLine::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit());
    let workspace = workspace?;
    match verb {
        Verb::Perf(options) => options.run(&workspace),
        Verb::Baseline(options) => baseline::run(&options, &workspace),
        Verb::Test(options) => test::run(&options, &workspace),
    }
}

/// The code that a program ends with because of a failure.
pub fn exit_code(failure: &Error) -> u8 {
    match failure {
        Error::InvalidFile(_) => exit_status::INVALID_FILE,
        Error::Environment { .. } => exit_status::USAGE,
        Error::Refused { .. } => exit_status::FAIL,
        Error::Interrupted => exit_status::INTERRUPTED,
    }
}
