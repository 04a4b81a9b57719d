//! Measures exact values of the base on this machine, if the stored ones are not comparable.

use std::collections::BTreeSet;
use std::fs;

use perf_gate::{Baseline, CaseName, Key, Provenance, Record};
use perf_judge::run::{ExactRun, Instructions};

use super::side::BuiltSide;
use crate::error::Error;
use crate::files::bench_data;
use crate::measure::callgrind::InstructionCounter;
use crate::measure::instructions::Countable;
use crate::measure::{exact, instructions};
use crate::progress::Progress;
use crate::workspace::{Harness, Workspace};

/// Measures the base, and returns its values as a baseline; `None` if no case could be measured.
///
/// # Errors
/// If the base lists no cases, or on an interruption.
pub fn measure(
    base: &BuiltSide,
    counter: &InstructionCounter,
    key: &Key,
    cases: &[CaseName],
    progress: &Progress,
) -> Result<Option<Baseline>, Error> {
    let list = exact::list_cases(&base.programs)?;
    let there: Vec<_> = cases.iter().filter(|case| list.all.contains(case)).cloned().collect();
    let exact = exact::measure(&base.programs, &list, &there, progress)?;
    let countable = Countable { counter, programs: &base.programs, list: &list, exact: &exact };
    let instructions = instructions::measure(countable, progress)?;
    let mut records: Vec<Record> = exact.into_values().filter_map(Result::ok).flatten().collect();
    let mut tools = None;
    if let Instructions::Measured { tools: with, run } = instructions {
        let counted: Vec<Record> = run.into_values().filter_map(Result::ok).collect();
        tools = (!counted.is_empty()).then_some(with);
        records.extend(counted);
    }
    let provenance = Provenance { commit: String::new(), machine: String::new() };
    Ok(Baseline::new(key.clone(), tools, provenance, records).ok())
}

/// The baseline that the base stores for the target of `key`, if it is valid; `base` is the workspace at the base commit.
pub fn stored_baseline(base: &Workspace, harness: &Harness, key: &Key) -> Option<Baseline> {
    let file = base.data_dir().join("baselines").join(bench_data::baseline_file_name(harness, &key.target));
    Baseline::from_toml(&fs::read_to_string(file).ok()?).ok()
}

/// Applies the change of the stored baseline to the measured base. `declared` is the baseline in the base, and `stored` that of
/// the change. If they differ in a value, the difference was reviewed, and the measured value moves by it. Otherwise an
/// accepted cost would fail on every other machine.
pub fn adjust_for_baseline_change(base: &Baseline, stored: Option<&Baseline>, declared: Option<&Baseline>) -> Baseline {
    let moved = |record: &Record| {
        let (case, metric) = (record.case(), record.metric());
        let both = (
            stored.and_then(|stored| stored.get(case, metric.name())),
            declared.and_then(|base| base.get(case, metric.name())),
        );
        let (Some(now), Some(before)) = both else { return record.clone() };
        let value = adjust_value(record.value(), before.value(), now.value());
        let checksum = if now.checksum() == before.checksum() { record.checksum() } else { now.checksum() };
        Record::new(case.clone(), metric, value, checksum).unwrap_or_else(|_| record.clone())
    };
    let records = base.records().map(moved).collect();
    let provenance = Provenance { commit: String::new(), machine: String::new() };
    let mut here =
        Baseline::new(base.key.clone(), base.tools.clone(), provenance, records).unwrap_or_else(|_| base.clone());
    let accepted = stored.into_iter().flat_map(|stored| &stored.accepted);
    here.accepted = accepted.filter(|entry| here.get(&entry.case, entry.metric).is_some()).cloned().collect();
    here
}

/// Moves `measured` as the stored value moved from `before` to `now`: by the same difference or by the same ratio, whichever is
/// larger. One more allocation is a difference, 10 % more work a ratio.
fn adjust_value(measured: u64, before: u64, now: u64) -> u64 {
    if now == before {
        return measured;
    }
    let shifted = (u128::from(measured) + u128::from(now)).saturating_sub(u128::from(before));
    // A ratio to 0 is undefined.
    let scaled = if before == 0 { 0 } else { (u128::from(measured) * u128::from(now)).div_ceil(u128::from(before)) };
    u64::try_from(shifted.max(scaled)).unwrap_or(u64::MAX)
}

/// The cases that compute another result in the base, or that it does not have; for a base that was built with its own cases.
///
/// # Errors
/// If the base lists no cases, or on an interruption.
pub fn changed_cases(
    base: &BuiltSide,
    head: &ExactRun,
    cases: &[CaseName],
    progress: &Progress,
) -> Result<BTreeSet<CaseName>, Error> {
    let list = exact::list_cases(&base.programs)?;
    let there: Vec<_> = cases.iter().filter(|case| list.all.contains(case)).cloned().collect();
    let base = exact::measure(&base.programs, &list, &there, progress)?;
    let checksum = |run: &ExactRun, case: &CaseName| Some(run.get(case)?.as_ref().ok()?.first()?.checksum());
    let same = |case: &&CaseName| checksum(&base, case).is_some() && checksum(&base, case) == checksum(head, case);
    Ok(cases.iter().filter(|case| !same(case)).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_moves_with_the_stored_value() {
        for (measured, before, now, moved) in [
            (56, 80, 80, 56),
            (56, 56, 57, 57),
            (56, 80, 81, 57),
            (1_000, 100, 110, 1_100),
            (56, 80, 79, 56),
            (1_000, 100, 50, 950),
            (0, 0, 3, 3),
            (2, 0, 3, 5),
            (2, 5, 0, 0),
            (u64::MAX, 1, u64::MAX, u64::MAX),
        ] {
            assert_eq!(adjust_value(measured, before, now), moved, "{measured} {before} {now}");
        }
    }
}
