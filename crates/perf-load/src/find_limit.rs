//! The breaking point: up to which load all thresholds hold, and what saturates there.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::judge::Verdict;
use crate::metric::Metric;
use crate::report::{From, OverSaturation, Report, RunEnd, rounded};
use crate::scenario::{Arrivals, Closed, HIGHEST_LEVEL, Level, MAX_REQUESTS, Model, Open, Scenario};

/// How the limit is searched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// The first level: requests in a second, or users. Above 0.
    pub from: f64,
    /// The highest level.
    pub to: f64,
    /// While all is well the next level is this many times as high; above 1.
    pub step: f64,
    /// The search ends when the lowest level that failed is at most this many times the highest one that passed; above 1.
    pub resolution: f64,
    /// Whether levels are whole numbers, as of users: they are rounded, and neighbours end the search.
    pub whole: bool,
}

impl Search {
    /// Doubles from `from` to `to`, and then narrows to 5 %.
    pub fn new(from: f64, to: f64) -> Self {
        Self { from, to, step: 2.0, resolution: 1.05, whole: false }
    }

    /// The level that is run for one that was computed.
    fn level(&self, level: f64) -> f64 {
        if self.whole { level.round().max(1.0) } else { level }
    }
}

/// What the machine has, to compare with what was used. `None`: nothing is said about it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Capacity {
    /// Processors that the measured process may use.
    pub processors: Option<f64>,
    /// Memory that it may use.
    pub memory_bytes: Option<u64>,
    /// Whether the target is in another process or on another machine: then late timers of this runtime are the generator's.
    pub elsewhere: bool,
}

/// What one level showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The worst verdict of the thresholds; FAIL also if the run was [over-saturated](OverSaturation).
    pub verdict: Verdict,
    /// What failed: the thresholds, and `over-saturation`.
    pub broken: Vec<String>,
    /// Requests that succeeded in a second.
    pub throughput_per_second: f64,
    /// 99th percentile of the send lag.
    pub send_lag_p99: Duration,
    /// 99th percentile of the lag of the runtime's timers.
    pub runtime_lag_p99: Duration,
    /// Share of intended starts that were skipped.
    pub skipped: f64,
    /// Answers of the kind [`RateLimited`](crate::ErrorKind::RateLimited), as errors or warnings, for each request that was started.
    pub rate_limited: f64,
    /// Share of the processors that was used.
    pub processor: Option<f64>,
    /// Share of the memory that was used at most.
    pub memory: Option<f64>,
    /// Whether the target is elsewhere.
    pub elsewhere: bool,
}

/// What saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cause {
    /// At least 90 % of the memory were used.
    Memory,
    /// At least 90 % of the processors were used.
    Processor,
    /// The limit of a provider: rate-limited answers are at least 1 % of requests more than at the highest level that passed.
    ProviderLimit,
    /// Timers of the runtime were more than 5 ms late (p99) although processors were free: tasks block the threads of the runtime. Only
    /// of a target in this process.
    RuntimeLag,
    /// The generator itself: at least 1 % of starts more were skipped than at the highest level that passed, or requests were sent more
    /// than 3 ms late (p99) while the runtime's timers were not late, or while the target is elsewhere.
    /// Only where nothing else is found, because a slow target fills a generator, too.
    Generator,
}

impl Cause {
    /// All causes, in the order in which they are named: memory and processor explain the others, and nothing is known of a target
    /// that a generator cannot load.
    const ALL: [Self; 5] = [Self::Memory, Self::Processor, Self::ProviderLimit, Self::RuntimeLag, Self::Generator];

    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Processor => "the processors",
            Self::ProviderLimit => "the limit of a provider",
            Self::RuntimeLag => "the runtime: tasks block its threads",
            Self::Generator => "the load generator itself",
        }
    }

    fn explains(self, failed: &Evidence, passed: Option<&Evidence>) -> bool {
        const FULL: f64 = 0.9;
        const SHARE: f64 = 0.01;
        const SEND_LAG: Duration = Duration::from_millis(3);
        const RUNTIME_LAG: Duration = Duration::from_millis(5);
        let more = |of: fn(&Evidence) -> f64| of(failed) >= passed.map_or(0.0, of) + SHARE;
        match self {
            Self::Memory => failed.memory.is_some_and(|used| used >= FULL),
            Self::Processor => failed.processor.is_some_and(|used| used >= FULL),
            Self::ProviderLimit => more(|evidence| evidence.rate_limited),
            Self::RuntimeLag => {
                !failed.elsewhere
                    && failed.runtime_lag_p99 > RUNTIME_LAG
                    && failed.processor.is_none_or(|used| used < FULL)
            }
            Self::Generator => {
                more(|evidence| evidence.skipped)
                    || (failed.send_lag_p99 > SEND_LAG && (failed.elsewhere || failed.runtime_lag_p99 <= RUNTIME_LAG))
            }
        }
    }
}

