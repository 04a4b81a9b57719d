//! `perf history`: shows recorded runs, and shares them on a branch.

use std::collections::BTreeMap;

use clap::ValueEnum;
use perf_gate::CaseName;
use perf_history::point::CasePoint;
use perf_history::series::{self, Series};
use perf_history::trend::Trend;
use perf_history::{export, report};
use perf_judge::exit_status;
use perf_judge::selection::{NoMatch, Selection};
use perf_runner::clock::now_seconds;
use perf_runner::compare::revision;
use perf_runner::error::Error;
use perf_runner::history::branch::{Branch, Transfer};
use perf_runner::history::folder::HistoryFolder;
use perf_runner::history::index;
use perf_runner::workspace::Workspace;

use crate::stdout;

const AFTER: &str = "\
Exit codes:
    0  shown or transferred
    2  usage or environment: no such case, no such remote
    3  a file of the history is not valid
  130  interrupted

Examples:
  {command} perf --record                        measure, and add the run to the history
  {command} perf history                         the newest changes of all cases
  {command} perf history query/floor/10          the trends of a case
  {command} perf history 'query/*' --metric instructions --since 2026-01-31
  {command} perf history --format csv > history.csv
  {command} perf history push                    share the runs on the branch perf-history
  {command} perf history pull                    fetch those of others";

/// Show recorded runs: the trend of each metric of a case, and since which commit its level differs
///
/// Runs are recorded by `perf --record`. Exact values are comparable while compiler, packages and inputs are the same,
/// instructions also need the same valgrind and libc. Wall times are changes from the base and from the anchor.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER, args_conflicts_with_subcommands = true)]
pub struct Options {
    /// Cases to show: a name, or a pattern like 'query/*' [default: the newest changes of all cases]
    #[arg(value_name = "CASE")]
    case: Option<String>,
    /// Show only this metric, such as instructions, heap-blocks or wall [default: those that changed, or all]
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// Show only runs of commits since then: a day like 2026-01-31, a number of days like 30d, or a commit
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// A format of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Pictures and lines
    Human,
    /// An array of values
    Json,
    /// One line a value
    Csv,
}

const TRANSFER: &str = "\
Exit codes:
    0  transferred, or there was nothing to transfer
    2  usage or environment: no such remote or branch, no permission, no network
    3  a recorded run is not valid
  130  interrupted; no run is lost";

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Send recorded runs to a branch of a remote
    ///
    /// Only runs that the branch does not have are sent; nothing of it is changed. The repository of the workspace is only read.
    #[command(after_long_help = format!("{TRANSFER}\n\nExample:\n  {{command}} perf history push --remote upstream"))]
    Push(Remote),
    /// Fetch the runs of a branch of a remote
    ///
    /// Each of them is checked. The repository of the workspace is only read.
    #[command(after_long_help = format!("{TRANSFER}\n\nExample:\n  {{command}} perf history pull"))]
    Pull(Remote),
}

#[derive(Debug, clap::Args)]
struct Remote {
    /// The remote: a name of `git remote`, a URL or a path
    #[arg(long, default_value = "origin")]
    remote: String,
    /// The branch, which has nothing but runs
    #[arg(long, default_value = "perf-history")]
    branch: String,
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let folder = HistoryFolder::of(workspace);
    let text = match &options.verb {
        Some(Verb::Push(to)) => {
            let Transfer { moved, all } = Branch::find(workspace, &to.remote, &to.branch)?.push(&folder)?;
            format!("{moved} runs sent to `{}` of {}; it has {all}\n", to.branch, to.remote)
        }
        Some(Verb::Pull(from)) => {
            let Transfer { moved, all } = Branch::find(workspace, &from.remote, &from.branch)?.pull(&folder)?;
            format!("{moved} runs fetched from `{}` of {}; {all} are here\n", from.branch, from.remote)
        }
        None => show(options, workspace, &folder)?,
    };
    stdout::print(&text)?;
    Ok(exit_status::PASS)
}

/// Trends of one metric of each case; a case has as many as it has metrics.
type Trends = BTreeMap<CaseName, Vec<Trend>>;

