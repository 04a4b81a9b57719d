//! `perf profile`: where the instructions and allocations of one case are, and where they differ from the base.

use std::path::{Path, PathBuf};

use perf_gate::CaseName;
use perf_judge::exit_status;
use perf_runner::compare::{self, BaseSearch, BuiltBase};
use perf_runner::config::OnlyIfChanged;
use perf_runner::error::Error;
use perf_runner::files::atomic_write::DirectoryLock;
use perf_runner::files::bench_data::BenchData;
use perf_runner::measure::callgrind::InstructionCounter;
use perf_runner::measure::{exact, key};
use perf_runner::profile::files::{self, ProfileFile};
use perf_runner::profile::report::CaseProfile;
use perf_runner::profile::{DEPTH, Target};
use perf_runner::progress::Progress;
use perf_runner::workspace::{Harness, Workspace};

use super::near_names::near_names;
use crate::stdout;

const EXAMPLES: &str = "\
Exit codes:
    0  a profile was made; without valgrind of allocations only
    1  a program of the case failed, or the base of --against does not build
    2  usage or environment: options, build, machine; no such case
    3  a file in the data folder is not valid
  130  interrupted

Examples:
  {command} perf profile merge/standard/40
  {command} perf profile merge/standard/40 --against v1.2
  {command} perf profile merge/standard/40 --no-base --top 40";

/// Show where the instructions and allocations of one case are, and where they differ from the base
///
/// Prints the functions and the allocation sites that cost most and that changed most, and writes flame graphs, difference
/// flame graphs and the files of callgrind and dhat. Only the operations of the case are counted, not its set-up. All figures
/// are of one operation. Without valgrind only allocations are profiled.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Options {
    /// The case, like suite/case/size
    #[arg(value_name = "CASE", value_parser = case_name)]
    case: CaseName,
    /// Compare with this commit, branch or tag [default: the base of `perf`]
    #[arg(long, value_name = "REV", conflicts_with = "no_base")]
    against: Option<String>,
    /// Profile the change only
    #[arg(long)]
    no_base: bool,
    /// Lines of each table
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    top: u16,
    /// Callers that callgrind keeps apart; what is lost with fewer than the deepest stack has is stated
    #[arg(long, value_name = "N", default_value_t = DEPTH, value_parser = clap::value_parser!(u32).range(1..=200))]
    depth: u32,
    /// Directory of the files [default: target/perf/profile/<case>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn case_name(text: &str) -> Result<CaseName, String> {
    CaseName::new(text).map_err(|error| error.to_string())
}

/// Runs `perf profile`.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let data = BenchData::read(workspace, None)?;
    let _alone = DirectoryLock::wait(&workspace.perf_dir(), &format!("`{}`", workspace.gate_command("perf")))?;
    let found = match options.no_base {
        true => BaseSearch::NoBase("`--no-base` is given".into()),
        false => compare::find_base(workspace, options.against.as_deref(), &[])?,
    };
    // For the message if there is no such case.
    let mut known: Vec<CaseName> =
        workspace.harnesses.iter().flat_map(|harness| stored_cases(&data, harness)).cloned().collect();
    for harness in candidates(workspace, &data, &options.case) {
        let key = key::detect(workspace, harness, &[], data.inputs(harness))?;
        let relation = match &found {
            BaseSearch::NoBase(reason) => compare::BaseRelation::NoBase(reason.clone()),
            BaseSearch::Found(checkout) => checkout.relate(workspace, harness, &[], &key, &data)?,
        };
        let (programs, against) = relation.build(workspace, harness, &[])?;
        let list = exact::list_cases(&programs)?;
        if !list.all.contains(&options.case) {
            known.extend(list.all);
            continue;
        }
        let counter = InstructionCounter::find(&programs)?;
        let target = Target { workspace, counter: &counter, list: &list, case: &options.case, depth: options.depth };
        Progress::announce("profile", options.case.as_str());
        let packages = key::local_packages(workspace, harness, &[])?;
        let (profile, base) = match &against {
            BuiltBase::Built(sides) => (target.of_both(sides)?, None),
            BuiltBase::NoBase(why) => (target.of_change(&programs, &packages)?, Some(format!("not compared: {why}"))),
            BuiltBase::Identical(revision) => {
                let why = format!("not compared: nothing that is measured differs from the base {}", revision.short());
                (target.of_change(&programs, &packages)?, Some(why))
            }
        };
        let failed = profile.has_failed() || (options.against.is_some() && matches!(against, BuiltBase::NoBase(_)));
        show(options, workspace, &profile, base.as_deref())?;
        return Ok(if failed { exit_status::FAIL } else { exit_status::PASS });
    }
    known.sort();
    known.dedup();
    Err(Error::environment(
        format!("there is no case `{}`", options.case),
        format!("cases with similar names are: {}", near_names(&options.case, &known).join(", ")),
    ))
}

/// Names of the cases that a harness has stored values of.
fn stored_cases<'a>(data: &'a BenchData, harness: &'a Harness) -> impl Iterator<Item = &'a CaseName> {
    let of_harness = data.baselines().filter(|(package, _)| *package == harness.package);
    of_harness.flat_map(|(_, baseline)| baseline.records()).map(|record| record.case())
}

/// The harnesses that may have the case, in the order in which they are built until one has it: first those that store it. A
/// harness that is slow to build comes last, and only if it stores cases of the same suite, or none.
fn candidates<'a>(workspace: &'a Workspace, data: &BenchData, case: &CaseName) -> Vec<&'a Harness> {
    let suite = |case: &CaseName| case.as_str().split('/').next().map(str::to_owned);
    let stores = |harness: &Harness| stored_cases(data, harness).any(|stored| stored == case);
    let is_slow = |harness: &Harness| harness.only_if_changed != OnlyIfChanged::No;
    let may_have = |harness: &&Harness| {
        let mut stored = stored_cases(data, harness).peekable();
        !is_slow(harness) || stored.peek().is_none() || stored.any(|stored| suite(stored) == suite(case))
    };
    let mut harnesses: Vec<&Harness> = workspace.harnesses.iter().filter(may_have).collect();
    harnesses.sort_by_key(|harness| (!stores(harness), is_slow(harness)));
    harnesses
}

fn show(options: &Options, workspace: &Workspace, profile: &CaseProfile, note: Option<&str>) -> Result<(), Error> {
    let lines = usize::from(options.top);
    let dir = options.out.clone().unwrap_or_else(|| files::directory(workspace, &options.case));
    let written = files::write(profile, lines, &dir)?;
    let note = note.map_or_else(String::new, |note| format!("{note}\n"));
    let tables = profile.tables(lines);
    stdout::print(&format!("{tables}\n{note}{}", listing(&written, &dir, workspace)))
}

/// A line for each file that says how to open it.
fn listing(written: &[ProfileFile], dir: &Path, workspace: &Workspace) -> String {
    let path = |file: &ProfileFile| workspace.display_path(&dir.join(file.name));
    let line = |file: &ProfileFile| format!("{}\n    {}\n", path(file), file.about);
    written.iter().map(line).collect()
}
