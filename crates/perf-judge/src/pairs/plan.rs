//! The number of pairs of each case: it grows with the dispersion of the pairs, within the time budget.
//!
//! The number depends only on dispersion, never on the direction of a change: measuring until a difference shows would
//! raise the false positive rate.

use std::f64::consts::FRAC_PI_3;

use super::{LogTimes, Statistic};
use crate::judge::first_sample::{self, DecisionRule, FirstSample, Trend};
use crate::statistics::{self, SwapTest};

/// The parameters of a paired run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplingPlan {
    /// Number of pilot pairs of each case, which estimate its dispersion.
    pub pilot: usize,
    /// Minimum number of pairs of a case.
    pub min_pairs: usize,
    /// Maximum number of pairs of a case.
    pub max_pairs: usize,
    /// Target standard error of the estimate, as a log ratio.
    pub standard_error: f64,
    /// Minimum measuring time of a process, in milliseconds.
    pub process_ms: f64,
    /// Time budget for the first samples and their extensions, in seconds. Confirming may take half as much again.
    pub budget: f64,
}

impl SamplingPlan {
    /// The plan of `cargo xtask perf`.
    pub const FULL: Self =
        Self { pilot: 12, min_pairs: 20, max_pairs: 160, standard_error: 0.004, process_ms: 15.0, budget: 180.0 };
    /// The plan of `cargo xtask perf --quick`.
    pub const QUICK: Self =
        Self { pilot: 8, min_pairs: 10, max_pairs: 30, standard_error: 0.007, process_ms: 10.0, budget: 32.0 };

    /// The plan with `times` times the maximum number of pairs and the time budget.
    pub fn scaled(self, times: usize) -> Self {
        Self { max_pairs: self.max_pairs * times, budget: self.budget * times as f64, ..self }
    }

    /// Fraction of the time budget for the first samples; the rest is for extensions.
    const FIRST: f64 = 0.75;

    /// Fraction of the time budget that confirming may take beyond it, so that a run in which every case is slower confirms each by
    /// as many pairs as a run in which one is. A run in which nothing seems changed takes none of it.
    const CONFIRMING: f64 = 0.5;

    fn seconds_with_confirming(&self) -> f64 {
        self.budget * (1.0 + Self::CONFIRMING)
    }

    /// Time budget of the first sample, in seconds.
    pub fn first_stage_seconds(&self) -> f64 {
        self.budget * Self::FIRST
    }

    /// The minimum detectable effect, as a log ratio, above which a case gets more pairs than planned: that of 1.5 times the
    /// target standard error, but at most 90 % of the effect above which a case is INCONCLUSIVE.
    pub fn mde_threshold(&self) -> f64 {
        let aimed_at = first_sample::MARGIN.ln_1p() + first_sample::Z_ALPHA_PLUS_Z_POWER * self.standard_error * 1.5;
        aimed_at.min(DecisionRule::DEFAULT.max_mde() * 0.9)
    }

    /// Number of pairs that tell how long a pair of the case takes.
    pub const FIRST_LOOK: usize = 2;

    /// Whether the plan measures a case without waiting for what the others leave: its minimum number of pairs takes at most a
    /// ninth of the time budget. `seconds` is the duration of a pair.
    pub fn affords(&self, seconds: f64) -> bool {
        self.min_pairs as f64 * seconds <= self.budget / 9.0
    }

    /// Maximum number of pairs of a case in the first sample: those that fit into 1/25 of the time budget.
    pub fn max_pairs_for(&self, pilot: Pilot) -> usize {
        self.affordable(1.0 / 25.0, pilot)
    }

    /// Maximum number of pairs of a case that is too noisy to be judged: those that fit into 1/10 of the time budget.
    pub fn max_pairs_when_imprecise(&self, pilot: Pilot) -> usize {
        self.affordable(1.0 / 10.0, pilot)
    }

    fn affordable(&self, part: f64, pilot: Pilot) -> usize {
        ((self.budget * part / pilot.seconds.max(1e-6)) as usize).clamp(self.min_pairs, self.max_pairs)
    }

