//! The decision rules of other tools, for comparison with the judge on the same data.
//!
//! Only the rules are reproduced, not how a tool measures or filters. Values are durations in one unit; true means that the
//! tool would report head as slower. Samples that are too small give false. Durations have to be finite and positive, which the
//! rules, like the tools, do not check.

use super::quantile::{quantile, sorted};
use crate::rng::SplitMix64;

/// More than 20 % above the mean of the last ten runs, or of all runs if there are fewer. Not the default of a tool, but the
/// usual rule over a history of results.
pub fn mean_of_last_ten(history: &[f64], now: f64) -> bool {
    let last = &history[history.len().saturating_sub(10)..];
    now > mean(last) * 1.20
}

/// More than twice the last run: github-action-benchmark with its default `alert-threshold` of 200 % (`findAlerts` in
/// `src/write.ts`, for results where lower is better).
pub fn twice_the_last_run(last: f64, now: f64) -> bool {
    now / last > 2.0
}

/// A mean more than 5 % above the mean of base: pytest-benchmark with `--benchmark-compare-fail=mean:5%`, the example
/// of its manual (`PercentageRegressionCheck` in `src/pytest_benchmark/utils.py`).
pub fn mean_plus_five_percent(base: &[f64], head: &[f64]) -> bool {
    mean(head) / mean(base) * 100.0 - 100.0 > 5.0
}

/// tango-bench 0.9.0 with its defaults (`DiffEstimate` in `src/lib.rs`, `--noise-threshold` of `src/cli.rs`): a z-score
/// of at least 2.6 and a mean difference above 1 % of the mean of base. Its outlier filter is off by default.
///
/// Value i of base and value i of head are a pair; the longer list is truncated.
pub fn tango(base: &[f64], head: &[f64]) -> bool {
    let pairs = base.len().min(head.len());
    let (base, head) = (&base[..pairs], &head[..pairs]);
    let differences: Vec<f64> = base.iter().zip(head).map(|(base, head)| head - base).collect();
    let difference = mean(&differences);
    let z = difference / (variance(&differences) / pairs as f64).sqrt();
    z >= 2.6 && difference / mean(base) * 100.0 > 1.0
}

/// criterion 0.8.2 with its defaults (`src/analysis/compare.rs`, `src/stats`, `compare_to_threshold` in
/// `src/report.rs`), which says "regressed" if
///
/// 1. p < 0.05 (`significance_level`) in a two-sided test of Welch's t, whose null distribution is that of
///    resamples of the pooled samples; resamples whose t is not finite are excluded; and
/// 2. the 95 % percentile bootstrap interval (`confidence_level`) of the change of the mean lies above 1 %
///    (`noise_threshold`).
///
/// Each of the two draws `resamples` times; criterion's default is 100,000 (`nresamples` in `src/lib.rs`). For the interval
/// criterion draws only √resamples samples of head, and √resamples of base for each; here each draw is of both sides, because
/// that saving would cost more precision with fewer resamples.
pub fn criterion(base: &[f64], head: &[f64], resamples: usize, seed: u64) -> bool {
    let mut random = SplitMix64::new(seed);
    let interval = change_of_mean(base, head, resamples, &mut random);
    interval.is_some_and(|(lower, _)| lower > 0.01) && p_value(base, head, resamples, &mut random) < 0.05
}

/// The two-sided p-value from the pooled bootstrap; NaN if it cannot be computed.
fn p_value(base: &[f64], head: &[f64], resamples: usize, random: &mut SplitMix64) -> f64 {
    let t = welch(base, head);
    let pooled = [base, head].concat();
    let mut drawn = pooled.clone();
    let (mut total, mut below) = (0_usize, 0_usize);
    for _ in 0..resamples {
        resample(&pooled, &mut drawn, random);
        let (base, head) = drawn.split_at(base.len());
        let without_effect = welch(base, head);
        total += usize::from(without_effect.is_finite());
        below += usize::from(without_effect.is_finite() && without_effect < t);
    }
    if t.is_nan() { f64::NAN } else { 2.0 * below.min(total - below) as f64 / total as f64 }
}

/// The 95 % percentile bootstrap interval of mean(head) / mean(base) - 1.
fn change_of_mean(base: &[f64], head: &[f64], resamples: usize, random: &mut SplitMix64) -> Option<(f64, f64)> {
    let (mut some_base, mut some_head) = (base.to_vec(), head.to_vec());
    let changes: Vec<f64> = (0..resamples)
        .map(|_| {
            resample(base, &mut some_base, random);
            resample(head, &mut some_head, random);
            mean(&some_head) / mean(&some_base) - 1.0
        })
        .collect();
    let changes = sorted(&changes)?;
    Some((quantile(&changes, 0.025), quantile(&changes, 0.975)))
}

/// Fills `into` with values drawn with replacement.
fn resample(from: &[f64], into: &mut [f64], random: &mut SplitMix64) {
    for (place, drawn) in into.iter_mut().filter_map(|place| Some((place, random.pick(from)?))) {
        *place = *drawn;
    }
}

/// Welch's t: the difference of the means in standard errors; positive if head is slower.
fn welch(base: &[f64], head: &[f64]) -> f64 {
    let error = variance(base) / base.len() as f64 + variance(head) / head.len() as f64;
    (mean(head) - mean(base)) / error.sqrt()
}

