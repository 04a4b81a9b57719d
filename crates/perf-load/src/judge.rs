//! The verdict about a threshold.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::report::rounded;
use crate::scenario::{Aggregate, Comparison, Threshold};
use crate::support::{fewest, is_shown};
use perf_statistics::lower_bound;

/// The verdict about a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// It is not met.
    Fail,
    /// It may be met, but there are too few values to say so, or it was not measured. Not a pass.
    Insufficient,
    /// It is met; of a percentile or a share: with the confidence of the scenario.
    Pass,
}

impl Verdict {
    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fail => "FAIL",
            Self::Insufficient => "INSUFFICIENT",
            Self::Pass => "PASS",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A threshold with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// The threshold as it stands in the scenario.
    pub threshold: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What was measured, in the base unit of the threshold: nanoseconds, bytes, a share in 0..=1, a number. `None`: nothing.
    pub figure: Option<f64>,
    /// The number of values behind it.
    pub n: u64,
    /// Why this verdict, in a sentence; empty where the figure says it.
    pub reason: String,
}

/// What is known about the subject of a threshold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Evidence {
    /// Of `n` values so many are on the wrong side of the limit of a percentile.
    Percentile { figure: Option<f64>, wrong: u64, n: u64 },
    /// `k` of `n` have a property whose share is limited.
    Share { k: u64, n: u64 },
    /// A figure that no statistics stands behind.
    Plain { figure: f64, n: u64 },
    /// The same of requests of which `missing` more would have had a value, but were given up before or never started.
    Partial { figure: f64, missing: u64, n: u64 },
    /// It was not measured, with the reason.
    NotMeasured(String),
}

/// Judges a threshold.
///
/// Percentiles and shares pass only if the confidence bound is on the right side of the limit ([`crate::support`]). They fail if what
/// was seen is on the wrong side and there are as many values as a pass would need at least, or if the bound from the other side
/// excludes the limit. Otherwise the values are too few.
pub(crate) fn judge(threshold: &Threshold, evidence: Evidence, confidence: f64) -> Judged {
    let judged = |verdict, figure: Option<f64>, n, reason: String| Judged {
        threshold: threshold.text.clone(),
        verdict,
        figure: figure.map(rounded),
        n,
        reason,
    };
    match evidence {
        Evidence::NotMeasured(reason) => judged(Verdict::Insufficient, None, 0, reason),
        Evidence::Plain { figure, n } => {
            let verdict = if threshold.holds(figure) { Verdict::Pass } else { Verdict::Fail };
            judged(verdict, Some(figure), n, String::new())
        }
        Evidence::Partial { figure, missing, n } => {
            let verdict = if threshold.holds(figure) { Verdict::Insufficient } else { Verdict::Fail };
            judged(verdict, Some(figure), n, format!("{missing} more had no value when they were given up"))
        }
        Evidence::Percentile { figure, wrong, n } => {
            let Aggregate::Percentile(percent) = threshold.aggregate else {
                return judged(Verdict::Insufficient, figure, n, "this figure is no percentile".to_owned());
            };
            let share = allowed_beyond(threshold, percent);
            let needed = fewest(100.0 * (1.0 - share), confidence);
            let (verdict, reason) = of_share(wrong, n, share, needed, confidence);
            judged(verdict, figure, n, reason)
        }
        Evidence::Share { k, n } => {
            let figure = (n > 0).then(|| k as f64 / n as f64);
            // A limit of 0 % or 100 % is a statement about what was seen: no sample shows that nothing ever fails.
            if n > 0 && (threshold.limit <= 0.0 || threshold.limit >= 1.0) {
                let holds = figure.is_some_and(|figure| threshold.holds(figure));
                return judged(if holds { Verdict::Pass } else { Verdict::Fail }, figure, n, String::new());
            }
            let (wrong, share) = wrong_of_share(threshold, k, n);
            let needed = fewest(100.0 * (1.0 - share), confidence);
            let (verdict, reason) = of_share(wrong, n, share, needed, confidence);
            judged(verdict, figure, n, reason)
        }
    }
}