    /// The number of pairs that reach the target standard error, from the dispersion of the pilot.
    pub fn pairs_for(&self, dispersion: f64) -> usize {
        statistics::pairs_needed(dispersion * PILOT_SAFETY_FACTOR, self.standard_error).unwrap_or(self.max_pairs)
    }

    /// The number of fresh pairs that confirm a change with a power of 99 %, from its excess over the margin and the
    /// dispersion of the pairs, both log ratios.
    pub fn confirming_pairs(self, excess: f64, dispersion: f64) -> usize {
        // The normal quantiles of the 90 % confidence bound and of a power of 99 %.
        const STANDARD_ERRORS: f64 = 1.282 + 2.326;
        let needed = statistics::pairs_needed(dispersion * PILOT_SAFETY_FACTOR, excess / STANDARD_ERRORS);
        needed.unwrap_or(self.max_pairs).clamp(self.min_pairs, self.max_pairs)
    }

    /// The number of pairs of each case in the first sample, from its pilot. If they do not fit into the time budget, the target
    /// standard error is raised, as long as the cases can be judged with it. If that is not enough, the cases that need the least
    /// time get the pairs to be judged, and the others keep their pilot.
    pub fn first_stage_pairs(&self, pilots: &[Pilot]) -> Vec<usize> {
        let wanted = |standard_error: f64| -> Vec<usize> {
            let plan = Self { standard_error, ..*self };
            let each =
                |pilot: &Pilot| plan.pairs_for(pilot.dispersion).clamp(self.min_pairs, self.max_pairs_for(*pilot));
            pilots.iter().map(each).collect()
        };
        let seconds = |pairs: &[usize], pilots: &[Pilot]| -> f64 {
            pairs.iter().zip(pilots).map(|(&n, pilot)| n as f64 * pilot.seconds).sum()
        };
        let allowed = self.first_stage_seconds();
        // With a larger one a case is INCONCLUSIVE, whatever its pairs show.
        let limit = (self.mde_threshold() - first_sample::MARGIN.ln_1p()) / first_sample::Z_ALPHA_PLUS_Z_POWER;
        let mut standard_error = self.standard_error;
        let mut pairs = wanted(standard_error);
        while seconds(&pairs, pilots) > allowed && standard_error < limit {
            standard_error = (standard_error * 1.1).min(limit);
            pairs = wanted(standard_error);
        }
        let mut left = allowed - self.pilot as f64 * pilots.iter().map(|pilot| pilot.seconds).sum::<f64>();
        if seconds(&pairs, pilots) <= allowed {
            return pairs;
        }
        let more = |case: usize| pairs[case].saturating_sub(self.pilot) as f64 * pilots[case].seconds;
        let mut order: Vec<usize> = (0..pilots.len()).collect();
        order.sort_by(|&a, &b| more(a).total_cmp(&more(b)));
        let mut planned = vec![self.pilot; pilots.len()];
        for case in order {
            if more(case) > left {
                break;
            }
            left -= more(case);
            planned[case] = pairs[case];
        }
        planned
    }
}

/// The state of a case while its first sample is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseState {
    /// The planned number of pairs.
    pub planned: usize,
    /// The result of the pilot.
    pub pilot: Pilot,
    /// The pairs measured so far, by the statistic that would judge the case now.
    pub first: FirstSample,
    /// The same pairs, by their means.
    pub mean: FirstSample,
}

impl SamplingPlan {
    /// The new planned number of pairs of each case: doubled where the bounds are too wide, because a pilot without bursts of
    /// noise underestimates the dispersion. A case that had only its first look gets the minimum number of pairs. Only the
    /// width of the interval decides, never its position. `spent` is the time of measuring so far, in seconds; the cheapest
    /// cases come first, while time of the first sample is left.
    pub fn widen(&self, cases: &[CaseState], spent: f64) -> Vec<usize> {
        let is_imprecise = |state: &CaseState| state.first.smallest_mde().is_none_or(|mde| mde > self.mde_threshold());
        let mut pairs: Vec<usize> = cases.iter().map(|state| state.planned).collect();
        let mut left = self.first_stage_seconds() - spent;
        let mut doubled: Vec<usize> = (0..cases.len()).filter(|&case| is_imprecise(&cases[case])).collect();
        let cost = |case: &usize| cases[*case].planned as f64 * cases[*case].pilot.seconds;
        doubled.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
        for case in doubled {
            let CaseState { planned, pilot, .. } = cases[case];
            let wanted = if planned < self.pilot { self.min_pairs } else { planned * 2 };
            let wanted = wanted.min(self.max_pairs_when_imprecise(pilot)).max(planned);
            let seconds = (wanted - planned) as f64 * pilot.seconds;
            if seconds <= left {
                left -= seconds;
                pairs[case] = wanted;
            }
        }
        pairs
    }

