//! Runs `count` and `heap`, whose values repeat exactly.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use perf_gate::{CaseName, Class, ProcessLimits, Record};
use perf_judge::run::{CaseList, ExactRun, NoValue};
use perf_judge::text;

use super::programs::BenchPrograms;
use crate::error::{CaseError, Error};
use crate::process::child::{self, Limits, StderrMode};
use crate::process::parallel;
use crate::progress::Progress;

/// One of the two programs, with the classes that it may report.
struct Program<'a> {
    name: &'static str,
    path: &'a Path,
    programs: &'a BenchPrograms,
    classes: &'static [Class],
}

fn exact_programs(programs: &BenchPrograms) -> [Program<'_>; 2] {
    let BenchPrograms { count, heap, .. } = programs;
    [
        Program {
            name: "count",
            path: count,
            programs,
            classes: &[Class::Behaviour, Class::Quality, Class::Schedule, Class::Size, Class::Resident],
        },
        Program { name: "heap", path: heap, programs, classes: &[Class::Heap] },
    ]
}

/// Lists the cases of both programs. A case that the programs disagree about is marked as broken.
///
/// # Errors
/// If a program prints no valid list.
pub fn list_cases(programs: &BenchPrograms) -> Result<CaseList, Error> {
    let [count, heap] = exact_programs(programs);
    let (in_count, in_heap) = (parse_list(&count)?, parse_list(&heap)?);
    let all: BTreeSet<_> = in_count.keys().chain(in_heap.keys()).cloned().collect();
    let (mut heavy, mut untimed, mut broken) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    for case in &all {
        let marks = (in_count.get(case).copied(), in_heap.get(case).copied());
        // One mark is enough: if the programs disagree, the case is broken anyway.
        for mark in [marks.0, marks.1].into_iter().flatten() {
            match mark {
                Mark::None => false,
                Mark::Heavy => heavy.insert(case.clone()),
                Mark::Untimed => untimed.insert(case.clone()),
            };
        }
        let reason = match marks {
            (Some(in_count), Some(in_heap)) if in_count == in_heap => continue,
            (Some(Mark::None), Some(mark)) => format!("`heap --list` marks it as {mark}, `count --list` does not"),
            (Some(mark), Some(_)) => format!("`count --list` marks it as {mark}, `heap --list` does not"),
            (_, None) => "`count --list` names it, `heap --list` does not".to_owned(),
            (None, _) => "`heap --list` names it, `count --list` does not".to_owned(),
        };
        broken.insert(case.clone(), reason);
    }
    Ok(CaseList { all: all.into_iter().collect(), heavy, untimed, broken })
}

/// Lists the planted faults, if the programs were built with the faults feature.
///
/// # Errors
/// If `count` prints no list.
pub fn list_faults(programs: &BenchPrograms) -> Result<Vec<String>, Error> {
    let mut command = programs.command(&programs.count);
    match child::run(command.arg("--faults"), Limits::default(), StderrMode::Capture) {
        Ok(text) => Ok(text.lines().map(text::sanitize_line).collect()),
        Err(error) => Err(Error::environment(
            format!("`count --faults` printed no list of faults: {}", error.reason()?),
            "build it with the feature that plants faults",
        )),
    }
}

/// The mark behind the name of a case in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Heavy,
    Untimed,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "ordinary",
            Self::Heavy => "heavy",
            Self::Untimed => "untimed",
        })
    }
}

/// The cases of one program with their marks.
fn parse_list(program: &Program<'_>) -> Result<BTreeMap<CaseName, Mark>, Error> {
    let name = program.name;
    let failed = |why: String| {
        Error::environment(
            format!("`{name} --list` printed no list of cases: {why}"),
            format!("run `{} -- --list` to see the cause", program.programs.harness.bench_command(name)),
        )
    };
    let output =
        child::run(program.programs.command(program.path).arg("--list"), Limits::default(), StderrMode::Capture);
    let text = match output {
        Ok(text) => text,
        Err(error) => return Err(failed(error.reason()?)),
    };
    let mut cases = BTreeMap::new();
    for line in text.lines() {
        let (name, mark) = [Mark::Heavy, Mark::Untimed]
            .into_iter()
            .find_map(|mark| Some((line.strip_suffix(&format!(" {mark}"))?, mark)))
            .unwrap_or((line, Mark::None));
        let case = CaseName::new(name).map_err(|error| failed(error.to_string()))?;
        if cases.insert(case, mark).is_some() {
            return Err(failed(format!("`{name}` is listed twice")));
        }
    }
    if cases.is_empty() { Err(failed("the list is empty".into())) } else { Ok(cases) }
}

