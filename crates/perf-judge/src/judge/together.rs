//! The rule of all cases together: it detects a slowdown that all cases share and that is too small for any of them.
//!
//! The changes of the cases are combined into one, so its margin is a fifth of that of one case.

use perf_gate::{CaseName, Metric};

use super::first_sample::{DecisionRule, FirstSample, Trend};
use super::paired::{self, CONFIRM_ALPHA, Judgement};
use crate::next_step::NextStep;
use crate::pairs::outcome::PairedResults;
use crate::pairs::{LogTimes, Pairs, Stage};
use crate::row::{Group, PairedStats, Row};
use crate::statistics::{self, Estimate, percent};
use crate::verdict::Verdict;

/// The rule of all cases together: with a margin of 0.2 %, at level 1 %. It passes only if its minimum detectable effect is at
/// most 1 %.
pub const RULE: DecisionRule = DecisionRule { margin: 0.002, alpha: 0.01, resolution: 0.008 };

/// Fewer cases than this have no row: a mean of few is no more precise than the cases.
const MIN_CASES: usize = 5;

/// The samples of a case.
#[derive(Debug, Clone)]
pub struct CaseSamples {
    /// The first sample, by the most precise statistic.
    first: FirstSample,
    /// Fresh pairs.
    confirm: Vec<LogTimes>,
}

impl CaseSamples {
    /// The samples of a case; `None` if its first sample has too few pairs.
    pub fn new(rule: DecisionRule, first: &[LogTimes], confirm: Vec<LogTimes>) -> Option<Self> {
        Some(Self { first: rule.most_precise(first)?, confirm })
    }

    /// The samples of a case among measured pairs.
    pub fn of(rule: DecisionRule, case: &CaseName, pairs: &Pairs) -> Option<Self> {
        let (rule, first) = rule.with_extension(case, pairs);
        let confirm = [Stage::Confirm, Stage::ConfirmTogether].map(|stage| pairs.log_times(stage, case));
        Self::new(rule, &first, confirm.concat())
    }

    fn change(&self) -> Option<(f64, f64)> {
        Some((self.first.estimate?.center, self.first.standard_error()?))
    }

    fn confirmed_change(&self) -> Option<(f64, f64)> {
        let estimate = self.first.estimate_of(&self.confirm, CONFIRM_ALPHA)?;
        Some((estimate.center, statistics::standard_error(&estimate, CONFIRM_ALPHA)?))
    }
}

/// The change of all cases together in their first samples; `None` for fewer than 5 cases.
pub fn first_change(cases: &[CaseSamples], rule: DecisionRule) -> Option<Estimate> {
    let changes: Vec<(f64, f64)> = cases.iter().filter_map(CaseSamples::change).collect();
    if changes.len() < MIN_CASES { None } else { statistics::combine(&changes, rule.alpha) }
}

/// The change in the confirming samples; `None` if fewer than half of the cases have one.
fn confirmed_change(cases: &[CaseSamples]) -> Option<Estimate> {
    let changes: Vec<(f64, f64)> = cases.iter().filter_map(CaseSamples::confirmed_change).collect();
    if changes.len() * 2 < cases.len() { None } else { statistics::combine(&changes, CONFIRM_ALPHA) }
}

/// The smallest slowdown, as a log ratio, that is detected when it is added to these samples: it moves all bounds by its size.
/// Negative if the samples fail as they are, infinite if they cannot be confirmed.
pub fn detection_threshold(cases: &[CaseSamples], rule: DecisionRule) -> f64 {
    let distance =
        |estimate: Option<Estimate>| estimate.map_or(f64::INFINITY, |estimate| rule.margin.ln_1p() - estimate.lower);
    distance(first_change(cases, rule)).max(distance(confirmed_change(cases)))
}

/// Judges all cases together; `None` for fewer than 5 cases.
pub fn judge(cases: &[CaseSamples], rule: DecisionRule) -> Option<Judgement> {
    let estimate = first_change(cases, rule)?;
    let standard_error = statistics::standard_error(&estimate, rule.alpha);
    let mde = standard_error.and_then(|error| rule.minimum_detectable_effect(error));
    let is_precise = mde.is_some_and(|mde| mde <= rule.max_mde());
    let judged = |verdict, reason| Some(Judgement { verdict, statistic: None, estimate: Some(estimate), mde, reason });
    let trend = Trend::shown_by(&estimate, rule.margin);
    if trend == Trend::Unchanged {
        let limit = 100.0 * (rule.margin + rule.resolution);
        let reason = || Some(format!("too noisy: the minimum detectable effect is above {limit:.0} %"));
        return if is_precise { judged(Verdict::Pass, None) } else { judged(Verdict::Inconclusive, reason()) };
    }
    let Some(again) = confirmed_change(cases) else {
        return judged(Verdict::Inconclusive, Some("no time was left for the confirming samples".into()));
    };
    if Trend::shown_by(&again, rule.margin) == trend {
        let verdict = if trend == Trend::Slower { Verdict::Regressed } else { Verdict::Improved };
        return judged(verdict, None);
    }
    let (first, again) = (percent(estimate.center), percent(again.center));
    let reason = format!("{first:+.2} % in the first samples, {again:+.2} % in the confirming samples");
    judged(if is_precise { Verdict::Pass } else { Verdict::Inconclusive }, Some(reason))
}