/// The confidence with which a threshold must have failed to end a run. It is looked at again every second, and each look at the
/// scenario's confidence could be the one that is wrong.
const CONFIDENCE_TO_ABORT: f64 = 0.999;

/// Whether a threshold has failed although the run goes on. Of a percentile or a share the bound with 99.9 % confidence has to exclude
/// the limit; any other figure has to be beyond it, which a mean or a rate may still mend: `after` is there for these.
pub(crate) fn fails_early(threshold: &Threshold, evidence: &Evidence) -> bool {
    let shown = |wrong, n, share| lower_bound(wrong, n, CONFIDENCE_TO_ABORT).is_some_and(|bound| bound > share);
    match *evidence {
        Evidence::NotMeasured(_) => false,
        Evidence::Plain { figure, .. } | Evidence::Partial { figure, .. } => !threshold.holds(figure),
        Evidence::Percentile { wrong, n, .. } => match threshold.aggregate {
            Aggregate::Percentile(percent) => shown(wrong, n, allowed_beyond(threshold, percent)),
            _ => false,
        },
        Evidence::Share { k, n } => {
            let (wrong, share) = wrong_of_share(threshold, k, n);
            shown(wrong, n, share)
        }
    }
}

/// The share of values that may be beyond the limit of a percentile: at least p % must be below an upper limit; above a lower one at
/// least the rest.
fn allowed_beyond(threshold: &Threshold, percent: f64) -> f64 {
    if threshold.comparison.is_upper() { 1.0 - percent / 100.0 } else { percent / 100.0 }
}

/// How many of `n` are wrong by a limited share, and the share of them that may be.
fn wrong_of_share(threshold: &Threshold, k: u64, n: u64) -> (u64, f64) {
    match threshold.comparison {
        Comparison::Below | Comparison::AtMost => (k, threshold.limit),
        Comparison::Above | Comparison::AtLeast => (n - k.min(n), 1.0 - threshold.limit),
    }
}