/// Measures the cases, in one process per program and case, on all processors: the values do not depend on the load.
///
/// # Errors
/// On an interruption.
pub fn measure(
    programs: &BenchPrograms,
    list: &CaseList,
    cases: &[CaseName],
    progress: &Progress,
) -> Result<ExactRun, Error> {
    let programs = exact_programs(programs);
    let mut run: ExactRun = cases.iter().map(|case| (case.clone(), Ok(Vec::new()))).collect();
    // One queue, in which what takes longest comes first, to keep all processors busy until the end: heavy cases, and of these
    // those of `heap`.
    let [count, heap] = &programs;
    let mut jobs: Vec<(&Program<'_>, &CaseName)> =
        [heap, count].into_iter().flat_map(|program| cases.iter().map(move |case| (program, case))).collect();
    jobs.sort_by_key(|(_, case)| !list.is_heavy(case));
    progress.start_phase("exact", &text::pluralize(cases.len(), "case"));
    let measured = parallel::map(&jobs, |&(program, case)| {
        progress.set_current(case.as_str());
        if let Some(reason) = list.broken.get(case) {
            return Ok(Err(NoValue::Broken(reason.clone())));
        }
        let measured = measure_one(program, list, case);
        progress.advance(Progress::parallel_ms(Progress::EXACT_CASE_MS));
        match measured {
            Err(error) => Ok(Err(error.with_program(&format!("`{}`", program.name)).no_value()?)),
            Ok(records) => Ok(Ok(records)),
        }
    })?;
    // `count` first: its records come first, and of two reasons its own is kept.
    for ((_, case), measured) in jobs.iter().zip(measured).rev() {
        match (run.get_mut(*case), measured) {
            (Some(Ok(records)), Ok(more)) => records.extend(more),
            (Some(outcome @ Ok(_)), Err(reason)) => *outcome = Err(reason),
            (Some(Err(_)) | None, _) => {}
        }
    }
    for outcome in run.values_mut() {
        if let Ok(records) = outcome
            && let Err(reason) = check_same_work(records)
        {
            *outcome = Err(NoValue::Broken(reason));
        }
    }
    Ok(run)
}

fn measure_one(program: &Program<'_>, list: &CaseList, case: &CaseName) -> Result<Vec<Record>, CaseError> {
    let own = if list.is_heavy(case) { ProcessLimits::HEAVY } else { ProcessLimits::ORDINARY };
    let limits = Limits { own_limits: Some(own), ..Limits::of_cpu_seconds(own.processor_seconds) };
    let mut command = program.programs.command(program.path);
    let text = child::run(command.arg(case.as_str()), limits, StderrMode::Capture)?;
    Ok(parse_records(&text, case, program.classes)?)
}

/// Parses the records that a program printed for a case.
fn parse_records(text: &str, case: &CaseName, classes: &[Class]) -> Result<Vec<Record>, String> {
    let mut records: Vec<Record> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let record: Record = serde_json::from_str(line).map_err(|error| {
            format!("printed an invalid record in line {}: {}", index + 1, text::sanitize_line(&error.to_string()))
        })?;
        if record.case() != case {
            return Err(format!("printed a record of another case, `{}`", record.case()));
        }
        let metric = record.metric();
        if !classes.contains(&metric.class()) {
            return Err(format!("printed `{metric}`, whose class this program does not measure"));
        }
        if records.iter().any(|earlier| earlier.metric() == metric) {
            return Err(format!("printed `{metric}` twice"));
        }
        records.push(record);
    }
    if records.is_empty() { Err("printed no record".into()) } else { Ok(records) }
}

/// Checks that all records of a case have the same checksum, which means that both programs did the same work.
fn check_same_work(records: &[Record]) -> Result<(), String> {
    let Some(first) = records.first() else { return Err("has no record".into()) };
    match records.iter().find(|record| record.checksum() != first.checksum()) {
        None => Ok(()),
        Some(other) => Err(format!(
            "computed two different results: checksum {} beside `{}`, {} beside `{}`",
            first.checksum(),
            first.metric(),
            other.checksum(),
            other.metric()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(case: &str, metric: &str, unit: &str, checksum: u64) -> String {
        format!(r#"{{"case":"{case}","metric":"{metric}","unit":"{unit}","value":1,"checksum":"{checksum:016x}"}}"#)
    }

    fn read(text: &str) -> Result<Vec<Record>, String> {
        let case = CaseName::new("a/b/c").unwrap();
        parse_records(text, &case, &[Class::Behaviour]).and_then(|records| check_same_work(&records).map(|()| records))
    }

    #[test]
    fn only_records_of_the_case_and_the_class_are_valid() {
        let good = line("a/b/c", "events", "count", 7);
        assert_eq!(read(&good).unwrap().len(), 1);
        assert_eq!(read("").unwrap_err(), "printed no record");
        assert!(read("hello").unwrap_err().starts_with("printed an invalid record in line 1: "));
        assert!(read(&format!("{good}\n\n")).unwrap_err().starts_with("printed an invalid record in line 2: "));
        assert!(read(&line("a/b/d", "events", "count", 7)).unwrap_err().contains("another case, `a/b/d`"));
        assert!(read(&line("a/b/c", "polls", "polls", 7)).unwrap_err().contains("does not measure"));
        assert!(read(&format!("{good}\n{good}")).unwrap_err().contains("twice"));
        let other = line("a/b/c", "results", "count", 8);
        assert!(read(&format!("{good}\n{other}")).unwrap_err().contains("two different results"));
    }
}
