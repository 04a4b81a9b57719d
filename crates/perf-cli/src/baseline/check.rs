//! `baseline check`: is everything in the data folder valid?

use perf_judge::exit_status;
use perf_judge::text::pluralize;
use perf_runner::error::Error;
use perf_runner::files::bench_data::BenchData;
use perf_runner::workspace::Workspace;

use crate::places::Places;
use crate::stdout;

/// Read every file in the data folder and say whether all are valid (exit code 3 if not); what inputs mean is checked by
/// the cases that read them
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    places: Places,
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let data = BenchData::read(workspace, options.places.baselines())?;
    let baselines: Vec<_> =
        data.baselines().map(|(package, baseline)| format!("{package} {}", baseline.key.target)).collect();
    let baselines = if baselines.is_empty() { "none".to_owned() } else { baselines.join(", ") };
    let inputs: usize = workspace.harnesses.iter().map(|harness| data.inputs(harness).count()).sum();
    stdout::print(&format!(
        "OK: {}; {}; baselines: {baselines}; inputs of cases: {inputs}\n",
        pluralize(data.files, "file"),
        pluralize(data.budgets.len(), "budget"),
    ))?;
    Ok(exit_status::PASS)
}
