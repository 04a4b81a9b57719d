//! What the pairs of a case show: the direction of a change, and the smallest change that they would have shown.
//!
//! Three tests are applied, each at level [`ALPHA`]: the signed-rank test of the medians, that of the minima, and the swap test
//! of the faster half of the minima. They are sharp against different noise, and blind to different slowdowns, so a case is
//! slower if any of them says so.

use perf_gate::CaseName;

use crate::pairs::{LogTimes, Pairs, Stage, Statistic};
use crate::statistics::{self, Estimate, SwapTest};

/// One-sided level of each test of the first sample. Three tests make at most three times as many false positives; with a true
/// change at the margin it is 1.6 % of recorded comparisons, because the tests agree more often than not.
pub const ALPHA: f64 = 0.005;

/// The largest slowdown that passes, as a fraction of the base, unless `thresholds.toml` has another margin for the case.
pub const MARGIN: f64 = 0.01;

/// The resolution of a rule with any margin. With the default margin a row passes up to a minimum detectable effect of 5 %.
const RESOLUTION: f64 = 0.04;

/// Power of each of the two samples, so that both together have 95 %.
const POWER_OF_A_STAGE: f64 = 0.975;

/// The normal quantile of `POWER_OF_A_STAGE`.
pub const Z_POWER: f64 = 1.960;

/// Standard errors between the margin and the minimum detectable effect: the normal quantiles of 1 - [`ALPHA`] and of
/// `POWER_OF_A_STAGE`.
pub const Z_ALPHA_PLUS_Z_POWER: f64 = 2.576 + Z_POWER;

/// The margin and the level by which pairs are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionRule {
    /// The largest slowdown that passes, as a fraction of the base.
    pub margin: f64,
    /// One-sided level of each test.
    pub alpha: f64,
    /// A row passes only if its minimum detectable effect is at most this much above the margin, as a fraction of the base;
    /// otherwise it is INCONCLUSIVE.
    pub resolution: f64,
}

impl DecisionRule {
    /// The rule of a comparison without interim looks.
    pub const DEFAULT: Self = Self { margin: MARGIN, alpha: ALPHA, resolution: RESOLUTION };

    /// The rule of a comparison that was extended `looks` times after its pairs had been judged. Each look halves alpha, so the
    /// false positive rate over all looks is at most twice that of one.
    pub fn after_looks(looks: u32, margin: f64) -> Self {
        Self { margin, ..Self::DEFAULT }.after(looks)
    }

    /// This rule after `looks` more looks.
    pub fn after(self, looks: u32) -> Self {
        Self { alpha: self.alpha * 0.5_f64.powi(looks.min(30) as i32), ..self }
    }

    /// The minimum detectable effect, as a log ratio, above which a case is INCONCLUSIVE.
    pub fn max_mde(self) -> f64 {
        (self.margin + self.resolution).ln_1p()
    }

    /// The smallest slowdown, as a log ratio, that samples with this standard error show with a power of 95 %, both stages
    /// together.
    pub fn minimum_detectable_effect(self, standard_error: f64) -> Option<f64> {
        statistics::minimum_detectable_effect(standard_error, self.margin.ln_1p(), self.alpha, POWER_OF_A_STAGE)
    }

    /// The pairs of the first sample of a case with its extension, and the rule that judges them: the extension is another look.
    pub fn with_extension(self, case: &CaseName, pairs: &Pairs) -> (Self, Vec<LogTimes>) {
        let mut sample = pairs.log_times(Stage::First, case);
        let extension = pairs.log_times(Stage::Extension, case);
        let rule = self.after(u32::from(!extension.is_empty()));
        sample.extend(extension);
        (rule, sample)
    }

    /// The first sample of a case among measured pairs, with its extension.
    pub fn first_sample_of(self, case: &CaseName, pairs: &Pairs) -> FirstSample {
        let (rule, sample) = self.with_extension(case, pairs);
        rule.first_sample(&sample)
    }

