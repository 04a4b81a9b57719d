//! The rule of instructions: counts that repeat to less than 0.01 %, judged with a margin of 1 %.
//!
//! The margin covers the compiler's decisions around a neutral change, which move counts by fractions of a percent. Small
//! steps still add up to a regression, because `baseline update` keeps the stored value of a count within the margin.

use jiff::civil::Date;
use perf_gate::{Baseline, Class, Metric, Record};

use super::{BaselineState, acceptance, improved, missing, new, not_comparable, row};
use crate::next_step::NextStep;
use crate::row::{Group, Row};
use crate::run::{ExactRun, Instructions};
use crate::selection::Selection;
use crate::verdict::Verdict;

/// A row for each count, and a MISSING row for each selected count of the baseline that the run lacks. Empty if no
/// instructions were counted, which the report states in a line of its own.
pub fn rows(
    instructions: &Instructions,
    exact: &ExactRun,
    base: BaselineState<'_>,
    selection: &Selection,
    today: Date,
) -> Vec<Row> {
    let Instructions::Measured { run, .. } = instructions else { return Vec::new() };
    let mut rows: Vec<Row> = Vec::new();
    for (case, outcome) in run {
        rows.push(match outcome {
            Ok(record) => judge(record, base, today),
            Err(why) => Row::without_value(Group::Class(Class::Instructions), case, Metric::INSTRUCTIONS, why)
                .with_next_step(NextStep::RunOperations(case.clone())),
        });
    }
    let stored = base.baseline().into_iter().flat_map(Baseline::records);
    let stored = stored.filter(|record| record.metric().class() == Class::Instructions);
    for record in stored.filter(|record| selection.contains(record.case())) {
        // A case that is broken in the exact classes has its row there.
        if !run.contains_key(record.case()) && !matches!(exact.get(record.case()), Some(Err(_))) {
            rows.push(missing(record));
        }
    }
    rows
}

fn judge(record: &Record, base: BaselineState<'_>, today: Date) -> Row {
    let stored = base.baseline().and_then(|baseline| baseline.get(record.case(), record.metric().name()));
    let row = |verdict| row(record, stored, verdict);
    // Without comparable counts it does not matter whether the case is stored.
    match base {
        BaselineState::IncompatibleKey(_, why) => return not_comparable(row(Verdict::Inconclusive), why),
        BaselineState::IncompatibleTools(_, why) => {
            return row(Verdict::Inconclusive).with_reason(why).with_next_step(NextStep::ReplaceInstructions);
        }
        BaselineState::Absent | BaselineState::Comparable(_) => {}
    }
    let Some(stored) = stored else { return new(row(Verdict::New), base) };
    if exceeds_margin(record.value(), stored.value()) {
        let tolerated = |value: u64| !exceeds_margin(record.value(), value);
        acceptance::apply(row, record, "above the baseline by more than 1 %", base.baseline(), today, tolerated)
    } else if u128::from(record.value()) * 100 < u128::from(stored.value()) * 99 {
        improved(row(Verdict::Improved))
    } else {
        row(Verdict::Pass)
    }
}

