//! Thresholds of a run, and objectives of a request.

use std::fmt;
use std::time::Duration;

use super::quantity::{bytes, duration, share, split};
use crate::error_kind::slug;
use crate::metric::{Metric, Unit};

/// A condition that a run must meet, such as `ttft.p95 < 900ms`.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// As it stands in the file.
    pub text: String,
    /// What is limited.
    pub subject: Subject,
    /// Which figure of it.
    pub aggregate: Aggregate,
    /// How it is compared.
    pub comparison: Comparison,
    /// The limit in the base unit of the subject: nanoseconds, bytes, a share in 0..=1, a number.
    pub limit: f64,
    /// Whether the run ends when the threshold fails.
    pub abort_on_fail: bool,
    /// For how long from the start it is not looked at for this.
    pub abort_delay: Duration,
}

/// What a threshold limits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// A metric; `actual`: from the actual start, where it would be from the intended one.
    Metric {
        /// The metric.
        metric: Metric,
        /// Whether it is from the actual start.
        actual: bool,
    },
    /// Requests that failed; of one kind, or of all.
    Errors(Option<String>),
    /// The share of requests that meet all of an objective, by its name.
    Goodput(String),
    /// Intended starts that were skipped.
    Skipped,
    /// Requests that succeeded, in a second of the run.
    Throughput,
    /// Requests in flight.
    InFlight,
    /// Resident memory.
    Memory,
}

/// Which figure of a subject is limited.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Aggregate {
    /// A percentile, in percent: 95 for `p95`, 99.9 for `p99.9`. `med` is 50.
    Percentile(f64),
    /// The mean, `avg`.
    Mean,
    /// The largest value.
    Max,
    /// The smallest value.
    Min,
    /// The number.
    Count,
    /// The share of the requests; of the throughput: in a second.
    Rate,
    /// Of memory: what is left after the end above the base before the start, in bytes.
    Retained,
    /// Of memory: the growth, in bytes for each request that ended.
    PerRequest,
}

/// How a figure is compared with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

/// A named set of limits that one request must meet, all of them. A request that fails meets none, nor does one that has no value of
/// a limited metric. One that was cancelled on purpose does not count.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// Its name.
    pub name: String,
    /// The limits; never empty.
    pub limits: Vec<Limit>,
}

/// A limit of an objective. The metric is taken from the intended start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The metric.
    pub metric: Metric,
    /// The largest value that is good; of metrics of which [a larger value is better](Metric::larger_is_better), the smallest one.
    pub limit: u64,
}

impl Comparison {
    /// Whether a figure meets the limit.
    pub fn holds(self, figure: f64, limit: f64) -> bool {
        match self {
            Self::Below => figure < limit,
            Self::AtMost => figure <= limit,
            Self::Above => figure > limit,
            Self::AtLeast => figure >= limit,
        }
    }

    /// Whether the figure must not be large.
    pub fn is_upper(self) -> bool {
        matches!(self, Self::Below | Self::AtMost)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        })
    }
}

const FORM: &str =
    "write `<subject>.<figure> <comparison> <limit>`, as in `ttft.p95 < 900ms`, `errors.rate < 1%` or `goodput > 95%`";

impl Threshold {
    /// Whether a figure meets the limit.
    pub fn holds(&self, figure: f64) -> bool {
        self.comparison.holds(figure, self.limit)
    }

    /// Parses `<subject>[.<figure>] <comparison> <limit>`. `objectives` are the names that `goodput` may have; without a name it is
    /// that of the only objective.
    ///
    /// # Errors
    /// With a sentence for people that says what is wrong and what to write.
    pub fn parse(text: &str, objectives: &[&str]) -> Result<Self, String> {
        let at = text.find(['<', '>']).ok_or_else(|| format!("`{text}` has no `<` or `>`; {FORM}"))?;
        let (left, right) = text.split_at(at);
        let (comparison, right) = match (right.strip_prefix("<="), right.strip_prefix(">=")) {
            (Some(limit), _) => (Comparison::AtMost, limit),
            (_, Some(limit)) => (Comparison::AtLeast, limit),
            _ if right.starts_with('<') => (Comparison::Below, &right[1..]),
            _ => (Comparison::Above, &right[1..]),
        };
        let (subject, aggregate) = figure(left.trim(), objectives)?;
        let limit = limit(right.trim(), &subject, aggregate)?;
        Ok(Self {
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            subject,
            aggregate,
            comparison,
            limit,
            abort_on_fail: false,
            abort_delay: Duration::ZERO,
        })
    }
}

