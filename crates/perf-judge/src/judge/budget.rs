//! Absolute limits of anything that was measured.

use perf_gate::{CaseName, Class};

use crate::budget::Budget;
use crate::next_step::NextStep;
use crate::row::{Group, Row, Subject, Value};
use crate::run::{ExactRun, Instructions, WallRun};
use crate::selection::Selection;
use crate::verdict::Verdict;

/// A row for each budget of the selected cases. `instructions` are those of each harness.
pub fn rows(
    budgets: &[Budget],
    selection: &Selection,
    exact: &ExactRun,
    instructions: &[Instructions],
    wall: &WallRun,
) -> Vec<Row> {
    let selected = budgets.iter().filter(|budget| selection.contains(&budget.case));
    selected.map(|budget| row(budget, exact, instructions, wall)).collect()
}

fn row(budget: &Budget, exact: &ExactRun, instructions: &[Instructions], wall: &WallRun) -> Row {
    let Budget { case, metric, limit, source, reference, .. } = budget;
    let row = |verdict, value: Option<u64>| {
        let values = (Some(Value::Number(*limit)), value.map(Value::Number));
        let row = Row::new(Group::Budget, case, Subject::Metric(*metric), verdict).values(values.0, values.1);
        Row { reference: reference.clone(), ..row }
    };
    if let (Class::Instructions, Some(reason)) = (metric.class(), not_counted(case, instructions)) {
        return row(Verdict::Inconclusive, None).because(Instructions::not_measured(reason));
    }
    match measured(budget, exact, instructions, wall) {
        Measured::Value(value) if value <= *limit => row(Verdict::Pass, Some(value)),
        Measured::Value(value) => row(Verdict::Regressed, Some(value))
            .because(format!("above the budget: {source}"))
            .then(NextStep::Reproduce(case.clone()))
            .then(NextStep::ChangeBudget),
        Measured::Broken => row(Verdict::Broken, None).because("the case gave no value; see its own row"),
        Measured::Absent => row(Verdict::Missing, None)
            .because("a budget that nothing measures")
            .then(NextStep::CorrectBudget { case: case.clone(), metric: *metric }),
    }
}

/// Why nobody counted the instructions of a case, if a harness could not count any.
fn not_counted<'a>(case: &CaseName, instructions: &'a [Instructions]) -> Option<&'a str> {
    if instructions.iter().any(|instructions| instructions.get(case).is_some()) {
        return None;
    }
    instructions.iter().find_map(|instructions| match instructions {
        Instructions::NotMeasured(reason) => Some(reason.as_str()),
        Instructions::Measured { .. } => None,
    })
}

enum Measured {
    Value(u64),
    Broken,
    Absent,
}

fn measured(budget: &Budget, exact: &ExactRun, instructions: &[Instructions], wall: &WallRun) -> Measured {
    let case: &CaseName = &budget.case;
    // It was not timed then, which is not the same as a budget that nothing measures.
    if matches!(exact.get(case), Some(Err(_))) {
        return Measured::Broken;
    }
    let in_exact = exact.get(case).map(|outcome| {
        let records = outcome.as_ref();
        records.map(|records| records.iter().find(|record| record.metric() == budget.metric).map(|r| r.value()))
    });
    let value = match budget.metric.class() {
        Class::Wall => wall.get(case).map(|outcome| outcome.as_ref().map(|time| Some(time.ns))),
        // A case that is broken elsewhere was not counted.
        Class::Instructions => instructions
            .iter()
            .find_map(|instructions| instructions.get(case))
            .map(|outcome| outcome.as_ref().map(|record| Some(record.value())))
            .or_else(|| in_exact.filter(Result::is_err)),
        Class::Behaviour | Class::Quality | Class::Schedule | Class::Heap => in_exact,
    };
    match value {
        Some(Ok(Some(value))) => Measured::Value(value),
        Some(Err(_)) => Measured::Broken,
        Some(Ok(None)) | None => Measured::Absent,
    }
}

#[cfg(test)]
mod tests {
    use perf_gate::{Checksum, Metric, Record, Tools};

    use super::*;
    use crate::run::{Spread, WallTime};

    fn verdict(metric: Metric, case: &str, limit: u64) -> Option<Verdict> {
        verdict_where(true, metric, case, limit)
    }

    fn verdict_where(counts: bool, metric: Metric, case: &str, limit: u64) -> Option<Verdict> {
        let name = |case: &str| CaseName::new(case).unwrap();
        let record = Record::new(name("a/b/c"), Metric::HeapPeak, 100, Checksum(1)).unwrap();
        let exact = ExactRun::from([(name("a/b/c"), Ok(vec![record])), (name("a/b/broken"), Err("died".into()))]);
        let spread = Spread { iqr_percent: 1.0, processes: 5 };
        let wall = WallRun::from([(name("a/b/c"), Ok(WallTime { ns: 100, spread }))]);
        let budget = Budget { case: name(case), metric, limit, unit: None, source: "test".into(), reference: None };
        let selection = Selection::new(Some("a/*")).unwrap();
        let counted = Record::new(name("a/b/c"), Metric::Instructions, 100, Checksum(1)).unwrap();
        let tools = Tools { valgrind: String::new(), libc: String::new() };
        let instructions = match counts {
            true => Instructions::Measured { tools, run: [(name("a/b/c"), Ok(counted))].into() },
            false => Instructions::NotMeasured("no valgrind".into()),
        };
        rows(&[budget], &selection, &exact, &[instructions], &wall).first().map(|row| row.verdict)
    }

    #[test]
    fn a_limit_is_the_last_value_that_passes() {
        for metric in [Metric::HeapPeak, Metric::Time, Metric::Instructions] {
            assert_eq!(verdict(metric, "a/b/c", 100), Some(Verdict::Pass));
            assert_eq!(verdict(metric, "a/b/c", 99), Some(Verdict::Regressed));
        }
    }

    #[test]
    fn what_is_not_measured_is_never_green() {
        assert_eq!(verdict(Metric::HeapLive, "a/b/c", 100), Some(Verdict::Missing));
        assert_eq!(verdict(Metric::HeapPeak, "a/b/d", 100), Some(Verdict::Missing));
        assert_eq!(verdict(Metric::HeapPeak, "a/b/broken", 100), Some(Verdict::Broken));
        assert_eq!(verdict(Metric::Instructions, "a/b/broken", 100), Some(Verdict::Broken));
        assert_eq!(verdict(Metric::Instructions, "a/b/d", 100), Some(Verdict::Missing));
        assert_eq!(verdict_where(false, Metric::Instructions, "a/b/c", 100), Some(Verdict::Inconclusive));
        assert_eq!(verdict(Metric::HeapPeak, "z/b/c", 100), None, "not selected");
    }
}
