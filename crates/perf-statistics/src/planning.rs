//! Power and sample size: the minimum detectable effect, and the number of pairs for a target precision.

use std::f64::consts::FRAC_PI_3;

use super::normal;
use super::quantile::{quantile, sorted};
use super::signed_rank::Estimate;

/// The smallest true change, as a log ratio, that a sample like this one finds with probability `power`: the lower bound of
/// its estimate exceeds `margin` (a log ratio too).
///
/// margin + (z_alpha + z_power) · SE: the lower bound lies z_alpha standard errors below an estimate that itself falls
/// z_power standard errors short of the truth in one measurement of 1 / (1 - power). (The usual formula for the power
/// of a one-sided test, e.g. Cohen, "Statistical Power Analysis", 1988, with the margin as null hypothesis.)
///
/// It assumes that the estimate is about normal and that the next sample has the same noise.
///
/// `power` is that of one sample. Two independent samples find a change with power², so 95 % over both needs 97.5 % for each.
///
/// `alpha` is the level of the test. `None` unless 0 < alpha < 0.5, 0.5 <= power < 1 and the result is finite.
pub fn minimum_detectable_effect(standard_error: f64, margin: f64, alpha: f64, power: f64) -> Option<f64> {
    let z_power = (0.5..1.0).contains(&power).then(|| normal::quantile(power))?;
    let change = margin + (z(alpha)? + z_power) * standard_error;
    change.is_finite().then_some(change)
}

/// The standard error of an estimate, read off its bounds of level `alpha`: (upper - lower) / (2 · z_alpha). Exact bounds of few
/// pairs are slightly wider than those of a normal distribution, which makes it too large rather than too small.
///
/// `None` unless 0 < alpha < 0.5 and the result is finite.
pub fn standard_error(estimate: &Estimate, alpha: f64) -> Option<f64> {
    let standard_error = (estimate.upper - estimate.lower) / (2.0 * z(alpha)?);
    standard_error.is_finite().then_some(standard_error)
}

/// The normal quantile of 1 - alpha: 2.326 of 1 %. `None` unless 0 < alpha < 0.5.
pub fn z(alpha: f64) -> Option<f64> {
    (alpha > 0.0 && alpha < 0.5).then(|| -normal::quantile(alpha))
}

/// Converts a log ratio to percent: (e^x - 1) · 100, so ln(1.05) becomes 5.
pub fn percent(log_ratio: f64) -> f64 {
    log_ratio.exp_m1() * 100.0
}

/// A robust standard deviation in the unit of the values: 1.4826 times the median absolute deviation from the median. Its
/// breakdown point is 50 %.
///
/// `None` without values or if one is not finite; 0 if more than half are equal.
pub fn robust_sd(values: &[f64]) -> Option<f64> {
    // The reciprocal of the third quartile of the standard normal distribution (Hampel, "The influence curve and its role
    // in robust estimation", JASA 69, 1974).
    const DEVIATIONS_PER_MEDIAN_DISTANCE: f64 = 1.482_602_218_505_602;
    let values = sorted(values).filter(|values| !values.is_empty())?;
    let median = quantile(&values, 0.5);
    let distances: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
    let sd = DEVIATIONS_PER_MEDIAN_DISTANCE * quantile(&sorted(&distances)?, 0.5);
    sd.is_finite().then_some(sd)
}

