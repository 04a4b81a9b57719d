//! The rule of wall time: base and head are compared in pairs of processes.
//!
//! A case is slower if a test of its first sample shows that at level 0.5 % (see [`first_sample`](super::first_sample)), and the
//! same test of a fresh confirming sample does so at level 10 %. A burst of noise would have to hit both samples, and testing
//! many cases costs only the time of confirming.
//!
//! The margin exists because equal programs in two files differ by fractions of a percent in any number of pairs. Without it
//! the false positive rate would grow with the number of pairs.

use std::collections::BTreeSet;

use perf_gate::{CaseName, Class, Metric};

use crate::judge::first_sample::{DecisionRule, FirstSample, Trend};
use crate::next_step::NextStep;
use crate::pairs::outcome::{BrokenSide, PairedResults};
use crate::pairs::{LogTimes, Stage, Statistic};
use crate::row::{Group, PairedStats, Row, Value};
use crate::run::NoValue;
use crate::statistics::{self, Estimate, percent};
use crate::text::pluralize;
use crate::verdict::Verdict;

/// One-sided level of the confidence bound of the confirming sample. With a true change at the margin both samples are wrong
/// in at most 1 of 500 comparisons. At a level of 1 % the confirming sample rejected 9 of 60 slowdowns of 5 % on a busy
/// machine, because one or two bursts in twenty pairs move so extreme a bound by 10 %; at 10 % it rejected one. (These pairs
/// are not stored; the plan has changed since.)
pub const CONFIRM_ALPHA: f64 = 0.1;

/// The largest difference of the base from itself, as a fraction, with which wall time is judged.
const MAX_CONTROL_DIFFERENCE: f64 = 0.025;

/// The judgement of the wall time of one case, or of all cases together.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// PASS, REGRESSED, IMPROVED or INCONCLUSIVE.
    pub verdict: Verdict,
    /// The statistic that judged the case; `None` for all cases together, each of which has its own.
    pub statistic: Option<Statistic>,
    /// The estimate from the pairs of both samples; for all cases together from those of the first samples.
    pub estimate: Option<Estimate>,
    /// The minimum detectable effect of the first sample, as a log ratio.
    pub mde: Option<f64>,
    /// The reason of the verdict, where the values do not show it.
    pub reason: Option<String>,
}

impl PairedStats {
    /// Summarises `pairs` pairs, of which `confirming` confirm. `differences` are the log ratios of the pairs, or the changes of
    /// all cases; `margin` is a fraction.
    pub fn new(judgement: &Judgement, differences: Vec<f64>, [pairs, confirming]: [usize; 2], margin: f64) -> Self {
        let outliers = statistics::outliers(&differences).unwrap_or_default();
        let of = |value: fn(&Estimate) -> f64| judgement.estimate.as_ref().map(|estimate| percent(value(estimate)));
        Self {
            statistic: judgement.statistic,
            change_percent: of(|estimate| estimate.center),
            lower_percent: of(|estimate| estimate.lower),
            upper_percent: of(|estimate| estimate.upper),
            mde_percent: judgement.mde.map(percent),
            margin_percent: margin * 100.0,
            pairs,
            confirming,
            mild_outliers: outliers.mild,
            severe_outliers: outliers.severe,
            // One pair is less precise than 0.01 %.
            differences_percent: differences.into_iter().map(|d| (percent(d) * 100.0).round() / 100.0).collect(),
        }
    }
}

