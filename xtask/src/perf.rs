//! `cargo xtask perf`: measure, compare, print, write the reports.

mod measure;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use perf_gate::{Baseline, Key};

use crate::benches_data::{BenchesData, Places};
use crate::compare::plan::Effort;
use crate::compare::{self, Relation};
use crate::executables::Source;
use crate::exit_code::Required;
use crate::failure::Failure;
use crate::instructions::Instructions;
use crate::report::{Comparison, Format, JSON_FILE, MARKDOWN_FILE, Report};
use crate::selection::Selection;
use crate::whole_file::DirectoryLock;
use crate::workspace::Workspace;
use crate::{exit_code, judge, key, plain_text, provenance, selftest, stdout, wall};
use measure::Measured;

/// Measure the engine, compare it with its baseline and budgets, and fail when it got worse
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Compare wall time with this commit [default: the merge base with the main branch, or the commit before]
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    /// Repeat less often (never fewer cases)
    #[arg(long)]
    quick: bool,
    /// Only the cases that match, like 'query/*'
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
    /// How long pairs of base and change may be measured, like '10m' [default: 3m, or 1m with --quick]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    budget: Option<Duration>,
    /// Chooses layouts and orders of the pairs; another number measures others
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Measure as many pairs again, and judge all of them, each time more strictly
    #[arg(long)]
    more_pairs: bool,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Where report.json and report.md are written [default: target/perf/latest]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A row that is not in the baseline is red (for CI)
    #[arg(long)]
    require_baseline: bool,
    /// A row of this class that cannot be judged is exit code 4
    #[arg(long, value_enum, value_name = "CLASS")]
    require: Vec<RequiredClass>,
    /// Number of processes that measure wall time [default: 20, or 5 with --quick]
    #[arg(long, hide = true, value_parser = clap::value_parser!(u8).range(1..=200))]
    processes: Option<u8>,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    source: Source,
}

/// Classes that not every machine can judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum RequiredClass {
    /// Needs valgrind, and the same valgrind and libc as the baseline, or a base that can be built
    Instructions,
    /// Needs a base that can be built, and a machine that is quiet enough
    Wall,
}

/// The command, or what proves it.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Command {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    about: Option<About>,
}

#[derive(Debug, clap::Subcommand)]
enum About {
    Selftest(selftest::Options),
}

impl Command {
    /// Runs it.
    pub fn run(&self) -> Result<u8, Failure> {
        match &self.about {
            None => run(&self.options),
            Some(About::Selftest(options)) => selftest::run(options),
        }
    }
}

fn run(options: &Options) -> Result<u8, Failure> {
    let workspace = Workspace::find()?;
    let selection = Selection::new(options.only.as_deref())?;
    let data = BenchesData::read(&workspace, &options.places)?;
    let key = key::of(&workspace, options.source.features(), &data.inputs)?;
    let out = options.out.clone().unwrap_or_else(|| compare::dir(&workspace).join("latest"));
    prepare(&out)?;
    // Two runs at once would be measured beside each other, and build in the same place.
    let _alone = match options.source.is_for_tests() {
        true => None,
        false => Some(DirectoryLock::wait(&compare::dir(&workspace), "`cargo xtask perf`")?),
    };

    let features = options.source.features();
    let relation = match options.source.is_for_tests() {
        true => Relation::Alone("these are not the measuring programs of the work tree".into()),
        false => compare::relate(&workspace, options.against.as_deref(), features, &key, &data)?,
    };
    let Measured { rows, tools, comparison } = match relation {
        Relation::SameInputs { revision, same_rules: true } if options.against.is_some() => {
            let rows = judge::identical_rows(data.baselines.get(&key.target), &selection);
            let tools = Err("nothing that is measured differs from the base".to_owned());
            Measured { rows, tools, comparison: Comparison::Same(revision) }
        }
        relation => measure::measure(options, &workspace, &selection, &data, &key, relation)?,
    };

    let required = Required {
        baseline: options.require_baseline,
        instructions: options.require.contains(&RequiredClass::Instructions),
        wall: options.require.contains(&RequiredClass::Wall),
    };
    let counted = tools.is_ok() || matches!(&comparison, Comparison::Same(_));
    let exit_code = exit_code::of_rows(&rows, counted, required);
    let provenance = provenance::of(&workspace)?;
    let only = options.only.clone();
    let report = Report { provenance, key, tools, comparison, quick: options.quick, only, exit_code, rows };
    report.write(&out)?;
    let written = format!("{}, {}", workspace.shown(&out.join(JSON_FILE)), workspace.shown(&out.join(MARKDOWN_FILE)));
    stdout::print(&report.render(options.format, &written)?)?;
    Ok(exit_code)
}

impl Options {
    fn effort(&self) -> Effort {
        let effort = if self.quick { Effort::QUICK } else { Effort::FULL };
        let budget = self.budget.map_or(effort.budget, |budget| budget.as_secs_f64());
        Effort { budget, ..effort }
    }

    /// Where there are no pairs.
    fn wall_effort(&self) -> wall::Effort {
        let (processes, per_case) = if self.quick { (5, 10) } else { (20, 30) };
        let processes = self.processes.map_or(processes, usize::from);
        wall::Effort { processes, per_case: Duration::from_millis(per_case) }
    }
}

/// A time as people write it: `3m`, `90s`, `1m 30s`.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    let duration = Duration::try_from(parsed).map_err(|_| "it is negative".to_owned())?;
    let allowed = Duration::from_secs(5)..=Duration::from_secs(24 * 3600);
    if allowed.contains(&duration) { Ok(duration) } else { Err("it is not between 5s and 24h".into()) }
}

/// Makes the directory and removes reports of earlier runs: if this one does not come to its end, none may be taken for
/// its result.
fn prepare(out: &Path) -> Result<(), Failure> {
    fs::create_dir_all(out).map_err(|error| Failure::path("create", out, &error))?;
    for name in [JSON_FILE, MARKDOWN_FILE] {
        let old = out.join(name);
        if old.is_file() {
            fs::remove_file(&old).map_err(|error| Failure::path("remove the old", &old, &error))?;
        }
    }
    Ok(())
}

/// What makes a baseline not comparable: each field with both values.
pub fn key_difference(here: &Key, stored: &Key) -> String {
    not_comparable(&here.differences(stored))
}

/// What makes the instruction counts of a baseline not comparable, if there are some here and there and something does.
pub fn tools_difference(here: &Instructions, stored: Option<&Baseline>) -> Option<String> {
    let fields = here.tools()?.differences(stored?.tools.as_ref()?);
    (!fields.is_empty()).then(|| not_comparable(&fields))
}

fn not_comparable(fields: &[(&str, &str, &str)]) -> String {
    let show = |text: &str| if text.is_empty() { "none".to_owned() } else { plain_text::visible(text) };
    let fields = fields
        .iter()
        .map(|(name, here, stored)| format!("{name} is {} here, {} in the baseline", show(here), show(stored)));
    format!("not comparable: {}", fields.collect::<Vec<_>>().join(", "))
}

/// The date in UTC: an acceptance ends everywhere at the same moment.
pub fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}
