//! One judged row: a case, a metric of it, the values of base and head, and the verdict.

use std::fmt;

use perf_gate::{CaseName, Checksum, Class, Metric, MetricName, Unit};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::budget::Reference;
use crate::next_step::NextStep;
use crate::pairs::Statistic;
use crate::run::{NoValue, Spread};
use crate::text;
use crate::verdict::Verdict;

/// A group of rows in the table; the order of the variants is the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Rows of measured values of one class.
    Class(Class),
    /// Rows of mean wall times.
    Mean,
    /// The row of the wall time of all cases together.
    Together,
    /// Rows of values above the limit over the anchor.
    Anchor,
    /// Rows of budgets, which are absolute limits.
    Budget,
}

impl Group {
    /// Every group, in the order of the table.
    pub const ALL: [Self; 11] = [
        Self::Class(Class::Behaviour),
        Self::Class(Class::Quality),
        Self::Class(Class::Schedule),
        Self::Class(Class::Heap),
        Self::Class(Class::Size),
        Self::Class(Class::Resident),
        Self::Class(Class::Instructions),
        Self::Class(Class::Wall),
        Self::Mean,
        Self::Together,
        Self::Budget,
    ];

    /// The name of the group in tables and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Class(class) => class.name(),
            Self::Mean => "mean",
            Self::Together => "together",
            Self::Anchor => "anchor",
            Self::Budget => "budget",
        }
    }

    /// The rule of the group in a few words, for its heading in the table.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Class(Class::Behaviour) => "any change fails",
            Self::Class(Class::Quality) => "fails if lower; higher is an improvement",
            Self::Class(Class::Schedule | Class::Heap) => "fails if higher; lower is an improvement",
            Self::Class(Class::Resident) => "fails above +20 %; below -20 % is an improvement",
            Self::Class(Class::Size | Class::Instructions) => "fails above +1 %; below -1 % is an improvement",
            Self::Class(Class::Wall) => "fails if slower than the base in the first and in the confirming sample",
            Self::Mean => "fails if the mean is more than 10 % slower in both samples",
            Self::Together => "fails if all cases together are more than 0.2 % slower in both samples",
            Self::Anchor => "fails above the limit over the anchor; only rows above +5 % or their limit are shown",
            Self::Budget => "fails above the limit",
        }
    }

    /// Whether the rows of the group compare wall times in pairs or repeated processes, which a noisy machine can leave
    /// INCONCLUSIVE.
    pub const fn is_wall_time(self) -> bool {
        matches!(self, Self::Class(Class::Wall) | Self::Mean | Self::Together)
    }
}

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = Self::ALL.into_iter().find(|group| group.name() == name);
        found.ok_or_else(|| de::Error::custom("not the name of a class of rows"))
    }
}

/// The subject of a row within its case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The case as a whole, when it has no value.
    Case,
    /// The digest of the results that the case computed.
    Checksum,
    /// One measured quantity.
    Metric {
        /// The name of the metric.
        name: MetricName,
        /// The unit of the values.
        unit: Unit,
    },
}

impl Subject {
    /// The subject that a report writes as this name and this unit; `None` if no report writes them together.
    pub fn from_parts(name: MetricName, unit: Option<Unit>) -> Option<Self> {
        match (name.as_str(), unit) {
            (_, Some(unit)) => Some(Self::Metric { name, unit }),
            ("case", None) => Some(Self::Case),
            ("checksum", None) => Some(Self::Checksum),
            (_, None) => None,
        }
    }

    /// The unit of the values; `None` where they are not numbers.
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

/// The value of a row on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number in the unit of the row's metric.
    Number(u64),
    /// A digest of the results that the case computed.
    Checksum(Checksum),
}

