//! One line of the judgement: a case, what was counted about it, both values, and the verdict.

use std::fmt;

use perf_gate::{CaseName, Checksum, Class, Metric, MetricName, Unit};
use serde::{Serialize, Serializer};

use crate::budget::Reference;
use crate::next_step::NextStep;
use crate::pairs::Statistic;
use crate::run::{NoValue, Spread};
use crate::text;
use crate::verdict::Verdict;

/// Rows that are shown together, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Measured values of one class.
    Class(Class),
    /// Absolute limits.
    Budget,
}

impl Group {
    /// The name in tables and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Class(class) => class.name(),
            Self::Budget => "budget",
        }
    }

    /// The rule of the group, for the head of its part of the table.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Class(Class::Behaviour) => "any change fails",
            Self::Class(Class::Quality) => "fails if lower; higher is an improvement",
            Self::Class(Class::Schedule | Class::Heap) => "fails if higher; lower is an improvement",
            Self::Class(Class::Instructions) => "fails above +1 %; below -1 % is an improvement",
            Self::Class(Class::Wall) => "fails if slower than the base in the first and in the confirming sample",
            Self::Budget => "fails above the limit",
        }
    }
}

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The case as a whole, when it is broken.
    Case,
    /// What the case computed.
    Checksum,
    /// One counted quantity.
    Metric {
        /// Its name.
        name: MetricName,
        /// The unit of its values.
        unit: Unit,
    },
}

impl Subject {
    /// The unit of its values, where they are numbers.
    pub fn unit(self) -> Option<Unit> {
        match self {
            Self::Metric { unit, .. } => Some(unit),
            Self::Case | Self::Checksum => None,
        }
    }
}

impl From<Metric> for Subject {
    fn from(metric: Metric) -> Self {
        Self::Metric { name: metric.name(), unit: metric.unit() }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case => f.pad("case"),
            Self::Checksum => f.pad("checksum"),
            Self::Metric { name, .. } => name.fmt(f),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A number in the unit of the row's metric.
    Number(u64),
    /// A digest of what a case computed.
    Checksum(Checksum),
}

/// What pairs of processes, one of each side, say about a wall time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairedStats {
    /// Which figure of each process was compared: the one by which a smaller change would have been seen.
    pub statistic: Statistic,
    /// How much slower than the base: the Hodges-Lehmann estimate of all pairs, in percent.
    pub change_percent: Option<f64>,
    /// The change is below it with a probability of 1 %.
    pub lower_percent: Option<f64>,
    /// The change is above it with a probability of 1 %.
    pub upper_percent: Option<f64>,
    /// The smallest slowdown that would have been found with a probability of 95 %.
    pub mde_percent: Option<f64>,
    /// What the change may cost without being red.
    pub margin_percent: f64,
    /// Number of pairs.
    pub pairs: usize,
    /// How many of them were measured to confirm what the others said.
    pub confirming: usize,
    /// Pairs that are more than 1.5 interquartile ranges outside the quartiles; none is left out.
    pub mild_outliers: usize,
    /// More than 3.
    pub severe_outliers: usize,
    /// Of each pair how much slower it was, in percent, in the order of measuring.
    pub differences_percent: Vec<f64>,
}

/// One judged line.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Where it is shown, and by which rule it was judged.
    pub group: Group,
    /// The package of the harness that has the case, where one has.
    pub harness: Option<String>,
    /// The case.
    pub case: CaseName,
    /// What about the case.
    pub subject: Subject,
    /// The stored value, or the limit of a budget.
    pub base: Option<Value>,
    /// The measured value.
    pub head: Option<Value>,
    /// How far repeated measurements disagreed.
    pub spread: Option<Spread>,
    /// What pairs with the base say.
    pub paired: Option<PairedStats>,
    /// Of a budget: what the reference system promised and does.
    pub reference: Option<Reference>,
    /// The judgement.
    pub verdict: Verdict,
    /// Why, where the numbers alone do not say it.
    pub reason: Option<String>,
    /// What can be done next, for rows that are not fine.
    pub next_steps: Vec<NextStep>,
}

impl Row {
    /// A row with a verdict and nothing else; values and words are added with the functions below.
    pub fn new(group: Group, case: &CaseName, subject: impl Into<Subject>, verdict: Verdict) -> Self {
        let (case, subject) = (case.clone(), subject.into());
        Self {
            group,
            harness: None,
            case,
            subject,
            base: None,
            head: None,
            spread: None,
            paired: None,
            reference: None,
            verdict,
            reason: None,
            next_steps: Vec::new(),
        }
    }

    /// With both values.
    pub fn with_values(mut self, base: Option<Value>, head: Option<Value>) -> Self {
        (self.base, self.head) = (base, head);
        self
    }

    /// Why a case has no value: red where it is the case's own doing, else not judged.
    pub fn without_value(group: Group, case: &CaseName, subject: impl Into<Subject>, why: &NoValue) -> Self {
        let verdict = match why {
            NoValue::Broken(_) => Verdict::Broken,
            NoValue::Unfinished(_) => Verdict::Inconclusive,
        };
        Self::new(group, case, subject, verdict).with_reason(why.to_string())
    }

    /// With the reason of its verdict, which may quote a child or a file.
    pub fn with_reason(mut self, reason: impl AsRef<str>) -> Self {
        self.reason = Some(text::sanitize(reason.as_ref()));
        self
    }

    /// With one more thing that can be done next.
    pub fn with_next_step(mut self, step: NextStep) -> Self {
        self.next_steps.push(step);
        self
    }

    /// Relative change from base to head, where both are numbers and the base is not zero. None for a budget, whose
    /// base is a limit.
    pub fn change(&self) -> Option<f64> {
        match (self.base?, self.head?) {
            (Value::Number(base), Value::Number(head)) if base > 0 && self.group != Group::Budget => {
                Some((head as f64 - base as f64) / base as f64)
            }
            _ => None,
        }
    }

    /// The part of a budget that is used.
    pub fn limit_used(&self) -> Option<f64> {
        match (self.group, self.base?, self.head?) {
            (Group::Budget, Value::Number(limit), Value::Number(value)) if limit > 0 => {
                Some(value as f64 / limit as f64)
            }
            _ => None,
        }
    }
}

/// Puts rows in the order of the table: by group, worst first, then by case and metric.
pub fn sort(rows: &mut [Row]) {
    rows.sort_by(|a, b| (a.group, a.verdict, &a.case, a.subject).cmp(&(b.group, b.verdict, &b.case, b.subject)));
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Of the row of tests.
    pub const BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);

    /// A row that is only its verdict.
    pub fn row(verdict: Verdict) -> Row {
        Row::new(Group::Class(Class::Heap), &CaseName::new("a/b/c").unwrap(), BLOCKS, verdict)
    }

    #[test]
    fn change_is_relative_to_the_base_and_absent_where_that_means_nothing() {
        let change = |base, head| row(Verdict::Pass).with_values(base, head).change();
        let number = |n| Some(Value::Number(n));
        assert_eq!(change(number(100), number(112)), Some(0.12));
        assert_eq!(change(number(100), number(0)), Some(-1.0));
        assert_eq!(change(number(0), number(5)), None);
        assert_eq!(change(None, number(5)), None);
        let checksum = Some(Value::Checksum(Checksum(1)));
        assert_eq!(change(checksum, checksum), None);
    }
}
