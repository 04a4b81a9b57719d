//! `baseline update`: measures twice, shows the differences, and writes the baselines.

use std::borrow::Cow;
use std::path::PathBuf;

use perf_gate::{Baseline, Class, Key, Record};
use perf_judge::baseline_update::{self, AcceptanceTerms};
use perf_judge::comparability::key_difference;
use perf_judge::exit_status;
use perf_judge::judge::exceeds_margin;
use perf_judge::report::{human_rows, human_rows_with_notes};
use perf_judge::row::Row;
use perf_judge::run::{BaselineRun, InstructionRun, Instructions, NoValue};
use perf_judge::selection::Selection;
use perf_judge::text::pluralize;
use perf_judge::thresholds::{MAX_TOLERANCE_DAYS, is_past_max_tolerance, parse_date};
use perf_judge::verdict::Verdict;
use perf_runner::clock::today;
use perf_runner::error::Error;
use perf_runner::files::atomic_write::{self, DirectoryLock};
use perf_runner::files::bench_data::{self, BenchData};
use perf_runner::measure::provenance;
use perf_runner::process::interrupt;
use perf_runner::workspace::{Harness, Workspace};

use super::harness_run::{BuiltHarness, build, changes, stale_acceptances};
use crate::acceptance::{patterns, reason};
use crate::shared_options::SharedOptions;
use crate::stdout;
use crate::wording::wording;

const AFTER: &str = "\
Exit codes:
    0  written, or unchanged
    1  refused: a row is worse or missing and not accepted, a case is broken, or two
       measurements differ; nothing was written
    2  usage or environment: options, build, machine
    3  a file in the data folder is not valid
  130  interrupted; no file is written in part

Examples:
  {command} baseline update
  {command} baseline update --accept 'query/floor/10' --reason 'one more block for the cache'
  {command} baseline update --accept '*' --reason 'new compiler' --expires 2027-01-31";

/// Measure twice, show what changes, and store it
///
/// Improved and new values are stored. Worse or missing values are stored only for the cases that --accept names, with a
/// reason. After a change of toolchain or packages (another key) all values are replaced; they are compared across the keys,
/// and worse ones need --accept too.
///
/// Instructions within 1 % of the stored value keep it, so that small steps add up to a visible change. Those of another
/// valgrind or libc have a file of their own. Without valgrind the stored ones stay, except those of cases whose checksum
/// changed.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER)]
pub struct Options {
    /// Update only the cases whose name matches, like 'suite/*'; other rows stay [default: all cases]
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
    /// Store this case although it is worse or missing; a name or a glob, may be repeated [default: none]
    #[arg(long, value_name = "CASE", requires = "reason")]
    accept: Vec<String>,
    /// Reason of --accept, at most 200 characters; goes into the commit message, or is stored with --expires
    #[arg(long, value_name = "TEXT", requires = "accept", value_parser = reason)]
    reason: Option<String>,
    /// Keep the stored values and tolerate worse ones until the end of this day, UTC, at most 90 days ahead [default: the
    /// worse values are stored]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "accept", value_parser = expires)]
    expires: Option<String>,
    #[command(flatten)]
    shared: SharedOptions,
}

