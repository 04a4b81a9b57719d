//! Wall time of two sides, from pairs measured beside each other.
//!
//! d = ln(change / base) of each pair; the Hodges-Lehmann estimate with exact one-sided Wilcoxon bounds. A case is slower
//! when the lower bound (99 %) of its first pairs is above the margin, and again that (90 %) of pairs measured afresh. So a
//! burst of noise has to come twice, and looking at many cases costs only time: who looks suspicious is measured again.
//!
//! The margin is there because equal programs in two files differ by parts of a percent however often they are measured;
//! a rule without one is red more often the longer it measures.

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

/// Level of each bound: the truth is beyond it in one comparison of a hundred, by one figure. As the figure of a case is
/// chosen by what both say, it is one in fifty at worst, where they have nothing in common: 2.25 % in a simulation of that,
/// with the truth just at the margin.
pub const ALPHA: f64 = 0.01;

/// Level of the bound of the pairs that confirm: if the truth is just at the margin, both stages are wrong in one
/// comparison of five hundred at worst. At 1 % they took back 9 of 60 slow-downs of 5 % on a busy machine, because a burst or two among
/// twenty pairs move so extreme a bound by ten percent; at 10 % one. (Those pairs are not kept: the plan has changed since.)
pub const CONFIRM_ALPHA: f64 = 0.1;

/// What a change may cost without being red, as a part of the base, unless `thresholds.toml` says otherwise.
pub const MARGIN: f64 = 0.01;

/// How differences are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionRule {
    /// What a change may cost, as a part of the base.
    pub margin: f64,
    /// Level of each bound.
    pub alpha: f64,
}

impl DecisionRule {
    /// Of a comparison that is looked at once.
    pub const DEFAULT: Self = Self { margin: MARGIN, alpha: ALPHA };

    /// Of a comparison for which more pairs were measured so many times after somebody had seen what there were. Each look
    /// is another chance to be wrong, so each is half as likely to be: all together are wrong at most twice as often as
    /// one.
    pub fn after_looks(looks: u32, margin: f64) -> Self {
        Self { margin, alpha: ALPHA * 0.5_f64.powi(looks.min(30) as i32) }
    }

    /// The first pairs of a case by the figure by which it is judged: the one by which a smaller change would be seen, of
    /// those that say that something changed, or else of both.
    ///
    /// On a shared machine the fastest sample often scatters half as much as the median; but it does not see what slows some
    /// operations down and others not, so the median is heard, too.
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

/// The first pairs of a case, by the figure by which it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstSample {
    /// The figure.
    pub statistic: Statistic,
    /// Log ratios, in the order of measuring.
    pub differences: Vec<f64>,
    /// What they say, unless they are too few.
    pub estimate: Option<Estimate>,
    rule: DecisionRule,
}

impl FirstSample {
    /// The smallest slowdown that differences like these would have shown with a probability of 95 %, as a log ratio.
    pub fn mde(&self) -> Option<f64> {
        let DecisionRule { margin, alpha } = self.rule;
        statistics::minimum_detectable_effect(self.estimate.as_ref()?, margin.ln_1p(), alpha, POWER_OF_A_STAGE)
    }

    /// How far beyond the margin a change is, as a log ratio, by differences of which some are too large by chance: halfway
    /// between the estimate and the bound.
    pub fn excess_over_margin(&self) -> Option<f64> {
        let estimate = self.estimate?;
        let bound = if estimate.center > 0.0 { estimate.lower } else { -estimate.upper };
        Some((estimate.center.abs() + bound) / 2.0 - self.rule.margin.ln_1p())
    }

    /// What they say.
    pub fn trend(&self) -> Trend {
        self.estimate.map_or(Trend::Unchanged, |estimate| classify(&estimate, self.rule.margin))
    }
}

/// A row passes only if it would have seen a change of this much more than its margin, as a part of the base; otherwise it
/// is INCONCLUSIVE. With the ordinary margin that is a change of 5 %.
pub const RESOLUTION: f64 = 0.04;

/// As far as the base may seem to differ from itself.
const MAX_CONTROL_DIFFERENCE: f64 = 0.025;

/// Power of each of the two stages, so that both together have 95 %.
const POWER_OF_A_STAGE: f64 = 0.975;

/// How many standard errors lie between the margin and what is found with 95 %: those of the two quantiles above.
pub const Z_ALPHA_PLUS_Z_POWER: f64 = 2.326 + 1.960;

/// What the first pairs say, before they are confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// By more than the margin.
    Slower,
    /// By more than the margin.
    Faster,
    /// Or by less than can be told.
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

/// The judgement of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// PASS, REGRESSED, IMPROVED or INCONCLUSIVE.
    pub verdict: Verdict,
    /// By which figure.
    pub statistic: Statistic,
    /// Of all pairs.
    pub estimate: Option<Estimate>,
    /// The smallest slowdown that would have been found with a probability of 95 %, as a log ratio.
    pub mde: Option<f64>,
    /// Why, where the numbers do not say it.
    pub reason: Option<String>,
}

impl PairedStats {
    /// Of the logarithms of ratios, and what was made of them.
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
            // A hundredth of a percent is more than one pair can tell.
            differences_percent: differences.into_iter().map(|d| (percent(d) * 100.0).round() / 100.0).collect(),
        }
    }
}

/// Judges the differences of a case: of its first pairs, and of those that were to confirm what they said.
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
    // Fresh pairs decide; where all of them together still say otherwise, nothing is decided.
    match estimate.map(|all| classify(&all, margin)) {
        Some(Trend::Unchanged) if precise => judged(Verdict::Pass, Some(reason)),
        _ => judged(Verdict::Inconclusive, Some(reason)),
    }
}

