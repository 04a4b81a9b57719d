//! The rule of budgets: absolute limits of measured values.

use perf_gate::{CaseName, Metric, Record};

use crate::budget::Budget;
use crate::next_step::NextStep;
use crate::row::{Group, Row, Subject, Value};
use crate::run::{ExactRun, Instructions, NoValue, WallRun, WallTime};
use crate::selection::Selection;
use crate::verdict::Verdict;

/// A row for each budget of a selected case. `instructions` has the counts of each harness.
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
    let Budget { case, metric, unit, limit, source, reference } = budget;
    let row = |verdict, value: Option<u64>| {
        let values = (Some(Value::Number(*limit)), value.map(Value::Number));
        let subject = Subject::Metric { name: *metric, unit: *unit };
        let row = Row::new(Group::Budget, case, subject, verdict).with_values(values.0, values.1);
        Row { reference: reference.clone(), ..row }
    };
    if *metric == Metric::INSTRUCTIONS.name()
        && let Some(reason) = not_counted(case, instructions)
    {
        return row(Verdict::Inconclusive, None).with_reason(Instructions::not_measured(reason));
    }
    let absent = |why: String| {
        let step = NextStep::CorrectBudget { case: case.clone(), metric: *metric };
        row(Verdict::Missing, None).with_reason(why).with_next_step(step)
    };
    match find_value(budget, exact, instructions, wall) {
        BudgetValue::Time(_) if Metric::TIME.unit() != *unit => {
            absent(format!("the unit of the budget is `{unit}`, that of the metric is `{}`", Metric::TIME.unit()))
        }
        BudgetValue::Value(counted, _) if counted.unit() != *unit => {
            absent(format!("the unit of the budget is `{unit}`, that of the metric is `{}`", counted.unit()))
        }
        BudgetValue::Value(_, value) if value <= *limit => row(Verdict::Pass, Some(value)),
        BudgetValue::Time(time) if time.ns <= *limit => row(Verdict::Pass, Some(time.ns)),
        // The median of a few processes can exceed the limit only because the machine was busy.
        BudgetValue::Time(time) if time.min_ns <= *limit => row(Verdict::Inconclusive, Some(time.ns))
            .with_reason(format!(
                "the median is above the budget, the minimum of {} ns is not (interquartile range: {:.0} %)",
                time.min_ns, time.spread.iqr_percent
            ))
            .with_next_step(NextStep::Reproduce(case.clone())),
        BudgetValue::Time(time) => row(Verdict::Regressed, Some(time.ns))
            .with_reason(format!("above the budget, as is the minimum of {} ns: {source}", time.min_ns))
            .with_next_step(NextStep::Reproduce(case.clone()))
            .with_next_step(NextStep::ChangeBudget),
        BudgetValue::Unfinished => {
            row(Verdict::Inconclusive, None).with_reason("the case did not finish in time; see its own row")
        }
        BudgetValue::Value(_, value) => row(Verdict::Regressed, Some(value))
            .with_reason(format!("above the budget: {source}"))
            .with_next_step(NextStep::Reproduce(case.clone()))
            .with_next_step(NextStep::ChangeBudget),
        BudgetValue::Broken => row(Verdict::Broken, None).with_reason("the case has no value; see its own row"),
        BudgetValue::Absent => absent("no case measures this metric".into()),
    }
}

/// The reason why the instructions of a case were not counted, if its harness counted none.
fn not_counted<'a>(case: &CaseName, instructions: &'a [Instructions]) -> Option<&'a str> {
    if instructions.iter().any(|instructions| instructions.get(case).is_some()) {
        return None;
    }
    instructions.iter().find_map(|instructions| match instructions {
        Instructions::NotMeasured(reason) => Some(reason.as_str()),
        Instructions::Measured { .. } => None,
    })
}

enum BudgetValue {
    Value(Metric, u64),
    Time(WallTime),
    Broken,
    Unfinished,
    Absent,
}

fn without_value(why: &NoValue) -> BudgetValue {
    match why {
        NoValue::Broken(_) => BudgetValue::Broken,
        NoValue::Unfinished(_) => BudgetValue::Unfinished,
    }
}

