//! `baseline diff`: shows what an update would change.

use perf_judge::baseline_update::describe_uncounted;
use perf_judge::comparability::key_difference;
use perf_judge::exit_status;
use perf_judge::report::human_rows_with_notes;
use perf_judge::selection::Selection;
use perf_judge::verdict::Verdict;
use perf_runner::error::Error;
use perf_runner::files::bench_data::BenchData;
use perf_runner::workspace::Workspace;

use super::harness_run::{BuiltHarness, build, changes, stale_acceptances};
use crate::shared_options::SharedOptions;
use crate::stdout;
use crate::wording::wording;

const AFTER: &str = "\
Exit codes:
    0  the differences are shown, or there are none
    1  a case is broken
    2  usage or environment: options, build, machine
    3  a file in the data folder is not valid
  130  interrupted

Example:
  {command} baseline diff --only 'query/*'";

/// Measure once and show what `baseline update` would change, without writing
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER)]
pub struct Options {
    /// Measure only the cases whose name matches, like 'suite/*' [default: all cases]
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
    #[command(flatten)]
    shared: SharedOptions,
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let selection = Selection::new(options.only.as_deref())?;
    let data = BenchData::read(workspace, options.shared.baselines())?;
    let mut something = false;
    let mut broken = false;
    for built in build(workspace, &data, &options.shared, &selection)? {
        let BuiltHarness { harness, key, old, .. } = &built;
        let run = built.measure(&selection, 1)?.remove(0);
        let old = old.as_deref();
        if let Some(old) = old.filter(|old| old.key != *key) {
            stdout::print(&format!("{}\nvalues are compared all the same\n\n", key_difference(key, &old.key)))?;
        }
        let rows = changes(harness, &run, old, &selection);
        let stale = stale_acceptances(old, &rows, &run, &selection);
        stdout::print(&stale)?;
        stdout::print(&describe_uncounted(old, key, &run, &selection))?;
        if !rows.is_empty() {
            let wording = |step: &_, harness: Option<&str>| wording(&workspace.config, step, harness);
            stdout::print(&human_rows_with_notes(&rows, &wording))?;
        }
        something |= !rows.is_empty() || !stale.is_empty();
        broken |= rows.iter().any(|row| row.verdict == Verdict::Broken);
    }
    if !something {
        stdout::print("nothing would change\n")?;
    }
    Ok(if broken { exit_status::FAIL } else { exit_status::PASS })
}
