//! `cargo xtask baseline check`: is everything in `benches-data` valid?

use super::read;
use crate::benches_data::Places;
use crate::failure::Failure;
use crate::plain_text::counted;
use crate::{exit_code, stdout};

/// Read every file in benches-data and say whether all are valid (exit code 3 if not); what scenarios and profiles mean is
/// checked by the cases that read them
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    places: Places,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<u8, Failure> {
    let (_, data) = read(&options.places)?;
    let targets: Vec<_> = data.baselines.keys().map(String::as_str).collect();
    let targets = if targets.is_empty() { "none".to_owned() } else { targets.join(", ") };
    stdout::print(&format!(
        "OK: {}; {}; baselines: {targets}; inputs of cases: {}\n",
        counted(data.files, "file"),
        counted(data.budgets.len(), "budget"),
        data.inputs.len()
    ))?;
    Ok(exit_code::GREEN)
}
