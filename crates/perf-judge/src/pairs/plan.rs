//! How many pairs a case gets: more where pairs scatter more, within what the time allows. Pure.
//!
//! Only the scatter of the first pairs decides, never which side was slower: measuring until a difference shows would
//! find one in unchanged code sooner or later.

use super::{LogRatios, Statistic};
use crate::judge::paired::{self, FirstSample, Trend};
use crate::statistics;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplingPlan {
    /// Pairs that every case gets, from which its scatter is taken.
    pub pilot: usize,
    /// Pairs that a case that scatters little gets.
    pub min_pairs: usize,
    /// Pairs that no case exceeds.
    pub max_pairs: usize,
    /// Standard error of the estimate that is aimed at, as a logarithm of a ratio.
    pub standard_error: f64,
    /// Milliseconds for which one process repeats a case.
    pub process_ms: f64,
    /// Seconds of measuring, for everything together.
    pub budget: f64,
}

impl SamplingPlan {
    /// Of `cargo xtask perf`.
    pub const FULL: Self =
        Self { pilot: 12, min_pairs: 20, max_pairs: 160, standard_error: 0.005, process_ms: 15.0, budget: 180.0 };
    /// Of `cargo xtask perf --quick`.
    pub const QUICK: Self =
        Self { pilot: 8, min_pairs: 10, max_pairs: 30, standard_error: 0.007, process_ms: 10.0, budget: 60.0 };

    /// As much again, so many times.
    pub fn scaled(self, times: usize) -> Self {
        Self { max_pairs: self.max_pairs * times, budget: self.budget * times as f64, ..self }
    }

    /// Part of the time that may pass before the differences that were found are confirmed.
    const FIRST: f64 = 0.6;

    /// Seconds that may pass before the differences that were found are confirmed.
    pub fn first_stage_seconds(&self) -> f64 {
        self.budget * Self::FIRST
    }

    /// The smallest detectable change, as a logarithm of a ratio, from which on a case gets more pairs than planned: one
    /// and a half times what was aimed at, but always before it would be too much to be judged.
    pub fn mde_threshold(&self) -> f64 {
        let aimed_at = paired::MARGIN.ln_1p() + paired::Z_ALPHA_PLUS_Z_POWER * self.standard_error * 1.5;
        aimed_at.min((paired::MARGIN + paired::RESOLUTION).ln_1p() * 0.9)
    }

    /// Pairs that a case may get at most: one that takes long gets fewer, so that it does not use up the time of all.
    pub fn max_pairs_for(&self, pilot: Pilot) -> usize {
        self.affordable(1.0 / 25.0, pilot)
    }

    /// The same for a case that turned out to scatter so much that it could not be judged.
    pub fn max_pairs_when_imprecise(&self, pilot: Pilot) -> usize {
        self.affordable(1.0 / 10.0, pilot)
    }

    fn affordable(&self, part: f64, pilot: Pilot) -> usize {
        ((self.budget * part / pilot.seconds.max(1e-6)) as usize).clamp(self.min_pairs, self.max_pairs)
    }

    /// How many pairs a case would need whose pilot scattered so much.
    pub fn pairs_for(&self, dispersion: f64) -> usize {
        statistics::pairs_needed(dispersion * PILOT_SAFETY_FACTOR, self.standard_error).unwrap_or(self.max_pairs)
    }

    /// How many fresh pairs are to confirm a change that is so far beyond its margin (both logarithms of ratios), where
    /// pairs scatter so much: enough to find it again in 99 of 100 cases.
    pub fn confirming_pairs(self, excess: f64, dispersion: f64) -> usize {
        // Standard errors from the margin to the bound of 90 %, and from there to what is found with 99 %.
        const STANDARD_ERRORS: f64 = 1.282 + 2.326;
        let needed = statistics::pairs_needed(dispersion * PILOT_SAFETY_FACTOR, excess / STANDARD_ERRORS);
        needed.unwrap_or(self.max_pairs).clamp(self.min_pairs, self.max_pairs)
    }

