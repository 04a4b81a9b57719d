//! `baseline`: keeps the stored runs.

mod check;
mod diff;
mod measured;
mod update;

use perf_runner::error::Error;
use perf_runner::workspace::Workspace;

/// Keep the stored runs that others are compared with
#[derive(Debug, clap::Args)]
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
