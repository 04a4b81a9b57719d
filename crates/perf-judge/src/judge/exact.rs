//! The rule of behaviour, quality, schedule and heap: the values repeat exactly, so any difference is a change. And that of size
//! and resident memory, which repeat within a margin: a difference beyond the margin is a change.

use std::cmp::Ordering;

use jiff::civil::Date;
use perf_gate::{Baseline, CaseName, Class, Record};

use super::{BaselineState, acceptance, improved, missing, new, not_comparable, regressed, row};
use crate::next_step::NextStep;
use crate::row::{Group, Row, Subject, Value};
use crate::run::ExactRun;
use crate::selection::Selection;
use crate::verdict::Verdict;

/// A row for each value of the run, a checksum row for each case, and a MISSING row for each selected value of the baseline
/// that the run lacks.
pub fn rows(run: &ExactRun, base: BaselineState<'_>, selection: &Selection, today: Date) -> Vec<Row> {
    let mut rows = Vec::new();
    for (case, outcome) in run {
        match outcome {
            Ok(records) => measured(case, records, base, today, &mut rows),
            Err(why) => rows.push(
                Row::without_value(Group::Class(Class::Behaviour), case, Subject::Case, why)
                    .with_next_step(NextStep::RunCount(case.clone())),
            ),
        }
    }
    let stored = base.baseline().into_iter().flat_map(Baseline::records);
    let stored = stored.filter(|record| record.metric().class().is_printed());
    for record in stored.filter(|record| selection.contains(record.case())) {
        let gone = match run.get(record.case()) {
            Some(Ok(records)) => !records.iter().any(|now| now.metric().name() == record.metric().name()),
            // A broken case already has its own row.
            Some(Err(_)) => false,
            None => true,
        };
        if gone {
            rows.push(missing(record));
        }
    }
    rows
}

/// Margin of the size of a program in percent. A build repeats to the byte, and a neutral change moves it by parts of a percent.
const SIZE_PERCENT: u128 = 1;

/// Margin of resident memory in percent: twice the range over processes of one program on two file systems. The system maps
/// pages of files in groups, and counts resident pages in batches.
const RESIDENT_PERCENT: u128 = 20;

fn measured(case: &CaseName, records: &[Record], base: BaselineState<'_>, today: Date, rows: &mut Vec<Row>) {
    let stored_checksum = base.baseline().and_then(|baseline| baseline.records().find(|record| record.case() == case));
    if let Some(record) = records.first() {
        let row = |verdict| {
            let stored = stored_checksum.map(|stored| Value::Checksum(stored.checksum()));
            Row::new(Group::Class(Class::Behaviour), case, Subject::Checksum, verdict)
                .with_values(stored, Some(Value::Checksum(record.checksum())))
        };
        rows.push(match (base, stored_checksum) {
            (_, None) => new(row(Verdict::New), base),
            (BaselineState::IncompatibleKey(_, why), _) => not_comparable(row(Verdict::Inconclusive), why),
            (_, Some(stored)) if stored.checksum() == record.checksum() => row(Verdict::Pass),
            _ => regressed(row(Verdict::Regressed), "computed a different result"),
        });
    }
    rows.extend(records.iter().map(|record| judge(record, base, today)));
}

fn judge(record: &Record, base: BaselineState<'_>, today: Date) -> Row {
    let (case, metric) = (record.case(), record.metric());
    let stored = base.baseline().and_then(|baseline| baseline.get(case, metric.name()));
    let row = |verdict| row(record, stored, verdict);
    let Some(stored) = stored else { return new(row(Verdict::New), base) };
    let baseline = match base {
        BaselineState::IncompatibleKey(_, why) => return not_comparable(row(Verdict::Inconclusive), why),
        BaselineState::Comparable(_) | BaselineState::IncompatibleTools(..) | BaselineState::Absent => base.baseline(),
    };
    if stored.metric() != metric {
        let (now, before) = (metric, stored.metric());
        let why = format!(
            "the unit is `{}` and the class {}; in the baseline they are `{}` and {}",
            now.unit(),
            now.class(),
            before.unit(),
            before.class()
        );
        // An acceptance was made under the old unit and class, so it does not apply.
        return regressed(row(Verdict::Regressed), &why);
    }
    let change = match (metric.class(), compare(metric.class(), record.value(), stored.value())) {
        (_, Ordering::Equal) => return row(Verdict::Pass),
        (Class::Behaviour, Ordering::Less) => "the count decreased",
        (Class::Behaviour, Ordering::Greater) => "the count increased",
        (Class::Quality, Ordering::Less) => "the quality decreased",
        (Class::Quality, Ordering::Greater) => return improved(row(Verdict::Improved)),
        (Class::Size, Ordering::Greater) => "above the baseline by more than 1 %",
        (Class::Resident, Ordering::Greater) => "above the baseline by more than 20 %",
        (_, Ordering::Less) => return improved(row(Verdict::Improved)),
        (_, Ordering::Greater) => "higher than the baseline",
    };
    let tolerated = |value: u64| match metric.class() {
        // For behaviour only the accepted value passes; a smaller one is a different change.
        Class::Behaviour => record.value() == value,
        Class::Quality => record.value() >= value,
        class => !exceeds_margin(class, record.value(), value),
    };
    acceptance::apply(row, record, change, baseline, today, tolerated)
}