    /// How many pairs each case gets in the first stage, from what its pilot showed.
    pub fn first_stage_pairs(&self, pilots: &[Pilot]) -> Vec<usize> {
        let wanted = |standard_error: f64| -> Vec<usize> {
            let plan = Self { standard_error, ..*self };
            let each =
                |pilot: &Pilot| plan.pairs_for(pilot.dispersion).clamp(self.min_pairs, self.max_pairs_for(*pilot));
            pilots.iter().map(each).collect()
        };
        let seconds =
            |pairs: &[usize]| -> f64 { pairs.iter().zip(pilots).map(|(&n, pilot)| n as f64 * pilot.seconds).sum() };
        let allowed = self.first_stage_seconds();
        let mut standard_error = self.standard_error;
        let mut pairs = wanted(standard_error);
        while seconds(&pairs) > allowed && standard_error < 1.0 {
            standard_error *= 1.1;
            pairs = wanted(standard_error);
        }
        if seconds(&pairs) > allowed {
            return pilots.iter().map(|_| self.pilot).collect();
        }
        pairs
    }
}

/// What is known of a case while its first pairs are measured.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseState {
    /// Pairs that it is to have.
    pub planned: usize,
    /// What the first few of them showed.
    pub pilot: Pilot,
    /// All that there are, by the figure by which it would be judged now.
    pub first: FirstSample,
}

impl SamplingPlan {
    /// How many pairs each case is to have now: twice as many where its bounds are too wide, because a pilot that was spared
    /// the bursts promised too much. Only the width of an interval decides, never where it lies. `spent` are the seconds of
    /// measuring so far: those cases that cost least come first, and only as long as time is left to confirm what they may
    /// show.
    pub fn widen(&self, cases: &[CaseState], spent: f64) -> Vec<usize> {
        let is_imprecise = |state: &CaseState| state.first.mde().is_none_or(|mde| mde > self.mde_threshold());
        let mut pairs: Vec<usize> = cases.iter().map(|state| state.planned).collect();
        let mut left = self.first_stage_seconds() - spent;
        let mut doubled: Vec<usize> = (0..cases.len()).filter(|&case| is_imprecise(&cases[case])).collect();
        let cost = |case: &usize| cases[*case].planned as f64 * cases[*case].pilot.seconds;
        doubled.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
        for case in doubled {
            let CaseState { planned, pilot, .. } = cases[case];
            let wanted = (planned * 2).min(self.max_pairs_when_imprecise(pilot)).max(planned);
            let seconds = (wanted - planned) as f64 * pilot.seconds;
            if seconds <= left {
                left -= seconds;
                pairs[case] = wanted;
            }
        }
        pairs
    }

    /// Which cases are to be confirmed by how many fresh pairs: those that seem to have changed, the worst first, as many as
    /// there is time for. A large change is confirmed by few pairs; how many is settled before the first of them is measured.
    /// `spent` are the seconds of measuring so far.
    pub fn confirmations(&self, cases: &[CaseState], spent: f64) -> Vec<(usize, usize)> {
        let confirming_pairs = |state: &CaseState| {
            let dispersion = statistics::robust_sd(&state.first.differences).unwrap_or(f64::INFINITY);
            let excess = state.first.excess_over_margin().unwrap_or(0.0);
            self.confirming_pairs(excess, dispersion).min(state.planned)
        };
        let doubtful = (0..cases.len()).filter(|&case| cases[case].first.trend() != Trend::Unchanged);
        let mut doubtful: Vec<(usize, usize)> = doubtful.map(|case| (case, confirming_pairs(&cases[case]))).collect();
        let largest = |case: usize| statistics::median(&cases[case].first.differences).unwrap_or(0.0).abs();
        doubtful.sort_by(|a, b| largest(b.0).total_cmp(&largest(a.0)));
        let left = self.budget - spent;
        let mut affordable = Vec::new();
        let mut seconds = 0.0;
        for (case, wanted) in &doubtful {
            let each = cases[*case].pilot.seconds;
            let share = (left - seconds) / (doubtful.len() - affordable.len()) as f64;
            let pairs = (*wanted).min((share / each) as usize).max(self.min_pairs.min(*wanted));
            if seconds + pairs as f64 * each > left.max(0.0) {
                break;
            }
            seconds += pairs as f64 * each;
            affordable.push((*case, pairs));
        }
        affordable
    }
}

