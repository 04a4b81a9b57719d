//! The command line of the gate, for the task runner of any workspace:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     perf_cli::main()
//! }
//! ```
//!
//! `[workspace.metadata.perf]` in the root manifest of the workspace says what is measured and how the command is called
//! ([`perf_runner::config::Config`]). The commands `perf`, `baseline`, `selftest` and `test` have a file or a folder each, with
//! their options. `perf-runner` measures, `perf-judge` judges. [`wording`] has the text of next steps, `acceptance` the options of
//! both updates, [`help`] what all help texts have in common, and [`stdout`] prints.

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use perf_judge::exit_status;
use perf_runner::error::Error;
use perf_runner::process::interrupt;
#[cfg(unix)]
use perf_runner::process::watchdog;
use perf_runner::workspace::Workspace;

mod acceptance;
mod baseline;
mod forward;
pub mod help;
mod perf;
mod selftest;
mod shared_options;
pub mod stdout;
mod test;
pub mod wording;

/// Measure the cases of this workspace, fail on regressions, keep its baselines, and run its tests
#[derive(Parser)]
#[command(after_long_help = format!("{}\n\n{EXAMPLES}", exit_status::HELP))]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  {command} perf                        measure, compare, report
  {command} perf --only 'query/*'       only the cases of one suite
  {command} baseline update             store the values that improved or are new
  {command} test                        run every test

`{command} <COMMAND> --help` describes each command.";

#[derive(Subcommand)]
enum Verb {
    Perf(perf::Command),
    Baseline(baseline::Options),
    Test(test::Options),
}

/// The main function of a task runner: parses the command line, reads the manifest of the workspace around the current directory,
/// and runs the command. Exit codes are those of [`exit_status`].
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
    // Help works outside of a workspace, too.
    let name = workspace.as_ref().map_or_else(|_| "cargo xtask".to_owned(), |found| found.config.command.clone());
    let mut command = help::complete(CommandLine::command(), &name);
    let parsed = command.try_get_matches_from_mut(std::env::args_os());
    let parsed = parsed.and_then(|matches| CommandLine::from_arg_matches(&matches));
    let CommandLine { verb } = parsed.unwrap_or_else(|error| help::without_hidden_options(&command, error).exit());
    let workspace = workspace?;
    match verb {
        Verb::Perf(options) => options.run(&workspace),
        Verb::Baseline(options) => baseline::run(&options, &workspace),
        Verb::Test(options) => test::run(&options, &workspace),
    }
}

/// The exit code for an error.
pub fn exit_code(failure: &Error) -> u8 {
    match failure {
        Error::InvalidFile(_) => exit_status::INVALID_FILE,
        Error::Environment { .. } => exit_status::USAGE,
        Error::Refused { .. } => exit_status::FAIL,
        Error::Interrupted => exit_status::INTERRUPTED,
    }
}