/// The row of all `cases`; `None` if fewer than 5 of them could be measured.
pub fn row(
    measured: &PairedResults,
    cases: &[CaseName],
    rule_of: impl Fn(&CaseName) -> DecisionRule,
    looks: u32,
    against: &str,
) -> Option<Row> {
    let cases = cases.iter().filter(|case| !measured.broken.contains_key(*case));
    let samples: Vec<CaseSamples> =
        cases.filter_map(|case| CaseSamples::of(rule_of(case), case, &measured.pairs)).collect();
    let rule = RULE.after(looks);
    let judgement = judge(&samples, rule)?;
    let name = CaseName::new(format!("all-cases/timed/{}", samples.len())).ok()?;
    let unstable = paired::check_control(&measured.pairs.log_times(Stage::Control, &measured.control));
    let pairs = |of: fn(&CaseSamples) -> usize| samples.iter().map(of).sum::<usize>();
    let (first, confirming) = (pairs(|samples| samples.first.pairs.len()), pairs(|samples| samples.confirm.len()));
    let changes: Vec<f64> = samples.iter().filter_map(|samples| Some(samples.change()?.0)).collect();
    let paired = PairedStats::new(&judgement, changes, [first + confirming, confirming], rule.margin);
    let verdict = if unstable.is_some() { Verdict::Unstable } else { judgement.verdict };
    let row = Row { paired: Some(paired), ..Row::new(Group::Together, &name, Metric::TIME, verdict) };
    let row = match unstable.or(judgement.reason) {
        Some(why) => row.with_reason(why),
        None => row,
    };
    Some(match verdict {
        Verdict::Regressed => row
            .with_reason("all cases together are slower; the rows of single cases may be too noisy to show it")
            .with_next_step(NextStep::MorePairs { against: against.to_owned() }),
        _ => row,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix64;

    fn samples(
        random: &mut SplitMix64,
        cases: usize,
        change: f64,
        noise: f64,
        confirmed: Option<f64>,
    ) -> Vec<CaseSamples> {
        let mut sample = |change: f64| -> Vec<LogTimes> {
            let mut noise = || noise * (random.below(1_000) as f64 / 1_000.0 - 0.5);
            (0..40).map(|_| LogTimes::uniform(change + noise() + noise())).collect()
        };
        let case = |_| {
            let first = sample(change);
            let confirm = confirmed.map(&mut sample).unwrap_or_default();
            CaseSamples::new(DecisionRule::DEFAULT, &first, confirm).unwrap()
        };
        (0..cases).map(case).collect()
    }

    #[test]
    fn a_common_slowdown_too_small_for_one_case_is_a_regression_if_it_is_confirmed() {
        let mut random = SplitMix64::new(1);
        let mut verdict = |change, noise, confirmed| {
            judge(&samples(&mut random, 40, change, noise, confirmed), RULE).unwrap().verdict
        };
        assert_eq!(verdict(0.0, 0.02, None), Verdict::Pass);
        assert_eq!(verdict(0.001, 0.02, None), Verdict::Pass, "half of the margin");
        assert_eq!(verdict(0.007, 0.02, Some(0.007)), Verdict::Regressed);
        assert_eq!(verdict(-0.007, 0.02, Some(-0.007)), Verdict::Improved);
        assert_eq!(verdict(0.007, 0.02, Some(0.0)), Verdict::Pass, "not confirmed");
        assert_eq!(verdict(0.007, 0.02, None), Verdict::Inconclusive, "no time to confirm");
        assert_eq!(verdict(0.0, 0.3, None), Verdict::Inconclusive, "too noisy");
        assert_eq!(judge(&samples(&mut random, MIN_CASES - 1, 0.0, 0.02, None), RULE), None);
    }

    #[test]
    fn the_detection_threshold_is_where_the_verdict_changes() {
        // The same noise for each slowdown.
        let at = |change| samples(&mut SplitMix64::new(3), 40, change, 0.1, Some(change));
        let threshold = detection_threshold(&at(0.0), RULE);
        assert!((0.003..0.02).contains(&threshold), "{threshold}");
        let verdict = |cases: &[CaseSamples]| judge(cases, RULE).unwrap().verdict;
        assert_eq!(verdict(&at(threshold + 1e-4)), Verdict::Regressed);
        assert_ne!(verdict(&at(threshold - 1e-4)), Verdict::Regressed);
    }

    #[test]
    fn the_minimum_detectable_effect_is_found_with_its_power() {
        let mut random = SplitMix64::new(2);
        let mde = judge(&samples(&mut random, 40, 0.0, 0.1, None), RULE).unwrap().mde.unwrap();
        let found = (0..100).filter(|_| {
            let slower = judge(&samples(&mut random, 40, mde, 0.1, Some(mde)), RULE).unwrap();
            slower.verdict == Verdict::Regressed
        });
        let found = found.count();
        assert!((88..=100).contains(&found), "{found} of 100 at {mde}");
    }
}