/// The mean; NaN of no values.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The unbiased variance, with n - 1; NaN of fewer than two values.
fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{close, vectors};
    use super::*;

    fn times(values: &[f64], factor: f64) -> Vec<f64> {
        values.iter().map(|value| value * factor).collect()
    }

    /// Mean 100, standard deviation 0.3.
    const QUIET: [f64; 10] = [100.0, 100.4, 99.6, 100.1, 99.9, 100.3, 99.7, 100.2, 99.8, 100.0];

    #[test]
    fn only_the_last_ten_count() {
        let mut history = vec![1000.0; 5];
        history.extend(QUIET);
        assert!(mean_of_last_ten(&history, 120.001));
        assert!(!mean_of_last_ten(&history, 119.999));
        assert!(mean_of_last_ten(&history[..5], 1201.0), "five runs are what there is");
        assert!(!mean_of_last_ten(&[], 1e9));
    }

    #[test]
    fn twice_is_not_yet_more_than_twice() {
        assert!(!twice_the_last_run(50.0, 100.0));
        assert!(twice_the_last_run(50.0, 100.1));
        assert!(!twice_the_last_run(0.0, 0.0));
    }

    #[test]
    fn five_percent_of_the_mean() {
        assert!(mean_plus_five_percent(&QUIET, &times(&QUIET, 1.0501)));
        assert!(!mean_plus_five_percent(&QUIET, &times(&QUIET, 1.0499)));
        // One burst among ten moves the mean.
        let mut burst = QUIET;
        burst[3] = 160.0;
        assert!(mean_plus_five_percent(&QUIET, &burst));
        assert!(!mean_plus_five_percent(&[], &QUIET) && !mean_plus_five_percent(&QUIET, &[]));
    }

    #[test]
    fn tango_wants_a_z_of_two_point_six_and_one_percent() {
        assert!(tango(&QUIET, &times(&QUIET, 1.011)));
        assert!(!tango(&QUIET, &times(&QUIET, 1.009)), "within the noise threshold");
        assert!(!tango(&QUIET, &times(&QUIET, 0.9)), "faster");
        // Differences 2 ± d in turn: mean 2, standard error d / 3, so that z is 6 / d.
        let swinging = |d: f64| -> Vec<f64> {
            QUIET.iter().zip([d, -d].iter().cycle()).map(|(base, swing)| base + 2.0 + swing).collect()
        };
        assert!(tango(&QUIET, &swinging(2.30)), "z = 2.609");
        assert!(!tango(&QUIET, &swinging(2.31)), "z = 2.597");
        assert!(!tango(&[], &[]) && !tango(&[1.0], &[2.0]), "one pair has no deviation");
        assert!(tango(&QUIET, &[&times(&QUIET, 1.05)[..], &[1.0]].concat()), "what has no partner is left out");
    }

    #[test]
    fn criterion_wants_significance_and_one_percent() {
        let regressed = |head: &[f64]| criterion(&QUIET, head, 1000, 1);
        assert!(regressed(&times(&QUIET, 1.02)));
        assert!(!regressed(&times(&QUIET, 1.01)), "significant, but the interval reaches below 1 %");
        assert!(!regressed(&times(&QUIET, 0.9)), "faster");
        assert!(!regressed(&QUIET));
        let mut burst = QUIET;
        burst[3] = 160.0;
        assert!(!regressed(&burst), "a mean 6 % higher, one value being the reason");
        // All of head is slower by 2 % or more, but three and three values are too few to be significant.
        let few = ([99.9, 100.0, 100.1], [102.0, 106.0, 110.0]);
        assert!(change_of_mean(&few.0, &few.1, 1000, &mut SplitMix64::new(1)).unwrap().0 > 0.01);
        assert!(!criterion(&few.0, &few.1, 1000, 1));
        for bad in [&[][..], &[1.0], &[f64::NAN; 10], &[0.0; 10]] {
            assert!(!criterion(&QUIET, bad, 100, 1) && !criterion(bad, &QUIET, 100, 1), "{bad:?}");
        }
        assert!(!criterion(&QUIET, &times(&QUIET, 2.0), 0, 1), "no resamples, no finding");
    }

    /// The expected values are from numpy, with another generator and many more resamples.
    #[test]
    fn both_halves_of_criterion_agree_with_a_bootstrap_by_numpy() {
        for vector in &vectors().criterion {
            let mut random = SplitMix64::new(5);
            close(welch(&vector.base, &vector.head), vector.t, 1e-12);
            let p = p_value(&vector.base, &vector.head, 4000, &mut random);
            let error = (vector.p * (2.0 - vector.p) / 4000.0).sqrt();
            assert!((p - vector.p).abs() < 4.0 * error + 1e-3, "{p} for {}", vector.p);
            let (lower, upper) = change_of_mean(&vector.base, &vector.head, 4000, &mut random).unwrap();
            let width = vector.upper - vector.lower;
            assert!((lower - vector.lower).abs() < 0.05 * width, "{lower} for {}", vector.lower);
            assert!((upper - vector.upper).abs() < 0.05 * width, "{upper} for {}", vector.upper);
        }
    }

    /// Of the 256 resamples of four values, 16 have no t (all values of a side are equal), and 16 of the others have a
    /// t that is not below that of the sample: p is 2 · 16 / 240.
    #[test]
    fn resamples_without_a_t_are_left_out() {
        let p = p_value(&[1.0, 2.0], &[3.0, 4.0], 20_000, &mut SplitMix64::new(4));
        assert!((p - 2.0 / 15.0).abs() < 0.015, "{p}");
    }

    #[test]
    fn the_seed_determines_the_resamples() {
        let p = |seed| p_value(&QUIET, &times(&QUIET, 1.001), 500, &mut SplitMix64::new(seed));
        assert_eq!(p(1), p(1));
        assert_ne!(p(1), p(2));
    }
}
