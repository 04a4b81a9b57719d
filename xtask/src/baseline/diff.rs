//! `cargo xtask baseline diff`: what would an update change?

use super::{changes, measure, next, read, stale, stored};
use crate::benches_data::Places;
use crate::executables::Source;
use crate::failure::Failure;
use crate::perf::{key_difference, tools_difference};
use crate::report::human_rows_with_notes;
use crate::selection::Selection;
use crate::verdict::Verdict;
use crate::{exit_code, key, stdout};

/// Measure, and show what `baseline update` would change (exit code 1 only if a case is broken)
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only the cases that match, like 'query/*'
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    source: Source,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<u8, Failure> {
    let selection = Selection::new(options.only.as_deref())?;
    let (workspace, data) = read(&options.places)?;
    let key = key::of(&workspace, options.source.features(), &data.inputs)?;
    let old = stored(&data, &key);
    let run = measure(&workspace, &options.source, &selection, old, 1)?.remove(0);
    if let Some(old) = old.filter(|old| old.key != key) {
        stdout::print(&format!("{}\nvalues are compared all the same\n\n", key_difference(&key, &old.key)))?;
    }
    if let Some(difference) = tools_difference(&run.instructions, old) {
        stdout::print(&format!("instructions: {difference}\nvalues are compared all the same\n\n"))?;
    }
    let rows = changes(&run, old, &selection);
    let stale = stale(old, &rows, &run, &selection);
    stdout::print(&stale)?;
    stdout::print(&next::unmeasured(old, &key, &run, &selection))?;
    if rows.is_empty() && stale.is_empty() {
        stdout::print("nothing would change\n")?;
    } else if !rows.is_empty() {
        stdout::print(&human_rows_with_notes(&rows))?;
    }
    let broken = rows.iter().any(|row| row.verdict == Verdict::Broken);
    Ok(if broken { exit_code::RED } else { exit_code::GREEN })
}