impl Evidence {
    /// What a report shows of a level.
    pub fn of(report: &Report, capacity: &Capacity) -> Self {
        let mut broken: Vec<String> = Vec::new();
        let mut verdict = if report.thresholds.is_empty() { Verdict::Insufficient } else { Verdict::Pass };
        for judged in &report.thresholds {
            verdict = verdict.min(judged.verdict);
            if judged.verdict == Verdict::Fail {
                broken.push(judged.threshold.clone());
            }
        }
        if report.over_saturation == OverSaturation::Yes {
            verdict = Verdict::Fail;
            broken.push("over-saturation".to_owned());
        }
        match &report.end {
            RunEnd::Complete => {}
            RunEnd::Aborted(threshold) => {
                verdict = Verdict::Fail;
                if !broken.contains(threshold) {
                    broken.push(threshold.clone());
                }
            }
            RunEnd::Interrupted => verdict = verdict.min(Verdict::Insufficient),
        }
        let p99 = |metric| {
            let value = report.distribution(metric, From::Neither).and_then(|one| one.percentile(99.0));
            Duration::from_nanos(value.unwrap_or(0))
        };
        let share = |part: u64, of: u64| if of == 0 { 0.0 } else { rounded(part as f64 / of as f64) };
        let requests = &report.requests;
        let kind = crate::error_kind::ErrorKind::RateLimited.name();
        let limited = report.errors.get(&kind).unwrap_or(&0) + report.warnings.get(&kind).unwrap_or(&0);
        let process = report.process.as_ref();
        Self {
            verdict,
            broken,
            throughput_per_second: report.throughput_per_second,
            send_lag_p99: p99(Metric::SendLag),
            runtime_lag_p99: p99(Metric::RuntimeLag),
            skipped: share(requests.skipped, requests.intended),
            rate_limited: share(limited, requests.started),
            processor: process.zip(capacity.processors).map(|(process, there)| rounded(process.processors / there)),
            memory: process.zip(capacity.memory_bytes).map(|(process, there)| share(process.memory.peak_bytes, there)),
            elsewhere: capacity.elsewhere,
        }
    }
}

/// A level that was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Requests in a second, or users.
    pub level: f64,
    /// What it showed; of a level that failed, what its repetition showed.
    pub evidence: Evidence,
}

/// The breaking point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundLimit {
    /// The highest level at which all thresholds passed; the limit is above it. `None`: not even the first one.
    pub passed: Option<Step>,
    /// The lowest level that failed; the limit is below it. `None`: none up to the highest level.
    pub failed: Option<Step>,
    /// What saturates, the first one first; empty: not known, or nothing failed.
    pub causes: Vec<Cause>,
    /// All levels in the order in which they were run, repetitions included.
    pub steps: Vec<Step>,
}