/// Whether a value is above a stored one by more than the margin of its class, which is 0 for classes that repeat exactly.
pub fn exceeds_margin(class: Class, value: u64, stored: u64) -> bool {
    compare(class, value, stored) == Ordering::Greater
}

/// Compares a value with a stored one; equal includes the margin of the class.
fn compare(class: Class, value: u64, stored: u64) -> Ordering {
    let percent = match class {
        Class::Size => SIZE_PERCENT,
        Class::Resident => RESIDENT_PERCENT,
        _ => return value.cmp(&stored),
    };
    let (value, stored) = (u128::from(value) * 100, u128::from(stored));
    if value > stored * (100 + percent) {
        Ordering::Greater
    } else if value < stored * (100 - percent) {
        Ordering::Less
    } else {
        Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use perf_gate::{Acceptance, Checksum, Key, Metric, Provenance, Unit};
    use proptest::prelude::*;

    use super::*;
    use crate::run::NoValue;

    const EVENTS: Metric = Metric::new("events", Unit::Count, Class::Behaviour);
    const RIGHT: Metric = Metric::new("right", Unit::Count, Class::Quality);
    const POLLS: Metric = Metric::new("polls", Unit::Polls, Class::Schedule);
    const BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);

    const TODAY: Date = jiff::civil::date(2026, 7, 1);

    fn case(number: usize) -> CaseName {
        CaseName::new(format!("s/c/{number}")).unwrap()
    }

    fn record(case_number: usize, metric: Metric, value: u64) -> Record {
        Record::new(case(case_number), metric, value, Checksum(case_number as u64)).unwrap()
    }

    fn run(records: &[Record]) -> ExactRun {
        let mut run = ExactRun::new();
        for record in records {
            run.entry(record.case().clone()).or_insert(Ok(Vec::new())).as_mut().unwrap().push(record.clone());
        }
        run
    }

    fn baseline(records: &[Record]) -> Baseline {
        let text = String::new;
        let key =
            Key { rustc: text(), target: text(), profile: text(), rustflags: text(), packages: text(), inputs: text() };
        Baseline::new(key, None, Provenance { commit: text(), machine: text() }, records.to_vec()).unwrap()
    }

    fn compare(now: &[Record], stored: &[Record]) -> Vec<Row> {
        rows(&run(now), BaselineState::Comparable(&baseline(stored)), &Selection::new(None).unwrap(), TODAY)
    }

    fn not_passed(rows: &[Row]) -> Vec<(Verdict, String, Subject)> {
        let not_passed = rows.iter().filter(|row| row.verdict != Verdict::Pass);
        not_passed.map(|row| (row.verdict, row.case.to_string(), row.subject)).collect()
    }

    /// Random records of exact classes, for up to twelve cases.
    fn records() -> impl Strategy<Value = Vec<Record>> {
        let row = (0usize..12, prop::sample::select(vec![EVENTS, RIGHT, POLLS, BLOCKS]));
        prop::collection::btree_map(row, 1..i64::MAX as u64, 1..60)
            .prop_map(|rows| rows.into_iter().map(|((case, metric), value)| record(case, metric, value)).collect())
    }

    proptest! {
        #[test]
        fn a_run_passes_against_itself(records in records()) {
            let rows = compare(&records, &records);
            prop_assert_eq!(not_passed(&rows), vec![]);
            let cases = run(&records).len();
            prop_assert_eq!(rows.len(), records.len() + cases, "each value once, and a checksum a case");
        }

        #[test]
        fn one_raised_value_is_the_only_row_that_does_not_pass(records in records(), at in any::<prop::sample::Index>()) {
            let mut now = records.clone();
            let raised = at.get_mut(&mut now);
            *raised = record_with(raised, raised.value() + 1);
            let verdict = match raised.metric().class() {
                Class::Quality => Verdict::Improved,
                _ => Verdict::Regressed,
            };
            let expected = (verdict, raised.case().to_string(), Subject::from(raised.metric()));
            prop_assert_eq!(not_passed(&compare(&now, &records)), vec![expected]);
        }

        #[test]
        fn one_lowered_value_is_improved_where_less_is_better(records in records(), at in any::<prop::sample::Index>()) {
            let mut now = records.clone();
            let lowered = at.get_mut(&mut now);
            *lowered = record_with(lowered, lowered.value() - 1);
            let verdict = match lowered.metric().class() {
                Class::Behaviour | Class::Quality => Verdict::Regressed,
                _ => Verdict::Improved,
            };
            let expected = (verdict, lowered.case().to_string(), Subject::from(lowered.metric()));
            prop_assert_eq!(not_passed(&compare(&now, &records)), vec![expected]);
        }

        #[test]
        fn a_removed_record_is_missing_and_an_added_one_new(records in records(), at in any::<prop::sample::Index>()) {
            prop_assume!(records.len() > 1);
            let mut fewer = records.clone();
            let gone = fewer.remove(at.index(records.len()));
            let subject = Subject::from(gone.metric());
            let expected = (Verdict::Missing, gone.case().to_string(), subject);
            prop_assert_eq!(not_passed(&compare(&fewer, &records)), vec![expected]);
            let verdicts: BTreeMap<_, _> =
                compare(&records, &fewer).into_iter().map(|row| ((row.case, row.subject), row.verdict)).collect();
            prop_assert_eq!(verdicts.get(&(gone.case().clone(), subject)), Some(&Verdict::New));
        }
    }

    fn record_with(record: &Record, value: u64) -> Record {
        Record::new(record.case().clone(), record.metric(), value, record.checksum()).unwrap()
    }

    #[test]
    fn another_checksum_fails_with_equal_values() {
        let stored = [record(1, EVENTS, 5)];
        let now = [Record::new(case(1), EVENTS, 5, Checksum(99)).unwrap()];
        assert_eq!(not_passed(&compare(&now, &stored)), [(Verdict::Regressed, "s/c/1".into(), Subject::Checksum)]);
    }

    /// Otherwise a metric could move to a class in which an increase is no regression.
    #[test]
    fn another_unit_or_class_fails_with_an_equal_value() {
        let stored = [record(1, BLOCKS, 5)];
        for other in [
            Metric::new("heap-blocks", Unit::Bytes, Class::Heap),
            Metric::new("heap-blocks", Unit::Blocks, Class::Quality),
        ] {
            let rows = compare(&[record(1, other, 5)], &stored);
            assert_eq!(not_passed(&rows), [(Verdict::Regressed, "s/c/1".into(), Subject::from(other))]);
        }
    }

    #[test]
    fn size_has_a_margin_of_1_percent_and_resident_memory_of_20_percent() {
        const PROGRAM: Metric = Metric::new("program-size", Unit::Bytes, Class::Size);
        const PEAK: Metric = Metric::new("resident-peak", Unit::Bytes, Class::Resident);
        use Verdict::{Improved, Pass, Regressed};
        for (metric, margin) in [(PROGRAM, 1_000), (PEAK, 20_000)] {
            for (now, expected) in [
                (99_999 - margin, Improved),
                (100_000 - margin, Pass),
                (100_000 + margin, Pass),
                (100_001 + margin, Regressed),
            ] {
                let rows = compare(&[record(1, metric, now)], &[record(1, metric, 100_000)]);
                let row = rows.iter().find(|row| row.subject == Subject::from(metric)).unwrap();
                assert_eq!(row.verdict, expected, "{metric} {now}");
            }
        }
        let gone = compare(&[record(1, EVENTS, 1)], &[record(1, EVENTS, 1), record(1, PEAK, 100)]);
        assert_eq!(not_passed(&gone), [(Verdict::Missing, "s/c/1".into(), Subject::from(PEAK))]);
    }

    #[test]
    fn a_broken_case_is_one_row() {
        let stored = [record(1, EVENTS, 5), record(1, BLOCKS, 5), record(2, EVENTS, 5)];
        let mut now = run(&stored);
        now.insert(case(1), Err(NoValue::Broken("died".into())));
        let rows = rows(&now, BaselineState::Comparable(&baseline(&stored)), &Selection::new(None).unwrap(), TODAY);
        assert_eq!(not_passed(&rows), [(Verdict::Broken, "s/c/1".into(), Subject::Case)]);
    }

    /// A busy machine is not a fault of the change.
    #[test]
    fn a_case_that_did_not_end_in_time_is_not_judged() {
        let stored = [record(1, EVENTS, 5), record(2, EVENTS, 5)];
        let mut now = run(&stored);
        now.insert(case(1), Err(NoValue::Unfinished("did not end".into())));
        let rows = rows(&now, BaselineState::Comparable(&baseline(&stored)), &Selection::new(None).unwrap(), TODAY);
        assert_eq!(not_passed(&rows), [(Verdict::Inconclusive, "s/c/1".into(), Subject::Case)]);
    }

    #[test]
    fn another_key_judges_names_but_no_values() {
        let stored = [record(1, BLOCKS, 5), record(2, BLOCKS, 5)];
        let now = [record(1, BLOCKS, 6), record(3, BLOCKS, 5)];
        let stored = baseline(&stored);
        let rows =
            rows(&run(&now), BaselineState::IncompatibleKey(&stored, "why"), &Selection::new(None).unwrap(), TODAY);
        let blocks = Subject::from(BLOCKS);
        assert_eq!(
            not_passed(&rows),
            [
                (Verdict::Inconclusive, "s/c/1".into(), Subject::Checksum),
                (Verdict::Inconclusive, "s/c/1".into(), blocks),
                (Verdict::New, "s/c/3".into(), Subject::Checksum),
                (Verdict::New, "s/c/3".into(), blocks),
                (Verdict::Missing, "s/c/2".into(), blocks),
            ]
        );
    }

    #[test]
    fn a_selection_leaves_other_baseline_rows_alone() {
        let stored = [record(1, BLOCKS, 5), record(2, BLOCKS, 5)];
        let selection = Selection::new(Some("s/c/1")).unwrap();
        let rows = rows(&run(&stored[..1]), BaselineState::Comparable(&baseline(&stored)), &selection, TODAY);
        assert_eq!(not_passed(&rows), []);
    }

    #[test]
    fn an_acceptance_holds_up_to_its_value_and_day() {
        let verdict = |metric, now: u64, accepted: u64, expires: &str| {
            let mut stored = baseline(&[record(1, metric, 10)]);
            let (case, reason) = (case(1), "because".to_owned());
            let name = metric.name();
            stored.accepted.push(Acceptance { case, metric: name, value: accepted, reason, expires: expires.into() });
            let now = run(&[record(1, metric, now)]);
            let rows = rows(&now, BaselineState::Comparable(&stored), &Selection::new(None).unwrap(), TODAY);
            let row = rows.into_iter().find(|row| row.subject == Subject::from(metric)).unwrap();
            (row.verdict, row.reason.unwrap_or_default())
        };
        use Verdict::{Accepted, Improved, Pass, Regressed};
        let heap = |now, expires| verdict(BLOCKS, now, 12, expires);
        assert_eq!(heap(12, "2026-07-01"), (Accepted, "until 2026-07-01: because".into()), "the last day counts");
        assert_eq!(heap(11, "2026-07-02").0, Accepted);
        assert_eq!(heap(13, "2026-07-02"), (Regressed, "higher than the baseline, and beyond the accepted 12".into()));
        assert_eq!(heap(12, "2026-06-30"), (Regressed, "its acceptance expired on 2026-06-30 (because)".into()));
        assert_eq!(heap(10, "2026-06-30").0, Pass, "no longer needed");
        assert_eq!(heap(9, "2026-06-30").0, Improved);
        assert_eq!(verdict(EVENTS, 8, 8, "2026-07-01").0, Accepted);
        assert_eq!(verdict(EVENTS, 7, 8, "2026-07-01").0, Regressed, "another value than the accepted one");
    }
}
