//! Error rates of the gate in recorded suites, by the code that judges every run. Pure.

use std::collections::BTreeMap;

use perf_gate::CaseName;
use perf_judge::judge::first_sample::{DecisionRule, FirstSample, MARGIN};
use perf_judge::judge::together::{self, CaseSamples};
use perf_judge::judge::{Judgement, exceeds_instruction_margin};
use perf_judge::judge::{mean, paired};
use perf_judge::pairs::{LogTimes, Statistic};
use perf_judge::rng::SplitMix64;
use perf_judge::statistics::{self, percent};
use perf_judge::verdict::Verdict;
use perf_runner::error::Error;
use perf_runner::process::parallel;
use serde::{Deserialize, Serialize};

use crate::arms::Arm;
use crate::record::{CaseRecord, RecordedPair, Suite};

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
    paired::judge(&record.first_sample(), &RecordedPair::log_times(&record.confirm))
}

/// Rates of suites that record pairs.
fn from_pairs<'a>(suites: impl IntoIterator<Item = &'a Suite>) -> Rates {
    let mut rates = Rates::default();
    let mut effects = Vec::new();
    for suite in suites {
        rates.suites += 1;
        let unstable = paired::check_control(&RecordedPair::log_times(&suite.control)).is_some();
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

/// Verdicts of the gate in suites that were drawn from recorded ones, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DrawnSuites {
    /// Suites.
    pub suites: u64,
    /// Suites with at least one regression.
    pub failed_suites: u64,
    /// Suites in which the control differs from itself.
    pub unstable_suites: u64,
}

/// How suites of unchanged code are drawn from recorded ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Blocks of rounds of all recorded suites are drawn with replacement. All cases of a suite share the drawn rounds, so
    /// correlation between cases is kept. An effect that a recorded suite has by chance is kept in part.
    Resampled,
    /// The sides of each pair of one recorded suite are exchanged or not, at random. Neither side is slower then, whatever was
    /// recorded.
    SidesExchanged,
}

impl Method {
    /// What was done to the recorded suites, for a table.
    pub const fn participle(self) -> &'static str {
        match self {
            Self::Resampled => "resampled",
            Self::SidesExchanged => "sides exchanged",
        }
    }
}

/// Draws `count` suites and judges them.
pub fn draw(suites: &[Suite], method: Method, count: u64, seed: u64) -> Result<DrawnSuites, Error> {
    let mut drawn = DrawnSuites::default();
    let recorded: Vec<SuitePairs<'_>> = suites.iter().map(SuitePairs::new).collect();
    if recorded.is_empty() {
        return Ok(drawn);
    }
    let numbers: Vec<u64> = (0..count).collect();
    let judge = |&number: &u64| {
        let mut random = SplitMix64::new(seed << 32 | number);
        let suite = match method {
            Method::Resampled => DrawnSuite::resample(&recorded, &mut random),
            Method::SidesExchanged => DrawnSuite::exchange(&recorded[random.below(recorded.len())], &mut random),
        };
        Ok((suite.is_unstable(), suite.fails()))
    };
    for (unstable, failed) in parallel::map(&numbers, judge)? {
        drawn.suites += 1;
        drawn.unstable_suites += u64::from(unstable);
        drawn.failed_suites += u64::from(failed && !unstable);
    }
    Ok(drawn)
}

/// The slowdowns that resampled suites of unchanged code would detect.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thresholds {
    /// The smallest slowdown that is detected in each suite, by case, as a log ratio, ascending; infinite in an unstable suite.
    /// A slowdown shifts all confidence bounds by its size, so the bounds of unchanged code give the threshold.
    by_case: BTreeMap<CaseName, Vec<f64>>,
}

/// Resamples `count` suites, and adds slowdowns to them.
pub fn thresholds(suites: &[Suite], count: u64, seed: u64) -> Result<Thresholds, Error> {
    let recorded: Vec<SuitePairs<'_>> = suites.iter().map(SuitePairs::new).collect();
    let numbers: Vec<u64> = (0..if recorded.is_empty() { 0 } else { count }).collect();
    let mut thresholds = Thresholds::default();
    let of_suite = |&number: &u64| {
        let suite = DrawnSuite::resample(&recorded, &mut SplitMix64::new(seed << 32 | number));
        let unstable = suite.is_unstable();
        let of_case = |case: &DrawnCase<'_>| if unstable { f64::INFINITY } else { case.detection_threshold() };
        Ok(suite.cases.iter().map(|case| (case.name, of_case(case))).collect::<Vec<_>>())
    };
    for (case, threshold) in parallel::map(&numbers, of_suite)?.into_iter().flatten() {
        thresholds.by_case.entry(case.clone()).or_default().push(threshold);
    }
    thresholds.by_case.values_mut().for_each(|thresholds| thresholds.sort_by(f64::total_cmp));
    Ok(thresholds)
}