/// Whether `value` exceeds `base` by more than 1 %.
pub fn exceeds_margin(value: u64, base: u64) -> bool {
    u128::from(value) * 100 > u128::from(base) * 101
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use perf_gate::{Acceptance, CaseName, Checksum, Key, Provenance, Tools};

    use super::*;
    use crate::run::NoValue;

    const TODAY: Date = jiff::civil::date(2026, 7, 1);

    fn case(name: &str) -> CaseName {
        CaseName::new(name).unwrap()
    }

    fn record(name: &str, value: u64) -> Record {
        Record::new(case(name), Metric::INSTRUCTIONS, value, Checksum(7)).unwrap()
    }

    fn tools() -> Tools {
        Tools { valgrind: "3.19.0".into(), libc: "glibc 2.36".into() }
    }

    fn measured(records: &[Record]) -> Instructions {
        let run = records.iter().map(|record| (record.case().clone(), Ok(record.clone()))).collect();
        Instructions::Measured { tools: tools(), run }
    }

    fn baseline(records: Vec<Record>) -> Baseline {
        let text = String::new;
        let key =
            Key { rustc: text(), target: text(), profile: text(), rustflags: text(), packages: text(), inputs: text() };
        Baseline::new(key, Some(tools()), Provenance { commit: text(), machine: text() }, records).unwrap()
    }

    fn verdicts(instructions: &Instructions, exact: &ExactRun, base: BaselineState<'_>) -> BTreeMap<String, Verdict> {
        let rows = rows(instructions, exact, base, &Selection::new(None).unwrap(), TODAY);
        rows.into_iter().map(|row| (row.case.to_string(), row.verdict)).collect()
    }

    fn verdict(now: u64, stored: u64) -> Verdict {
        let stored = baseline(vec![record("a/b/c", stored)]);
        verdicts(&measured(&[record("a/b/c", now)]), &ExactRun::new(), BaselineState::Comparable(&stored))["a/b/c"]
    }

    #[test]
    fn the_margin_is_one_percent_either_way() {
        use Verdict::{Improved, Pass, Regressed};
        for (now, expected) in
            [(9_899, Improved), (9_900, Pass), (10_000, Pass), (10_100, Pass), (10_101, Regressed), (20_000, Regressed)]
        {
            assert_eq!(verdict(now, 10_000), expected, "{now}");
        }
        // Values whose product overflows 64 bits, and values of which 1 % is below 1.
        let largest = i64::MAX as u64;
        assert_eq!((verdict(largest, largest), verdict(largest, largest / 2)), (Pass, Regressed));
        assert_eq!((verdict(3, 3), verdict(4, 3), verdict(2, 3)), (Pass, Regressed, Improved));
    }

    #[test]
    fn instructions_that_were_not_counted_have_no_row() {
        let stored = baseline(vec![record("a/b/c", 10)]);
        let nothing = Instructions::NotMeasured("no valgrind".into());
        assert_eq!(verdicts(&nothing, &ExactRun::new(), BaselineState::Comparable(&stored)), BTreeMap::new());
    }

    #[test]
    fn what_is_gone_is_missing_and_what_is_broken_is_one_row() {
        let stored = baseline(vec![record("a/b/gone", 10), record("a/b/broken", 10), record("a/b/died", 10)]);
        let mut now = measured(&[record("a/b/new", 10)]);
        if let Instructions::Measured { run, .. } = &mut now {
            run.insert(case("a/b/died"), Err(NoValue::Broken("died".into())));
        }
        let exact = ExactRun::from([(case("a/b/broken"), Err(NoValue::Broken("broken elsewhere".into())))]);
        let expected = [("died", Verdict::Broken), ("gone", Verdict::Missing), ("new", Verdict::New)];
        let expected = expected.map(|(name, verdict)| (format!("a/b/{name}"), verdict));
        assert_eq!(verdicts(&now, &exact, BaselineState::Comparable(&stored)), BTreeMap::from(expected));
        let other =
            verdicts(&measured(&[record("a/b/new", 10)]), &exact, BaselineState::IncompatibleKey(&stored, "why"));
        assert_eq!(other["a/b/new"], Verdict::Inconclusive);
        let other =
            verdicts(&measured(&[record("a/b/new", 10)]), &exact, BaselineState::IncompatibleTools(&stored, "why"));
        assert_eq!(other["a/b/new"], Verdict::Inconclusive);
    }

    #[test]
    fn an_acceptance_covers_its_value_and_the_margin() {
        let verdict = |now, expires: &str| {
            let mut stored = baseline(vec![record("a/b/c", 1_000)]);
            let (case, metric, reason) = (case("a/b/c"), Metric::INSTRUCTIONS, "because".to_owned());
            stored.accepted.push(Acceptance {
                case,
                metric: metric.name(),
                value: 1_100,
                reason,
                expires: expires.into(),
            });
            verdicts(&measured(&[record("a/b/c", now)]), &ExactRun::new(), BaselineState::Comparable(&stored))["a/b/c"]
        };
        assert_eq!(verdict(1_010, "2026-07-01"), Verdict::Pass);
        assert_eq!(verdict(1_011, "2026-07-01"), Verdict::Accepted);
        assert_eq!(verdict(1_111, "2026-07-01"), Verdict::Accepted);
        assert_eq!(verdict(1_112, "2026-07-01"), Verdict::Regressed);
        assert_eq!(verdict(1_100, "2026-06-30"), Verdict::Regressed);
    }
}
