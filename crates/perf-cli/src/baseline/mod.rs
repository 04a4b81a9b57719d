//! `baseline`: the commands for stored baselines.

mod check;
mod diff;
mod harness_run;
mod update;

use perf_runner::error::Error;
use perf_runner::workspace::Workspace;

const AFTER: &str = "\
Exit codes:
    0  done
    1  `update` is refused, or a case is broken
    2  usage or environment: options, build, machine
    3  a file in the data folder is not valid
  130  interrupted; nothing was written

Examples:
  {command} baseline diff               show what an update would change
  {command} baseline update             store it";

/// Update, compare or check the stored baselines
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER)]
pub struct Options {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Update(update::Options),
    Check(check::Options),
    Diff(diff::Options),
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    match &options.verb {
        Verb::Update(options) => update::run(options, workspace),
        Verb::Check(options) => check::run(options, workspace),
        Verb::Diff(options) => diff::run(options, workspace),
    }
}
