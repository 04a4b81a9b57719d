//! Wall time where it was not measured in pairs with a base: because there is none, or because it is the same.

use perf_gate::{Class, Metric};

use crate::next_step::NextStep;
use crate::row::{Group, Row, Value};
use crate::run::WallRun;
use crate::verdict::Verdict;

/// A row for each case: its time, or why there is none. `verdict` is that of times, with its reason.
pub fn rows(run: &WallRun, verdict: Verdict, why: Option<&str>) -> Vec<Row> {
    let row = |case, verdict| Row::new(Group::Class(Class::Wall), case, Metric::TIME, verdict);
    let rows = run.iter().map(|(case, outcome)| match outcome {
        Ok(time) => {
            let row = row(case, verdict).with_values(None, Some(Value::Number(time.ns)));
            let row = Row { spread: Some(time.spread), ..row };
            match why {
                Some(why) if verdict == Verdict::Inconclusive => row.with_reason(why),
                _ => row,
            }
        }
        Err(why) => {
            Row::without_value(Group::Class(Class::Wall), case, Metric::TIME, why).with_next_step(NextStep::RunTime)
        }
    });
    rows.collect()
}
