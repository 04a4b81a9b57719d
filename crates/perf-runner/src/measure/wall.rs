//! Measures wall time with `time`, in several processes, because one process has only one memory layout.

use std::collections::BTreeMap;
use std::time::Duration;

use perf_gate::{CaseName, ProcessLimits};
use perf_judge::pairs::Times;
use perf_judge::run::{CaseList, NoValue, WallRun, summarise};
use perf_judge::text::pluralize;

use super::divan_table;
use super::programs::BenchPrograms;
use crate::error::{CaseError, Error};
use crate::process::child::{self, Limits, StderrMode};
use crate::progress::Progress;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct TimingEffort {
    /// Number of processes; each measures every case.
    pub processes: usize,
    /// Minimum time of a case in a process.
    pub per_case: Duration,
}

/// Measures the chosen cases that are timed. If a process fails or prints an invalid table, all cases are broken, because
/// the rest of that table cannot be trusted.
///
/// # Errors
/// On an interruption.
pub fn measure(
    programs: &BenchPrograms,
    list: &CaseList,
    chosen: &[CaseName],
    effort: TimingEffort,
    progress: &Progress,
) -> Result<WallRun, Error> {
    let timed =
        |cases: &[CaseName]| -> Vec<CaseName> { cases.iter().filter(|case| list.is_timed(case)).cloned().collect() };
    let (all, chosen) = (timed(&list.all), timed(chosen));
    if chosen.is_empty() {
        return Ok(WallRun::new());
    }
    progress.start_phase(
        "time",
        &format!("{} in each of {}", pluralize(chosen.len(), "case"), pluralize(effort.processes, "process")),
    );
    let mut times: BTreeMap<CaseName, Vec<Times>> = BTreeMap::new();
    for process in 1..=effort.processes {
        progress.set_current(&format!("process {process} of {}", effort.processes));
        let mut command = programs.command(&programs.time);
        let seconds = |duration: Duration| duration.as_secs_f64().to_string();
        command.args(["--bench", "--color", "never", "--min-time", &seconds(effort.per_case)]);
        command.args(["--max-time", &seconds(effort.per_case * 2)]);
        if chosen.len() < all.len() {
            // A pattern may match longer names too; their rows are ignored.
            command.args(chosen.iter().map(CaseName::as_str));
        }
        // This workspace's `time` renews its CPU limit for each case; other programs have one limit for all cases.
        let own = ProcessLimits::TIMED;
        let limits = Limits::of_cpu_seconds(own.processor_seconds + 2 * chosen.len() as u64);
        let output = child::run(&mut command, Limits { own_limits: Some(own), ..limits }, StderrMode::Capture);
        let rows = match output {
            Ok(text) => parse_table(&text, &all).map_err(NoValue::Broken),
            Err(error) => Err(CaseError::from(error).no_value()?),
        };
        match rows {
            Ok(rows) => rows.into_iter().for_each(|(case, time)| times.entry(case).or_default().push(time)),
            Err(why) => {
                let why = why.with_program("`time`");
                return Ok(chosen.iter().map(|case| (case.clone(), Err(why.clone()))).collect());
            }
        }
        progress.advance(Progress::timing_process_ms(chosen.len(), effort.per_case));
    }
    let broken = |why: String| Err(NoValue::Broken(why));
    let summary = |case: &CaseName| match times.remove(case) {
        Some(times) if times.len() == effort.processes => {
            let minimum: Vec<f64> = times.iter().map(|times| times.minimum).collect();
            (case.clone(), summarise(times.iter().map(|times| times.median).collect(), &minimum))
        }
        Some(times) => (case.clone(), broken(format!("timed in {} of {} processes", times.len(), effort.processes))),
        None => (case.clone(), broken("not timed: `time` printed no row for it".into())),
    };
    Ok(chosen.iter().map(summary).collect())
}

/// Parses divan's table into times by case. An unknown case is an error, because `time` and `count` then run different cases.
fn parse_table(text: &str, all: &[CaseName]) -> Result<BTreeMap<CaseName, Times>, String> {
    let mut times = BTreeMap::new();
    for row in divan_table::read(text).map_err(|error| format!("printed an invalid table: {error}"))? {
        let leaf = row.path.last().map(String::as_str).unwrap_or_default();
        let case = CaseName::new(leaf).map_err(|error| format!("timed an unknown case: {error}"))?;
        if all.binary_search(&case).is_err() {
            return Err(format!("timed `{case}`, which `count --list` does not list, or marks as heavy or untimed"));
        }
        let of_row = row.times();
        if times.insert(case.clone(), of_row).is_some() {
            return Err(format!("timed `{case}` twice"));
        }
    }
    Ok(times)
}