/// Searches the highest level at which all thresholds hold. `run` runs one level, for long enough that its thresholds can be judged.
///
/// The level rises by [`Search::step`] until one fails, and then the interval between the highest level that passed and the lowest that
/// failed is halved (in logarithms) down to [`Search::resolution`]. A level that does not pass is run again, so that one burst of noise
/// moves nothing, and the second run decides. A level that cannot be judged (INSUFFICIENT) bounds the search, but not the result. What
/// saturates is said of the lowest level that failed, by the rules of [`Cause`].
///
/// Dropping the future drops the run of the level.
pub async fn find_limit(search: &Search, mut run: impl AsyncFnMut(f64) -> Evidence) -> FoundLimit {
    let mut found = FoundLimit { passed: None, failed: None, causes: Vec::new(), steps: Vec::new() };
    // The lowest level that did not pass, for whatever reason.
    let mut ceiling: Option<f64> = None;
    let mut level = search.level(search.from.max(f64::MIN_POSITIVE));
    let (factor, resolution) = (search.step.max(1.001), search.resolution.max(1.001));
    loop {
        let step = Step { level, evidence: run(level).await };
        found.steps.push(step.clone());
        let step = if step.evidence.verdict == Verdict::Pass {
            step
        } else {
            let again = Step { level, evidence: run(level).await };
            found.steps.push(again.clone());
            again
        };
        let verdict = step.evidence.verdict;
        match verdict {
            Verdict::Pass => found.passed = Some(step),
            Verdict::Fail => {
                // The first run may have been INSUFFICIENT; two that did not pass, one of which failed, are a failure.
                found.failed = Some(step);
                ceiling = Some(level);
            }
            Verdict::Insufficient => ceiling = Some(level),
        }
        let next = match (&found.passed, ceiling) {
            (Some(passed), None) if passed.level >= search.level(search.to) => break,
            (Some(passed), None) => {
                let smallest = if search.whole { passed.level + 1.0 } else { 0.0 };
                (passed.level * factor).min(search.to).max(smallest)
            }
            (Some(passed), Some(ceiling)) if ceiling / passed.level <= resolution => break,
            (Some(passed), Some(ceiling)) if search.whole && ceiling - passed.level <= 1.0 => break,
            (Some(passed), Some(ceiling)) => (passed.level * ceiling).sqrt(),
            // The first level is already too much.
            (None, _) => break,
        };
        level = search.level(next);
    }
    if let Some(failed) = &found.failed {
        let passed = found.passed.as_ref().map(|step| &step.evidence);
        found.causes = causes(&failed.evidence, passed);
    }
    found
}

/// What explains that a level failed.
fn causes(failed: &Evidence, passed: Option<&Evidence>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Cause::ALL.into_iter().filter(|cause| cause.explains(failed, passed)).collect();
    if causes.len() > 1 {
        causes.retain(|cause| *cause != Cause::Generator);
    }
    causes
}

/// A scenario has no such level.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum LevelError {
    /// The rate of a trace is its own.
    #[error("the rate of a trace is its own: a limit is searched with users or a rate")]
    Trace,
    /// Not above 0, or above [`HIGHEST_LEVEL`].
    #[error("a level of {0} is not above 0 and at most {HIGHEST_LEVEL}")]
    Level(f64),
    /// More requests than are planned at once.
    #[error(
        "a level would have {0:.0} requests; at most {MAX_REQUESTS} are planned: hold each level for a shorter time"
    )]
    Requests(f64),
}

impl Scenario {
    /// This scenario with a level of `level` users or requests in a second for `duration`, for [`find_limit`]. Users come at the
    /// scenario's spawn rate, and send queries until the end.
    ///
    /// # Errors
    /// For traces, and for levels that one process does not drive.
    pub fn at_level(&self, level: f64, duration: Duration) -> Result<Self, LevelError> {
        if !(level > 0.0 && level <= HIGHEST_LEVEL) {
            return Err(LevelError::Level(level));
        }
        let model = match &self.model {
            Model::Closed(closed) => Model::Closed(Closed {
                users: Level::constant(level.round().max(1.0), duration),
                queries_per_user: None,
                ..closed.clone()
            }),
            Model::Open(Open { arrivals: Arrivals::Rate { gaps, .. }, max_in_flight }) => {
                let requests = level * duration.as_secs_f64();
                if requests > MAX_REQUESTS {
                    return Err(LevelError::Requests(requests));
                }
                Model::Open(Open {
                    arrivals: Arrivals::Rate { rate: Level::constant(level, duration), gaps: *gaps },
                    max_in_flight: *max_in_flight,
                })
            }
            Model::Open(_) => return Err(LevelError::Trace),
        };
        Ok(Self { model, ..self.clone() })
    }
}