fn find_value(budget: &Budget, exact: &ExactRun, instructions: &[Instructions], wall: &WallRun) -> BudgetValue {
    let case: &CaseName = &budget.case;
    // A broken case was not timed; that differs from a budget of an unknown case.
    if let Some(Err(why)) = exact.get(case) {
        return without_value(why);
    }
    let of_record = |record: &Record| BudgetValue::Value(record.metric(), record.value());
    if budget.metric == Metric::TIME.name() {
        return match wall.get(case) {
            Some(Ok(time)) => BudgetValue::Time(*time),
            Some(Err(why)) => without_value(why),
            None => BudgetValue::Absent,
        };
    }
    if budget.metric == Metric::INSTRUCTIONS.name() {
        return match instructions.iter().find_map(|instructions| instructions.get(case)) {
            Some(Ok(record)) => of_record(record),
            Some(Err(why)) => without_value(why),
            None => BudgetValue::Absent,
        };
    }
    let records = exact.get(case).and_then(|outcome| outcome.as_ref().ok()).into_iter().flatten();
    let mut found = records.filter(|record| record.metric().name() == budget.metric);
    found.next().map_or(BudgetValue::Absent, of_record)
}

#[cfg(test)]
mod tests {
    use perf_gate::{Checksum, Class, Tools, Unit};

    use super::*;
    use crate::run::Spread;

    const PEAK: Metric = Metric::new("heap-peak", Unit::Bytes, Class::Heap);
    const LIVE: Metric = Metric::new("heap-live", Unit::Bytes, Class::Heap);

    fn verdict(metric: Metric, case: &str, limit: u64) -> Option<Verdict> {
        verdict_where(true, metric, case, limit)
    }

    fn verdict_where(counts: bool, metric: Metric, case: &str, limit: u64) -> Option<Verdict> {
        let name = |case: &str| CaseName::new(case).unwrap();
        let record = Record::new(name("a/b/c"), PEAK, 100, Checksum(1)).unwrap();
        let exact = ExactRun::from([
            (name("a/b/c"), Ok(vec![record])),
            (name("a/b/broken"), Err(NoValue::Broken("died".into()))),
        ]);
        let spread = Spread { iqr_percent: 1.0, processes: 5 };
        let wall = WallRun::from([(name("a/b/c"), Ok(WallTime { ns: 100, min_ns: 80, spread }))]);
        let (unit, metric) = (metric.unit(), metric.name());
        let budget = Budget { case: name(case), metric, limit, unit, source: "test".into(), reference: None };
        let selection = Selection::new(Some("a/*")).unwrap();
        let counted = Record::new(name("a/b/c"), Metric::INSTRUCTIONS, 100, Checksum(1)).unwrap();
        let tools = Tools { valgrind: String::new(), libc: String::new() };
        let instructions = match counts {
            true => Instructions::Measured { tools, run: [(name("a/b/c"), Ok(counted))].into() },
            false => Instructions::NotMeasured("no valgrind".into()),
        };
        rows(&[budget], &selection, &exact, &[instructions], &wall).first().map(|row| row.verdict)
    }

    #[test]
    fn a_limit_is_the_last_value_that_passes() {
        for metric in [PEAK, Metric::INSTRUCTIONS] {
            assert_eq!(verdict(metric, "a/b/c", 100), Some(Verdict::Pass));
            assert_eq!(verdict(metric, "a/b/c", 99), Some(Verdict::Regressed));
        }
    }

    /// Beside a running compiler, medians of five processes exceeded limits that were four times the usual time.
    #[test]
    fn a_wall_time_is_above_its_limit_where_every_sample_is() {
        assert_eq!(verdict(Metric::TIME, "a/b/c", 100), Some(Verdict::Pass));
        assert_eq!(verdict(Metric::TIME, "a/b/c", 99), Some(Verdict::Inconclusive));
        assert_eq!(verdict(Metric::TIME, "a/b/c", 80), Some(Verdict::Inconclusive));
        assert_eq!(verdict(Metric::TIME, "a/b/c", 79), Some(Verdict::Regressed));
    }

    #[test]
    fn a_budget_without_a_value_never_passes() {
        assert_eq!(verdict(LIVE, "a/b/c", 100), Some(Verdict::Missing));
        assert_eq!(verdict(PEAK, "a/b/d", 100), Some(Verdict::Missing));
        let in_blocks = Metric::new("heap-peak", Unit::Blocks, Class::Heap);
        assert_eq!(verdict(in_blocks, "a/b/c", 100), Some(Verdict::Missing), "a hundred of something else");
        assert_eq!(verdict(PEAK, "a/b/broken", 100), Some(Verdict::Broken));
        assert_eq!(verdict(Metric::INSTRUCTIONS, "a/b/broken", 100), Some(Verdict::Broken));
        assert_eq!(verdict(Metric::INSTRUCTIONS, "a/b/d", 100), Some(Verdict::Missing));
        assert_eq!(verdict_where(false, Metric::INSTRUCTIONS, "a/b/c", 100), Some(Verdict::Inconclusive));
        assert_eq!(verdict(PEAK, "z/b/c", 100), None, "not selected");
    }
}