    /// The first sample of a case, by the statistic that judges it: of those that show a change, or else of all, the one with the
    /// smallest minimum detectable effect.
    pub fn first_sample(self, pairs: &[LogTimes]) -> FirstSample {
        let [median, others @ ..] = self.samples(pairs);
        // What shows a change comes first, then what detects a smaller one.
        let rank = |sample: &FirstSample| (sample.trend() == Trend::Unchanged, sample.mde().unwrap_or(f64::INFINITY));
        let better = |a: &FirstSample, b: &FirstSample| {
            let (a, b) = (rank(a), rank(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).is_lt()
        };
        others.into_iter().fold(median, |best, other| if better(&other, &best) { other } else { best })
    }

    /// The first sample by the statistic with the smallest minimum detectable effect, whatever change it shows; `None` with too
    /// few pairs.
    pub fn most_precise(self, pairs: &[LogTimes]) -> Option<FirstSample> {
        let known = self.samples(pairs).into_iter().filter_map(|sample| Some((sample.mde()?, sample)));
        known.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, sample)| sample)
    }

    /// Whether pairs show a slowdown by any statistic: what `first_sample` would say, without its bounds, which take longer.
    pub fn shows_slowdown(self, pairs: &[LogTimes]) -> bool {
        Statistic::OF_TIME.into_iter().any(|statistic| self.shows_slowdown_by(statistic, pairs))
    }

    /// Whether pairs show a slowdown by one statistic: what the trend of `sample` would say, without its bounds.
    pub fn shows_slowdown_by(self, statistic: Statistic, pairs: &[LogTimes]) -> bool {
        let margin = self.margin.ln_1p();
        match statistic {
            Statistic::FasterHalf => SwapTest::new(pairs.iter().map(|pair| pair.get(statistic)))
                .is_some_and(|test| test.is_slower(margin, self.alpha)),
            Statistic::Median | Statistic::Minimum | Statistic::Mean => {
                statistics::is_above(&LogTimes::ratios(statistic, pairs), self.alpha, margin)
            }
        }
    }

    /// The first sample of a case by each statistic, in the order of [`Statistic::OF_TIME`].
    pub fn samples(self, pairs: &[LogTimes]) -> [FirstSample; 3] {
        Statistic::OF_TIME.map(|statistic| self.sample(statistic, pairs))
    }

    /// The first sample of a case by one statistic.
    pub fn sample(self, statistic: Statistic, pairs: &[LogTimes]) -> FirstSample {
        let estimate = estimate(statistic, pairs, self.alpha);
        FirstSample { rule: self, pairs: pairs.to_vec(), statistic, estimate }
    }
}

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

impl Trend {
    /// The trend that the bounds of an estimate show; `margin` is a fraction.
    pub fn shown_by(estimate: &Estimate, margin: f64) -> Self {
        if estimate.lower > margin.ln_1p() {
            Self::Slower
        } else if estimate.upper < -margin.ln_1p() {
            Self::Faster
        } else {
            Self::Unchanged
        }
    }
}

/// The estimate of a statistic with its bounds of level `alpha`; `None` with too few pairs, or with times that are no numbers.
fn estimate(statistic: Statistic, pairs: &[LogTimes], alpha: f64) -> Option<Estimate> {
    match statistic {
        Statistic::Median | Statistic::Minimum | Statistic::Mean => {
            statistics::estimate(&LogTimes::ratios(statistic, pairs), alpha)
        }
        Statistic::FasterHalf => SwapTest::new(pairs.iter().map(|pair| pair.get(statistic)))?.estimate(alpha),
    }
}

/// The first sample of a case, by the statistic that judges it.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstSample {
    /// The rule by which it is judged.
    pub rule: DecisionRule,
    /// The pairs, in the order of measuring.
    pub pairs: Vec<LogTimes>,
    /// The statistic that judges the case.
    pub statistic: Statistic,
    /// The estimate with its bounds; `None` with too few pairs.
    pub estimate: Option<Estimate>,
}

impl FirstSample {
    /// The direction of the change that the sample shows.
    pub fn trend(&self) -> Trend {
        self.estimate.map_or(Trend::Unchanged, |estimate| Trend::shown_by(&estimate, self.rule.margin))
    }

    /// The standard error of the change, as a log ratio; `None` with too few pairs.
    pub fn standard_error(&self) -> Option<f64> {
        statistics::standard_error(self.estimate.as_ref()?, self.rule.alpha)
    }

    /// The minimum detectable effect: the smallest slowdown, as a log ratio, that samples like this one show with a power of
    /// 95 %, both stages together.
    pub fn mde(&self) -> Option<f64> {
        self.rule.minimum_detectable_effect(self.standard_error()?)
    }

    /// The smallest minimum detectable effect of all statistics, which does not depend on the change that the sample shows.
    pub fn smallest_mde(&self) -> Option<f64> {
        self.rule.most_precise(&self.pairs)?.mde()
    }

    /// Whether a slowdown of 5 % (with the default margin) would have been shown, so that the case can pass.
    pub fn is_precise(&self) -> bool {
        self.mde().is_some_and(|mde| mde <= self.rule.max_mde())
    }