impl fmt::Display for FoundLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>9}  {:<12}  {:>10}  {:>9}  what failed", "level", "verdict", "succeed/s", "send lag")?;
        for Step { level, evidence } in &self.steps {
            let lag = crate::report::time(evidence.send_lag_p99.as_nanos() as f64);
            let (rate, broken) = (evidence.throughput_per_second, evidence.broken.join(", "));
            let line = format!("{level:>9.1}  {:<12}  {rate:>10.1}  {lag:>9}  {broken}", evidence.verdict);
            writeln!(f, "{}", line.trim_end())?;
        }
        match (&self.passed, &self.failed) {
            (Some(passed), Some(failed)) => {
                let (low, high) = (passed.level, failed.level);
                write!(f, "the limit is between {low:.1} and {high:.1}; ")?;
            }
            (Some(passed), None) => return writeln!(f, "no limit was found; {:.1} passed", passed.level),
            (None, Some(failed)) => write!(f, "the limit is below {:.1}, the first level; ", failed.level)?,
            (None, None) => return writeln!(f, "no level could be judged: run each for longer, or add thresholds"),
        }
        let names: Vec<&str> = self.causes.iter().map(|cause| cause.name()).collect();
        let names = if names.is_empty() {
            "what saturates is not known".to_owned()
        } else {
            format!("saturated: {}", names.join("; "))
        };
        writeln!(f, "{names}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(verdict: Verdict) -> Evidence {
        Evidence {
            verdict,
            broken: Vec::new(),
            throughput_per_second: 0.0,
            send_lag_p99: Duration::ZERO,
            runtime_lag_p99: Duration::ZERO,
            skipped: 0.0,
            rate_limited: 0.13,
            processor: None,
            memory: None,
            elsewhere: false,
        }
    }

    fn searched(search: &Search, mut verdict: impl FnMut(f64) -> Verdict) -> FoundLimit {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(find_limit(search, async |level| evidence(verdict(level))))
    }

    #[test]
    fn the_interval_contains_the_limit_and_is_as_narrow_as_asked() {
        for limit in [1.5, 10.0, 77.7, 900.0] {
            let verdict = |level| if level <= limit { Verdict::Pass } else { Verdict::Fail };
            let found = searched(&Search::new(1.0, 1_000.0), verdict);
            let (low, high) = (found.passed.unwrap().level, found.failed.unwrap().level);
            assert!(low <= limit && limit < high && high / low <= 1.05, "{limit}: {low} to {high}");
            assert!(found.causes.is_empty(), "what was there before is no cause");
        }
    }

    #[test]
    fn users_are_whole_and_no_number_of_them_is_run_for_another() {
        for limit in 1..60 {
            let mut levels = Vec::new();
            let search = Search { whole: true, step: 1.3, ..Search::new(1.4, 64.0) };
            let found = searched(&search, |level| {
                levels.push(level);
                if level <= f64::from(limit) { Verdict::Pass } else { Verdict::Fail }
            });
            let (low, high) = (found.passed.unwrap().level, found.failed.unwrap().level);
            assert!(low <= limit.into() && f64::from(limit) < high && (high - low == 1.0 || high / low <= 1.05));
            assert!(levels.iter().all(|level| level.fract() == 0.0), "{levels:?}");
            // Only a level that failed is run again.
            let mut passed: Vec<f64> = levels.iter().copied().filter(|level| *level <= limit.into()).collect();
            passed.sort_by(f64::total_cmp);
            assert!(passed.windows(2).all(|pair| pair[0] < pair[1]), "{levels:?}");
        }
    }

    #[test]
    fn levels_that_one_process_does_not_drive_are_refused() {
        let scenario = |model: &str| {
            let text = format!("schema = 1\nname = \"s\"\n{model}\n[[queries]]\nname = \"q\"\ntext = \"what\"\n");
            Scenario::parse("s", &text, &|name| crate::Trace::parse(name, "offset_us\n0\n1000000\n")).unwrap()
        };
        let at = |model: &str, level, seconds| scenario(model).at_level(level, Duration::from_secs(seconds)).err();
        let rate = "duration = \"1s\"\n[open]\nrate = 1";
        assert_eq!(at(rate, 1e6, 5), None);
        assert_eq!(at(rate, 1e6, 6), Some(LevelError::Requests(6e6)));
        let users = "duration = \"1s\"\n[closed]\nusers = 1";
        assert_eq!((at(users, 1e6, 60), at(users, 2e6, 60)), (None, Some(LevelError::Level(2e6))));
        assert!(matches!(at(users, f64::NAN, 1), Some(LevelError::Level(_))));
        assert_eq!(at("[open]\ntrace = \"t.csv\"", 1.0, 1), Some(LevelError::Trace));
    }

    #[test]
    fn no_limit_a_first_level_too_high_and_nothing_to_judge_are_told_apart() {
        let search = Search::new(1.0, 10.0);
        let found = searched(&search, |_| Verdict::Pass);
        assert_eq!((found.passed.as_ref().map(|step| step.level), found.failed.as_ref()), (Some(10.0), None));
        assert!(found.to_string().ends_with("no limit was found; 10.0 passed\n"));
        let found = searched(&search, |_| Verdict::Fail);
        assert!(found.passed.is_none() && found.to_string().contains("below 1.0"));
        let found = searched(&search, |_| Verdict::Insufficient);
        assert!(found.to_string().contains("no level could be judged"));
    }

    #[test]
    fn a_failure_has_to_come_twice() {
        let mut runs = 0;
        let found = searched(&Search::new(1.0, 8.0), |_| {
            runs += 1;
            if runs == 2 { Verdict::Fail } else { Verdict::Pass }
        });
        assert_eq!((found.passed.map(|step| step.level), found.failed), (Some(8.0), None));
        assert_eq!(found.steps.len(), 5);
    }

    #[test]
    fn only_a_complete_run_shows_that_a_level_holds() {
        let report = |end: &str| {
            let json = serde_json::json!({
                "schema": crate::report::SCHEMA, "scenario": "s", "seed": 1, "model": "open",
                "end": serde_json::from_str::<serde_json::Value>(end).unwrap(),
                "planned_ns": 1, "elapsed_ns": 1,
                "requests": {
                    "intended": 9, "skipped": 0, "started": 9, "succeeded": 9, "unchecked": 0, "failed": 0, "cancelled": 0,
                    "unfinished": 0,
                },
                "errors": {}, "warnings": {}, "throughput_per_second": 9.0, "peak_in_flight": 1, "distributions": [],
                "goodput": [], "intervals": [], "process": null, "over_saturation": "no", "confidence": 0.95,
                "thresholds": [{"threshold": "errors.count < 1", "verdict": "PASS", "figure": 0.0, "n": 9, "reason": ""}],
            });
            Evidence::of(&Report::from_json(&json.to_string()).unwrap(), &Capacity::default())
        };
        assert_eq!(report(r#"{"kind":"complete"}"#).verdict, Verdict::Pass);
        assert_eq!(report(r#"{"kind":"interrupted"}"#).verdict, Verdict::Insufficient);
        let aborted = report(r#"{"kind":"aborted","threshold":"ttft.p95 < 1s"}"#);
        assert_eq!((aborted.verdict, aborted.broken), (Verdict::Fail, vec!["ttft.p95 < 1s".to_owned()]));
    }

    #[test]
    fn causes_have_rules() {
        let calm = evidence(Verdict::Pass);
        let causes = |change: fn(&mut Evidence)| {
            let mut failed = evidence(Verdict::Fail);
            change(&mut failed);
            super::causes(&failed, Some(&calm))
        };
        assert_eq!(causes(|_| {}), []);
        assert_eq!(causes(|failed| failed.rate_limited = 0.15), [Cause::ProviderLimit]);
        assert_eq!(causes(|failed| failed.send_lag_p99 = Duration::from_millis(4)), [Cause::Generator]);
        assert_eq!(
            causes(|failed| {
                failed.send_lag_p99 = Duration::from_millis(40);
                failed.runtime_lag_p99 = Duration::from_millis(40);
            }),
            [Cause::RuntimeLag],
            "a late runtime makes the generator late"
        );
        assert_eq!(
            causes(|failed| {
                failed.send_lag_p99 = Duration::from_millis(40);
                failed.runtime_lag_p99 = Duration::from_millis(40);
                failed.elsewhere = true;
            }),
            [Cause::Generator],
            "it is no runtime of a server elsewhere"
        );
        assert_eq!(
            causes(|failed| {
                failed.processor = Some(0.97);
                failed.runtime_lag_p99 = Duration::from_millis(40);
            }),
            [Cause::Processor],
            "full processors make the runtime late"
        );
    }
}