/// How often a case may get twice as many pairs, because those it has scatter more than its pilot said.
pub const MAX_DOUBLINGS: usize = 3;

/// The scatter of a dozen pairs is itself known to a quarter or so.
const PILOT_SAFETY_FACTOR: f64 = 1.2;

/// How much the pairs of a case scatter, by the figure by which they do so less: the robust standard deviation.
pub fn dispersion(differences: &[LogRatios]) -> f64 {
    let by = |statistic| statistics::robust_sd(&LogRatios::select(statistic, differences)).unwrap_or(0.0);
    by(Statistic::Median).min(by(Statistic::Minimum))
}

/// What the first pairs of a case showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pilot {
    /// Robust standard deviation of its pairs, as a logarithm of a ratio.
    pub dispersion: f64,
    /// Seconds that a pair takes.
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
    fn who_scatters_more_gets_more() {
        let plan = SamplingPlan::FULL;
        let pairs = plan.first_stage_pairs(&[0.0, 0.01, 0.02, 0.03, 0.5].map(|dispersion| pilot(dispersion, 0.02)));
        assert!(pairs.is_sorted() && pairs[0] == plan.min_pairs && pairs[4] == plan.max_pairs, "{pairs:?}");
        // 1.2 · 2 % / 0.5 %, squared, and 5 % more for ranks: 24.2.
        assert_eq!(pairs[2], 25);
    }

    #[test]
    fn a_long_case_does_not_use_up_the_time_of_all() {
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

    /// A case whose pairs are around a change, by as much as that.
    fn state(planned: usize, change: f64, dispersion: f64, seconds: f64) -> CaseState {
        let difference = |n: usize| change + dispersion * (n as f64 - (planned - 1) as f64 / 2.0) / planned as f64;
        let differences: Vec<LogRatios> = (0..planned).map(|n| LogRatios::uniform(difference(n))).collect();
        let first = paired::DecisionRule::DEFAULT.first_sample(&differences);
        CaseState { planned, pilot: pilot(dispersion / 4.0, seconds), first }
    }

    #[test]
    fn cases_whose_bounds_are_too_wide_get_twice_as_many_pairs_the_cheapest_first() {
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
    }

    #[test]
    fn what_seems_to_have_changed_is_confirmed_the_worst_first_as_long_as_there_is_time() {
        let plan = SamplingPlan::FULL;
        let cases = [state(30, 0.03, 0.02, 0.1), state(30, 0.0, 0.02, 0.1), state(30, -0.3, 0.02, 0.1)];
        assert_eq!(plan.confirmations(&cases, 0.0), [(2, 20), (0, 20)]);
        assert_eq!(plan.confirmations(&cases, plan.budget - 3.0), [(2, 20)], "2 s each");
        assert_eq!(plan.confirmations(&cases, plan.budget - 1.0), []);
        assert_eq!(plan.confirmations(&cases[1..2], 0.0), []);
    }

    #[test]
    fn asking_again_buys_as_much_again() {
        let twice = SamplingPlan::FULL.scaled(2);
        assert_eq!((twice.max_pairs, twice.budget), (320, 360.0));
        assert_eq!(twice.standard_error, SamplingPlan::FULL.standard_error, "the target stays");
    }

    proptest! {
        /// Pairs of the pilot are measured in any case; all others fit into the time.
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
