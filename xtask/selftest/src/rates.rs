//! Error rates of the gate in recorded suites, by the code that judges every run. Pure.

use std::collections::BTreeMap;

use perf_gate::CaseName;
use perf_judge::judge::paired::{self, DecisionRule, FirstSample, MARGIN};
use perf_judge::judge::{Judgement, exceeds_instruction_margin};
use perf_judge::pairs::LogRatios;
use perf_judge::pairs::plan::{self, CaseState, Pilot, SamplingPlan};
use perf_judge::rng::SplitMix64;
use perf_judge::statistics::{self, percent};
use perf_judge::verdict::Verdict;
use perf_runner::error::Error;
use perf_runner::process::parallel;

use crate::arms::Arm;
use crate::record::{CaseRecord, Suite};

/// Verdicts of the gate in the suites of an arm, counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rates {
    /// Suites.
    pub suites: u64,
    /// Suites with at least one regression.
    pub failed_suites: u64,
    /// Suites in which the control differs from itself, so that nothing is judged.
    pub unstable_suites: u64,
    /// Comparisons: one for each case of a suite.
    pub comparisons: u64,
    /// Comparisons that are reported as regressions.
    pub regressions: u64,
    /// Inconclusive comparisons, in suites that are not unstable.
    pub inconclusive: u64,
    /// Median over comparisons of the estimated effect, in percent.
    pub effect_percent: Option<f64>,
}

/// Judges the wall time of a case by its pairs.
fn judge(record: &CaseRecord) -> Judgement {
    let first = DecisionRule::DEFAULT.first_sample(&CaseRecord::differences(&record.first));
    paired::judge(&first, &CaseRecord::differences(&record.confirm))
}

/// Rates of suites that record pairs.
fn from_pairs<'a>(suites: impl IntoIterator<Item = &'a Suite>) -> Rates {
    let mut rates = Rates::default();
    let mut effects = Vec::new();
    for suite in suites {
        rates.suites += 1;
        let unstable = paired::check_control(&CaseRecord::differences(&suite.control)).is_some();
        rates.unstable_suites += u64::from(unstable);
        let mut regressions = 0;
        for record in suite.cases.values().filter(|record| !record.first.is_empty()) {
            rates.comparisons += 1;
            let judgement = judge(record);
            effects.extend(judgement.estimate.map(|estimate| percent(estimate.center)));
            match judgement.verdict {
                _ if unstable => {}
                Verdict::Regressed => regressions += 1,
                Verdict::Inconclusive => rates.inconclusive += 1,
                _ => {}
            }
        }
        rates.regressions += regressions;
        rates.failed_suites += u64::from(regressions > 0);
    }
    rates.effect_percent = statistics::median(&effects);
    rates
}

/// Rates of suites that record instructions.
fn from_instructions<'a>(suites: impl IntoIterator<Item = &'a Suite>) -> Rates {
    let mut rates = Rates::default();
    let mut effects = Vec::new();
    for suite in suites {
        rates.suites += 1;
        let mut regressions = 0;
        for [base, head] in suite.cases.values().filter_map(|record| record.instructions) {
            rates.comparisons += 1;
            effects.push((head as f64 / base as f64 - 1.0) * 100.0);
            regressions += u64::from(exceeds_instruction_margin(head, base));
        }
        rates.regressions += regressions;
        rates.failed_suites += u64::from(regressions > 0);
    }
    rates.effect_percent = statistics::median(&effects);
    rates
}

/// Rates of suites that record the number of failing rows of one fault.
fn from_faults<'a>(suites: impl IntoIterator<Item = &'a Suite>) -> Rates {
    let mut rates = Rates::default();
    for suite in suites {
        let failed = u64::from(suite.failing_rows.is_some_and(|rows| rows > 0));
        rates.suites += 1;
        rates.comparisons += 1;
        rates.regressions += failed;
        rates.failed_suites += failed;
    }
    rates
}

/// Rates of the suites of an arm.
pub fn compute(arm: Arm, suites: &[Suite]) -> Rates {
    match arm {
        Arm::Same | Arm::Neutral | Arm::NeutralOneLayout | Arm::Busy | Arm::Wall(_) => from_pairs(suites),
        Arm::Instructions(_) => from_instructions(suites),
        Arm::ExactFault => from_faults(suites),
    }
}

/// Rounds that are drawn together, because a disturbance lasts for several rounds.
const BLOCK: usize = 5;

