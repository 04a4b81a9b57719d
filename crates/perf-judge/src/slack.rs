//! Improvements that the baseline does not have yet; a regression within that slack passes.

use perf_gate::{CaseName, Class, MetricName};
use serde::Serialize;

use crate::row::{Group, Row, Subject};
use crate::verdict::Verdict;

/// The rows of a run that are better than the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slack {
    /// Number of rows that are better.
    pub rows: usize,
    /// The case of the row with the largest improvement.
    pub case: CaseName,
    /// The metric of the row with the largest improvement.
    pub metric: MetricName,
    /// The largest improvement in percent of the stored value; 100 for a value that became 0.
    pub percent: f64,
    /// Days since the last commit of the baseline; `None` where git does not know it.
    pub days: Option<i64>,
}

/// Slack above this, in percent, is a warning.
const WARNING_PERCENT: f64 = 2.0;

/// Slack that is older than this, in days, is a warning.
const WARNING_DAYS: i64 = 14;

/// Relative improvements up to this are ignored, because they round to 0.0 % in a table.
const MIN_CHANGE: f64 = 0.0005;

impl Slack {
    /// Finds the slack of a run whose baseline was written `days` ago; `None` if no row is better.
    pub fn new(rows: &[Row], days: Option<i64>) -> Option<Self> {
        let better = |row: &Row| {
            let counts =
                matches!(row.group, Group::Class(Class::Quality | Class::Schedule | Class::Heap | Class::Instructions));
            let judged = matches!(row.verdict, Verdict::Pass | Verdict::Improved);
            let change = row.change().filter(|_| counts && judged)?;
            let better = if row.group == Group::Class(Class::Quality) { change } else { -change };
            let Subject::Metric { name, .. } = row.subject else { return None };
            (better > MIN_CHANGE).then(|| (better, row.case.clone(), name))
        };
        let found: Vec<_> = rows.iter().filter_map(better).collect();
        let rows = found.len();
        let (max, case, metric) = found.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
        Some(Self { rows, case, metric, percent: max * 100.0, days })
    }

    /// Whether the slack is so large or so old that the baseline should be updated.
    pub fn is_warning(&self) -> bool {
        self.percent > WARNING_PERCENT || self.days.is_some_and(|days| days > WARNING_DAYS)
    }
}

#[cfg(test)]
mod tests {
    use perf_gate::{Metric, Unit};

    use super::*;
    use crate::row::Value::Number;

    fn row(group: Group, base: u64, head: u64, verdict: Verdict) -> Row {
        let metric = Metric::new("some", Unit::Count, Class::Heap);
        Row::new(group, &CaseName::new("a/b/c").unwrap(), metric, verdict)
            .with_values(Some(Number(base)), Some(Number(head)))
    }

    #[test]
    fn improvements_that_are_not_stored_are_slack() {
        let slack = |rows: &[Row]| Slack::new(rows, None).map(|slack| (slack.rows, (slack.percent * 10.0).round()));
        let worse = row(Group::Class(Class::Heap), 100, 110, Verdict::Regressed);
        assert_eq!(slack(&[row(Group::Class(Class::Heap), 100, 100, Verdict::Pass), worse]), None);
        let improved = row(Group::Class(Class::Instructions), 10_000, 9_652, Verdict::Improved);
        let within = row(Group::Class(Class::Instructions), 10_000, 9_930, Verdict::Pass);
        let nothing = row(Group::Class(Class::Instructions), 10_000, 9_999, Verdict::Pass);
        assert_eq!(slack(&[within.clone(), improved, nothing]), Some((2, 35.0)));
        assert_eq!(
            slack(&[row(Group::Class(Class::Quality), 100, 101, Verdict::Improved)]),
            Some((1, 10.0)),
            "more is better"
        );
        assert_eq!(slack(&[row(Group::Budget, 100, 1, Verdict::Pass)]), None, "a limit is no stored value");
        assert_eq!(slack(&[row(Group::Class(Class::Heap), 100, 50, Verdict::Inconclusive)]), None);

        let warns = |days| Slack::new(std::slice::from_ref(&within), days).unwrap().is_warning();
        assert!(!warns(None) && !warns(Some(14)) && warns(Some(15)));
        assert!(Slack::new(&[row(Group::Class(Class::Heap), 100, 97, Verdict::Improved)], None).unwrap().is_warning());
    }
}
