//! One measured value.

use serde::{Deserialize, Serialize};

use crate::{CaseName, Checksum, Class, Metric, MetricName, Unit, schema_2};

/// One measured value: which case, what was counted, how much, and what the case computed meanwhile.
///
/// Values are whole numbers of the metric's base unit. A value that was not measured has no record: absence is never
/// written as zero. Negative numbers, fractions, NaN and infinities cannot be represented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Record {
    case: CaseName,
    metric: Metric,
    value: u64,
    checksum: Checksum,
}

/// Why a value cannot be a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// TOML integers end at 2^63 - 1.
    #[error("{case} {metric}: {value} is larger than a stored integer can be ({})", i64::MAX)]
    TooLarge {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: MetricName,
        /// The refused value.
        value: u64,
    },
    /// Nothing takes no time and no instruction: such a measurement failed.
    #[error("{case} {metric}: a measured {} cannot be zero", if *.metric == Metric::TIME.name() { "wall time" } else { "number of instructions" })]
    Zero {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: MetricName,
    },
    /// A metric that the gate measures itself is counted in one way only.
    #[error("{case} {metric}: it is counted in `{expected}`, class `{}`, by the gate itself", .expected_class)]
    Reserved {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: MetricName,
        /// Its unit.
        expected: Unit,
        /// Its class.
        expected_class: Class,
    },
    /// A record that says no class is one of schema 2, which had a closed list of metrics.
    #[error("{case} {metric}: `class` is missing, and schema 2, which needed none, had no such metric")]
    NoClass {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: MetricName,
    },
    /// The unit of a record of schema 2 is not the metric's.
    #[error("{case} {metric}: the unit is `{found}`, but this metric is counted in `{expected}`")]
    Unit {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: MetricName,
        /// The unit of the metric.
        expected: Unit,
        /// The unit that was written.
        found: Unit,
    },
}

/// The shape on disk and on the pipe: unit and class are written out, so that a reader needs no list of metrics.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    case: CaseName,
    metric: MetricName,
    unit: Unit,
    /// Absent in schema 2.
    class: Option<Class>,
    value: u64,
    checksum: Checksum,
}

impl Record {
    /// Makes a record.
    ///
    /// # Errors
    /// When the value is larger than `i64::MAX`, or is a wall time or a number of instructions of zero, or when the metric has
    /// the name of one of these two and is counted in another way.
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

    /// What was counted.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// How much, in [`Metric::unit`].
    pub fn value(&self) -> u64 {
        self.value
    }

    /// Digest of what the case computed.
    pub fn checksum(&self) -> Checksum {
        self.checksum
    }
}

impl TryFrom<Stored> for Record {
    type Error = RecordError;
    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let Stored { case, metric: name, unit, class, value, checksum } = stored;
        let metric = match (class, schema_2::metric_named(name)) {
            (Some(class), _) => Metric::named(name, unit, class),
            (None, Some(metric)) if metric.unit() == unit => metric,
            (None, Some(metric)) => {
                return Err(RecordError::Unit { case, metric: name, expected: metric.unit(), found: unit });
            }
            (None, None) => return Err(RecordError::NoClass { case, metric: name }),
        };
        Self::new(case, metric, value, checksum)
    }
}

impl From<Record> for Stored {
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
    fn the_pipe_format_is_one_json_line_and_reads_back() {
        let record = Record::new(case(), HEAP_PEAK, 4_096, Checksum(0xabc)).unwrap();
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(
            line,
            r#"{"case":"query/floor/10","metric":"heap-peak","unit":"bytes","class":"heap","value":4096,"checksum":"0000000000000abc"}"#
        );
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    }

    /// What programs of a base print that was there before schema 3.
    #[test]
    fn a_line_of_schema_2_reads_back_as_what_it_was() {
        let line = r#"{"case":"query/floor/10","metric":"heap-peak","unit":"bytes","value":4096,"checksum":"0000000000000abc"}"#;
        let record = Record::new(case(), HEAP_PEAK, 4_096, Checksum(0xabc)).unwrap();
        assert_eq!(serde_json::from_str::<Record>(line).unwrap(), record);
        let error =
            |from: &str, to: &str| serde_json::from_str::<Record>(&line.replace(from, to)).unwrap_err().to_string();
        assert!(error("bytes", "ns").contains("counted in `bytes`"), "{}", error("bytes", "ns"));
        assert!(error("heap-peak", "p99").contains("`class` is missing"), "{}", error("heap-peak", "p99"));
    }

    #[test]
    fn values_that_are_no_measurement_are_refused() {
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