/// Verdicts of the gate in resampled suites, counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResampledSuites {
    /// Suites.
    pub suites: u64,
    /// Suites with at least one regression.
    pub failed_suites: u64,
    /// Suites in which the control differs from itself.
    pub unstable_suites: u64,
    /// The smallest slowdown that is detected in each suite, by case, as a log ratio, ascending. A slowdown shifts both
    /// confidence bounds by its size, so one judgement of unchanged code gives the threshold.
    pub thresholds: BTreeMap<CaseName, Vec<f64>>,
}

/// Draws `count` suites from the rounds of recorded ones, with replacement, and judges them. All cases of a suite share the
/// drawn rounds, so correlation between cases is kept.
pub fn resample(suites: &[Suite], count: u64, seed: u64) -> Result<ResampledSuites, Error> {
    let mut resampled = ResampledSuites::default();
    let recorded: Vec<SuitePairs<'_>> = suites.iter().map(SuitePairs::new).collect();
    if recorded.is_empty() {
        return Ok(resampled);
    }
    let numbers: Vec<u64> = (0..count).collect();
    for suite in parallel::map(&numbers, |&number| Ok(ResampledSuite::draw(&recorded, seed, number)))? {
        resampled.suites += 1;
        resampled.unstable_suites += u64::from(suite.unstable);
        resampled.failed_suites += u64::from(suite.failed);
        for (case, threshold) in suite.thresholds {
            resampled.thresholds.entry(case.clone()).or_default().push(threshold);
        }
    }
    resampled.thresholds.values_mut().for_each(|thresholds| thresholds.sort_by(f64::total_cmp));
    Ok(resampled)
}

/// A judged suite that was drawn from recorded rounds.
struct ResampledSuite<'a> {
    unstable: bool,
    failed: bool,
    thresholds: Vec<(&'a CaseName, f64)>,
}

impl<'a> ResampledSuite<'a> {
    fn draw(recorded: &[SuitePairs<'a>], seed: u64, number: u64) -> Self {
        let mut random = SplitMix64::new(seed << 32 | number);
        let plan = &recorded[random.below(recorded.len())];
        let mut blocks = || -> Vec<(usize, usize)> {
            (0..SamplingPlan::FULL.max_pairs / BLOCK)
                .map(|_| (random.below(recorded.len()), random.below(1 << 16)))
                .collect()
        };
        let (first, confirm) = (blocks(), blocks());
        let control = resample_pairs(&first, plan.control.len(), |suite| &recorded[suite].control);
        let unstable = paired::check_control(&control).is_some();
        let mut failed = false;
        let mut judge_case = |(case, pairs): (&&'a CaseName, &usize)| {
            let of_case = |suite: usize| recorded[suite].cases.get(*case).map_or(&[][..], Vec::as_slice);
            let first = draw_adaptively(*pairs, |pairs| resample_pairs(&first, pairs, of_case));
            let again = resample_pairs(&confirm, first.differences.len(), of_case);
            failed |= !unstable && paired::judge(&first, &again).verdict == Verdict::Regressed;
            let again = LogRatios::select(first.statistic, &again);
            let threshold = match (first.estimate, statistics::estimate(&again, paired::CONFIRM_ALPHA)) {
                (Some(first), Some(again)) if !unstable => MARGIN.ln_1p() - first.lower.min(again.lower),
                _ => f64::INFINITY,
            };
            (*case, threshold)
        };
        let thresholds = plan.pairs.iter().map(&mut judge_case).collect();
        Self { unstable, failed, thresholds }
    }
}

impl ResampledSuites {
    /// Share of suites, from 0 to 1, that detect a slowdown of this case by the log ratio `slowdown`.
    pub fn power(&self, case: &CaseName, slowdown: f64) -> f64 {
        let thresholds = self.thresholds.get(case).map_or(&[][..], Vec::as_slice);
        thresholds.partition_point(|threshold| *threshold < slowdown) as f64 / thresholds.len().max(1) as f64
    }

    /// Minimum detectable effect: the slowdown of a case, as a log ratio, that the share `power` of suites detects. `None` if
    /// too many suites are unstable.
    pub fn minimum_detectable_effect(&self, case: &CaseName, power: f64) -> Option<f64> {
        let thresholds = self.thresholds.get(case)?;
        let index = (thresholds.len() as f64 * power).ceil() as usize;
        thresholds.get(index.saturating_sub(1)).copied().filter(|threshold| threshold.is_finite())
    }
}

/// The differences of a recorded suite, in the order of rounds.
struct SuitePairs<'a> {
    control: Vec<LogRatios>,
    cases: BTreeMap<&'a CaseName, Vec<LogRatios>>,
    /// Number of pairs that each case gets from its pilot, before doubling.
    pairs: BTreeMap<&'a CaseName, usize>,
}