/// Whether `wrong` of `n` show that the share of wrong ones is at most `share`.
fn of_share(wrong: u64, n: u64, share: f64, needed: u64, confidence: f64) -> (Verdict, String) {
    if n == 0 {
        return (Verdict::Insufficient, "there are no values".to_owned());
    }
    let seen = wrong as f64 / n as f64;
    let percent = confidence * 100.0;
    if is_shown(wrong, n, share, confidence) {
        (Verdict::Pass, String::new())
    } else if lower_bound(wrong, n, confidence).is_some_and(|bound| bound > share) || (n >= needed && seen > share) {
        (Verdict::Fail, format!("{wrong} of {n} beyond the limit"))
    } else if n < needed {
        (Verdict::Insufficient, format!("at {percent:.0} % confidence it needs {needed}"))
    } else {
        (Verdict::Insufficient, format!("{wrong} of {n} beyond: not shown at {percent:.0} %"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str, evidence: Evidence) -> Verdict {
        let threshold = Threshold::parse(text, &["o"]).unwrap();
        judge(&threshold, evidence, 0.95).verdict
    }

    #[test]
    fn too_few_values_never_pass() {
        let of = |wrong, n| verdict("ttft.p95 < 1s", Evidence::Percentile { figure: Some(1.0), wrong, n });
        assert_eq!(
            [of(0, 58), of(0, 59), of(1, 92), of(1, 93)],
            [Verdict::Insufficient, Verdict::Pass, Verdict::Insufficient, Verdict::Pass]
        );
        assert_eq!(
            (of(0, 0), of(3, 58), of(4, 58)),
            (Verdict::Insufficient, Verdict::Insufficient, Verdict::Insufficient)
        );
        // 20 of 30 above the limit cannot be chance, however few they are.
        assert_eq!((of(20, 30), of(10, 100)), (Verdict::Fail, Verdict::Fail));
    }

    #[test]
    fn what_is_missing_is_said() {
        let reason = |wrong, n| {
            let threshold = Threshold::parse("ttft.p95 < 1s", &[]).unwrap();
            judge(&threshold, Evidence::Percentile { figure: None, wrong, n }, 0.95).reason
        };
        assert_eq!(reason(0, 50), "at 95 % confidence it needs 59");
        assert_eq!(reason(3, 100), "3 of 100 beyond: not shown at 95 %");
    }

    #[test]
    fn a_rate_below_the_limit_needs_as_many_requests_as_show_it() {
        let errors = |k, n| verdict("errors.rate < 1%", Evidence::Share { k, n });
        assert_eq!(
            [errors(0, 100), errors(0, 299), errors(1, 299), errors(5, 300)],
            [Verdict::Insufficient, Verdict::Pass, Verdict::Insufficient, Verdict::Fail]
        );
        let good = |k, n| verdict("goodput > 95%", Evidence::Share { k, n });
        assert_eq!([good(59, 59), good(58, 58), good(90, 100)], [Verdict::Pass, Verdict::Insufficient, Verdict::Fail]);
        assert_eq!(verdict("errors.rate <= 0%", Evidence::Share { k: 0, n: 3 }), Verdict::Pass);
        assert_eq!(verdict("errors.rate <= 0%", Evidence::Share { k: 1, n: 3 }), Verdict::Fail);
    }

    #[test]
    fn a_lower_limit_of_a_percentile_counts_from_the_other_side() {
        // The 5th percentile is at least 3 if at most 5 % are below it.
        let of = |wrong, n| verdict("results.p5 >= 3", Evidence::Percentile { figure: None, wrong, n });
        assert_eq!([of(0, 58), of(0, 59), of(9, 59)], [Verdict::Insufficient, Verdict::Pass, Verdict::Fail]);
    }

    #[test]
    fn a_run_ends_early_only_for_what_more_requests_will_not_mend() {
        let early = |text: &str, evidence: Evidence| fails_early(&Threshold::parse(text, &["o"]).unwrap(), &evidence);
        let share = |k, n| Evidence::Share { k, n };
        // 10 of 500 would be judged as a failure of a complete run.
        assert_eq!(verdict("errors.rate < 1%", share(10, 500)), Verdict::Fail);
        assert!(!early("errors.rate < 1%", share(10, 500)) && early("errors.rate < 1%", share(20, 500)));
        assert!(early("errors.rate <= 0%", share(1, 500)) && !early("errors.rate <= 0%", share(0, 500)));
        assert!(!early("goodput > 90%", share(85, 100)) && early("goodput > 90%", share(70, 100)));
        let beyond = |wrong, n| Evidence::Percentile { figure: None, wrong, n };
        assert!(!early("ttft.p95 < 1s", beyond(1, 3)) && early("ttft.p95 < 1s", beyond(3, 3)));
        let plain = |figure| Evidence::Plain { figure, n: 1 };
        assert!(early("errors.count < 1", plain(1.0)) && !early("errors.count < 1", plain(0.0)));
        let partial = |figure| Evidence::Partial { figure, missing: 1, n: 1 };
        assert!(early("ttft.max < 1us", partial(1_000.0)) && !early("ttft.max < 2us", partial(1_000.0)));
        assert!(!early("ttft.max < 1s", Evidence::NotMeasured(String::new())));
    }

    #[test]
    fn what_was_not_measured_is_no_pass() {
        let partial = |figure| Evidence::Partial { figure, missing: 1, n: 1 };
        assert_eq!(verdict("ttft.max < 2us", partial(1_000.0)), Verdict::Insufficient);
        assert_eq!(verdict("ttft.max < 1us", partial(1_000.0)), Verdict::Fail);
        assert_eq!(verdict("memory.max < 1GiB", Evidence::NotMeasured("no sampler".into())), Verdict::Insufficient);
        assert_eq!(verdict("memory.max < 1GiB", Evidence::Plain { figure: 1.0, n: 1 }), Verdict::Pass);
    }
}