/// Whether the base differs so much from itself that no difference means anything: how much, if so.
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

/// What went up or not beside the time of a case: witnesses of where the time goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corroboration {
    /// More instructions, or more heap.
    ExtraWork,
    /// Neither: then it is what instructions do not show.
    NoExtraWork,
    /// Nobody counted.
    Unknown,
}

/// A row for each case that was measured in pairs.
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

/// Cases that compute something else than those of the base are no comparison of the engine.
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

    /// Pairs whose medians and fastest samples differ by so much, with so much scatter.
    fn pairs(median: (f64, f64), minimum: (f64, f64)) -> Vec<LogRatios> {
        let times = |median: f64, minimum: f64| Times { median: median.exp(), minimum: minimum.exp() };
        let differences = around(median.0, median.1, 30).into_iter().zip(around(minimum.0, minimum.1, 30));
        differences.map(|(median, minimum)| LogRatios::between(times(0.0, 0.0), times(median, minimum))).collect()
    }

    #[test]
    fn the_sharper_figure_decides_unless_only_the_other_says_something() {
        let statistic = |median, minimum| DecisionRule::DEFAULT.first_sample(&pairs(median, minimum)).statistic;
        assert_eq!(statistic((0.0, 0.01), (0.0, 0.02)), Statistic::Median);
        assert_eq!(statistic((0.0, 0.10), (0.0, 0.02)), Statistic::Minimum);
        assert_eq!(statistic((0.0, 0.01), (0.0, 0.01)), Statistic::Median, "where both are as good");
        assert_eq!(statistic((0.2, 0.10), (0.0, 0.02)), Statistic::Median, "what slows down some operations only");
        assert_eq!(statistic((0.2, 0.10), (0.05, 0.02)), Statistic::Minimum, "both say so");
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
    fn red_needs_both_stages_on_the_same_side() {
        let (same, slow, fast) = (around(0.0, 0.01, 30), around(0.05, 0.01, 30), around(-0.05, 0.01, 30));
        assert_eq!(verdict(&same, &[]), Verdict::Pass);
        assert_eq!(verdict(&slow, &slow), Verdict::Regressed);
        assert_eq!(verdict(&fast, &fast), Verdict::Improved);
        assert_eq!(verdict(&slow, &[]), Verdict::Inconclusive, "no time to confirm");
        assert_eq!(verdict(&slow, &fast), Verdict::Pass, "together they show nothing");
        let (wild, back) = (around(0.2, 0.5, 30), around(-0.2, 0.5, 30));
        assert_eq!(verdict(&wild, &back), Verdict::Inconclusive, "they would not have shown a change of 5 %");
        assert_eq!(verdict(&slow, &around(0.009, 0.01, 30)), Verdict::Inconclusive, "together they still say so");
        assert_eq!(verdict(&around(0.03, 0.01, 10), &around(-0.004, 0.01, 40)), Verdict::Pass, "a burst");
    }

    #[test]
    fn how_far_beyond_the_margin_is_the_same_on_both_sides() {
        let excess_over_margin =
            |differences: &[f64]| DecisionRule::DEFAULT.first_sample(&both(differences)).excess_over_margin();
        let slow = excess_over_margin(&around(0.05, 0.01, 30)).unwrap();
        let fast = excess_over_margin(&around(-0.05, 0.01, 30)).unwrap();
        assert!((slow - fast).abs() < 1e-12 && (0.037..0.04).contains(&slow), "{slow} {fast}");
        assert_eq!(excess_over_margin(&[]), None);
    }

    #[test]
    fn the_margin_is_not_red_and_what_is_above_it_is() {
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
    fn what_scatters_too_much_is_not_passed() {
        let wide = judged(&around(0.0, 0.5, 20), &[], DecisionRule::DEFAULT);
        assert_eq!(wide.verdict, Verdict::Inconclusive);
        assert!(wide.mde.unwrap() > (MARGIN + RESOLUTION).ln_1p());
        assert_eq!(verdict(&around(0.0, 0.001, 6), &[]), Verdict::Inconclusive, "too few pairs");
        assert_eq!(verdict(&[], &[]), Verdict::Inconclusive);
        assert_eq!(verdict(&[f64::NAN; 30], &[]), Verdict::Inconclusive);
    }

    #[test]
    fn each_look_is_stricter_and_all_together_are_wrong_at_most_twice_as_often() {
        assert_eq!(DecisionRule::after_looks(0, MARGIN), DecisionRule::DEFAULT);
        let levels: Vec<f64> = (0..40).map(|looks| DecisionRule::after_looks(looks, MARGIN).alpha).collect();
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0]) && levels.iter().sum::<f64>() <= 2.0 * ALPHA + 1e-9);
        // What is just above the margin once is not, when looked at for the fourth time.
        let differences = both(&around(0.0145, 0.03, 30));
        assert_eq!(DecisionRule::DEFAULT.first_sample(&differences).trend(), Trend::Slower);
        assert_eq!(DecisionRule::after_looks(3, MARGIN).first_sample(&differences).trend(), Trend::Unchanged);
    }

    #[test]
    fn a_machine_that_sees_differences_in_the_same_is_unfit() {
        assert_eq!(check_control(&both(&around(0.0, 0.05, 30))), None);
        assert_eq!(check_control(&both(&around(0.02, 0.001, 30))), None);
        assert!(check_control(&both(&around(0.03, 0.001, 30))).is_some());
        assert!(check_control(&both(&around(-0.03, 0.001, 30))).is_some());
    }
}