    /// The cases to extend, as indices with their number of further pairs: those that are too noisy to be judged and show no
    /// change, the cheapest first, while time is left. They get the pairs that make them precise, at the stricter level of
    /// another look, and none if these cannot be afforded. `spent` is the time of measuring so far without extensions, in
    /// seconds, so that a repeated run plans the same ones.
    pub fn extensions(&self, cases: &[CaseState], spent: f64) -> Vec<(usize, usize)> {
        let further = |state: &CaseState| -> Option<usize> {
            let rule = state.first.rule.after(1);
            let allowed = (rule.max_mde() - rule.margin.ln_1p()) / (statistics::z(rule.alpha)? + first_sample::Z_POWER);
            let ratio = state.first.standard_error()? / allowed * EXTENSION_SAFETY_FACTOR;
            let wanted = (state.first.pairs.len() as f64 * ratio * ratio).ceil() as usize;
            (wanted <= self.max_pairs * 2).then(|| wanted.saturating_sub(state.first.pairs.len()).max(self.min_pairs))
        };
        let noisy = |state: &CaseState| !state.first.is_precise() && state.first.trend() == Trend::Unchanged;
        let mut wanted: Vec<(usize, usize)> = (0..cases.len())
            .filter(|&case| noisy(&cases[case]))
            .filter_map(|case| Some((case, further(&cases[case])?)))
            .collect();
        let seconds = |(case, pairs): &(usize, usize)| *pairs as f64 * cases[*case].pilot.seconds;
        wanted.sort_by(|a, b| seconds(a).total_cmp(&seconds(b)));
        let mut left = self.budget - spent;
        wanted.retain(|extension| {
            left -= seconds(extension);
            left >= 0.0
        });
        wanted
    }

    /// The cases to confirm, as indices with their number of fresh pairs: those that show a change, the largest first, while
    /// time is left. The numbers are fixed before the first fresh pair is measured, and are small for large changes. `spent`
    /// is the time of measuring so far, in seconds.
    pub fn confirmations(&self, cases: &[CaseState], spent: f64) -> Vec<(usize, usize)> {
        let confirming_pairs = |first: &FirstSample| {
            // The standard error of n pairs is √(π/3 / n) of their dispersion.
            let pairs = first.pairs.len() as f64;
            let dispersion = first.standard_error().unwrap_or(f64::INFINITY) * (pairs / FRAC_PI_3).sqrt();
            let excess = first.excess_over_margin().unwrap_or(0.0);
            self.confirming_pairs(excess, dispersion).min(first.pairs.len())
        };
        let shown = |case: usize| {
            let CaseState { first, mean, .. } = &cases[case];
            let shown = [first, mean].into_iter().filter(|sample| sample.trend() != Trend::Unchanged);
            Some((case, shown.map(confirming_pairs).max()?))
        };
        let mut doubtful: Vec<(usize, usize)> = (0..cases.len()).filter_map(shown).collect();
        let largest = |case: usize| cases[case].first.estimate.map_or(0.0, |estimate| estimate.center.abs());
        doubtful.sort_by(|a, b| largest(b.0).total_cmp(&largest(a.0)));
        let left = self.seconds_with_confirming() - spent;
        let mut affordable = Vec::new();
        let mut seconds = 0.0;
        for (index, (case, wanted)) in doubtful.iter().enumerate() {
            let each = cases[*case].pilot.seconds;
            let share = (left - seconds) / (doubtful.len() - index) as f64;
            let pairs = (*wanted).min((share / each) as usize).max(SwapTest::MIN_PAIRS.min(*wanted));
            if seconds + pairs as f64 * each > left.max(0.0) {
                continue;
            }
            seconds += pairs as f64 * each;
            affordable.push((*case, pairs));
        }
        affordable
    }
}