/// Judges a case by the pairs of its first and of its confirming sample.
pub fn judge(first: &FirstSample, confirm: &[LogTimes]) -> Judgement {
    let DecisionRule { margin, resolution, .. } = first.rule;
    let (statistic, estimate, mde) = (first.statistic, first.estimate_with(confirm), first.mde());
    let judged =
        |verdict, reason: Option<String>| Judgement { verdict, statistic: Some(statistic), estimate, mde, reason };
    let Some(of_first) = first.estimate else {
        let reason = format!("{} are too few to judge", pluralize(first.pairs.len(), "pair"));
        return judged(Verdict::Inconclusive, Some(reason));
    };
    let word = match first.trend() {
        Trend::Unchanged if first.is_precise() => return judged(Verdict::Pass, None),
        Trend::Unchanged => {
            let limit = 100.0 * (margin + resolution);
            let reason = match mde {
                Some(_) => format!("too noisy: the minimum detectable effect is above {limit:.0} %"),
                None => "the minimum detectable effect cannot be computed".into(),
            };
            return judged(Verdict::Inconclusive, Some(reason));
        }
        Trend::Slower => "slower",
        Trend::Faster => "faster",
    };
    let again = first.estimate_of(confirm, CONFIRM_ALPHA).map(|again| Trend::shown_by(&again, margin));
    let Some(again) = again else {
        let reason = format!("{word} in the first sample; no time was left for the confirming sample");
        return judged(Verdict::Inconclusive, Some(reason));
    };
    if again == first.trend() {
        let verdict = if word == "slower" { Verdict::Regressed } else { Verdict::Improved };
        return judged(verdict, None);
    }
    let reason = format!(
        "{:+.1} % in the first sample ({}), {:+.1} % in the confirming sample ({})",
        percent(of_first.center),
        pluralize(first.pairs.len(), "pair"),
        percent(statistics::median(&LogTimes::ratios(statistic, confirm)).unwrap_or_default()),
        pluralize(confirm.len(), "pair")
    );
    // The confirming sample decides, unless both samples together still show a change.
    match estimate.map(|all| Trend::shown_by(&all, margin)) {
        Some(Trend::Unchanged) if first.is_precise() => judged(Verdict::Pass, Some(reason)),
        _ => judged(Verdict::Inconclusive, Some(reason)),
    }
}

/// Checks the control, the base measured against itself. Returns the reason if no wall time can be judged, because its
/// difference exceeds `MAX_CONTROL_DIFFERENCE`.
pub fn check_control(control: &[LogTimes]) -> Option<String> {
    let control = DecisionRule::DEFAULT.first_sample(control);
    let estimate = control.estimate?;
    let far = MAX_CONTROL_DIFFERENCE.ln_1p();
    (estimate.lower > far || estimate.upper < -far).then(|| {
        format!(
            "control: the base differs from itself by {:+.1} % (confidence bound {:+.1} %) in {}",
            percent(estimate.center),
            percent(if estimate.lower > far { estimate.lower } else { estimate.upper }),
            pluralize(control.pairs.len(), "pair")
        )
    })
}

/// Whether other classes explain a change of wall time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corroboration {
    /// Instructions or heap increased.
    ExtraWork,
    /// Neither increased, so the cause is one that instructions do not show.
    NoExtraWork,
    /// Instructions were not counted.
    Unknown,
}

/// A row for each case that was measured in pairs. `against` is the abbreviated hash of the base, for next steps.
pub fn rows(
    measured: &PairedResults,
    cases: &[CaseName],
    rule_of: impl Fn(&CaseName) -> DecisionRule,
    corroboration: impl Fn(&CaseName) -> Corroboration,
    against: &str,
) -> Vec<Row> {
    let control = measured.pairs.log_times(Stage::Control, &measured.control);
    let unstable = check_control(&control);
    let row = |case: &CaseName| {
        let new = |verdict| Row::new(Group::Class(Class::Wall), case, Metric::TIME, verdict);
        match measured.broken.get(case) {
            Some(BrokenSide::Head(why) | BrokenSide::Base(why @ NoValue::Unfinished(_))) => {
                let why = why.clone().with_program("`time`");
                return Row::without_value(Group::Class(Class::Wall), case, Metric::TIME, &why)
                    .with_next_step(NextStep::RunTime);
            }
            Some(BrokenSide::Base(why)) => {
                return new(Verdict::New).with_reason(format!("the case has no value in the base: `time` {why}"));
            }
            None => {}
        }
        let first = rule_of(case).first_sample_of(case, &measured.pairs);
        let row = judged_row(new(Verdict::Inconclusive), measured, &first, unstable.as_deref());
        add_next_steps(row, case, corroboration(case), against)
    };
    cases.iter().map(row).collect()
}

