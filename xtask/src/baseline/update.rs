//! `cargo xtask baseline update`: measure, show the reviewable difference, write.

use globset::{Glob, GlobSet, GlobSetBuilder};
use perf_gate::{Baseline, Record};

use super::next::{self, Until};
use super::{Run, changes, measure, read, stale, stored};
use crate::benches_data::{self, BenchesData, Places};
use crate::executables::Source;
use crate::failure::Failure;
use crate::instructions::{InstructionRun, Instructions};
use crate::perf::{key_difference, today, tools_difference};
use crate::plain_text::counted;
use crate::report::{human_rows, human_rows_with_notes};
use crate::row::Row;
use crate::selection::Selection;
use crate::verdict::Verdict;
use crate::whole_file::{self, DirectoryLock};
use crate::workspace::Workspace;
use crate::{exit_code, interrupt, key, plain_text, provenance, stdout};

/// Measure twice, show what changes, and store it
///
/// What got better or is new is stored as it is. What got worse, or is no longer there, is stored only for the cases that
/// `--accept` names, with a reason. That holds for a new toolchain or new packages too (another key): everything is
/// replaced then, values are compared across the keys, and what got worse has to be accepted; `--accept '*'` accepts all.
///
/// Instructions within 1 % of the stored value keep it, so that small steps add up to one that is seen. Another valgrind or
/// libc replaces them all. Without valgrind the stored ones stay, except those of cases that compute something else now.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only the cases that match, like 'query/*'; other rows stay as they are
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
    /// Store this case although it got worse or is gone; a name or a pattern, may be repeated
    #[arg(long, value_name = "CASE", requires = "reason")]
    accept: Vec<String>,
    /// Why it is accepted; for the commit message, or stored with --expires
    #[arg(long, value_name = "TEXT", requires = "accept", value_parser = reason)]
    reason: Option<String>,
    /// Keep the stored values, and tolerate the worse ones until this day (UTC)
    #[arg(long, value_name = "YYYY-MM-DD", requires = "accept", value_parser = expires)]
    expires: Option<String>,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    source: Source,
}

fn reason(text: &str) -> Result<String, String> {
    const LONGEST: usize = 200;
    if text.trim().is_empty() {
        return Err("a reason has to say something".into());
    }
    if text.chars().any(plain_text::is_invisible) || text.chars().count() > LONGEST {
        return Err(format!("a reason is one line of at most {LONGEST} visible characters"));
    }
    Ok(text.trim().to_owned())
}

fn expires(text: &str) -> Result<String, String> {
    match benches_data::parse_date(text) {
        None => Err("write a date as YYYY-MM-DD".into()),
        Some(date) if date < today() => Err("that day is over".into()),
        Some(_) => Ok(text.to_owned()),
    }
}

/// Runs the command.
pub fn run(options: &Options) -> Result<u8, Failure> {
    let selection = Selection::new(options.only.as_deref())?;
    let accept = patterns(&options.accept)?;
    let (workspace, data) = read(&options.places)?;
    // Held until the end, and what is stored is read again under it: nobody else's update is lost.
    let _lock = DirectoryLock::take(data.baselines_dir(), "`cargo xtask baseline update`")?;
    let data = BenchesData::read(&workspace, &options.places)?;
    let key = key::of(&workspace, options.source.features(), &data.inputs)?;
    let old = stored(&data, &key);
    let other_key = old.filter(|old| old.key != key).map(|old| key_difference(&key, &old.key));
    if let Some(difference) = other_key.as_ref().filter(|_| !selection.is_everything()) {
        return Err(Failure::refused(
            format!("{difference}; one file cannot hold values of two keys"),
            "update everything: leave `--only` away",
        ));
    }

    let run = measure_twice(&workspace, options, &selection, old)?;
    let other_tools = tools_difference(&run.instructions, old);
    if let Some(difference) = other_tools.as_ref().filter(|_| !selection.is_everything()) {
        return Err(Failure::refused(
            format!("instructions: {difference}; one file cannot hold counts of two"),
            "update everything: leave `--only` away",
        ));
    }
    let rows = changes(&run, old, &selection);
    if let Some(difference) = other_tools.filter(|_| other_key.is_none()) {
        stdout::print(&format!(
            "instructions: {difference}\nall of them are replaced; the values compare like this:\n\n"
        ))?;
    }
    if let Some(difference) = &other_key {
        stdout::print(&format!("{difference}\neverything is replaced; the values compare like this:\n\n"))?;
    }
    refuse_broken(&rows)?;
    let worse: Vec<&Row> =
        rows.iter().filter(|row| matches!(row.verdict, Verdict::Regressed | Verdict::Missing)).collect();
    let (accepted, refused): (Vec<_>, Vec<_>) = worse.iter().partition(|row| accept.is_match(row.case.as_str()));
    if !refused.is_empty() {
        stdout::print(&human_rows_with_notes(&rows))?;
        return Err(Failure::refused(
            format!(
                "nothing was written; {} got worse or are gone, and are not accepted",
                counted(refused.len(), "row")
            ),
            match options.accept.is_empty() {
                true => "make them as good as before, or name their cases: --accept <case> --reason <text>".to_owned(),
                false => format!(
                    "make them as good as before, or name their cases too: `--accept {}` matches {}",
                    options.accept.join(" --accept "),
                    counted(accepted.len(), "of the worse row"),
                ),
            },
        ));
    }
    if !options.accept.is_empty() && accepted.is_empty() {
        return Err(Failure::environment(
            format!("`--accept {}` matches no case that got worse", options.accept.join(" --accept ")),
            "check the name; what is as good as before needs no acceptance",
        ));
    }
    let until = match (&options.expires, &options.reason) {
        (Some(expires), Some(reason)) => {
            next::check_for_a_while(&accepted)
                .map_err(|error| Failure::refused(error.to_string(), "accept it for good: leave `--expires` away"))?;
            Some(Until { expires: expires.clone(), reason: reason.clone() })
        }
        _ => None,
    };
    let provenance = provenance::of(&workspace)?;
    let unmeasured = next::unmeasured(old, &key, &run, &selection);
    let next = next::baseline(old, (key, provenance), &run, &rows, &selection, until.as_ref())
        .map_err(|error| Failure::refused(format!("the run is no baseline: {error}"), "correct the case it names"))?;
    stdout::print(&unmeasured)?;
    write(&workspace, &data, old, &next, &rows, &stale(old, &rows, &run, &selection))?;
    if let (Some(reason), None) = (&options.reason, &until) {
        stdout::print(&format!("accepted; say why in the commit message: {reason}\n"))?;
    }
    Ok(exit_code::GREEN)
}