impl<'a> SuitePairs<'a> {
    fn new(suite: &'a Suite) -> Self {
        let cases: BTreeMap<_, _> =
            suite.cases.iter().map(|(case, record)| (case, CaseRecord::differences(&record.first))).collect();
        let pairs = cases.iter().map(|(case, differences)| (*case, planned_pairs(differences))).collect();
        Self { control: CaseRecord::differences(&suite.control), cases, pairs }
    }
}

/// Number of pairs that the pilot of a case asks for. A run doubles it while the bounds are too wide.
fn planned_pairs(differences: &[LogRatios]) -> usize {
    let SamplingPlan { pilot, min_pairs, .. } = SamplingPlan::FULL;
    let dispersion = plan::dispersion(differences.get(..pilot).unwrap_or(differences));
    SamplingPlan::FULL.pairs_for(dispersion).clamp(min_pairs, differences.len().max(min_pairs))
}

/// Draws pairs as a run with enough time measures them: up to three times more pairs while the bounds are too wide.
fn draw_adaptively(planned: usize, draw: impl Fn(usize) -> Vec<LogRatios>) -> FirstSample {
    // A drawn pair takes no time, so the budget never limits it.
    let pilot = Pilot { dispersion: 0.0, seconds: 0.0 };
    let first = |pairs: usize| DecisionRule::DEFAULT.first_sample(&draw(pairs));
    let mut state = CaseState { planned, pilot, first: first(planned) };
    for _ in 0..plan::MAX_DOUBLINGS {
        let more = SamplingPlan::FULL.widen(std::slice::from_ref(&state), 0.0)[0];
        if more == state.planned {
            break;
        }
        state = CaseState { planned: more, first: first(more), ..state };
    }
    state.first
}

