//! `cargo xtask perf`: measure, compare, print, write the reports.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use perf_gate::{Baseline, Key};

use crate::benches_data::{BenchesData, Places};
use crate::executables::Source;
use crate::exit_code::Required;
use crate::failure::Failure;
use crate::instructions::{self, Instructions};
use crate::judge::{self, Base};
use crate::progress::Progress;
use crate::report::{Format, JSON_FILE, MARKDOWN_FILE, Report};
use crate::selection::Selection;
use crate::wall::{self, Effort};
use crate::workspace::Workspace;
use crate::{exact, exit_code, key, plain_text, provenance, row, stdout};

/// Measure the engine, compare it with its baseline and budgets, and fail when it got worse
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Repeat less often (never fewer cases)
    #[arg(long)]
    quick: bool,
    /// Only the cases that match, like 'query/*'
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
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
    /// Needs valgrind, and the same valgrind and libc as the baseline
    Instructions,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<u8, Failure> {
    let workspace = Workspace::find()?;
    let selection = Selection::new(options.only.as_deref())?;
    let data = BenchesData::read(&workspace, &options.places)?;
    let key = key::of(&workspace, options.source.features(), &data.inputs)?;
    let out = options.out.clone().unwrap_or_else(|| workspace.target_dir().join("perf").join("latest"));
    prepare(&out)?;

    let executables = options.source.prepare(&workspace)?;
    let limits = options.source.limits();
    let list = exact::list(&executables, limits)?;
    let cases = selection.of(&list.all, data.baselines.get(&key.target))?;
    let callgrind = options.source.callgrind(&executables)?;
    let effort = effort(options);
    let process = Progress::process(cases.len(), effort.per_case);
    let exact_cases = Progress::exact(cases.len(), callgrind.is_ok());
    let progress = Progress::new(exact_cases + effort.processes as u64 * process);
    let exact = exact::measure(&executables, &list, &cases, limits, &progress)?;
    let instructions = instructions::measure(&callgrind, &executables, &list, &exact, limits, &progress)?;
    // One process times all cases, and a broken one ends it: its row is red already, and the others' times are wanted.
    let whole: Vec<_> = cases.iter().filter(|case| matches!(exact.get(case), Some(Ok(_)))).cloned().collect();
    let wall = wall::measure(&executables, &list, &whole, effort, limits, &progress)?;
    drop(progress);

    let stored = data.baselines.get(&key.target);
    let other_key = stored.filter(|stored| stored.key != key).map(|stored| key_difference(&key, &stored.key));
    let other_tools = tools_difference(&instructions, stored);
    let base = Base::of(stored, other_key.as_deref());
    let mut rows = judge::exact_rows(&exact, base, &selection, today());
    let base = base.counted_with(other_tools.as_deref());
    rows.extend(judge::instruction_rows(&instructions, &exact, base, &selection, today()));
    rows.extend(judge::wall_rows(&wall));
    rows.extend(judge::budget_rows(&data.budgets, &selection, &exact, &instructions, &wall));
    row::sort(&mut rows);

    let counted = instructions.tools().is_some();
    let required = Required {
        baseline: options.require_baseline,
        instructions: options.require.contains(&RequiredClass::Instructions),
    };
    let exit_code = exit_code::of_rows(&rows, counted, required);
    let provenance = provenance::of(&workspace)?;
    let tools = match instructions {
        Instructions::Measured { tools, .. } => Ok(tools),
        Instructions::NotMeasured(reason) => Err(reason),
    };
    let only = options.only.clone();
    let report = Report { provenance, key, tools, quick: options.quick, only, exit_code, rows };
    report.write(&out)?;
    let written = format!("{}, {}", workspace.shown(&out.join(JSON_FILE)), workspace.shown(&out.join(MARKDOWN_FILE)));
    stdout::print(&report.render(options.format, &written)?)?;
    Ok(exit_code)
}

fn effort(options: &Options) -> Effort {
    let (processes, per_case) = if options.quick { (5, 10) } else { (20, 30) };
    let processes = options.processes.map_or(processes, usize::from);
    Effort { processes, per_case: Duration::from_millis(per_case) }
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
