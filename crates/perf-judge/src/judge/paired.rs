//! The rule of wall time: base and head are compared in pairs of processes.
//!
//! The change of a pair is the log ratio ln(head / base). The estimate is Hodges-Lehmann's, with exact one-sided Wilcoxon
//! confidence bounds. A case is slower if the 99 % lower bound of its first sample exceeds the margin and the 90 % lower bound
//! of a fresh confirming sample does too. A burst of noise would have to hit both samples, and testing many cases costs only
//! the time of confirming.
//!
//! The margin exists because equal programs in two files differ by fractions of a percent in any number of pairs. Without it
//! the false positive rate would grow with the number of pairs.

use std::collections::BTreeSet;

use perf_gate::{CaseName, Class, Metric};

use crate::next_step::NextStep;
use crate::pairs::outcome::{BrokenSide, PairedResults};
use crate::pairs::{LogRatios, Stage, Statistic};
use crate::row::{Group, PairedStats, Row, Value};
use crate::run::NoValue;
use crate::statistics::{self, Estimate, percent};
use crate::text::pluralize;
use crate::verdict::Verdict;

/// One-sided level of each confidence bound of the first sample, for one statistic. Because the statistic of a case is chosen
/// after both were measured, the false positive rate is at most twice as high: 2.25 % in a simulation of independent
/// statistics with a true change at the margin.
pub const ALPHA: f64 = 0.01;

/// One-sided level of the confidence bound of the confirming sample. With a true change at the margin both samples are wrong
/// in at most 1 of 500 comparisons. At a level of 1 % the confirming sample rejected 9 of 60 slowdowns of 5 % on a busy
/// machine, because one or two bursts in twenty pairs move so extreme a bound by 10 %; at 10 % it rejected one. (These pairs
/// are not stored; the plan has changed since.)
pub const CONFIRM_ALPHA: f64 = 0.1;

/// The largest slowdown that passes, as a fraction of the base, unless `thresholds.toml` has another margin for the case.
pub const MARGIN: f64 = 0.01;

/// The margin and the level by which log ratios are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionRule {
    /// The largest slowdown that passes, as a fraction of the base.
    pub margin: f64,
    /// One-sided level of each confidence bound.
    pub alpha: f64,
}

impl DecisionRule {
    /// The rule of a comparison without interim looks.
    pub const DEFAULT: Self = Self { margin: MARGIN, alpha: ALPHA };

    /// The rule of a comparison that was extended `looks` times after a report had shown its pairs. Each look halves alpha, so
    /// the false positive rate over all looks is at most twice that of one.
    pub fn after_looks(looks: u32, margin: f64) -> Self {
        Self { margin, alpha: ALPHA * 0.5_f64.powi(looks.min(30) as i32) }
    }

    /// The first sample of a case, by the statistic that judges it: the one with the smaller minimum detectable effect, or the
    /// other if only that one shows a change.
    ///
    /// On a shared machine the minimum often has half the dispersion of the median, but it misses a slowdown of only some
    /// operations, so the median is evaluated too.
    pub fn first_sample(self, differences: &[LogRatios]) -> FirstSample {
        let by = |statistic| {
            let differences = LogRatios::select(statistic, differences);
            FirstSample { statistic, rule: self, estimate: statistics::estimate(&differences, self.alpha), differences }
        };
        let mde = |of: &FirstSample| of.mde().unwrap_or(f64::INFINITY);
        let (median, minimum) = (by(Statistic::Median), by(Statistic::Minimum));
        let (preferred, other) = if mde(&minimum) < mde(&median) { (minimum, median) } else { (median, minimum) };
        let silent = |of: &FirstSample| of.trend() == Trend::Unchanged;
        if silent(&preferred) && !silent(&other) { other } else { preferred }
    }
}

/// The first sample of a case, by the statistic that judges it.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstSample {
    /// The statistic that judges the case.
    pub statistic: Statistic,
    /// Log ratios of the pairs, in the order of measuring.
    pub differences: Vec<f64>,
    /// The estimate with its bounds; `None` with too few pairs.
    pub estimate: Option<Estimate>,
    rule: DecisionRule,
}

