//! Rows of wall time without pairs, because there is no base or nothing measured differs from it.

use perf_gate::{Class, Metric};

use crate::next_step::NextStep;
use crate::row::{Group, Row, Value};
use crate::run::WallRun;
use crate::verdict::Verdict;

/// A row for each case: its time with `verdict` (and the reason `why` if inconclusive), or the reason why it has no time.
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
