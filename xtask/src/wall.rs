//! Runs `time`: wall time, from several processes, because one process has one memory layout and one moment.

use std::collections::BTreeMap;
use std::time::Duration;

use perf_gate::{CaseName, ProcessLimits};

use crate::child::{self, Limits, Messages};
use crate::divan_table;
use crate::exact::CaseList;
use crate::executables::Executables;
use crate::failure::Failure;
use crate::plain_text::counted;
use crate::progress::Progress;
use crate::row::Spread;
use crate::statistics::quantile;

/// How often and how long.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Number of processes; each runs every case.
    pub processes: usize,
    /// Time a case is repeated for within a process.
    pub per_case: Duration,
}

/// The wall time of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WallTime {
    /// Nanoseconds of one operation: the median over processes of the process medians.
    pub ns: u64,
    /// How far the processes disagreed.
    pub spread: Spread,
}

/// For each case its wall time, or why there is none.
pub type WallRun = BTreeMap<CaseName, Result<WallTime, String>>;

/// Measures those of the chosen cases that are not heavy. A process that dies or a table that cannot be read breaks them
/// all: half a table may hide what is missing from the other half.
pub fn measure(
    executables: &Executables,
    list: &CaseList,
    chosen: &[CaseName],
    effort: Effort,
    limits: Limits,
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

/// The wall time that several processes of a case gave.
pub fn summarise(mut medians: Vec<f64>) -> Result<WallTime, String> {
    medians.sort_by(f64::total_cmp);
    let median = quantile(&medians, 0.5);
    let ns = median.round();
    if !(ns >= 1.0 && ns <= i64::MAX as f64) {
        return Err(format!("a median of {median} ns is no duration; the case must do more work an operation"));
    }
    let iqr_percent = (quantile(&medians, 0.75) - quantile(&medians, 0.25)) / median * 100.0;
    Ok(WallTime { ns: ns as u64, spread: Spread { iqr_percent, processes: medians.len() } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_medians_with_its_spread() {
        let time = summarise(vec![104.0, 100.0, 96.0, 102.0, 98.0]).unwrap();
        assert_eq!(time, WallTime { ns: 100, spread: Spread { iqr_percent: 4.0, processes: 5 } });
        assert_eq!(summarise(vec![10.0, 11.0]).unwrap().ns, 11, "10.5 rounds away from zero");
    }

    #[test]
    fn a_duration_of_nothing_is_no_measurement() {
        for bad in [vec![], vec![0.0], vec![0.2, 0.2], vec![f64::NAN], vec![f64::INFINITY], vec![-3.0]] {
            assert!(summarise(bad.clone()).is_err(), "{bad:?}");
        }
    }
}