impl FirstSample {
    /// The minimum detectable effect: the smallest slowdown, as a log ratio, that samples like this one show with a power of
    /// 95 %.
    pub fn mde(&self) -> Option<f64> {
        let DecisionRule { margin, alpha } = self.rule;
        statistics::minimum_detectable_effect(self.estimate.as_ref()?, margin.ln_1p(), alpha, POWER_OF_A_STAGE)
    }

    /// By how much the change exceeds the margin, as a log ratio, in either direction. It is measured from halfway between the
    /// estimate and its bound, because the estimates of selected cases are too large on average.
    pub fn excess_over_margin(&self) -> Option<f64> {
        let estimate = self.estimate?;
        let bound = if estimate.center > 0.0 { estimate.lower } else { -estimate.upper };
        Some((estimate.center.abs() + bound) / 2.0 - self.rule.margin.ln_1p())
    }

    /// The direction of the change that the sample shows.
    pub fn trend(&self) -> Trend {
        self.estimate.map_or(Trend::Unchanged, |estimate| classify(&estimate, self.rule.margin))
    }
}

/// A row passes only if its minimum detectable effect is at most this much above the margin, as a fraction of the base;
/// otherwise it is INCONCLUSIVE. With the default margin the limit is 5 %.
pub const RESOLUTION: f64 = 0.04;

/// The largest difference of the base from itself, as a fraction, with which wall time is judged.
const MAX_CONTROL_DIFFERENCE: f64 = 0.025;

/// Power of each of the two samples, so that both together have 95 %.
const POWER_OF_A_STAGE: f64 = 0.975;

/// Standard errors between the margin and the minimum detectable effect: the normal quantiles of 1 - [`ALPHA`] and of
/// `POWER_OF_A_STAGE`.
pub const Z_ALPHA_PLUS_Z_POWER: f64 = 2.326 + 1.960;

/// The direction of the change that a sample shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// Slower by more than the margin.
    Slower,
    /// Faster by more than the margin.
    Faster,
    /// No change beyond the margin is shown.
    Unchanged,
}

fn classify(estimate: &Estimate, margin: f64) -> Trend {
    if estimate.lower > margin.ln_1p() {
        Trend::Slower
    } else if estimate.upper < -margin.ln_1p() {
        Trend::Faster
    } else {
        Trend::Unchanged
    }
}

/// The judgement of the wall time of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// PASS, REGRESSED, IMPROVED or INCONCLUSIVE.
    pub verdict: Verdict,
    /// The statistic that judged the case.
    pub statistic: Statistic,
    /// The estimate from the pairs of both samples.
    pub estimate: Option<Estimate>,
    /// The minimum detectable effect of the first sample, as a log ratio.
    pub mde: Option<f64>,
    /// The reason of the verdict, where the values do not show it.
    pub reason: Option<String>,
}

impl PairedStats {
    /// Summarises the log ratios of both samples, of which the last `confirming` confirm; `margin` is a fraction.
    pub fn new(judgement: &Judgement, differences: Vec<f64>, confirming: usize, margin: f64) -> Self {
        let outliers = statistics::outliers(&differences).unwrap_or_default();
        let of = |value: fn(&Estimate) -> f64| judgement.estimate.as_ref().map(|estimate| percent(value(estimate)));
        Self {
            statistic: judgement.statistic,
            change_percent: of(|estimate| estimate.center),
            lower_percent: of(|estimate| estimate.lower),
            upper_percent: of(|estimate| estimate.upper),
            mde_percent: judgement.mde.map(percent),
            margin_percent: margin * 100.0,
            pairs: differences.len(),
            confirming,
            mild_outliers: outliers.mild,
            severe_outliers: outliers.severe,
            // One pair is less precise than 0.01 %.
            differences_percent: differences.into_iter().map(|d| (percent(d) * 100.0).round() / 100.0).collect(),
        }
    }
}

