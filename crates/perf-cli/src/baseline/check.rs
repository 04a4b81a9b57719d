//! `baseline check`: validates the data folder.

use perf_judge::exit_status;
use perf_judge::text::pluralize;
use perf_runner::error::Error;
use perf_runner::files::bench_data::BenchData;
use perf_runner::quality::stored_file;
use perf_runner::workspace::Workspace;

use crate::shared_options::SharedOptions;
use crate::stdout;

const AFTER: &str = "\
Exit codes:
    0  all files are valid
    2  usage or environment
    3  a file is not valid

Example:
  {command} baseline check";

/// Check that every file in the data folder is valid, without measuring
///
/// Inputs of cases are checked for their syntax only. A case that cannot use its input is BROKEN when it is measured.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER)]
pub struct Options {
    #[command(flatten)]
    shared: SharedOptions,
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let data = BenchData::read(workspace, options.shared.baselines())?;
    let baselines: Vec<_> =
        data.baselines().map(|(package, baseline)| format!("{package} {}", baseline.key.target)).collect();
    let baselines = if baselines.is_empty() { "none".to_owned() } else { baselines.join(", ") };
    let quality = stored_file::read(workspace)?;
    let quality = quality.map_or_else(String::new, |stored| {
        format!("; quality: {} of {}", pluralize(stored.results.rows.len(), "row"), stored.results.program)
    });
    let inputs: usize = workspace.harnesses.iter().map(|harness| data.inputs(harness).count()).sum();
    stdout::print(&format!(
        "OK: {}; {}; baselines: {baselines}; inputs of cases: {inputs}{quality}\n",
        pluralize(data.files, "file"),
        pluralize(data.budgets.len(), "budget"),
    ))?;
    Ok(exit_status::PASS)
}