/// The row of a case with the verdict, the values and the reason that its first and its confirming sample give. `unstable` is the
/// reason if no wall time can be judged.
pub(super) fn judged_row(row: Row, measured: &PairedResults, first: &FirstSample, unstable: Option<&str>) -> Row {
    let case = &row.case;
    let confirm = measured.pairs.log_times(Stage::Confirm, case);
    let judgement = judge(first, &confirm);
    let all: Vec<LogTimes> = first.pairs.iter().chain(&confirm).copied().collect();
    let statistic = first.statistic;
    let differences = LogTimes::ratios(statistic, &all);
    let stages = [Stage::First, Stage::Extension, Stage::Confirm];
    let pairs = || stages.into_iter().flat_map(|stage| measured.pairs.select(stage, case));
    let value = |values: Vec<f64>| statistics::median(&values).map(|ns| Value::Number(ns.round().max(1.0) as u64));
    let (base, head) = (
        value(pairs().map(|pair| pair.base.get(statistic)).collect()),
        value(pairs().map(|pair| pair.head.get(statistic)).collect()),
    );
    let verdict = if unstable.is_some() { Verdict::Unstable } else { judgement.verdict };
    let counts = [all.len(), confirm.len()];
    let paired = PairedStats::new(&judgement, differences, counts, first.rule.margin);
    let row = Row { verdict, paired: Some(paired), ..row.with_values(base, head) };
    match (unstable, &judgement.reason) {
        (Some(why), _) => row.with_reason(why),
        (None, Some(reason)) => row.with_reason(reason),
        (None, None) => row,
    }
}

/// Marks cases as NEW whose version in the base computes a different result, because their times are not comparable.
pub fn mark_changed_cases_new(rows: &mut [Row], changed: &BTreeSet<CaseName>) {
    for row in rows.iter_mut().filter(|row| changed.contains(&row.case) && row.verdict != Verdict::Broken) {
        row.verdict = Verdict::New;
        row.reason =
            Some("the base does not build with this case, and its own version computes a different result".into());
        row.next_steps.clear();
    }
}