/// Judges a case by the log ratios of its first and of its confirming sample.
pub fn judge(first: &FirstSample, confirm: &[LogRatios]) -> Judgement {
    let FirstSample { statistic, ref differences, estimate: of_first, rule } = *first;
    let margin = rule.margin;
    let confirm = LogRatios::select(statistic, confirm);
    let all: Vec<f64> = differences.iter().chain(&confirm).copied().collect();
    let estimate = statistics::estimate(&all, rule.alpha);
    let Some(of_first) = of_first else {
        let reason = format!("{} are too few to judge", pluralize(differences.len(), "pair"));
        return Judgement { verdict: Verdict::Inconclusive, statistic, estimate, mde: None, reason: Some(reason) };
    };
    let mde = first.mde();
    let precise = mde.is_some_and(|mde| mde <= (margin + RESOLUTION).ln_1p());
    let judged = |verdict, reason: Option<String>| Judgement { verdict, statistic, estimate, mde, reason };
    let word = match classify(&of_first, margin) {
        Trend::Unchanged => {
            return match mde {
                Some(_) if precise => judged(Verdict::Pass, None),
                Some(_) => judged(
                    Verdict::Inconclusive,
                    Some(format!(
                        "too noisy: the minimum detectable effect is above {:.0} %",
                        100.0 * (margin + RESOLUTION)
                    )),
                ),
                None => judged(Verdict::Inconclusive, Some("the minimum detectable effect cannot be computed".into())),
            };
        }
        Trend::Slower => "slower",
        Trend::Faster => "faster",
    };
    let Some(again) = statistics::estimate(&confirm, CONFIRM_ALPHA).map(|again| classify(&again, margin)) else {
        let reason = format!("{word} in the first sample; no time was left for the confirming sample");
        return judged(Verdict::Inconclusive, Some(reason));
    };
    if again == classify(&of_first, margin) {
        let verdict = if word == "slower" { Verdict::Regressed } else { Verdict::Improved };
        return judged(verdict, None);
    }
    let reason = format!(
        "{:+.1} % in the first sample ({}), {:+.1} % in the confirming sample ({})",
        percent(of_first.center),
        pluralize(differences.len(), "pair"),
        percent(statistics::median(&confirm).unwrap_or_default()),
        pluralize(confirm.len(), "pair")
    );
    // The confirming sample decides, unless both samples together still show a change.
    match estimate.map(|all| classify(&all, margin)) {
        Some(Trend::Unchanged) if precise => judged(Verdict::Pass, Some(reason)),
        _ => judged(Verdict::Inconclusive, Some(reason)),
    }
}

