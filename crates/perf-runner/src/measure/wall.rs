//! Runs `time`: wall time, from several processes, because one process has one memory layout and one moment.

use std::collections::BTreeMap;
use std::time::Duration;

use perf_gate::{CaseName, ProcessLimits};
use perf_judge::run::{CaseList, WallRun, summarise};
use perf_judge::text::counted;

use super::divan_table;
use super::programs::Executables;
use crate::error::Failure;
use crate::process::child::{self, Limits, Messages};
use crate::progress::Progress;

/// How often and how long.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Number of processes; each runs every case.
    pub processes: usize,
    /// Time a case is repeated for within a process.
    pub per_case: Duration,
}

/// Measures those of the chosen cases that are not heavy. A process that dies or a table that cannot be read breaks them
/// all: half a table may hide what is missing from the other half.
pub fn measure(
    executables: &Executables,
    list: &CaseList,
    chosen: &[CaseName],
    effort: Effort,
    progress: &Progress,
) -> Result<WallRun, Failure> {
    let timed =
        |cases: &[CaseName]| -> Vec<CaseName> { cases.iter().filter(|case| !list.is_heavy(case)).cloned().collect() };
    let (all, chosen) = (timed(&list.all), timed(chosen));
    if chosen.is_empty() {
        return Ok(WallRun::new());
    }
    progress.phase(
        "time",
        &format!("{} in each of {}", counted(chosen.len(), "case"), counted(effort.processes, "process")),
    );
    let mut medians: BTreeMap<CaseName, Vec<f64>> = BTreeMap::new();
    for process in 1..=effort.processes {
        progress.at(&format!("process {process} of {}", effort.processes));
        let mut command = executables.command(&executables.time);
        let seconds = |duration: Duration| duration.as_secs_f64().to_string();
        command.args(["--bench", "--color", "never", "--min-time", &seconds(effort.per_case)]);
        command.args(["--max-time", &seconds(effort.per_case * 2)]);
        if chosen.len() < all.len() {
            // Any of these patterns; one may match longer names too, whose rows are then not used.
            command.args(chosen.iter().map(CaseName::as_str));
        }
        // A case takes it a tenth of a second, unless the machine is very busy.
        let limits = Limits::default();
        let time = limits.time + Duration::from_secs(2 * chosen.len() as u64);
        let limits = Limits { time, own: Some(ProcessLimits::TIMED), ..limits };
        let output = child::run(&mut command, limits, Messages::Kept);
        let rows = match output {
            Ok(text) => table(&text, &all),
            Err(error) => Err(error.reason()?),
        };
        match rows {
            Ok(rows) => rows.into_iter().for_each(|(case, ns)| medians.entry(case).or_default().push(ns)),
            Err(reason) => {
                let reason = format!("`time` {reason}");
                let broken = |case: &CaseName| (case.clone(), Err(reason.clone()));
                return Ok(chosen.iter().map(broken).collect());
            }
        }
        progress.step(Progress::process(chosen.len(), effort.per_case));
    }
    let summary = |case: &CaseName| match medians.remove(case) {
        Some(medians) if medians.len() == effort.processes => (case.clone(), summarise(medians)),
        Some(medians) => (case.clone(), Err(format!("timed in {} of {} processes", medians.len(), effort.processes))),
        None => (case.clone(), Err("not timed: `time` has no row for it".into())),
    };
    Ok(chosen.iter().map(summary).collect())
}

/// The median of each row; a row that is no case to time means that `time` and `count` run different things.
fn table(text: &str, all: &[CaseName]) -> Result<BTreeMap<CaseName, f64>, String> {
    let mut medians = BTreeMap::new();
    for row in divan_table::read(text).map_err(|error| format!("printed a table that cannot be read: {error}"))? {
        let leaf = row.path.last().map(String::as_str).unwrap_or_default();
        let case = CaseName::new(leaf).map_err(|error| format!("timed something unknown: {error}"))?;
        if all.binary_search(&case).is_err() {
            return Err(format!("timed `{case}`, which `count --list` does not name, or marks as heavy"));
        }
        if medians.insert(case.clone(), row.median_ns).is_some() {
            return Err(format!("timed `{case}` twice"));
        }
    }
    Ok(medians)
}