fn show(options: &Options, workspace: &Workspace, folder: &HistoryFolder) -> Result<String, Error> {
    let cases = index::cases(folder)?;
    if cases.is_empty() {
        return Err(Error::environment(
            "no run is recorded",
            format!(
                "record one with `{}`, or fetch those of others with `{}`",
                workspace.gate_command("perf --record"),
                workspace.gate_command("perf history pull")
            ),
        ));
    }
    let selection = Selection::new(options.case.as_deref())?;
    selection.check(&cases, std::iter::empty()).map_err(|NoMatch { pattern, cases }| {
        let hint = format!("name a case or a pattern like 'query/*'; recorded cases are: {cases}");
        Error::environment(format!("no recorded run has a case '{pattern}'"), hint)
    })?;
    let since = options.since.as_deref().map(|since| start(since, workspace)).transpose()?;
    let mut trends = Trends::new();
    for case in selection.select(&cases) {
        let mut points = index::case_points(folder, &case)?;
        points.retain(|point| since.is_none_or(|since| point.committed >= since));
        let of_case = of_case(&points, options.metric.as_deref());
        if !of_case.is_empty() {
            trends.insert(case, of_case.into_iter().map(Trend::new).collect());
        }
    }
    if trends.is_empty() {
        return Err(Error::environment(
            "no recorded run has such values",
            "choose another --metric or an earlier --since; without them the command lists what there is",
        ));
    }
    match options.format {
        Format::Human if options.case.is_none() => Ok(report::overview(&trends, NEWEST)),
        Format::Human => Ok(human(&trends, options.metric.is_some())),
        Format::Csv => {
            let lines: String = all_series(&trends).map(|(case, series)| export::csv(case, series)).collect();
            Ok(format!("{}\r\n{lines}", export::CSV_HEADER))
        }
        Format::Json => export::json(all_series(&trends))
            .map_err(|error| Error::environment(format!("cannot write JSON: {error}"), "report this bug")),
    }
}

/// Number of changes in the overview.
const NEWEST: usize = 30;

fn of_case(points: &[CasePoint], metric: Option<&str>) -> Vec<Series> {
    let metrics = series::metrics(points).into_iter().filter(|name| metric.is_none_or(|metric| metric == name));
    metrics.filter_map(|name| series::series(points, &name)).collect()
}

fn all_series(trends: &Trends) -> impl Iterator<Item = (&CaseName, &Series)> {
    trends.iter().flat_map(|(case, of_case)| of_case.iter().map(move |trend| (case, &trend.series)))
}

/// The pictures. Metrics that never changed are one line, unless one was asked for.
fn human(trends: &Trends, asked: bool) -> String {
    let mut out = String::new();
    for (case, of_case) in trends {
        let (shown, unchanged): (Vec<&Trend>, Vec<&Trend>) =
            of_case.iter().partition(|trend| asked || !trend.changes.is_empty() || trend.series.metric == series::WALL);
        for trend in shown {
            out += &report::trend(case, trend);
            out.push('\n');
        }
        if !unchanged.is_empty() {
            let names: Vec<&str> = unchanged.iter().map(|trend| trend.series.metric.as_str()).collect();
            out += &format!("{case}: no change of level in {}\n\n", names.join(", "));
        }
    }
    out
}

/// Seconds since the Unix epoch of `--since`.
fn start(since: &str, workspace: &Workspace) -> Result<i64, Error> {
    if let Some(days) = since.strip_suffix('d').and_then(|days| days.parse::<u32>().ok()) {
        return Ok(now_seconds() - i64::from(days) * 86_400);
    }
    if let Ok(day) = since.parse::<jiff::civil::Date>() {
        let midnight = jiff::tz::TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
        return midnight.map(|time| time.as_second()).map_err(|error| {
            Error::environment(format!("`--since {since}` is no day: {error}"), "write it as 2026-01-31")
        });
    }
    revision::committed(workspace, since)?.ok_or_else(|| {
        Error::environment(
            format!("`--since {since}` is neither a day, nor a number of days, nor a commit"),
            "write a day as 2026-01-31, a number of days as 30d, or a commit that `git log` shows",
        )
    })
}
