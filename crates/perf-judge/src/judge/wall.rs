//! Wall time where it was not measured in pairs with a base: because there is none, or because it is the same.

use perf_gate::{Class, Metric};

use crate::next_step::NextStep;
use crate::row::{Group, Row, Value};
use crate::run::WallRun;
use crate::verdict::Verdict;

/// A row for each case: its time, or why there is none. `verdict` is that of times, with its reason.
pub fn rows(run: &WallRun, verdict: Verdict, why: Option<&str>) -> Vec<Row> {
    let row = |case, verdict| Row::new(Group::Of(Class::Wall), case, Metric::TIME, verdict);
    let rows = run.iter().map(|(case, outcome)| match outcome {
        Ok(time) => {
            let row = row(case, verdict).values(None, Some(Value::Number(time.ns)));
            let row = Row { spread: Some(time.spread), ..row };
            match why {
                Some(why) if verdict == Verdict::Inconclusive => row.because(why),
                _ => row,
            }
        }
        Err(why) => Row::without_value(Group::Of(Class::Wall), case, Metric::TIME, why).then(NextStep::RunTime),
    });
    rows.collect()
}