/// What stands left of the comparison.
fn figure(text: &str, objectives: &[&str]) -> Result<(Subject, Aggregate), String> {
    let (name, rest) = text.split_once('.').map_or((text, None), |(name, rest)| (name, Some(rest)));
    let unknown = |allowed: &str| {
        let given = rest.map_or_else(|| "no figure".to_owned(), |rest| format!("`.{rest}`"));
        format!("`{name}` has {given}; allowed are {allowed}")
    };
    match (name, rest) {
        ("errors", Some("rate")) => Ok((Subject::Errors(None), Aggregate::Rate)),
        ("errors", Some("count")) => Ok((Subject::Errors(None), Aggregate::Count)),
        ("errors", Some(rest)) => match rest.rsplit_once('.') {
            Some((kind, "rate")) => Ok((Subject::Errors(Some(error_kind(kind)?)), Aggregate::Rate)),
            Some((kind, "count")) => Ok((Subject::Errors(Some(error_kind(kind)?)), Aggregate::Count)),
            _ => Err(unknown("`.rate`, `.count`, and both of one kind, as `.rate-limited.rate`")),
        },
        ("errors", None) => Err(unknown("`.rate` and `.count`")),
        ("goodput", Some(objective)) if objectives.contains(&objective) => {
            Ok((Subject::Goodput(objective.to_owned()), Aggregate::Rate))
        }
        ("goodput", None) if objectives.len() == 1 => Ok((Subject::Goodput(objectives[0].to_owned()), Aggregate::Rate)),
        ("goodput", _) if objectives.is_empty() => {
            Err("`goodput` needs an objective; add one below `[[objectives]]`".to_owned())
        }
        ("goodput", _) => Err(unknown(&format!("the objectives: `.{}`", objectives.join("`, `.")))),
        ("skipped", Some("rate")) => Ok((Subject::Skipped, Aggregate::Rate)),
        ("skipped", Some("count")) => Ok((Subject::Skipped, Aggregate::Count)),
        ("skipped", _) => Err(unknown("`.rate` and `.count`")),
        ("throughput", None | Some("rate")) => Ok((Subject::Throughput, Aggregate::Rate)),
        ("throughput", _) => Err(unknown("none, as in `throughput > 20/s`")),
        ("in_flight", Some("max")) => Ok((Subject::InFlight, Aggregate::Max)),
        ("in_flight", _) => Err(unknown("`.max`")),
        ("memory", Some("max")) => Ok((Subject::Memory, Aggregate::Max)),
        ("memory", Some("retained")) => Ok((Subject::Memory, Aggregate::Retained)),
        ("memory", Some("per_request")) => Ok((Subject::Memory, Aggregate::PerRequest)),
        ("memory", _) => Err(unknown("`.max`, `.retained` and `.per_request`")),
        _ => {
            let Some(metric) = Metric::named(name) else {
                let names = Metric::ALL.map(Metric::name).join(", ");
                return Err(format!(
                    "`{name}` is not known; there are errors, goodput, skipped, throughput, in_flight, memory, and the metrics \
                     {names}"
                ));
            };
            let allowed = "`.p95` or another percentile above 0 and below 100, `.med`, `.avg`, `.max` and `.min`";
            let rest = rest.ok_or_else(|| unknown(allowed))?;
            let (actual, rest) = match rest.strip_prefix("actual.") {
                Some(rest) if metric.has_start() => (true, rest),
                Some(_) => return Err(format!("`{name}` does not depend on the start; leave `.actual` out")),
                None => (false, rest),
            };
            let percentile = rest.strip_prefix('p').and_then(|percent| percent.parse::<f64>().ok());
            let aggregate = match (rest, percentile) {
                ("avg", _) => Aggregate::Mean,
                ("max", _) => Aggregate::Max,
                ("min", _) => Aggregate::Min,
                ("med", _) => Aggregate::Percentile(50.0),
                (_, Some(percent)) if percent > 0.0 && percent < 100.0 => Aggregate::Percentile(percent),
                _ => return Err(unknown(allowed)),
            };
            Ok((Subject::Metric { metric, actual }, aggregate))
        }
    }
}

/// A kind of errors, as reports name it. Requests are counted by name, so a threshold for another name would never fail.
fn error_kind(text: &str) -> Result<String, String> {
    let name = slug(text);
    if name == text {
        return Ok(name);
    }
    Err(format!("no kind of errors is named `{text}`: names are lower-case words with `-` between them, as `{name}`"))
}

/// What stands right of the comparison, in the base unit of the subject.
fn limit(text: &str, subject: &Subject, aggregate: Aggregate) -> Result<f64, String> {
    let number = || match split(text) {
        (Some(number), "") => Ok(number),
        _ => Err(format!("`{text}` is no number")),
    };
    match (subject, aggregate) {
        (Subject::Metric { metric, .. }, _) => match metric.unit() {
            Unit::Nanoseconds => duration(text).map(|limit| limit.as_nanos() as f64),
            Unit::Bytes => bytes(text).map(|limit| limit as f64),
            Unit::PerMillion => share(text).map(|limit| limit.get() * 1e6),
            Unit::Count => number(),
        },
        (Subject::Throughput, _) => match split(text) {
            (Some(number), "/s") => Ok(number),
            _ => Err(format!("`{text}` is no rate; write a number and `/s`, as in `20/s`")),
        },
        (Subject::Memory, _) => bytes(text).map(|limit| limit as f64),
        (_, Aggregate::Rate) => share(text).map(|limit| limit.get()),
        _ => number(),
    }
}