fn expires(text: &str) -> Result<String, String> {
    match parse_date(text) {
        None => Err("write a date as YYYY-MM-DD".into()),
        Some(date) if date < today() => Err("that day is over".into()),
        Some(date) if is_past_max_tolerance(date, today()) => {
            Err(format!("it is more than {MAX_TOLERANCE_DAYS} days ahead"))
        }
        Some(_) => Ok(text.to_owned()),
    }
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let selection = Selection::new(options.only.as_deref())?;
    let accept = patterns(&options.accept, "case")?;
    // The lock is taken before stored baselines are read and held until they are written, so no concurrent update is lost.
    let what = format!("`{}`", workspace.gate_command("baseline update"));
    let _lock = DirectoryLock::acquire(&workspace.perf_dir().join("update"), &what)?;
    let data = BenchData::read(workspace, options.shared.baselines())?;
    let mut measured = Vec::new();
    for built in build(workspace, &data, &options.shared, &selection)? {
        measured.push(measure(built, &selection)?);
    }
    for of_harness in &measured {
        of_harness.show_differences()?;
        refuse_broken(&of_harness.rows)?;
        refuse_unfinished(&of_harness.run)?;
    }
    let is_worse = |row: &&Row| matches!(row.verdict, Verdict::Regressed | Verdict::Missing);
    let worse: Vec<&Row> = measured.iter().flat_map(|measured| measured.rows.iter().filter(is_worse)).collect();
    let (accepted, refused): (Vec<_>, Vec<_>) = worse.iter().partition(|row| accept.is_match(row.case.as_str()));
    if !refused.is_empty() {
        let rows: Vec<Row> = measured.iter().flat_map(|measured| measured.rows.iter().cloned()).collect();
        let wording = |step: &_, harness: Option<&str>| wording(&workspace.config, step, harness);
        stdout::print(&human_rows_with_notes(&rows, &wording))?;
        return Err(Error::refused(
            format!(
                "nothing was written; {} got worse or are gone, and are not accepted",
                pluralize(refused.len(), "row")
            ),
            match options.accept.is_empty() {
                true => "make them as good as before, or name their cases: --accept <case> --reason <text>".to_owned(),
                false => format!(
                    "make them as good as before, or name their cases too: `--accept {}` matches {}",
                    options.accept.join(" --accept "),
                    pluralize(accepted.len(), "of the worse row"),
                ),
            },
        ));
    }
    if !options.accept.is_empty() && accepted.is_empty() {
        return Err(Error::environment(
            format!("`--accept {}` matches no case that got worse", options.accept.join(" --accept ")),
            "check the name; what is as good as before needs no acceptance",
        ));
    }
    let terms = match (&options.expires, &options.reason) {
        (Some(expires), Some(reason)) => {
            baseline_update::check_acceptable(&accepted)
                .map_err(|error| Error::refused(error.to_string(), "accept it for good: leave `--expires` away"))?;
            Some(AcceptanceTerms { expires: expires.clone(), reason: reason.clone() })
        }
        _ => None,
    };
    // All baselines are computed before the first one is written.
    let next = measured.iter().map(|measured| measured.next(workspace, &selection, terms.as_ref()));
    let next = next.collect::<Result<Vec<_>, _>>()?;
    for (measured, next) in measured.iter().zip(&next) {
        measured.write(workspace, &data, &selection, next)?;
    }
    if let (Some(reason), None) = (&options.reason, &terms) {
        stdout::print(&format!("accepted; say why in the commit message: {reason}\n"))?;
    }
    Ok(exit_status::PASS)
}

/// The measurements of a harness, and the rows that they change.
struct MeasuredHarness<'a> {
    harness: &'a Harness,
    key: Key,
    old: Option<Cow<'a, Baseline>>,
    run: BaselineRun,
    rows: Vec<Row>,
}

fn measure<'a>(built: BuiltHarness<'a>, selection: &Selection) -> Result<MeasuredHarness<'a>, Error> {
    let old = built.old.as_deref();
    let other_key = old.filter(|old| old.key != built.key).map(|old| key_difference(&built.key, &old.key));
    if let Some(difference) = other_key.as_ref().filter(|_| !selection.is_all()) {
        return Err(Error::refused(
            format!("{difference}; one file cannot hold values of two keys"),
            "update everything: leave `--only` away",
        ));
    }
    if let Some(tools) = built.new_tools.as_ref().filter(|_| !selection.is_all()) {
        return Err(Error::refused(
            format!("no instructions are stored for valgrind {} and {}", tools.valgrind, tools.libc),
            "store all of them first: leave `--only` away",
        ));
    }
    let run = measure_twice(&built, selection)?;
    let BuiltHarness { harness, key, old, .. } = built;
    let rows = changes(harness, &run, old.as_deref(), selection);
    interrupt::check()?;
    Ok(MeasuredHarness { harness, key, old, run, rows })
}

