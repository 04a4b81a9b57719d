//! The report of a run, as data. [`screen()`] is its text, [`picture()`] its picture.

mod number;
mod picture;
mod saturation;
mod screen;
mod show;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::judge::Judged;
use crate::leak::MemoryReport;
use crate::metric::{Metric, Unit};

pub(crate) use number::rounded;
pub use picture::picture;
pub(crate) use saturation::over_saturation;
pub use screen::screen;
pub(crate) use show::time;

/// The version of the report's form. Readers refuse others.
pub const SCHEMA: u32 = 1;

/// The report of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The name of the scenario.
    pub scenario: String,
    /// The seed of the scenario.
    pub seed: u64,
    /// `closed` or `open`.
    pub model: String,
    /// Whether the run is complete, and if not, why.
    pub end: RunEnd,
    /// For how long requests were to be started.
    pub planned_ns: u64,
    /// How long the run took, until its last request had ended.
    pub elapsed_ns: u64,
    /// How many requests there were.
    pub requests: Requests,
    /// Failed requests, by the [name](crate::ErrorKind::name) of the kind.
    pub errors: BTreeMap<String, u64>,
    /// What requests survived, by the name of the kind.
    pub warnings: BTreeMap<String, u64>,
    /// Requests that succeeded, in a second of the run.
    pub throughput_per_second: f64,
    /// The most requests that were in flight at the same time.
    pub peak_in_flight: u64,
    /// The distribution of each metric that has a value, in the order of [`Metric::ALL`]; from the intended start before from the actual
    /// one.
    pub distributions: Vec<Distribution>,
    /// How many requests met each objective.
    pub goodput: Vec<Goodput>,
    /// The run over time, in intervals of equal length.
    pub intervals: Vec<Interval>,
    /// Resident memory and processor time, if they were measured.
    pub process: Option<Process>,
    /// Whether requests came faster than they were answered, and how it is known.
    pub over_saturation: OverSaturation,
    /// The confidence of verdicts about percentiles and shares.
    pub confidence: f64,
    /// The thresholds with their verdicts, in the order of the scenario.
    pub thresholds: Vec<Judged>,
}

/// Whether a run is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "threshold")]
pub enum RunEnd {
    /// All was started, and all that was started has ended.
    Complete,
    /// It was stopped. Requests that had not ended are in no figure.
    Interrupted,
    /// A threshold with `abort_on_fail` failed: its text.
    Aborted(String),
}

/// How many requests there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// Intended starts that were reached: `skipped + started`.
    pub intended: u64,
    /// Not started, because as many as allowed were in flight.
    pub skipped: u64,
    /// Started: `succeeded + failed + cancelled + unfinished`.
    pub started: u64,
    /// Ended, and nothing was wrong.
    pub succeeded: u64,
    /// Of those that succeeded: the target could not tell whether the answer was right.
    pub unchecked: u64,
    /// Failed.
    pub failed: u64,
    /// Left by their client, as the scenario says.
    pub cancelled: u64,
    /// In flight when the run was stopped; 0 in a complete run.
    pub unfinished: u64,
}

impl Requests {
    /// The share of failures among requests that ended and were not cancelled, or `None` without any.
    pub fn error_rate(&self) -> Option<f64> {
        let ended = self.succeeded + self.failed;
        (ended > 0).then(|| self.failed as f64 / ended as f64)
    }
}

/// From which start times are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// From when the request was to start: what a user waits. Corrected for coordinated omission.
    Intended,
    /// From when the request was started. Not corrected.
    Actual,
    /// The metric has no start.
    Neither,
}

/// The distribution of a metric over the requests of a run. Values are rounded to three significant digits; minimum, maximum and mean
/// are exact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// The metric.
    pub metric: Metric,
    /// From which start.
    pub from: From,
    /// The unit of the values.
    pub unit: Unit,
    /// The number of values.
    pub n: u64,
    /// The smallest value.
    pub min: u64,
    /// The largest value.
    pub max: u64,
    /// The mean.
    pub mean: f64,
    /// Percentiles 50, 90, 95, 99 and 99.9.
    pub percentiles: Vec<Percentile>,
    /// The histogram, in ascending order without gaps.
    pub bars: Vec<Bar>,
}