/// The slowdowns of all cases, as log ratios, that their common row would detect in `count` suites whose sides are exchanged,
/// ascending.
pub fn thresholds_together(suites: &[Suite], count: u64, seed: u64) -> Result<Vec<f64>, Error> {
    let recorded: Vec<SuitePairs<'_>> = suites.iter().map(SuitePairs::new).collect();
    let numbers: Vec<u64> = (0..if recorded.is_empty() { 0 } else { count }).collect();
    let of_suite = |&number: &u64| {
        let mut random = SplitMix64::new(seed << 32 | number);
        let suite = DrawnSuite::exchange(&recorded[random.below(recorded.len())], &mut random);
        Ok(if suite.is_unstable() { f64::INFINITY } else { suite.threshold_together() })
    };
    let mut thresholds = parallel::map(&numbers, of_suite)?;
    thresholds.sort_by(f64::total_cmp);
    Ok(thresholds)
}

/// A suite that was drawn from recorded ones.
struct DrawnSuite<'a> {
    control: Vec<LogTimes>,
    cases: Vec<DrawnCase<'a>>,
}

/// Both samples of a case of a drawn suite. It has as many pairs as in a recorded suite, so that the time limit of a run applies.
struct DrawnCase<'a> {
    name: &'a CaseName,
    rule: DecisionRule,
    first: Vec<LogTimes>,
    confirm: Vec<LogTimes>,
}

impl<'a> DrawnSuite<'a> {
    fn resample(recorded: &[SuitePairs<'a>], random: &mut SplitMix64) -> Self {
        let plan = &recorded[random.below(recorded.len())];
        let pairs = plan.cases.values().map(|case| case.pairs.len()).max().unwrap_or(0).max(plan.control.len());
        let mut blocks = || -> Vec<(usize, usize)> {
            (0..pairs.div_ceil(BLOCK)).map(|_| (random.below(recorded.len()), random.below(1 << 16))).collect()
        };
        let (first, confirm) = (blocks(), blocks());
        let control = resample_pairs(&first, plan.control.len(), |suite| &recorded[suite].control);
        let of_case = |(&name, planned): (&&'a CaseName, &CasePairs)| {
            let of_suite = |suite: usize| recorded[suite].cases.get(name).map_or(&[][..], |case| &case.pairs);
            let pairs = |blocks| resample_pairs(blocks, planned.pairs.len(), of_suite);
            DrawnCase { name, rule: planned.rule, first: pairs(&first), confirm: pairs(&confirm) }
        };
        Self { control, cases: plan.cases.iter().map(of_case).collect() }
    }

    fn exchange(recorded: &SuitePairs<'a>, random: &mut SplitMix64) -> Self {
        let mut exchanged = |pairs: &[LogTimes]| -> Vec<LogTimes> {
            pairs.iter().map(|pair| if random.below(2) == 1 { pair.exchanged() } else { *pair }).collect()
        };
        let control = exchanged(&recorded.control);
        let of_case = |(&name, CasePairs { pairs, rule }): (&&'a CaseName, &CasePairs)| DrawnCase {
            name,
            rule: *rule,
            first: exchanged(pairs),
            confirm: exchanged(pairs),
        };
        Self { control, cases: recorded.cases.iter().map(of_case).collect() }
    }

    fn is_unstable(&self) -> bool {
        paired::check_control(&self.control).is_some()
    }

    /// Whether the row of a case is a regression, by its time or its mean.
    fn fails(&self) -> bool {
        self.cases.iter().any(|case| case.is_regression() || case.is_regression_of_mean())
    }

    /// The smallest slowdown, as a log ratio, that the row of all cases together detects.
    fn threshold_together(&self) -> f64 {
        let samples = |case: &DrawnCase<'_>| CaseSamples::new(case.rule, &case.first, case.confirm.clone());
        let samples: Vec<CaseSamples> = self.cases.iter().filter_map(samples).collect();
        together::detection_threshold(&samples, together::RULE)
    }
}

impl DrawnCase<'_> {
    fn is_regression(&self) -> bool {
        // First what is quick to compute: few samples of unchanged code show a slowdown.
        self.rule.shows_slowdown(&self.first)
            && paired::judge(&self.rule.first_sample(&self.first), &self.confirm).verdict == Verdict::Regressed
    }

    fn is_regression_of_mean(&self) -> bool {
        let rule = mean::rule_after(0);
        let rule = DecisionRule { alpha: self.rule.alpha, ..rule };
        rule.shows_slowdown_by(Statistic::Mean, &self.first)
            && paired::judge(&rule.sample(Statistic::Mean, &self.first), &self.confirm).verdict == Verdict::Regressed
    }