/// Draws `count` differences of a case from blocks of rounds; a block is a suite and the first of its rounds.
fn resample_pairs<'a>(
    blocks: &[(usize, usize)],
    count: usize,
    of_suite: impl Fn(usize) -> &'a [LogRatios],
) -> Vec<LogRatios> {
    let mut out = Vec::with_capacity(count);
    for &(suite, start) in blocks.iter().cycle().take(20 * blocks.len()) {
        let differences = of_suite(suite);
        for round in 0..BLOCK.min(differences.len()) {
            if out.len() == count {
                return out;
            }
            out.push(differences[(start + round) % differences.len()]);
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use perf_judge::pairs::Times;

    use super::*;

    /// A suite of three cases whose pairs scatter around the log ratio `change`, with the dispersion and the bursts of a shared
    /// machine.
    pub fn suite(number: u64, change: f64, control: f64) -> Suite {
        let mut random = SplitMix64::new(number);
        let mut pairs = |center: f64, pairs: usize| -> Vec<[Times; 2]> {
            let mut uniform = || random.below(1 << 20) as f64 / f64::from(1 << 20) - 0.5;
            let mut pair = || {
                let noise = 0.03 * (uniform() + uniform() + uniform());
                let burst = if uniform() > 0.45 { uniform() } else { 0.0 };
                // Four digits, as divan prints them.
                let head = (1_000.0 * (center + noise + burst).exp()).round();
                [1_000.0, head].map(|ns| Times { median: ns, minimum: ns })
            };
            (0..pairs).map(|_| pair()).collect()
        };
        let cases = ["a/a/1", "b/b/2", "c/c/3"].map(|case| {
            let (first, confirm) = (pairs(change, 40), pairs(change, 40));
            (CaseName::new(case).unwrap(), CaseRecord { first, confirm, ..CaseRecord::default() })
        });
        Suite {
            seed: number,
            commit: "0123abc".into(),
            machine: "a processor, 2 processors".into(),
            day: "2026-11-26".into(),
            seconds: 60.0,
            change: String::new(),
            control: pairs(control, 40),
            failing_rows: None,
            cases: cases.into(),
        }
    }

    /// A pair whose median and minimum differ by the same log ratio.
    fn equal_difference(difference: f64) -> LogRatios {
        let times = |ns: f64| Times { median: ns, minimum: ns };
        LogRatios::between(times(1.0), times(difference.exp()))
    }

    fn suites(change: f64, control: f64) -> Vec<Suite> {
        (0..10).map(|number| suite(number, change, control)).collect()
    }

    #[test]
    fn slower_cases_are_regressions_and_unchanged_ones_are_not() {
        let same = compute(Arm::Same, &suites(0.0, 0.0));
        assert_eq!((same.suites, same.failed_suites, same.comparisons, same.regressions), (10, 0, 30, 0));
        let slow = compute(Arm::Wall(7), &suites(0.07_f64.ln_1p(), 0.0));
        assert_eq!((slow.failed_suites, slow.regressions, slow.unstable_suites), (10, 30, 0));
        assert!((slow.effect_percent.unwrap() - 7.0).abs() < 0.5, "{slow:?}");
        let unstable = compute(Arm::Wall(7), &suites(0.07, 0.08));
        assert_eq!((unstable.failed_suites, unstable.regressions, unstable.unstable_suites), (0, 0, 10));
    }

    #[test]
    fn instructions_and_faults_have_their_own_rules() {
        let record = |instructions| CaseRecord { instructions: Some(instructions), ..CaseRecord::default() };
        let names = ["a/a/1", "b/b/2", "c/c/3"].map(|name| CaseName::new(name).unwrap());
        let records = [record([10_000, 10_101]), record([10_000, 10_100]), record([10_000, 10_000])];
        let counted = Suite { cases: names.into_iter().zip(records).collect(), ..suite(1, 0.0, 0.0) };
        let rates = compute(Arm::Instructions(1), &[counted]);
        assert_eq!((rates.comparisons, rates.regressions, rates.failed_suites), (3, 1, 1), "the margin is 1 %");
        let fault = |rows| Suite { failing_rows: Some(rows), ..suite(1, 0.0, 0.0) };
        let rates = compute(Arm::ExactFault, &[fault(0), fault(12)]);
        assert_eq!((rates.suites, rates.comparisons, rates.regressions), (2, 2, 1));
    }

    #[test]
    fn resampled_suites_give_power_and_minimum_detectable_effect() {
        let unchanged = resample(&suites(0.0, 0.0), 200, 1).unwrap();
        assert_eq!((unchanged.suites, unchanged.failed_suites, unchanged.unstable_suites), (200, 0, 0));
        assert_eq!(unchanged.thresholds.len(), 3);
        let case = CaseName::new("b/b/2").unwrap();
        let power = |percent: f64| unchanged.power(&case, (percent / 100.0).ln_1p());
        assert!(power(0.0) == 0.0 && power(30.0) > 0.99, "{} {}", power(0.0), power(30.0));
        let powers: Vec<f64> = (0..40).map(|size| power(f64::from(size) / 4.0)).collect();
        assert!(powers.is_sorted(), "{powers:?}");
        let mde = unchanged.minimum_detectable_effect(&case, 0.95).unwrap();
        assert!(unchanged.power(&case, mde + 1e-9) >= 0.95 && unchanged.power(&case, mde - 1e-9) <= 0.95);
        assert!((1.5..5.0).contains(&percent(mde)), "{mde}");
        assert_eq!(unchanged, resample(&suites(0.0, 0.0), 200, 1).unwrap(), "equal seeds draw equal suites");

        let slow = resample(&suites(0.07, 0.0), 50, 1).unwrap();
        assert_eq!(slow.failed_suites, 50);
        let unstable = resample(&suites(0.0, 0.08), 50, 1).unwrap();
        assert_eq!((unstable.unstable_suites, unstable.power(&case, 1.0)), (50, 0.0), "unstable suites detect nothing");
        assert_eq!(unstable.minimum_detectable_effect(&case, 0.95), None);
        assert_eq!(resample(&[], 50, 1).unwrap(), ResampledSuites::default());
    }

    #[test]
    fn more_pairs_are_drawn_if_bounds_are_too_wide() {
        let of = |pairs: usize, difference: fn(f64) -> f64| -> Vec<LogRatios> {
            (0..pairs).map(|n| equal_difference(difference(n as f64))).collect()
        };
        let quiet = |pairs| of(pairs, |n| 0.0001 * n);
        assert_eq!(draw_adaptively(20, quiet).differences.len(), 20);
        let wild = |pairs| of(pairs, |n| 0.3 * (n - 0.5).sin());
        assert_eq!(draw_adaptively(30, wild).differences.len(), 160);
    }
}
