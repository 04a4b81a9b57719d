//! Runs `count` and `heap`: the classes whose values repeat exactly.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use perf_gate::{CaseName, Class, Record};

use crate::child::{self, Limits, Messages};
use crate::executables::Executables;
use crate::failure::Failure;
use crate::plain_text;
use crate::progress::Progress;

/// What one run of the exact classes gave: for each case its records, or why it is broken.
pub type ExactRun = BTreeMap<CaseName, Result<Vec<Record>, String>>;

/// The cases that exist, and those that only one of the two programs knows, with the reason why that breaks them.
#[derive(Debug)]
pub struct CaseList {
    /// Every name, sorted.
    pub all: Vec<CaseName>,
    broken: BTreeMap<CaseName, String>,
}

/// One of the programs, with the classes it may report.
struct Program<'a> {
    name: &'static str,
    path: &'a Path,
    dir: &'a Path,
    classes: &'static [Class],
}

fn programs(executables: &Executables) -> [Program<'_>; 2] {
    let Executables { count, heap, dir, .. } = executables;
    [
        Program { name: "count", path: count, dir, classes: &[Class::Behaviour, Class::Schedule] },
        Program { name: "heap", path: heap, dir, classes: &[Class::Heap] },
    ]
}

/// Asks both programs for their cases.
pub fn list(executables: &Executables, limits: Limits) -> Result<CaseList, Failure> {
    let [count, heap] = programs(executables);
    let (in_count, in_heap) = (names(&count, limits)?, names(&heap, limits)?);
    let broken = in_count.symmetric_difference(&in_heap).map(|case| {
        let (has, lacks) = if in_count.contains(case) { ("count", "heap") } else { ("heap", "count") };
        (case.clone(), format!("`{has} --list` names it, `{lacks} --list` does not"))
    });
    let broken = broken.collect();
    Ok(CaseList { all: in_count.union(&in_heap).cloned().collect(), broken })
}

fn names(program: &Program<'_>, limits: Limits) -> Result<BTreeSet<CaseName>, Failure> {
    let name = program.name;
    let failed = |why: String| {
        Failure::environment(
            format!("`{name} --list` gave no list of cases: {why}"),
            format!("see what is wrong with `cargo bench -p perf-gate --bench {name} -- --list`"),
        )
    };
    let output = child::run(child::measuring(program.path, program.dir).arg("--list"), limits, Messages::Kept);
    let text = match output {
        Ok(text) => text,
        Err(error) => return Err(failed(error.reason()?)),
    };
    let mut cases = BTreeSet::new();
    for line in text.lines() {
        let case = CaseName::new(line).map_err(|error| failed(error.to_string()))?;
        if let Some(twice) = cases.replace(case) {
            return Err(failed(format!("`{twice}` is there twice")));
        }
    }
    if cases.is_empty() { Err(failed("it is empty".into())) } else { Ok(cases) }
}

/// Measures the cases, one process each.
pub fn measure(
    executables: &Executables,
    list: &CaseList,
    cases: &[CaseName],
    limits: Limits,
    progress: &Progress,
) -> Result<ExactRun, Failure> {
    let programs = programs(executables);
    let mut run: ExactRun = cases.iter().map(|case| (case.clone(), Ok(Vec::new()))).collect();
    for program in &programs {
        progress.phase(program.name, &plain_text::counted(cases.len(), "case"));
        for (case, outcome) in &mut run {
            progress.at(case.as_str());
            let measured = match list.broken.get(case) {
                Some(reason) => Err(reason.clone()),
                None => {
                    let output = child::run(
                        child::measuring(program.path, program.dir).arg(case.as_str()),
                        limits,
                        Messages::Kept,
                    );
                    match output {
                        Ok(text) => records(&text, case, program.classes),
                        Err(error) => Err(error.reason()?),
                    }
                    .map_err(|reason| format!("`{}` {reason}", program.name))
                }
            };
            match (outcome.as_mut(), measured) {
                (Ok(records), Ok(more)) => records.extend(more),
                // One reason is enough: the first is the one to look at.
                (Ok(_), Err(reason)) => *outcome = Err(reason),
                (Err(_), _) => {}
            }
            progress.step(Progress::EXACT_CASE);
        }
    }
    for outcome in run.values_mut() {
        if let Ok(records) = outcome
            && let Err(reason) = agree(records)
        {
            *outcome = Err(reason);
        }
    }
    Ok(run)
}

/// Reads what a program printed about a case.
fn records(text: &str, case: &CaseName, classes: &[Class]) -> Result<Vec<Record>, String> {
    let mut records: Vec<Record> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let record: Record = serde_json::from_str(line).map_err(|error| {
            format!("printed no record in line {}: {}", index + 1, plain_text::one_line(&error.to_string()))
        })?;
        if record.case() != case {
            return Err(format!("printed a record of another case, `{}`", record.case()));
        }
        let metric = record.metric();
        if !classes.contains(&metric.class()) {
            return Err(format!("printed `{metric}`, which is not its to measure"));
        }
        if records.iter().any(|earlier| earlier.metric() == metric) {
            return Err(format!("printed `{metric}` twice"));
        }
        records.push(record);
    }
    if records.is_empty() { Err("printed no record".into()) } else { Ok(records) }
}

/// All records of a case must be about the same work.
fn agree(records: &[Record]) -> Result<(), String> {
    let Some(first) = records.first() else { return Err("has no record".into()) };
    match records.iter().find(|record| record.checksum() != first.checksum()) {
        None => Ok(()),
        Some(other) => Err(format!(
            "computed two different things: checksum {} beside `{}`, {} beside `{}`",
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
        records(text, &case, &[Class::Behaviour]).and_then(|records| agree(&records).map(|()| records))
    }

    #[test]
    fn only_records_of_the_case_and_the_class_count() {
        let good = line("a/b/c", "events", "count", 7);
        assert_eq!(read(&good).unwrap().len(), 1);
        assert_eq!(read("").unwrap_err(), "printed no record");
        assert!(read("hello").unwrap_err().starts_with("printed no record in line 1: "));
        assert!(read(&format!("{good}\n\n")).unwrap_err().starts_with("printed no record in line 2: "));
        assert!(read(&line("a/b/d", "events", "count", 7)).unwrap_err().contains("another case, `a/b/d`"));
        assert!(read(&line("a/b/c", "polls", "polls", 7)).unwrap_err().contains("not its to measure"));
        assert!(read(&format!("{good}\n{good}")).unwrap_err().contains("twice"));
        let other = line("a/b/c", "results", "count", 8);
        assert!(read(&format!("{good}\n{other}")).unwrap_err().contains("two different things"));
    }
}