impl MeasuredHarness<'_> {
    /// Prints why the stored values are not comparable, so that all of them are replaced.
    fn show_differences(&self) -> Result<(), Error> {
        let Self { key, old, .. } = self;
        match old.as_deref().filter(|old| old.key != *key) {
            Some(old) => stdout::print(&format!(
                "{}\neverything is replaced; the values compare like this:\n\n",
                key_difference(key, &old.key)
            )),
            None => Ok(()),
        }
    }

    /// Computes the new baseline.
    fn next(
        &self,
        workspace: &Workspace,
        selection: &Selection,
        terms: Option<&AcceptanceTerms>,
    ) -> Result<Baseline, Error> {
        let Self { key, old, run, rows, .. } = self;
        let provenance = provenance::collect(workspace, &[])?;
        baseline_update::updated_baseline(old.as_deref(), (key.clone(), provenance), run, rows, selection, terms)
            .map_err(|error| Error::refused(format!("the run is no baseline: {error}"), "correct the case it names"))
    }

    fn write(
        &self,
        workspace: &Workspace,
        data: &BenchData,
        selection: &Selection,
        next: &Baseline,
    ) -> Result<(), Error> {
        let Self { harness, key, old, run, rows } = self;
        let old = old.as_deref();
        stdout::print(&baseline_update::describe_uncounted(old, key, run, selection))?;
        let files = files(data, harness, next);
        if files.iter().all(NextFile::is_unchanged) {
            let shown = workspace.display_path(&data.baseline_file(harness, &next.key.target));
            return stdout::print(&format!("unchanged: {shown}\n"));
        }
        stdout::print(&stale_acceptances(old, rows, run, selection))?;
        if !rows.is_empty() {
            stdout::print(&human_rows(rows))?;
        }
        for file in files.into_iter().filter(|file| !file.is_unchanged()) {
            file.write(workspace)?;
        }
        Ok(())
    }
}

/// One file of a baseline.
struct NextFile<'a> {
    path: PathBuf,
    /// What it has now; `None` if there is no such file.
    old: Option<&'a Baseline>,
    next: Baseline,
}

/// The files of a baseline. Instructions of other tools than those of the stored baseline have a file of their own, and the stored
/// ones stay.
fn files<'a>(data: &'a BenchData, harness: &Harness, next: &Baseline) -> Vec<NextFile<'a>> {
    let path = data.baseline_file(harness, &next.key.target);
    let old = data.baseline(harness, &next.key.target);
    let stays = old.filter(|old| old.key == next.key && old.tools.is_some() && old.tools != next.tools);
    if let (Some(main), Some(tools)) = (stays, next.tools.as_ref())
        && let (Some(kept), Some(counted)) =
            (baseline_update::with_instructions_of(next, Some(main)), baseline_update::instructions_of(next))
    {
        let beside = data.counted_file(harness, &next.key.target, tools);
        let old_beside = data.counted(harness, &next.key.target, tools);
        return vec![NextFile { path, old, next: kept }, NextFile { path: beside, old: old_beside, next: counted }];
    }
    vec![NextFile { path, old, next: next.clone() }]
}

impl NextFile<'_> {
    /// A new commit or machine alone does not change the file.
    fn is_unchanged(&self) -> bool {
        let Self { old, next, .. } = self;
        old.is_some_and(|old| {
            old.key == next.key
                && old.tools == next.tools
                && old.accepted == next.accepted
                && old.records().eq(next.records())
        })
    }

    fn write(self, workspace: &Workspace) -> Result<(), Error> {
        let Self { path, next, .. } = self;
        let shown = workspace.display_path(&path);
        interrupt::check()?;
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error))?;
        }
        let is_next = |text: &str| bench_data::parse_baseline(text, &shown, workspace).is_ok_and(|back| back == next);
        atomic_write::write(&path, &next.to_toml(&workspace.gate_command("baseline update")), is_next)?;
        stdout::print(&format!(
            "written: {shown} ({}); review it, and commit it\n",
            pluralize(next.records().len(), "record")
        ))
    }
}

