//! Wall time as information.

use perf_gate::Metric;

use crate::row::{Group, Row, Subject, Value};
use crate::verdict::Verdict;
use crate::wall::WallRun;

/// A row for each case: its time, or why there is none.
pub fn rows(run: &WallRun) -> Vec<Row> {
    let row = |case, verdict| Row::new(Group::Wall, case, Subject::Metric(Metric::Time), verdict);
    let rows = run.iter().map(|(case, outcome)| match outcome {
        Ok(time) => {
            let row = row(case, Verdict::Info).values(None, Some(Value::Number(time.ns)));
            Row { spread: Some(time.spread), ..row }
        }
        Err(reason) => {
            row(case, Verdict::Broken).because(reason).then("see it run: cargo bench -p perf-gate --bench time")
        }
    });
    rows.collect()
}