    fn detection_threshold(&self) -> f64 {
        detection_threshold(&self.rule.samples(&self.first), &self.confirm)
    }
}

/// The smallest slowdown, as a log ratio, that is detected when it is added to these samples of a case. A slowdown moves all
/// bounds by its size, so they give the threshold of each statistic; the statistic that judges depends on the slowdown.
/// Negative if the samples fail as they are.
fn detection_threshold(samples: &[FirstSample], again: &[LogTimes]) -> f64 {
    let of_statistic = |sample: &FirstSample| {
        let shown = sample.estimate.map_or(f64::INFINITY, |estimate| MARGIN.ln_1p() - estimate.lower);
        let again = sample.estimate_of(again, paired::CONFIRM_ALPHA);
        let confirmed = again.map_or(f64::INFINITY, |again| MARGIN.ln_1p() - again.lower);
        (shown, confirmed, sample.mde().unwrap_or(f64::INFINITY))
    };
    let statistics: Vec<(f64, f64, f64)> = samples.iter().map(of_statistic).collect();
    let is_detected = |slowdown: f64| {
        let shown = statistics.iter().filter(|(shown, ..)| *shown <= slowdown);
        let judging = shown.min_by(|a, b| a.2.total_cmp(&b.2));
        judging.is_some_and(|(_, confirmed, _)| *confirmed <= slowdown)
    };
    let mut candidates: Vec<f64> = statistics.iter().map(|(shown, confirmed, _)| shown.max(*confirmed)).collect();
    candidates.sort_by(f64::total_cmp);
    candidates.into_iter().find(|&slowdown| slowdown.is_finite() && is_detected(slowdown)).unwrap_or(f64::INFINITY)
}

impl Thresholds {
    /// The cases.
    pub fn cases(&self) -> impl Iterator<Item = &CaseName> {
        self.by_case.keys()
    }

    /// Share of suites, from 0 to 1, that detect a slowdown of this case by the log ratio `slowdown`.
    pub fn power(&self, case: &CaseName, slowdown: f64) -> f64 {
        let thresholds = self.by_case.get(case).map_or(&[][..], Vec::as_slice);
        thresholds.partition_point(|threshold| *threshold < slowdown) as f64 / thresholds.len().max(1) as f64
    }

    /// Minimum detectable effect: the slowdown of a case, as a log ratio, that the share `power` of suites detects. `None` if
    /// too many suites are unstable.
    pub fn minimum_detectable_effect(&self, case: &CaseName, power: f64) -> Option<f64> {
        let thresholds = self.by_case.get(case)?;
        let index = (thresholds.len() as f64 * power).ceil() as usize;
        thresholds.get(index.saturating_sub(1)).copied().filter(|threshold| threshold.is_finite())
    }
}

/// The pairs of a recorded suite, in the order of rounds.
struct SuitePairs<'a> {
    control: Vec<LogTimes>,
    cases: BTreeMap<&'a CaseName, CasePairs>,
}

/// The pairs of a case in a recorded suite, with their extension.
struct CasePairs {
    pairs: Vec<LogTimes>,
    rule: DecisionRule,
}

impl<'a> SuitePairs<'a> {
    fn new(suite: &'a Suite) -> Self {
        let of_case = |(case, record): (&'a CaseName, &CaseRecord)| {
            let pairs = [&record.first, &record.extension].map(|pairs| RecordedPair::log_times(pairs)).concat();
            (case, CasePairs { pairs, rule: record.rule() })
        };
        let cases = suite.cases.iter().map(of_case).collect();
        Self { control: RecordedPair::log_times(&suite.control), cases }
    }
}

