//! `cargo xtask baseline`: keeps the stored runs.

mod check;
mod diff;
mod next;
mod update;

use perf_gate::{Acceptance, Baseline, Class, Key};

use crate::benches_data::{BenchesData, Places};
use crate::exact::{self, ExactRun};
use crate::executables::Source;
use crate::failure::Failure;
use crate::instructions::{self, Instructions};
use crate::judge::{self, Base};
use crate::perf::today;
use crate::progress::Progress;
use crate::row::{self, Row, Subject};
use crate::selection::Selection;
use crate::verdict::Verdict;
use crate::workspace::Workspace;

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
pub fn run(options: &Options) -> Result<u8, Failure> {
    match &options.verb {
        Verb::Update(options) => update::run(options),
        Verb::Check(options) => check::run(options),
        Verb::Diff(options) => diff::run(options),
    }
}

/// What a baseline holds, measured once.
#[derive(Debug)]
struct Run {
    exact: ExactRun,
    instructions: Instructions,
}

/// What a baseline holds, measured as often as asked.
fn measure(
    workspace: &Workspace,
    source: &Source,
    selection: &Selection,
    old: Option<&Baseline>,
    times: usize,
) -> Result<Vec<Run>, Failure> {
    let executables = source.prepare(workspace)?;
    let limits = source.limits();
    let list = exact::list(&executables, limits)?;
    let cases = selection.of(&list.all, old)?;
    let callgrind = source.callgrind(&executables)?;
    let progress = Progress::new(times as u64 * Progress::exact(cases.len(), callgrind.is_ok()));
    let once = |_| {
        let exact = exact::measure(&executables, &list, &cases, limits, &progress)?;
        let instructions = instructions::measure(&callgrind, &executables, &list, &exact, limits, &progress)?;
        Ok(Run { exact, instructions })
    };
    (0..times).map(once).collect()
}

/// What an update would change, as rows. Values are compared even where the key differs: a new toolchain is no reason to
/// overlook that something got worse.
fn changes(run: &Run, old: Option<&Baseline>, selection: &Selection) -> Vec<Row> {
    let base = Base::of(old, None);
    let mut rows = judge::exact_rows(&run.exact, base, selection, today());
    rows.extend(judge::instruction_rows(&run.instructions, &run.exact, base, selection, today()));
    rows.retain(|row| row.verdict != Verdict::Pass);
    row::sort(&mut rows);
    rows
}

/// Acceptances whose rows no longer need them, as lines to read: an update removes them.
fn stale(old: Option<&Baseline>, rows: &[Row], run: &Run, selection: &Selection) -> String {
    let needed = |entry: &Acceptance| {
        if entry.metric.class() == Class::Instructions && run.instructions.tools().is_none() {
            return true;
        }
        rows.iter().any(|row| {
            let same = row.case == entry.case && row.subject == Subject::Metric(entry.metric);
            same && matches!(row.verdict, Verdict::Accepted | Verdict::Regressed)
        })
    };
    let entries = old.into_iter().flat_map(|old| &old.accepted);
    let stale = entries.filter(|entry| selection.contains(&entry.case) && !needed(entry));
    let line = |Acceptance { case, metric, expires, reason, .. }: &Acceptance| {
        format!("no longer needed: the acceptance of {case} {metric} until {expires} ({reason})\n")
    };
    stale.map(line).collect()
}

/// The stored run of this target.
fn stored<'a>(data: &'a BenchesData, key: &Key) -> Option<&'a Baseline> {
    data.baselines.get(&key.target)
}

/// Reads what every verb needs.
fn read(places: &Places) -> Result<(Workspace, BenchesData), Failure> {
    let workspace = Workspace::find()?;
    let data = BenchesData::read(&workspace, places)?;
    Ok((workspace, data))
}