/// Reads a limit of an objective.
///
/// # Errors
/// With a sentence for people.
pub(super) fn objective_limit(name: &str, text: &str) -> Result<Limit, String> {
    let metric = Metric::named(name).filter(|metric| metric.is_of_a_request());
    let Some(metric) = metric else {
        let all = Metric::ALL.into_iter().filter(|metric| metric.is_of_a_request()).map(Metric::name);
        let names = all.collect::<Vec<_>>().join(", ");
        return Err(format!("`{name}` is no metric of a request; there are {names}"));
    };
    let limit = limit(text, &Subject::Metric { metric, actual: false }, Aggregate::Max)?;
    Ok(Limit { metric, limit: limit.round() as u64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Subject, Aggregate, Comparison, f64) {
        let threshold = Threshold::parse(text, &["fast"]).unwrap_or_else(|error| panic!("{text}: {error}"));
        (threshold.subject, threshold.aggregate, threshold.comparison, threshold.limit)
    }

    #[test]
    fn thresholds_are_read_in_base_units() {
        let metric = |metric, actual| Subject::Metric { metric, actual };
        let (below, above) = (Comparison::Below, Comparison::Above);
        for (text, expected) in [
            ("ttft.p95 < 900ms", (metric(Metric::Ttft, false), Aggregate::Percentile(95.0), below, 9e8)),
            ("e2e.actual.p99.9<=2s", (metric(Metric::E2e, true), Aggregate::Percentile(99.9), Comparison::AtMost, 2e9)),
            ("max_stall.p99 < 2s", (metric(Metric::MaxStall, false), Aggregate::Percentile(99.0), below, 2e9)),
            ("results.min >= 5", (metric(Metric::Results, false), Aggregate::Min, Comparison::AtLeast, 5.0)),
            ("efficiency.med > 40%", (metric(Metric::Efficiency, false), Aggregate::Percentile(50.0), above, 4e5)),
            ("errors.rate < 1%", (Subject::Errors(None), Aggregate::Rate, below, 0.01)),
            (
                "errors.rate-limited.count < 3",
                (Subject::Errors(Some("rate-limited".into())), Aggregate::Count, below, 3.0),
            ),
            ("goodput > 95%", (Subject::Goodput("fast".into()), Aggregate::Rate, above, 0.95)),
            ("goodput.fast > 95%", (Subject::Goodput("fast".into()), Aggregate::Rate, above, 0.95)),
            ("memory.retained < 10MiB", (Subject::Memory, Aggregate::Retained, below, 10_485_760.0)),
            ("throughput > 20/s", (Subject::Throughput, Aggregate::Rate, above, 20.0)),
            ("skipped.rate < 0.1%", (Subject::Skipped, Aggregate::Rate, below, 0.001)),
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn wrong_thresholds_say_what_to_write() {
        for (text, what) in [
            ("ttft.p95 = 900ms", "no `<` or `>`"),
            ("ttft < 900ms", "allowed are `.p95`"),
            ("ttft.p100 < 1s", "allowed are `.p95`"),
            ("ttft.p95 < 900", "`900` is no duration"),
            ("tftt.p95 < 900ms", "`tftt` is not known"),
            ("gap.actual.p95 < 1ms", "leave `.actual` out"),
            ("errors < 1%", "allowed are `.rate` and `.count`"),
            ("errors.rate < 1", "percent sign"),
            ("errors.rate_limited.rate < 1%", "as `rate-limited`"),
            ("errors.Timeout.count < 1", "as `timeout`"),
            ("goodput.slow > 95%", "the objectives: `.fast`"),
            ("memory.retained < 10", "number of bytes"),
            ("throughput > 20", "`20` is no rate"),
            ("in_flight.p95 < 3", "allowed are `.max`"),
            ("results.p50 > many", "no number"),
        ] {
            let error = Threshold::parse(text, &["fast"]).unwrap_err();
            assert!(error.contains(what), "{text}: {error}");
        }
        assert!(Threshold::parse("goodput > 95%", &[]).unwrap_err().contains("[[objectives]]"));
        assert!(Threshold::parse("goodput > 95%", &["a", "b"]).unwrap_err().contains("`.a`, `.b`"));
    }

    #[test]
    fn objectives_limit_metrics_of_a_request_only() {
        assert_eq!(objective_limit("ttft", "1s"), Ok(Limit { metric: Metric::Ttft, limit: 1_000_000_000 }));
        assert!(objective_limit("gap", "1s").unwrap_err().contains("no metric of a request"));
    }
}