impl SamplingPlan {
    /// The number of fresh pairs of each case that confirm a change of all cases together: half of those of its first sample, or
    /// the same smaller part of all, if they do not fit into the time left. None if that would be less than an eighth. `spent`
    /// is the time of measuring so far, in seconds.
    pub fn confirm_together(&self, cases: &[CaseState], spent: f64) -> Vec<usize> {
        let seconds = |state: &CaseState| state.first.pairs.len() as f64 * state.pilot.seconds;
        let part =
            ((self.seconds_with_confirming() - spent) / cases.iter().map(seconds).sum::<f64>().max(1e-6)).min(0.5);
        let pairs = |state: &CaseState| match part {
            0.125.. => ((state.first.pairs.len() as f64 * part) as usize).max(SwapTest::MIN_PAIRS),
            _ => 0,
        };
        cases.iter().map(pairs).collect()
    }
}

/// Maximum number of times that the pairs of a case are doubled because its dispersion exceeds that of the pilot.
pub const MAX_DOUBLINGS: usize = 3;

/// Factor on the dispersion of the pilot, whose relative error with a dozen pairs is about 25 %.
const PILOT_SAFETY_FACTOR: f64 = 1.2;

/// Factor on the standard error of a first sample that was too noisy, when its extension is planned.
const EXTENSION_SAFETY_FACTOR: f64 = 1.1;

/// The dispersion of the pairs of a case, as a log ratio, by the statistic with the smallest one: the robust standard deviation of
/// the log ratios, or that which makes the standard error of the swap test.
pub fn dispersion(pairs: &[LogTimes]) -> f64 {
    let ranks = |statistic| statistics::robust_sd(&LogTimes::ratios(statistic, pairs)).unwrap_or(0.0);
    let swap = SwapTest::new(pairs.iter().map(|pair| pair.get(Statistic::FasterHalf)));
    let swap = swap.map_or(f64::INFINITY, |test| test.standard_error() * (pairs.len() as f64 / FRAC_PI_3).sqrt());
    ranks(Statistic::Median).min(ranks(Statistic::Minimum)).min(swap)
}