/// Draws `count` differences of a case from blocks of rounds; a block is a suite and the first of its rounds.
fn resample_pairs<'a>(
    blocks: &[(usize, usize)],
    count: usize,
    of_suite: impl Fn(usize) -> &'a [LogTimes],
) -> Vec<LogTimes> {
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
        let mut pairs = |center: f64, pairs: usize| -> Vec<RecordedPair> {
            let mut uniform = || random.below(1 << 20) as f64 / f64::from(1 << 20) - 0.5;
            let mut process = |center: f64| {
                let noise = 0.02 * (uniform() + uniform() + uniform());
                let burst = if uniform() > 0.45 { uniform().abs() } else { 0.0 };
                // Four digits, as divan prints them.
                let ns = (1_000.0 * (center + noise + burst).exp()).round();
                Times { median: ns, minimum: ns, mean_and_maximum: None }
            };
            let mut pair = || RecordedPair { base: process(0.0), head: process(center), order_and_took: None };
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
    fn drawn_suites_fail_if_the_recorded_ones_differ_and_never_after_an_exchange() {
        let drawn = |change, control, method| draw(&suites(change, control), method, 200, 1).unwrap();
        for method in [Method::Resampled, Method::SidesExchanged] {
            let same = DrawnSuites { suites: 200, failed_suites: 0, unstable_suites: 0 };
            assert_eq!(drawn(0.0, 0.0, method), same, "{method:?}");
            assert_eq!(draw(&[], method, 50, 1).unwrap(), DrawnSuites::default());
        }
        assert_eq!(drawn(0.07, 0.0, Method::Resampled).failed_suites, 200);
        assert!(drawn(0.07, 0.0, Method::SidesExchanged).failed_suites <= 2);
        assert_eq!(
            drawn(0.0, 0.08, Method::Resampled),
            DrawnSuites { suites: 200, failed_suites: 0, unstable_suites: 200 }
        );
    }

    #[test]
    fn resampled_suites_give_power_and_minimum_detectable_effect() {
        let unchanged = thresholds(&suites(0.0, 0.0), 100, 1).unwrap();
        assert_eq!(unchanged.cases().count(), 3);
        let case = CaseName::new("b/b/2").unwrap();
        let power = |percent: f64| unchanged.power(&case, (percent / 100.0).ln_1p());
        assert!(power(0.0) == 0.0 && power(30.0) > 0.99, "{} {}", power(0.0), power(30.0));
        let powers: Vec<f64> = (0..40).map(|size| power(f64::from(size) / 4.0)).collect();
        assert!(powers.is_sorted(), "{powers:?}");
        let mde = unchanged.minimum_detectable_effect(&case, 0.95).unwrap();
        assert!(unchanged.power(&case, mde + 1e-9) >= 0.95 && unchanged.power(&case, mde - 1e-9) <= 0.95);
        assert!((1.5..5.0).contains(&percent(mde)), "{mde}");
        assert_eq!(unchanged, thresholds(&suites(0.0, 0.0), 100, 1).unwrap(), "equal seeds draw equal suites");

        let unstable = thresholds(&suites(0.0, 0.08), 20, 1).unwrap();
        assert_eq!(unstable.power(&case, 1.0), 0.0, "unstable suites detect nothing");
        assert_eq!(unstable.minimum_detectable_effect(&case, 0.95), None);
        assert_eq!(thresholds(&[], 50, 1).unwrap(), Thresholds::default());
    }

    #[test]
    fn the_statistic_that_judges_depends_on_the_slowdown() {
        let rule = DecisionRule::DEFAULT;
        let [first, confirm] = [1, 2].map(|number| RecordedPair::log_times(&suite(number, 0.0, 0.0).control));
        let samples = rule.samples(&first);
        let threshold = detection_threshold(&samples, &confirm);
        assert!((0.01..0.05).contains(&threshold), "{threshold}");
        // What the judge says to pairs that really are slower by that.
        let verdict = |slowdown: f64| {
            let slower = |number| {
                let mut pairs = suite(number, 0.0, 0.0).control;
                pairs.iter_mut().for_each(|pair| {
                    pair.head.median *= slowdown.exp();
                    pair.head.minimum *= slowdown.exp();
                });
                RecordedPair::log_times(&pairs)
            };
            paired::judge(&rule.first_sample(&slower(1)), &slower(2)).verdict
        };
        assert_eq!(verdict(threshold + 0.002), Verdict::Regressed);
        assert_ne!(verdict(threshold - 0.002), Verdict::Regressed);
    }

    #[test]
    fn all_cases_together_detect_less_than_one_case() {
        let many = |number: u64| {
            let mut all = suite(number, 0.0, 0.0);
            let others = (0..20).flat_map(|other| {
                let cases = suite(1_000 * number + other, 0.0, 0.0).cases.into_iter();
                cases.map(move |(case, record)| (CaseName::new(format!("{case}{other}")).unwrap(), record))
            });
            all.cases.extend(others);
            all
        };
        let suites: Vec<Suite> = (1..4).map(many).collect();
        let together = thresholds_together(&suites, 20, 1).unwrap();
        assert_eq!(together.len(), 20);
        assert!(together[0] > 0.0 && together[18] < 0.012, "{together:?}");
        assert_eq!(thresholds_together(&[], 20, 1).unwrap(), [] as [f64; 0]);
    }

    /// A resampled suite has as many pairs of a case as a recorded suite.
    #[test]
    fn fewer_recorded_pairs_have_less_power() {
        let case = CaseName::new("b/b/2").unwrap();
        let mut short = suites(0.0, 0.0);
        short.iter_mut().flat_map(|suite| suite.cases.values_mut()).for_each(|case| case.first.truncate(12));
        let mde = |suites: &[Suite]| thresholds(suites, 60, 1).unwrap().minimum_detectable_effect(&case, 0.9).unwrap();
        assert!(mde(&short) > 1.2 * mde(&suites(0.0, 0.0)));
    }
}
