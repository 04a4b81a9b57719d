//! The form of a row in a summary.

use perf_gate::{CaseName, MetricName, Unit};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::names::{InvalidName, PackageName, Percent};
use crate::row::{Group, PairedStats, Row, Subject, Value};
use crate::verdict::Verdict;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    harness: Option<PackageName>,
    case: CaseName,
    metric: MetricName,
    class: Group,
    unit: Option<Unit>,
    base: Option<Value>,
    head: Option<Value>,
    paired: Option<StoredPairs>,
    verdict: Verdict,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPairs {
    change_percent: Option<Percent>,
    lower_percent: Option<Percent>,
    upper_percent: Option<Percent>,
    mde_percent: Option<Percent>,
    margin_percent: Percent,
    pairs: u32,
    confirming: u32,
}

/// Writes rows.
pub fn serialize<S: Serializer>(rows: &[Row], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rows.iter().filter_map(|row| Stored::new(row).ok()))
}

/// Reads rows.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Row>, D::Error> {
    let rows = Vec::<Stored>::deserialize(deserializer)?;
    rows.into_iter().map(|row| row.row().map_err(de::Error::custom)).collect()
}

impl Stored {
    fn new(row: &Row) -> Result<Self, InvalidName> {
        let metric = match row.subject {
            Subject::Metric { name, .. } => Ok(name),
            Subject::Case | Subject::Checksum => row.subject.to_string().parse(),
        };
        Ok(Self {
            harness: row.harness.clone().map(PackageName::try_from).transpose()?,
            case: row.case.clone(),
            metric: metric.map_err(|_| InvalidName::of_metric())?,
            class: row.group,
            unit: row.subject.unit(),
            base: row.base,
            head: row.head,
            paired: row.paired.as_ref().and_then(StoredPairs::new),
            verdict: row.verdict,
        })
    }

    fn row(self) -> Result<Row, InvalidName> {
        let subject = Subject::from_parts(self.metric, self.unit).ok_or_else(InvalidName::of_metric)?;
        let fits = |value: &Value| match subject {
            Subject::Metric { .. } => matches!(value, Value::Number(_)),
            Subject::Checksum => matches!(value, Value::Checksum(_)),
            Subject::Case => false,
        };
        if ![self.base, self.head].iter().flatten().all(fits) {
            return Err(InvalidName::of_value());
        }
        Ok(Row {
            harness: self.harness.map(String::from),
            paired: self.paired.map(StoredPairs::stats),
            ..Row::new(self.class, &self.case, subject, self.verdict).with_values(self.base, self.head)
        })
    }
}

impl StoredPairs {
    /// `None` if the margin is out of range, which no rule file allows.
    fn new(paired: &PairedStats) -> Option<Self> {
        let percent = |number: Option<f64>| number.and_then(|number| Percent::try_from(number).ok());
        Some(Self {
            change_percent: percent(paired.change_percent),
            lower_percent: percent(paired.lower_percent),
            upper_percent: percent(paired.upper_percent),
            mde_percent: percent(paired.mde_percent),
            margin_percent: percent(Some(paired.margin_percent))?,
            pairs: u32::try_from(paired.pairs).unwrap_or(u32::MAX),
            confirming: u32::try_from(paired.confirming).unwrap_or(u32::MAX),
        })
    }

    fn stats(self) -> PairedStats {
        let number = |percent: Option<Percent>| percent.map(Percent::get);
        let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        PairedStats {
            statistic: None,
            change_percent: number(self.change_percent),
            lower_percent: number(self.lower_percent),
            upper_percent: number(self.upper_percent),
            mde_percent: number(self.mde_percent),
            margin_percent: self.margin_percent.get(),
            pairs: count(self.pairs),
            confirming: count(self.confirming),
            mild_outliers: 0,
            severe_outliers: 0,
            differences_percent: Vec::new(),
        }
    }
}
