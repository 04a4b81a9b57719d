//! One measured value.

use serde::{Deserialize, Serialize};

use crate::{CaseName, Checksum, Metric, Unit};

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
        metric: Metric,
        /// The refused value.
        value: u64,
    },
    /// Nothing takes no time and no instruction: such a measurement failed.
    #[error("{case} {metric}: a measured {} cannot be zero", match .metric { Metric::Time => "wall time", _ => "number of instructions" })]
    Zero {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: Metric,
    },
    /// The unit written beside the value is not the metric's.
    #[error("{case} {metric}: the unit is `{found}`, but this metric is counted in `{expected}`")]
    Unit {
        /// Case of the refused value.
        case: CaseName,
        /// Metric of the refused value.
        metric: Metric,
        /// The unit of the metric.
        expected: Unit,
        /// The unit that was written.
        found: Unit,
    },
}

/// The shape on disk and on the pipe: the unit is written out, so that a file can be read without this library.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    case: CaseName,
    metric: Metric,
    unit: Unit,
    value: u64,
    checksum: Checksum,
}

impl Record {
    /// Makes a record.
    ///
    /// # Errors
    /// When the value is larger than `i64::MAX`, or is a wall time or a number of instructions of zero.
    pub fn new(case: CaseName, metric: Metric, value: u64, checksum: Checksum) -> Result<Self, RecordError> {
        if i64::try_from(value).is_err() {
            return Err(RecordError::TooLarge { case, metric, value });
        }
        if matches!(metric, Metric::Time | Metric::Instructions) && value == 0 {
            return Err(RecordError::Zero { case, metric });
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
        let Stored { case, metric, unit, value, checksum } = stored;
        if unit != metric.unit() {
            return Err(RecordError::Unit { case, metric, expected: metric.unit(), found: unit });
        }
        Self::new(case, metric, value, checksum)
    }
}

impl From<Record> for Stored {
    fn from(record: Record) -> Self {
        let Record { case, metric, value, checksum } = record;
        Self { case, metric, unit: metric.unit(), value, checksum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> CaseName {
        CaseName::new("query/floor/10").unwrap()
    }

    #[test]
    fn the_pipe_format_is_one_json_line_and_reads_back() {
        let record = Record::new(case(), Metric::HeapPeak, 4_096, Checksum(0xabc)).unwrap();
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(
            line,
            r#"{"case":"query/floor/10","metric":"heap-peak","unit":"bytes","value":4096,"checksum":"0000000000000abc"}"#
        );
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    }

    #[test]
    fn values_that_are_no_measurement_are_refused() {
        let zero = |metric| Record::new(case(), metric, 0, Checksum(0)).unwrap_err().to_string();
        assert_eq!(zero(Metric::Time), "query/floor/10 time: a measured wall time cannot be zero");
        assert!(zero(Metric::Instructions).ends_with("a measured number of instructions cannot be zero"));
        assert!(Record::new(case(), Metric::FirstEvent, 0, Checksum(0)).is_ok(), "virtual time may be zero");
        assert!(Record::new(case(), Metric::Events, u64::MAX, Checksum(0)).is_err());
        let line = |unit: &str, value: &str| {
            format!(
                r#"{{"case":"a/b/c","metric":"events","unit":"{unit}","value":{value},"checksum":"0000000000000000"}}"#
            )
        };
        assert!(serde_json::from_str::<Record>(&line("count", "1")).is_ok());
        for (unit, value) in [("ns", "1"), ("count", "-1"), ("count", "1.5"), ("count", "NaN"), ("count", "1e999")] {
            assert!(serde_json::from_str::<Record>(&line(unit, value)).is_err(), "{unit} {value}");
        }
    }
}