/// Checks the control, the base measured against itself. Returns the reason if no wall time can be judged, because its
/// difference exceeds `MAX_CONTROL_DIFFERENCE`.
pub fn check_control(control: &[LogRatios]) -> Option<String> {
    let control = DecisionRule::DEFAULT.first_sample(control);
    let estimate = control.estimate?;
    let far = MAX_CONTROL_DIFFERENCE.ln_1p();
    (estimate.lower > far || estimate.upper < -far).then(|| {
        format!(
            "control: the base differs from itself by {:+.1} % (confidence bound {:+.1} %) in {}",
            percent(estimate.center),
            percent(if estimate.lower > far { estimate.lower } else { estimate.upper }),
            pluralize(control.differences.len(), "pair")
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
    let control = measured.pairs.log_ratios(Stage::Control, &measured.control);
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
        let (first, confirm) =
            (measured.pairs.log_ratios(Stage::First, case), measured.pairs.log_ratios(Stage::Confirm, case));
        let judgement = judge(&rule_of(case).first_sample(&first), &confirm);
        let all: Vec<LogRatios> = first.iter().chain(&confirm).copied().collect();
        let statistic = judgement.statistic;
        let differences = LogRatios::select(statistic, &all);
        let pairs = || measured.pairs.select(Stage::First, case).chain(measured.pairs.select(Stage::Confirm, case));
        let value = |values: Vec<f64>| statistics::median(&values).map(|ns| Value::Number(ns.round().max(1.0) as u64));
        let (base, head) = (
            value(pairs().map(|pair| pair.base.get(statistic)).collect()),
            value(pairs().map(|pair| pair.head.get(statistic)).collect()),
        );
        let verdict = if unstable.is_some() { Verdict::Unstable } else { judgement.verdict };
        let row = new(verdict).with_values(base, head);
        let row =
            Row { paired: Some(PairedStats::new(&judgement, differences, confirm.len(), rule_of(case).margin)), ..row };
        let row = match (&unstable, &judgement.reason) {
            (Some(why), _) => row.with_reason(why),
            (None, Some(reason)) => row.with_reason(reason),
            (None, None) => row,
        };
        add_next_steps(row, case, corroboration(case), against)
    };
    cases.iter().map(row).collect()
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
                .with_next_step(NextStep::ReproduceInPairs { case: case.clone(), against })
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
    use crate::pairs::Times;

    fn around(center: f64, dispersion: f64, pairs: usize) -> Vec<f64> {
        // Symmetric, without ties.
        (0..pairs).map(|n| center + dispersion * (n as f64 - (pairs - 1) as f64 / 2.0) / pairs as f64).collect()
    }

    fn both(differences: &[f64]) -> Vec<LogRatios> {
        differences.iter().copied().map(LogRatios::uniform).collect()
    }

    fn judged(first: &[f64], confirm: &[f64], rule: DecisionRule) -> Judgement {
        judge(&rule.first_sample(&both(first)), &both(confirm))
    }

    fn verdict(first: &[f64], confirm: &[f64]) -> Verdict {
        judged(first, confirm, DecisionRule::DEFAULT).verdict
    }

    /// Log ratios with a center and a dispersion for each statistic.
    fn pairs(median: (f64, f64), minimum: (f64, f64)) -> Vec<LogRatios> {
        let times = |median: f64, minimum: f64| Times { median: median.exp(), minimum: minimum.exp() };
        let differences = around(median.0, median.1, 30).into_iter().zip(around(minimum.0, minimum.1, 30));
        differences.map(|(median, minimum)| LogRatios::between(times(0.0, 0.0), times(median, minimum))).collect()
    }

    #[test]
    fn the_statistic_with_the_smaller_mde_decides_unless_only_the_other_shows_a_change() {
        let statistic = |median, minimum| DecisionRule::DEFAULT.first_sample(&pairs(median, minimum)).statistic;
        assert_eq!(statistic((0.0, 0.01), (0.0, 0.02)), Statistic::Median);
        assert_eq!(statistic((0.0, 0.10), (0.0, 0.02)), Statistic::Minimum);
        assert_eq!(statistic((0.0, 0.01), (0.0, 0.01)), Statistic::Median, "equal precision");
        assert_eq!(statistic((0.2, 0.10), (0.0, 0.02)), Statistic::Median, "what slows down some operations only");
        assert_eq!(statistic((0.2, 0.10), (0.05, 0.02)), Statistic::Minimum, "both show a change");
        assert_eq!(statistic((0.0, 0.01), (0.2, 0.10)), Statistic::Minimum);
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
        assert!((slow - fast).abs() < 1e-12 && (0.037..0.04).contains(&slow), "{slow} {fast}");
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
        assert!(wide.mde.unwrap() > (MARGIN + RESOLUTION).ln_1p());
        assert_eq!(verdict(&around(0.0, 0.001, 6), &[]), Verdict::Inconclusive, "too few pairs");
        assert_eq!(verdict(&[], &[]), Verdict::Inconclusive);
        assert_eq!(verdict(&[f64::NAN; 30], &[]), Verdict::Inconclusive);
    }

    #[test]
    fn looks_get_stricter_and_at_most_double_the_false_positive_rate() {
        assert_eq!(DecisionRule::after_looks(0, MARGIN), DecisionRule::DEFAULT);
        let levels: Vec<f64> = (0..40).map(|looks| DecisionRule::after_looks(looks, MARGIN).alpha).collect();
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0]) && levels.iter().sum::<f64>() <= 2.0 * ALPHA + 1e-9);
        // A change just above the margin is not shown any more at the level of the fourth look.
        let differences = both(&around(0.0145, 0.03, 30));
        assert_eq!(DecisionRule::DEFAULT.first_sample(&differences).trend(), Trend::Slower);
        assert_eq!(DecisionRule::after_looks(3, MARGIN).first_sample(&differences).trend(), Trend::Unchanged);
    }

    #[test]
    fn a_base_that_differs_from_itself_is_unstable() {
        assert_eq!(check_control(&both(&around(0.0, 0.05, 30))), None);
        assert_eq!(check_control(&both(&around(0.02, 0.001, 30))), None);
        assert!(check_control(&both(&around(0.03, 0.001, 30))).is_some());
        assert!(check_control(&both(&around(-0.03, 0.001, 30))).is_some());
    }
}