/// The result of the pilot pairs of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pilot {
    /// Robust standard deviation of the log ratios.
    pub dispersion: f64,
    /// Time of a pair, in seconds.
    pub seconds: f64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pilot(dispersion: f64, seconds: f64) -> Pilot {
        Pilot { dispersion, seconds }
    }

    #[test]
    fn pairs_grow_with_dispersion() {
        let plan = SamplingPlan::FULL;
        let pairs = plan.first_stage_pairs(&[0.0, 0.01, 0.02, 0.03, 0.5].map(|dispersion| pilot(dispersion, 0.02)));
        assert!(pairs.is_sorted() && pairs[0] == plan.min_pairs && pairs[4] == plan.max_pairs, "{pairs:?}");
        // (1.2 · 2 % / 0.4 %)², times π/3 for ranks: 37.7.
        assert_eq!(pairs[2], 38);
    }

    #[test]
    fn the_time_of_a_long_case_is_limited() {
        let plan = SamplingPlan::FULL;
        let long = pilot(0.1, 0.3);
        assert_eq!(plan.max_pairs_for(long), 24, "a twenty-fifth of 180 s");
        assert_eq!(plan.max_pairs_when_imprecise(long), 60, "a tenth");
        assert_eq!(plan.max_pairs_for(pilot(0.1, 10.0)), plan.min_pairs);
        assert_eq!(plan.max_pairs_for(pilot(0.1, 0.0)), plan.max_pairs);
    }

    #[test]
    fn large_changes_are_confirmed_by_few_pairs() {
        let plan = SamplingPlan::FULL;
        let pairs = [0.1, 0.04, 0.02, 0.01, 0.001].map(|excess| plan.confirming_pairs(excess, 0.03));
        assert_eq!((pairs[0], pairs[4]), (plan.min_pairs, plan.max_pairs));
        assert!(pairs.is_sorted(), "{pairs:?}");
        assert_eq!(
            plan.confirming_pairs(0.0, 0.03),
            plan.max_pairs,
            "an effect at the margin needs the maximum number of pairs"
        );
        assert_eq!(plan.confirming_pairs(0.1, f64::NAN), plan.max_pairs);
    }

    /// The state of a case whose log ratios have this center and dispersion.
    fn state(planned: usize, change: f64, dispersion: f64, seconds: f64) -> CaseState {
        let difference = |n: usize| change + dispersion * (n as f64 - (planned - 1) as f64 / 2.0) / planned as f64;
        let differences: Vec<LogTimes> = (0..planned).map(|n| LogTimes::uniform(difference(n))).collect();
        let first = DecisionRule::DEFAULT.first_sample(&differences);
        let mean = crate::judge::mean::rule_after(0).sample(Statistic::Mean, &[]);
        CaseState { planned, pilot: pilot(dispersion / 4.0, seconds), first, mean }
    }

    #[test]
    fn pairs_of_imprecise_cases_are_doubled_the_cheapest_first() {
        let plan = SamplingPlan::FULL;
        let [precise, noisy, expensive] =
            [(0.01, 0.02), (0.3, 0.02), (0.3, 0.4)].map(|(s, each)| state(20, 0.0, s, each));
        let cases = [expensive.clone(), precise, noisy];
        assert_eq!(plan.widen(&cases, 0.0), [40, 20, 40]);
        let one_left = plan.first_stage_seconds() - 1.0;
        assert_eq!(plan.widen(&cases, one_left), [20, 20, 40], "8 s are not left, 0.4 s are");
        assert_eq!(plan.widen(&cases, plan.first_stage_seconds()), [20, 20, 20]);
        assert_eq!(plan.widen(&[state(45, 0.0, 0.9, 0.4)], 0.0), [45], "a tenth of the time is its limit");
        assert_eq!(plan.widen(&[state(160, 0.0, 0.9, 0.0)], 0.0), [160], "max_pairs is the limit");
        assert_eq!(plan.widen(&[state(20, 0.5, 0.01, 0.02)], 0.0), [20], "where it lies does not matter");
        let first_look = state(2, 0.0, 0.3, 1.5);
        assert_eq!(plan.widen(std::slice::from_ref(&first_look), 0.0), [20], "what is left goes to an expensive case");
        assert_eq!(plan.widen(&[first_look], plan.first_stage_seconds() - 20.0), [2], "27 s are not left");
    }

    #[test]
    fn a_case_that_would_take_a_ninth_of_the_time_waits_for_the_others() {
        for (plan, seconds) in [(SamplingPlan::QUICK, 0.355), (SamplingPlan::FULL, 1.0)] {
            assert!(plan.affords(seconds) && !plan.affords(seconds * 1.02), "{plan:?}");
        }
    }

    #[test]
    fn noisy_cases_without_a_change_are_extended_the_cheapest_first() {
        let plan = SamplingPlan::FULL;
        let noisy = |seconds| state(20, 0.0, 0.2, seconds);
        let cases = [noisy(0.4), state(20, 0.0, 0.01, 0.02), noisy(0.02), state(20, 0.3, 0.2, 0.02)];
        let extended = plan.extensions(&cases, 0.0);
        let [(2, cheap), (0, expensive)] = extended[..] else { panic!("{extended:?}") };
        assert_eq!(cheap, expensive, "equally noisy");
        // With these pairs a case of this dispersion is precise at the level of another look.
        let more = DecisionRule::DEFAULT.after(1).first_sample(&state(20 + cheap, 0.0, 0.2, 0.02).first.pairs);
        assert!(more.is_precise() && (50..90).contains(&cheap), "{cheap}: {:?}", more.mde());
        assert_eq!(plan.extensions(&cases, plan.budget - 10.0), [(2, cheap)], "27 s are not left, 1.4 s are");
        assert_eq!(plan.extensions(&cases, plan.budget), []);
        assert_eq!(plan.extensions(&[state(20, 0.0, 3.0, 0.02)], 0.0), [], "too noisy for any extension");
    }

    #[test]
    fn a_plan_that_does_not_fit_gives_the_cheapest_cases_what_they_need() {
        let plan = SamplingPlan::QUICK;
        let mut pilots = vec![pilot(0.03, 0.03); 20];
        pilots.extend([pilot(0.03, 0.33); 4]);
        let pairs = plan.first_stage_pairs(&pilots);
        let (cheap, expensive) = pairs.split_at(20);
        assert!(expensive.iter().all(|&pairs| pairs == plan.pilot), "{pairs:?}");
        assert!(cheap.iter().any(|&pairs| pairs > plan.pilot), "{pairs:?}");
    }

    #[test]
    fn the_largest_changes_are_confirmed_first_while_time_is_left() {
        let plan = SamplingPlan::FULL;
        let end = plan.budget * 1.5;
        let cases = [state(30, 0.03, 0.02, 0.1), state(30, 0.0, 0.02, 0.1), state(30, -0.3, 0.02, 0.1)];
        assert_eq!(plan.confirmations(&cases, 0.0), [(2, 20), (0, 20)]);
        assert_eq!(plan.confirmations(&cases, end - 2.5), [(2, 12), (0, 12)], "an equal share each");
        assert_eq!(plan.confirmations(&cases, end - 1.0), [(2, 8)], "0.8 s each");
        assert_eq!(plan.confirmations(&cases, end - 0.5), []);
        let slow = [state(30, -0.3, 0.02, 0.4), cases[0].clone()];
        assert_eq!(plan.confirmations(&slow, end - 1.0), [(1, 10)], "another one fits");
        assert_eq!(plan.confirmations(&cases[1..2], 0.0), []);
    }

    #[test]
    fn all_cases_are_confirmed_by_half_of_their_pairs_or_the_same_smaller_part() {
        let plan = SamplingPlan::FULL;
        let end = plan.budget * 1.5;
        let cases = [state(30, 0.0, 0.02, 0.1), state(100, 0.0, 0.02, 0.1)];
        assert_eq!(plan.confirm_together(&cases, 0.0), [15, 50]);
        assert_eq!(plan.confirm_together(&cases, end - 2.65), [8, 20], "a fifth of 13 s, and at least 8");
        assert_eq!(plan.confirm_together(&cases, end - 1.0), [0, 0]);
        assert_eq!(plan.confirm_together(&cases, end + 1.0), [0, 0]);
    }

    #[test]
    fn a_slower_mean_is_confirmed_too() {
        let plan = SamplingPlan::FULL;
        let mut case = state(30, 0.0, 0.02, 0.1);
        assert_eq!(plan.confirmations(std::slice::from_ref(&case), 0.0), []);
        let slower = vec![LogTimes::uniform(0.7); 30];
        case.mean = crate::judge::mean::rule_after(0).sample(Statistic::Mean, &slower);
        assert_eq!(plan.confirmations(&[case], 0.0), [(0, 20)]);
    }

    #[test]
    fn a_look_adds_the_same_budget_again() {
        let twice = SamplingPlan::FULL.scaled(2);
        assert_eq!((twice.max_pairs, twice.budget), (320, 360.0));
        assert_eq!(twice.standard_error, SamplingPlan::FULL.standard_error, "the target stays");
    }

    proptest! {
        /// Pilot pairs are measured in any case; all others fit into the time budget.
        #[test]
        fn the_plan_fits_into_the_time(
            pilots in prop::collection::vec((0.0..0.3_f64, 0.01..1.0_f64), 1..60),
            quick in any::<bool>(),
        ) {
            let plan = if quick { SamplingPlan::QUICK } else { SamplingPlan::FULL };
            let pilots: Vec<Pilot> = pilots.into_iter().map(|(dispersion, seconds)| pilot(dispersion, seconds)).collect();
            let pairs = plan.first_stage_pairs(&pilots);
            prop_assert_eq!(pairs.len(), pilots.len());
            let seconds: f64 = pairs.iter().zip(&pilots).map(|(&pairs, pilot)| pairs as f64 * pilot.seconds).sum();
            let at_least: f64 = pilots.iter().map(|pilot| plan.pilot as f64 * pilot.seconds).sum();
            prop_assert!(seconds <= plan.first_stage_seconds().max(at_least) + 1e-9, "{} s", seconds);
            prop_assert!(pairs.iter().all(|&pairs| (plan.pilot..=plan.max_pairs).contains(&pairs)));
        }
    }
}