/// A percentile of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Percentile {
    /// Which one, in percent.
    pub percent: f64,
    /// The value: the smallest one with at least this share of the values at or below it.
    pub value: u64,
    /// What the true percentile is at most, with the confidence of the report. `None`: there are too few values to say
    /// ([`fewest`](crate::fewest)).
    pub at_most: Option<u64>,
}

/// A bar of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bar {
    /// The largest value in it.
    pub up_to: u64,
    /// The number of values in it.
    pub count: u64,
}

/// How many requests met an objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goodput {
    /// The name of the objective.
    pub objective: String,
    /// Requests that met all of it.
    pub good: u64,
    /// Requests that count: those that succeeded or failed, and skipped starts.
    pub of: u64,
    /// `good` in a second of the run.
    pub per_second: f64,
}

/// A part of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// When it begins, from the start of the run.
    pub start_ns: u64,
    /// How long it is.
    pub length_ns: u64,
    /// Requests that were started in it.
    pub started: u64,
    /// Intended starts in it that were skipped.
    pub skipped: u64,
    /// Requests that succeeded in it.
    pub succeeded: u64,
    /// Requests that failed in it.
    pub failed: u64,
    /// The most requests in flight.
    pub in_flight: u64,
    /// Time to the first text of requests that were to start in it, from the intended start.
    pub ttft: Option<Spread>,
    /// End to end of requests that were to start in it, from the intended start.
    pub e2e: Option<Spread>,
    /// Resident memory at its end.
    pub resident_bytes: Option<u64>,
}

/// The spread of a metric in an interval, in nanoseconds, with two significant digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The median.
    pub p50: u64,
    /// The 95th percentile.
    pub p95: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The largest value.
    pub max: u64,
}

/// What the process used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Processor time in the run, of all threads.
    pub processor_ns: u64,
    /// `processor / elapsed`: 1 is one processor.
    pub processors: f64,
    /// Resident memory.
    pub memory: MemoryReport,
}

/// Whether requests came faster than they were answered.
///
/// The rule is that of GuideLLM: both the number of requests in flight and the time to the first event grow over the run. Here both
/// have to: Kendall's test of a trend over the intervals between first start and planned end rejects "no growth" at 0.5 %, and the
/// last third of the intervals is above the first third by more than half, in the median. Time is end to end, which every request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverSaturation {
    /// Both grow.
    Yes,
    /// At least one does not.
    No,
    /// There are fewer than nine intervals with requests.
    TooShort,
}

impl Report {
    /// The distribution of a metric from a start.
    pub fn distribution(&self, metric: Metric, from: From) -> Option<&Distribution> {
        self.distributions.iter().find(|one| one.metric == metric && one.from == from)
    }

    /// As JSON, indented.
    pub fn to_json(&self) -> String {
        // Serialization fails for maps with other keys than texts only.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// If it is not JSON, has another version, or not the fields of a report.
    // Compiled where it is used, which a harness does not: a fifth of the time that this crate takes optimised.
    #[inline]
    pub fn from_json(json: &str) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let Version { schema } = serde_json::from_str(json)?;
        if schema != SCHEMA {
            return Err(ReportError::Version(schema));
        }
        Ok(serde_json::from_str(json)?)
    }
}

impl Distribution {
    /// The value of a percentile, if the report has it.
    pub fn percentile(&self, percent: f64) -> Option<u64> {
        self.percentiles.iter().find(|one| one.percent == percent).map(|one| one.value)
    }
}

/// A report cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is not the JSON of a report.
    #[error("this is not the report of a load run: {0}")]
    Json(#[from] serde_json::Error),
    /// It has another version.
    #[error("the report has schema {0}; this program reads schema {SCHEMA}: run the scenario again with this program")]
    Version(u32),
}