/// Stored values have to repeat: otherwise their rows would pass or fail by chance.
fn measure_twice(built: &BuiltHarness<'_>, selection: &Selection) -> Result<BaselineRun, Error> {
    let mut runs = built.measure(selection, 2)?.into_iter();
    let (Some(first), Some(second)) = (runs.next(), runs.next()) else { return Err(Error::Interrupted) };
    let mut unstable = Vec::new();
    for (case, outcome) in &first.exact {
        match (outcome, second.exact.get(case)) {
            (Ok(first), Some(Ok(second))) => {
                // In both directions, because a record may be missing in either run.
                let differ = first.iter().filter(|record| !is_repeated(record, second));
                let differ = differ.chain(second.iter().filter(|record| !is_repeated(record, first)));
                let names = differ.map(|record| format!("{case} {} = {}", record.metric(), record.value()));
                unstable.extend(names);
            }
            // A case that is broken in the first run is refused later, with its reason.
            (Err(_), _) => {}
            (Ok(_), Some(Err(reason))) => unstable.push(format!("{case} (broken in the second run: {reason})")),
            (Ok(_), None) => unstable.push(format!("{case} (not in the second run)")),
        }
    }
    if let (Instructions::Measured { run: first, .. }, Instructions::Measured { run: second, .. }) =
        (&first.instructions, &second.instructions)
    {
        unstable.extend(unrepeatable(first, second));
    }
    if unstable.is_empty() {
        return Ok(first);
    }
    Err(Error::refused(
        format!("measured twice, these differ, so they do not repeat:\n    {}", unstable.join("\n    ")),
        "find what depends on time, hashing or addresses in the case; nothing was written",
    ))
}

/// Whether the other run has the same record. Resident memory repeats only within its margin.
fn is_repeated(record: &Record, other: &[Record]) -> bool {
    let is_it = |other: &&Record| match record.metric().class() {
        Class::Resident => {
            let same = (record.metric(), record.checksum()) == (other.metric(), other.checksum());
            same && !exceeds_margin(Class::Resident, record.value(), other.value())
        }
        _ => record == *other,
    };
    other.iter().any(|other| is_it(&other))
}

/// Cases whose instructions differ by more than 0.1 % between two runs: a tenth of their margin. A difference of 1 is always
/// allowed, because the counts are rounded.
fn unrepeatable(first: &InstructionRun, second: &InstructionRun) -> Vec<String> {
    let differs = |first: &Record, second: &Record| {
        let (a, b) = (first.value(), second.value());
        a.abs_diff(b) > (a.min(b) / 1_000).max(1)
    };
    let mut found = Vec::new();
    for (case, outcome) in first {
        match (outcome, second.get(case)) {
            (Ok(first), Some(Ok(second))) if differs(first, second) => {
                let (metric, a, b) = (first.metric(), first.value(), second.value());
                found.push(format!("{case} {metric} = {a} and {b}, more than 0.1 % apart"));
            }
            (Ok(_), Some(Err(reason))) => found.push(format!("{case} (broken in the second run: {reason})")),
            // Other combinations are reported elsewhere: cases that are broken in the first run, and cases whose exact
            // classes are broken in the second.
            _ => {}
        }
    }
    found
}

/// Refuses cases that did not end in time: their values are unknown, and a baseline without them would be incomplete.
fn refuse_unfinished(run: &BaselineRun) -> Result<(), Error> {
    let unfinished = |why: &NoValue| matches!(why, NoValue::Unfinished(_));
    let exact = run.exact.iter().filter_map(|(case, outcome)| Some((case, outcome.as_ref().err()?)));
    let counted = match &run.instructions {
        Instructions::Measured { run, .. } => Some(run),
        Instructions::NotMeasured(_) => None,
    };
    let counted = counted.into_iter().flatten().filter_map(|(case, outcome)| Some((case, outcome.as_ref().err()?)));
    let found = exact.chain(counted).filter(|(_, why)| unfinished(why));
    let found: Vec<String> = found.map(|(case, why)| format!("{case}: {why}")).collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(Error::refused(
        format!("these did not end in time, so their values are not known:\n    {}", found.join("\n    ")),
        "measure when less else runs; nothing was written",
    ))
}

fn refuse_broken(rows: &[Row]) -> Result<(), Error> {
    let broken: Vec<_> = rows.iter().filter(|row| row.verdict == Verdict::Broken).collect();
    if broken.is_empty() {
        return Ok(());
    }
    let reasons = broken.iter().map(|row| format!("{}: {}", row.case, row.reason.as_deref().unwrap_or_default()));
    Err(Error::refused(
        format!("broken cases have no values to store:\n    {}", reasons.collect::<Vec<_>>().join("\n    ")),
        "repair them; nothing was written",
    ))
}