/// The comparison of the wall times of a case, from pairs of one base process and one head process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairedStats {
    /// The statistic of each process that was compared; `None` for all cases together, each of which has its own.
    pub statistic: Option<Statistic>,
    /// Estimate of the change over all pairs, in percent; positive is slower.
    pub change_percent: Option<f64>,
    /// Lower one-sided confidence bound of the change, in percent: of 99.5 %, and of 99 % for all cases together. Each interim
    /// look halves what is left to 100 %.
    pub lower_percent: Option<f64>,
    /// Upper one-sided confidence bound of the change, of the same level, in percent.
    pub upper_percent: Option<f64>,
    /// Minimum detectable effect, in percent: the smallest slowdown that pairs like these show with a power of 95 %.
    pub mde_percent: Option<f64>,
    /// The largest slowdown that passes, in percent.
    pub margin_percent: f64,
    /// Number of pairs of both samples.
    pub pairs: usize,
    /// Number of pairs of the confirming sample.
    pub confirming: usize,
    /// Number of pairs between 1.5 and 3 interquartile ranges outside the quartiles; none is removed.
    pub mild_outliers: usize,
    /// Number of pairs more than 3 interquartile ranges outside the quartiles; none is removed.
    pub severe_outliers: usize,
    /// The change of each pair in percent, in the order of measuring, or of each case for all cases together; positive is
    /// slower.
    pub differences_percent: Vec<f64>,
}

impl PairedStats {
    /// Number of decimals with which its percentages are shown.
    pub fn decimals(&self) -> usize {
        if self.margin_percent < 1.0 { 2 } else { 1 }
    }
}

/// One judged row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The group of the row, which also is its rule.
    pub group: Group,
    /// The package of the harness that has the case; `None` for a budget of a case that no harness has.
    pub harness: Option<String>,
    /// The case of the row.
    pub case: CaseName,
    /// The metric of the case, or another subject.
    pub subject: Subject,
    /// The stored value, or the limit of a budget.
    pub base: Option<Value>,
    /// Measured value of the head.
    pub head: Option<Value>,
    /// Dispersion of repeated processes, for a wall time without pairs.
    pub spread: Option<Spread>,
    /// The comparison in pairs, for a wall time with a base.
    pub paired: Option<PairedStats>,
    /// The promise and the value of the reference system, for a budget.
    pub reference: Option<Reference>,
    /// The verdict of the row.
    pub verdict: Verdict,
    /// The reason of the verdict, where the values do not show it.
    pub reason: Option<String>,
    /// Actions that the reader can take, for rows that need one.
    pub next_steps: Vec<NextStep>,
}

impl Row {
    /// Creates a row that has a verdict and no values; `with_*` add the rest.
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

    /// Sets the values of base and head.
    pub fn with_values(mut self, base: Option<Value>, head: Option<Value>) -> Self {
        (self.base, self.head) = (base, head);
        self
    }

    /// Creates the row of a case that has no value: BROKEN if the case is at fault, INCONCLUSIVE if the machine is.
    pub fn without_value(group: Group, case: &CaseName, subject: impl Into<Subject>, why: &NoValue) -> Self {
        let verdict = match why {
            NoValue::Broken(_) => Verdict::Broken,
            NoValue::Unfinished(_) => Verdict::Inconclusive,
        };
        Self::new(group, case, subject, verdict).with_reason(why.to_string())
    }

    /// Sets the reason of the verdict, sanitized because it may quote a child process or a file.
    pub fn with_reason(mut self, reason: impl AsRef<str>) -> Self {
        self.reason = Some(text::sanitize(reason.as_ref()));
        self
    }

    /// Adds a next step.
    pub fn with_next_step(mut self, step: NextStep) -> Self {
        self.next_steps.push(step);
        self
    }

    /// Relative change from base to head, such as 0.12 for +12 %. `None` unless both are numbers and the base is above
    /// zero, and for a budget, whose base is a limit.
    pub fn change(&self) -> Option<f64> {
        match (self.base?, self.head?) {
            (Value::Number(base), Value::Number(head)) if base > 0 && self.group != Group::Budget => {
                Some((head as f64 - base as f64) / base as f64)
            }
            _ => None,
        }
    }

    /// The value of a budget row divided by its limit; `None` for other rows.
    pub fn limit_used(&self) -> Option<f64> {
        match (self.group, self.base?, self.head?) {
            (Group::Budget, Value::Number(limit), Value::Number(value)) if limit > 0 => {
                Some(value as f64 / limit as f64)
            }
            _ => None,
        }
    }
}

/// Sorts rows in the order of the table: by group, then verdict (worst first), case and subject.
pub fn sort(rows: &mut [Row]) {
    rows.sort_by(|a, b| (a.group, a.verdict, &a.case, a.subject).cmp(&(b.group, b.verdict, &b.case, b.subject)));
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The metric of the rows in tests.
    pub const BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);

    /// A row without values.
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
