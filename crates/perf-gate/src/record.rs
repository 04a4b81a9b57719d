//! One measured value.

use serde::{Deserialize, Serialize};

use crate::{CaseName, Checksum, Class, Metric, MetricName, Unit, schema_2};

/// One measured value of a case: the metric, the value, and the checksum of what the case computed.
///
/// Values are integers from 0 to `i64::MAX`, in the unit of the metric. A value that was not measured has no record; a zero
/// is always a measured zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredRecord", into = "StoredRecord")]
pub struct Record {
    case: CaseName,
    metric: Metric,
    value: u64,
    checksum: Checksum,
}

/// The error for a value that cannot be a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The value is larger than the maximum of a TOML integer, 2^63 - 1.
    #[error("{case} {metric}: {value} is larger than a stored integer can be ({})", i64::MAX)]
    TooLarge {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: MetricName,
        /// The refused value, as the record has it.
        value: u64,
    },
    /// A wall time or a number of instructions is zero, so the measurement failed.
    #[error("{case} {metric}: a measured {} cannot be zero", if *.metric == Metric::TIME.name() { "wall time" } else { "number of instructions" })]
    Zero {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: MetricName,
    },
    /// A metric that the gate itself measures has another unit or class.
    #[error("{case} {metric}: it is counted in `{expected}`, class `{}`, by the gate itself", .expected_class)]
    Reserved {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: MetricName,
        /// Unit of this metric.
        expected: Unit,
        /// Class of this metric.
        expected_class: Class,
    },
    /// A record without a class is of schema 2, whose closed list of metrics does not have this one.
    #[error("{case} {metric}: `class` is missing, and the metric is not in the list of schema 2, which had no classes")]
    MissingClass {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: MetricName,
    },
    /// A record of schema 2 has another unit than its metric.
    #[error("{case} {metric}: the unit is `{found}`, but this metric is counted in `{expected}`")]
    UnitMismatch {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: MetricName,
        /// Unit of the metric.
        expected: Unit,
        /// Unit in the record.
        found: Unit,
    },
}

/// The stored form of a record, in JSON and TOML. It contains unit and class, so a reader needs no list of metrics.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRecord {
    case: CaseName,
    metric: MetricName,
    unit: Unit,
    /// Absent in schema 2.
    class: Option<Class>,
    value: u64,
    checksum: Checksum,
}

impl Record {
    /// Makes a record; `value` is in the unit of `metric`.
    ///
    /// # Errors
    /// When the value is larger than `i64::MAX`, when a wall time or a number of instructions is zero, or when a metric has
    /// the name of [`Metric::TIME`] or [`Metric::INSTRUCTIONS`] and another unit or class.
    pub fn new(case: CaseName, metric: Metric, value: u64, checksum: Checksum) -> Result<Self, RecordError> {
        let name = metric.name();
        for own in [Metric::TIME, Metric::INSTRUCTIONS] {
            if own.name() == name && own != metric {
                let (expected, expected_class) = (own.unit(), own.class());
                return Err(RecordError::Reserved { case, metric: name, expected, expected_class });
            }
        }
        if i64::try_from(value).is_err() {
            return Err(RecordError::TooLarge { case, metric: name, value });
        }
        if matches!(metric, Metric::TIME | Metric::INSTRUCTIONS) && value == 0 {
            return Err(RecordError::Zero { case, metric: name });
        }
        Ok(Self { case, metric, value, checksum })
    }

    /// The case that was measured.
    pub fn case(&self) -> &CaseName {
        &self.case
    }

    /// The metric of the value.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The value, in [`Metric::unit`].
    pub fn value(&self) -> u64 {
        self.value
    }

    /// Checksum of what the case computed.
    pub fn checksum(&self) -> Checksum {
        self.checksum
    }
}

impl TryFrom<StoredRecord> for Record {
    type Error = RecordError;
    fn try_from(stored: StoredRecord) -> Result<Self, Self::Error> {
        let StoredRecord { case, metric: name, unit, class, value, checksum } = stored;
        let metric = match (class, schema_2::find_metric(name)) {
            (Some(class), _) => Metric::from_parts(name, unit, class),
            (None, Some(metric)) if metric.unit() == unit => metric,
            (None, Some(metric)) => {
                return Err(RecordError::UnitMismatch { case, metric: name, expected: metric.unit(), found: unit });
            }
            (None, None) => return Err(RecordError::MissingClass { case, metric: name }),
        };
        Self::new(case, metric, value, checksum)
    }
}

impl From<Record> for StoredRecord {
    fn from(record: Record) -> Self {
        let Record { case, metric, value, checksum } = record;
        Self { case, metric: metric.name(), unit: metric.unit(), class: Some(metric.class()), value, checksum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAP_PEAK: Metric = Metric::new("heap-peak", Unit::Bytes, Class::Heap);

    fn case() -> CaseName {
        CaseName::new("query/floor/10").unwrap()
    }

    #[test]
    fn a_record_is_one_json_line_and_reads_back() {
        let record = Record::new(case(), HEAP_PEAK, 4_096, Checksum(0xabc)).unwrap();
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(
            line,
            r#"{"case":"query/floor/10","metric":"heap-peak","unit":"bytes","class":"heap","value":4096,"checksum":"0000000000000abc"}"#
        );
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    }

    /// Programs of an old base print lines of schema 2.
    #[test]
    fn a_line_of_schema_2_is_read() {
        let line = r#"{"case":"query/floor/10","metric":"heap-peak","unit":"bytes","value":4096,"checksum":"0000000000000abc"}"#;
        let record = Record::new(case(), HEAP_PEAK, 4_096, Checksum(0xabc)).unwrap();
        assert_eq!(serde_json::from_str::<Record>(line).unwrap(), record);
        let error =
            |from: &str, to: &str| serde_json::from_str::<Record>(&line.replace(from, to)).unwrap_err().to_string();
        assert!(error("bytes", "ns").contains("counted in `bytes`"), "{}", error("bytes", "ns"));
        assert!(error("heap-peak", "p99").contains("`class` is missing"), "{}", error("heap-peak", "p99"));
    }

    #[test]
    fn invalid_values_are_rejected() {
        let zero = |metric| Record::new(case(), metric, 0, Checksum(0)).unwrap_err().to_string();
        assert_eq!(zero(Metric::TIME), "query/floor/10 time: a measured wall time cannot be zero");
        assert!(zero(Metric::INSTRUCTIONS).ends_with("a measured number of instructions cannot be zero"));
        let virtual_time = Metric::new("first-event", Unit::Ns, Class::Schedule);
        assert!(Record::new(case(), virtual_time, 0, Checksum(0)).is_ok(), "virtual time may be zero");
        assert!(Record::new(case(), HEAP_PEAK, u64::MAX, Checksum(0)).is_err());
        let other_time = Metric::new("time", Unit::Ns, Class::Schedule);
        let error = Record::new(case(), other_time, 1, Checksum(0)).unwrap_err().to_string();
        assert!(error.ends_with("counted in `ns`, class `wall`, by the gate itself"), "{error}");
        let line = |unit: &str, value: &str| {
            format!(
                r#"{{"case":"a/b/c","metric":"events","unit":"{unit}","class":"behaviour","value":{value},"checksum":"0000000000000000"}}"#
            )
        };
        assert!(serde_json::from_str::<Record>(&line("count", "1")).is_ok());
        for (unit, value) in
            [("furlongs", "1"), ("count", "-1"), ("count", "1.5"), ("count", "NaN"), ("count", "1e999")]
        {
            assert!(serde_json::from_str::<Record>(&line(unit, value)).is_err(), "{unit} {value}");
        }
    }
}