fn add_next_steps(row: Row, case: &CaseName, corroboration: Corroboration, against: &str) -> Row {
    let against = against.to_owned();
    match row.verdict {
        Verdict::Regressed => {
            let why = match corroboration {
                Corroboration::ExtraWork => "slower, with more instructions or heap: see those rows",
                Corroboration::NoExtraWork => {
                    "slower, with unchanged instructions and heap: look for caches, contention, system calls or the environment"
                }
                Corroboration::Unknown => "slower; instructions were not counted",
            };
            row.with_reason(why)
                .with_next_step(NextStep::ReproduceInPairs { case: case.clone(), against: against.clone() })
                .with_next_step(NextStep::Profile { case: case.clone(), against: Some(against) })
                .with_next_step(NextStep::WidenMargin)
        }
        Verdict::Inconclusive => row
            .with_next_step(NextStep::MeasureQuietly { against: against.clone() })
            .with_next_step(NextStep::MorePairs { against }),
        Verdict::Unstable => row.with_next_step(NextStep::UseOtherMachine),
        _ => row,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::first_sample::{ALPHA, MARGIN};
    use crate::pairs::Times;

    fn around(center: f64, dispersion: f64, pairs: usize) -> Vec<f64> {
        // Symmetric, without ties.
        (0..pairs).map(|n| center + dispersion * (n as f64 - (pairs - 1) as f64 / 2.0) / pairs as f64).collect()
    }

    fn both(differences: &[f64]) -> Vec<LogTimes> {
        differences.iter().copied().map(LogTimes::uniform).collect()
    }

    fn judged(first: &[f64], confirm: &[f64], rule: DecisionRule) -> Judgement {
        judge(&rule.first_sample(&both(first)), &both(confirm))
    }

    fn verdict(first: &[f64], confirm: &[f64]) -> Verdict {
        judged(first, confirm, DecisionRule::DEFAULT).verdict
    }

    /// Log ratios with a center and a dispersion for each statistic.
    fn pairs(median: (f64, f64), minimum: (f64, f64)) -> Vec<LogTimes> {
        let times = |median: f64, minimum: f64| Times {
            median: (median / 2.0).exp(),
            minimum: (minimum / 2.0).exp(),
            mean_and_maximum: None,
        };
        let differences = around(median.0, median.1, 30).into_iter().zip(around(minimum.0, minimum.1, 30));
        differences
            .map(|(median, minimum)| LogTimes::between(times(-median, -minimum), times(median, minimum)))
            .collect()
    }

    #[test]
    fn the_statistic_with_the_smaller_mde_decides_unless_only_the_other_shows_a_change() {
        let statistic = |median, minimum| DecisionRule::DEFAULT.first_sample(&pairs(median, minimum)).statistic;
        assert_eq!(statistic((0.0, 0.01), (0.0, 0.05)), Statistic::Median);
        assert_ne!(statistic((0.0, 0.10), (0.0, 0.02)), Statistic::Median, "the minima, by either test");
        assert_eq!(statistic((0.2, 0.10), (0.0, 0.02)), Statistic::Median, "what slows down some operations only");
        assert_ne!(statistic((0.2, 0.10), (0.05, 0.02)), Statistic::Median, "all show a change");
        assert_ne!(statistic((0.0, 0.01), (0.2, 0.10)), Statistic::Median);
        assert_eq!(DecisionRule::DEFAULT.first_sample(&[]).statistic, Statistic::Median);

        let some = pairs((0.2, 0.10), (0.0, 0.02));
        assert_eq!(judge(&DecisionRule::DEFAULT.first_sample(&some), &some).verdict, Verdict::Regressed);
        let precise = pairs((0.0, 0.5), (0.0, 0.01));
        assert_eq!(
            judge(&DecisionRule::DEFAULT.first_sample(&precise), &[]).verdict,
            Verdict::Pass,
            "medians alone could not be judged"
        );
    }

    #[test]
    fn a_regression_needs_both_samples_on_the_same_side() {
        let (same, slow, fast) = (around(0.0, 0.01, 30), around(0.05, 0.01, 30), around(-0.05, 0.01, 30));
        assert_eq!(verdict(&same, &[]), Verdict::Pass);
        assert_eq!(verdict(&slow, &slow), Verdict::Regressed);
        assert_eq!(verdict(&fast, &fast), Verdict::Improved);
        assert_eq!(verdict(&slow, &[]), Verdict::Inconclusive, "no time to confirm");
        assert_eq!(verdict(&slow, &fast), Verdict::Pass, "both samples together show no change");
        let (wild, back) = (around(0.2, 0.5, 30), around(-0.2, 0.5, 30));
        assert_eq!(verdict(&wild, &back), Verdict::Inconclusive, "the MDE is above 5 %");
        assert_eq!(verdict(&slow, &around(0.009, 0.01, 30)), Verdict::Inconclusive, "together they still show it");
        assert_eq!(verdict(&around(0.03, 0.01, 10), &around(-0.004, 0.01, 40)), Verdict::Pass, "a burst");
    }

    #[test]
    fn the_excess_over_the_margin_is_symmetric() {
        let excess_over_margin =
            |differences: &[f64]| DecisionRule::DEFAULT.first_sample(&both(differences)).excess_over_margin();
        let slow = excess_over_margin(&around(0.05, 0.01, 30)).unwrap();
        let fast = excess_over_margin(&around(-0.05, 0.01, 30)).unwrap();
        assert!((slow - fast).abs() < 3e-4 && (0.037..0.04).contains(&slow), "{slow} {fast}");
        assert_eq!(excess_over_margin(&[]), None);
    }

    #[test]
    fn the_margin_passes_and_more_fails() {
        let at = |center: f64| verdict(&around(center, 0.0001, 30), &around(center, 0.0001, 30));
        assert_eq!(at(0.0099), Verdict::Pass);
        assert_eq!(at(0.0105), Verdict::Regressed);
        assert_eq!(at(-0.0105), Verdict::Improved);
        assert_eq!(
            judged(&around(0.03, 0.001, 30), &around(0.03, 0.001, 30), DecisionRule::after_looks(0, 0.05)).verdict,
            Verdict::Pass,
            "a wider margin"
        );
    }

    #[test]
    fn noisy_samples_do_not_pass() {
        let wide = judged(&around(0.0, 0.5, 20), &[], DecisionRule::DEFAULT);
        assert_eq!(wide.verdict, Verdict::Inconclusive);
        assert!(wide.mde.unwrap() > DecisionRule::DEFAULT.max_mde());
        assert_eq!(verdict(&around(0.0, 0.001, 6), &[]), Verdict::Inconclusive, "too few pairs");
        assert_eq!(verdict(&[], &[]), Verdict::Inconclusive);
        assert_eq!(verdict(&[f64::NAN; 30], &[]), Verdict::Inconclusive);
    }

    #[test]
    fn looks_get_stricter_and_at_most_double_the_false_positive_rate() {
        assert_eq!(DecisionRule::after_looks(0, MARGIN), DecisionRule::DEFAULT);
        let levels: Vec<f64> = (0..40).map(|looks| DecisionRule::after_looks(looks, MARGIN).alpha).collect();
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0]) && levels.iter().sum::<f64>() <= 2.0 * ALPHA + 1e-9);
        // Of changes just above the margin the fourth look shows fewer.
        let shown = |looks| {
            let rule = DecisionRule::after_looks(looks, MARGIN);
            let is_slower = |center: &u32| {
                rule.first_sample(&both(&around(f64::from(*center) / 1e4, 0.02, 30))).trend() == Trend::Slower
            };
            (100..160).find(is_slower).expect("1.6 % is shown")
        };
        assert!(shown(0) < shown(3), "{} {}", shown(0), shown(3));
    }

    #[test]
    fn a_row_is_judged_with_its_extension() {
        use std::collections::BTreeMap;

        use crate::pairs::{Pair, Pairs};
        let case = CaseName::new("a/b/1").unwrap();
        let row = |extension: usize| {
            let mut pairs = Pairs::default();
            let mut add = |stage, differences: Vec<f64>| {
                for (round, difference) in differences.into_iter().enumerate() {
                    let times = |log: f64| {
                        let time = 100.0 * log.exp();
                        Times { median: time, minimum: time, mean_and_maximum: None }
                    };
                    let (base, head) = (times(-difference / 2.0), times(difference / 2.0));
                    let (case, round) = (case.clone(), round as u32);
                    pairs.add(Pair { stage, round, case, base, head, head_first: false, took_ms: 1.0 });
                }
            };
            add(Stage::First, around(0.0, 0.2, 20));
            add(Stage::Extension, around(0.0, 0.2, extension));
            let (broken, head_only) = (BTreeMap::new(), BTreeMap::new());
            let measured = PairedResults { pairs, control: case.clone(), broken, head_only, linking_seconds: 0.0 };
            let cases = std::slice::from_ref(&case);
            rows(&measured, cases, |_| DecisionRule::DEFAULT, |_| Corroboration::Unknown, "0123").remove(0)
        };
        let (without, with) = (row(0), row(80));
        assert_eq!((without.verdict, without.paired.unwrap().pairs), (Verdict::Inconclusive, 20));
        assert_eq!((with.verdict, with.paired.unwrap().pairs), (Verdict::Pass, 100));
    }

    #[test]
    fn a_base_that_differs_from_itself_is_unstable() {
        assert_eq!(check_control(&both(&around(0.0, 0.05, 30))), None);
        assert_eq!(check_control(&both(&around(0.02, 0.001, 30))), None);
        assert!(check_control(&both(&around(0.03, 0.001, 30))).is_some());
        assert!(check_control(&both(&around(-0.03, 0.001, 30))).is_some());
    }
}