    /// By how much the change exceeds the margin, as a log ratio, in either direction. It is measured from halfway between the
    /// estimate and its bound, because the estimates of selected cases are too large on average.
    pub fn excess_over_margin(&self) -> Option<f64> {
        let estimate = self.estimate?;
        let bound = if estimate.center > 0.0 { estimate.lower } else { -estimate.upper };
        Some((estimate.center.abs() + bound) / 2.0 - self.rule.margin.ln_1p())
    }

    /// The estimate of fresh pairs by the same statistic, with bounds of level `alpha`; `None` with too few of them.
    pub fn estimate_of(&self, fresh: &[LogTimes], alpha: f64) -> Option<Estimate> {
        estimate(self.statistic, fresh, alpha)
    }

    /// The estimate with its bounds by the same statistic, of this sample and `more` pairs.
    pub fn estimate_with(&self, more: &[LogTimes]) -> Option<Estimate> {
        if more.is_empty() {
            return self.estimate;
        }
        let pairs: Vec<LogTimes> = self.pairs.iter().chain(more).copied().collect();
        estimate(self.statistic, &pairs, self.rule.alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::Times;
    use crate::rng::SplitMix64;

    /// Processes of a shared machine: approximately normal noise, and a burst that makes one process of six slower.
    fn process(random: &mut SplitMix64, slower: f64) -> Times {
        let mut uniform = || random.below(1 << 20) as f64 / f64::from(1 << 20);
        let mut normal = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        let (minimum, above) = (0.01 * normal(), 0.005 * normal().abs());
        let burst = if uniform() < 1.0 / 6.0 { 0.3 * uniform() } else { 0.0 };
        let time = |log: f64| 1_000.0 * (log + slower + burst).exp();
        Times { median: time(minimum + above), minimum: time(minimum), mean_and_maximum: None }
    }

    fn sample(random: &mut SplitMix64, pairs: usize, slower: f64) -> Vec<LogTimes> {
        (0..pairs).map(|_| LogTimes::between(process(random, 0.0), process(random, slower))).collect()
    }

    fn shown(slower: f64, samples: usize) -> usize {
        let mut random = SplitMix64::new(1);
        let is_slower = |random: &mut SplitMix64| {
            DecisionRule::DEFAULT.first_sample(&sample(random, 30, slower)).trend() == Trend::Slower
        };
        (0..samples).filter(|_| is_slower(&mut random)).count()
    }

    #[test]
    fn a_change_at_the_margin_is_shown_in_at_most_one_sample_of_fifty() {
        // Three tests at 0.5 % are at most 15 of 1,000.
        let at_the_margin = shown(MARGIN.ln_1p(), 1_000);
        assert!(at_the_margin <= 20, "{at_the_margin}");
        assert_eq!(shown(0.0, 1_000), 0, "no change");
    }

    #[test]
    fn the_minimum_detectable_effect_is_found_with_its_power() {
        let mut random = SplitMix64::new(2);
        let mde = (0..100).filter_map(|_| DecisionRule::DEFAULT.first_sample(&sample(&mut random, 30, 0.0)).mde());
        let mde = statistics::median(&mde.collect::<Vec<f64>>()).unwrap();
        // 97.5 % in one stage, with a standard error of 1 %; the best of three tests looks a little sharper than it is.
        let found = shown(mde, 200);
        assert!((184..=200).contains(&found), "{found} of 200 at {mde}");
    }

    #[test]
    fn an_extension_is_another_look() {
        let pair = |stage, round| {
            let times = |minimum| Times { median: minimum, minimum, mean_and_maximum: None };
            let noise = f64::from(round % 10) / 100.0;
            crate::pairs::Pair {
                stage,
                round,
                case: CaseName::new("a/b/1").unwrap(),
                base: times(100.0 - noise),
                head: times(103.0 + noise),
                head_first: false,
                took_ms: 30.0,
            }
        };
        let case = CaseName::new("a/b/1").unwrap();
        let mut pairs = Pairs::default();
        (0..20).for_each(|round| pairs.add(pair(Stage::First, round)));
        let first = DecisionRule::DEFAULT.first_sample_of(&case, &pairs);
        assert_eq!((first.pairs.len(), first.rule.alpha), (20, ALPHA));
        (0..15).for_each(|round| pairs.add(pair(Stage::Extension, round)));
        let extended = DecisionRule::DEFAULT.first_sample_of(&case, &pairs);
        assert_eq!((extended.pairs.len(), extended.rule.alpha), (35, ALPHA / 2.0));
    }
}