fn patterns(texts: &[String]) -> Result<GlobSet, Failure> {
    let mut set = GlobSetBuilder::new();
    let failed = |error| Failure::environment(format!("`--accept` is not a pattern: {error}"), "name a case, or '*'");
    for text in texts {
        set.add(Glob::new(text).map_err(failed)?);
    }
    set.build().map_err(failed)
}

/// What is stored must repeat; a value that does not would be red or green by chance.
fn measure_twice(
    workspace: &Workspace,
    options: &Options,
    selection: &Selection,
    old: Option<&Baseline>,
) -> Result<Run, Failure> {
    let mut runs = measure(workspace, &options.source, selection, old, 2)?.into_iter();
    let (Some(first), Some(second)) = (runs.next(), runs.next()) else { return Err(Failure::Interrupted) };
    let mut unstable = Vec::new();
    for (case, outcome) in &first.exact {
        match (outcome, second.exact.get(case)) {
            (Ok(first), Some(Ok(second))) => {
                // Both ways, because a record may also be in only one of the runs.
                let differ = first.iter().filter(|record| !second.contains(record));
                let differ = differ.chain(second.iter().filter(|record| !first.contains(record)));
                let names = differ.map(|record| format!("{case} {} = {}", record.metric(), record.value()));
                unstable.extend(names);
            }
            // A case that is broken in both runs is refused as broken, with its reason.
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
    Err(Failure::refused(
        format!("measured twice, these differ, so they do not repeat:\n    {}", unstable.join("\n    ")),
        "find what depends on time, hashing or addresses in the case; nothing was written",
    ))
}

/// Instructions that differ by more than 0.1 % between two runs: a tenth of the margin by which they are judged. One
/// instruction is always allowed, because the figures are rounded.
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
            // A case that is broken in the first run is refused as broken; one that only the second run lacks is broken
            // in its exact classes there.
            _ => {}
        }
    }
    found
}

fn refuse_broken(rows: &[Row]) -> Result<(), Failure> {
    let broken: Vec<_> = rows.iter().filter(|row| row.verdict == Verdict::Broken).collect();
    if broken.is_empty() {
        return Ok(());
    }
    let reasons = broken.iter().map(|row| format!("{}: {}", row.case, row.reason.as_deref().unwrap_or_default()));
    Err(Failure::refused(
        format!("broken cases have no values to store:\n    {}", reasons.collect::<Vec<_>>().join("\n    ")),
        "repair them; nothing was written",
    ))
}

fn write(
    workspace: &Workspace,
    data: &BenchesData,
    old: Option<&Baseline>,
    next: &Baseline,
    rows: &[Row],
    stale: &str,
) -> Result<(), Failure> {
    let file = data.baseline_file(&next.key.target);
    let shown = workspace.shown(&file);
    // Commit and machine alone are no reason to touch the file.
    let same = |old: &Baseline| {
        old.key == next.key
            && old.tools == next.tools
            && old.accepted == next.accepted
            && old.records().eq(next.records())
    };
    if old.is_some_and(same) {
        return stdout::print(&format!("unchanged: {shown}\n"));
    }
    stdout::print(stale)?;
    if !rows.is_empty() {
        stdout::print(&human_rows(rows))?;
    }
    interrupt::check()?;
    let is_next = |text: &str| benches_data::parse_baseline(text, &shown).is_ok_and(|back| back == *next);
    whole_file::write(&file, &next.to_toml(), is_next)?;
    stdout::print(&format!(
        "written: {shown} ({}); review it with `git diff`\n",
        counted(next.records().len(), "record")
    ))
}