/// The number of pairs that bring the standard error of the Hodges-Lehmann estimate down to the target. `sd`, the standard
/// deviation of the difference of one pair, and the target have the same unit.
///
/// For many normal differences the standard error is sd · √(π/3) / √n, 2.3 % above that of the mean (Hodges
/// and Lehmann, "Estimates of location based on rank tests", Annals of Mathematical Statistics 34, 1963); heavy tails,
/// measured by [`robust_sd`], need fewer pairs than the mean would.
///
/// At least 1. `None` unless `sd` is finite and not negative and the target finite and positive.
pub fn pairs_needed(sd: f64, target_standard_error: f64) -> Option<usize> {
    let possible = sd.is_finite() && sd >= 0.0 && target_standard_error.is_finite() && target_standard_error > 0.0;
    let ratio = sd / target_standard_error;
    possible.then(|| ((FRAC_PI_3 * ratio * ratio).ceil() as usize).max(1))
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{close, vectors};
    use super::*;
    use crate::estimate;
    use crate::rng::SplitMix64;

    #[test]
    fn the_robust_deviation_agrees_with_scipy() {
        for sample in &vectors().samples {
            close(robust_sd(&sample.values).unwrap(), sample.robust_sd, 1e-12);
        }
        assert_eq!(robust_sd(&[5.0]), Some(0.0));
        assert_eq!((robust_sd(&[]), robust_sd(&[1.0, f64::NAN])), (None, None));
    }

    #[test]
    fn pairs_for_a_standard_error() {
        // A hundredth of a deviation: 10^4 · π/3 = 10471.98.
        assert_eq!(pairs_needed(1.0, 0.01), Some(10_472));
        assert_eq!(pairs_needed(0.01, 0.002), Some(27), "25 · 1.047 = 26.2");
        assert_eq!(pairs_needed(0.0, 0.01), Some(1));
        for (sd, target) in [(-1.0, 1.0), (f64::NAN, 1.0), (1.0, 0.0), (1.0, f64::NAN), (f64::INFINITY, 1.0)] {
            assert_eq!(pairs_needed(sd, target), None, "{sd} {target}");
        }
    }

    #[test]
    fn the_minimum_detectable_effect_is_the_margin_and_some_standard_errors() {
        // z of 1 % is 2.3263, of 97.5 % is 1.9600; a width of 2 · 2.3263 is a standard error of 1.
        let wide = Estimate { center: 0.3, lower: 0.3 - 2.326_347_874, upper: 0.3 + 2.326_347_874, pairs: 30 };
        let wide = standard_error(&wide, 0.01).unwrap();
        close(wide, 1.0, 1e-9);
        close(minimum_detectable_effect(wide, 0.5, 0.01, 0.975).unwrap(), 0.5 + 2.326_347_874 + 1.959_963_985, 1e-9);
        close(minimum_detectable_effect(wide, 0.5, 0.01, 0.5).unwrap(), 0.5 + 2.326_347_874, 1e-9);
        for (alpha, power) in [(0.0, 0.9), (0.5, 0.9), (f64::NAN, 0.9), (0.01, 0.4), (0.01, 1.0), (0.01, f64::NAN)] {
            assert_eq!(minimum_detectable_effect(wide, 0.5, alpha, power), None, "{alpha} {power}");
        }
        assert_eq!(minimum_detectable_effect(wide, f64::NAN, 0.01, 0.9), None);
    }

    /// Simulation: changes of the size of the minimum detectable effect are found about as often as the power says.
    #[test]
    fn a_change_of_that_size_is_found_with_that_power() {
        let (mut random, margin, alpha) = (SplitMix64::new(7), 0.01, 0.01);
        let mut noise = |n: usize| -> Vec<f64> {
            let uniform = |random: &mut SplitMix64| (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
            (0..n).map(|_| 0.02 * ((0..12).map(|_| uniform(&mut random)).sum::<f64>() - 6.0)).collect()
        };
        let announced: Vec<f64> = (0..100)
            .filter_map(|_| standard_error(&estimate(&noise(30), alpha)?, alpha))
            .filter_map(|standard_error| minimum_detectable_effect(standard_error, margin, alpha, 0.9))
            .collect();
        let change = announced.iter().sum::<f64>() / 100.0;
        let found = (0..400).filter(|_| {
            let pairs: Vec<f64> = noise(30).iter().map(|noise| noise + change).collect();
            estimate(&pairs, alpha).unwrap().lower > margin
        });
        let found = found.count();
        assert!((340..=390).contains(&found), "{found} of 400 at a power of 90 %, change {change}");
    }

    #[test]
    fn log_ratios_convert_to_percent() {
        close(percent(1.05_f64.ln()), 5.0, 1e-12);
        close(percent(0.5_f64.ln()), -50.0, 1e-12);
        // Computed as e^x - 1 the result would lose half of its digits.
        close(percent(1e-9), 1e-7, 1e-8);
        assert_eq!(percent(0.0), 0.0);
    }
}
