//! One change of many cases together.

use super::planning::z;
use super::signed_rank::Estimate;

/// The inverse-variance weighted mean of values with their standard errors, with bounds of level `alpha`, each one-sided;
/// `pairs` of the result is the number of values.
///
/// Its standard error is 1/√Σ(1/se²), and larger by the Birge ratio √(χ²/(n-1)) where values differ by more than their own
/// errors explain (Birge, "The calculation of errors by the method of least squares", Physical Review 40, 1932). The bounds
/// assume that the mean of many values is about normal.
///
/// `None` for fewer than two values, if a value is not finite or a standard error not positive and finite, and unless
/// 0 < alpha < 0.5.
pub fn combine(values: &[(f64, f64)], alpha: f64) -> Option<Estimate> {
    let valid = |(value, error): &(f64, f64)| value.is_finite() && error.is_finite() && *error > 0.0;
    if values.len() < 2 || !values.iter().all(valid) {
        return None;
    }
    let z = z(alpha)?;
    let weight = |error: f64| 1.0 / (error * error);
    let weights: f64 = values.iter().map(|(_, error)| weight(*error)).sum();
    let center = values.iter().map(|(value, error)| value * weight(*error)).sum::<f64>() / weights;
    let chi_square: f64 = values.iter().map(|(value, error)| (value - center).powi(2) * weight(*error)).sum();
    let birge = (chi_square / (values.len() - 1) as f64).sqrt().max(1.0);
    let distance = z * birge / weights.sqrt();
    let estimate = Estimate { center, lower: center - distance, upper: center + distance, pairs: values.len() };
    (estimate.lower.is_finite() && estimate.upper.is_finite()).then_some(estimate)
}

#[cfg(test)]
mod tests {
    use super::super::vectors::close;
    use super::*;

    /// z of 1 %.
    const Z: f64 = 2.326_347_874;

    #[test]
    fn values_count_by_the_inverse_of_their_variance() {
        // Weights 1 and 1/4: (0 · 1 + 1 · 0.25) / 1.25, error 1/√1.25; χ² = 0.04 + 0.16 is below n - 1.
        let Estimate { center, lower, upper, pairs } = combine(&[(0.0, 1.0), (1.0, 2.0)], 0.01).unwrap();
        close(center, 0.2, 1e-12);
        close(lower, 0.2 - Z * 0.8_f64.sqrt(), 1e-8);
        close(upper, 0.2 + Z * 0.8_f64.sqrt(), 1e-8);
        assert_eq!(pairs, 2);
    }

    #[test]
    fn values_that_differ_by_more_than_their_errors_widen_the_bounds() {
        // χ² = 2 · 25 / 1 for two values of error 1 that are 10 apart.
        let Estimate { center, lower, .. } = combine(&[(-5.0, 1.0), (5.0, 1.0)], 0.01).unwrap();
        close(center - lower, Z * 50.0_f64.sqrt() / 2.0_f64.sqrt(), 1e-8);
    }

    #[test]
    fn values_without_a_mean_are_not_combined() {
        for values in [
            &[][..],
            &[(0.0, 1.0)],
            &[(0.0, 1.0), (f64::NAN, 1.0)],
            &[(0.0, 1.0), (0.0, 0.0)],
            &[(0.0, 1.0), (0.0, f64::INFINITY)],
        ] {
            assert_eq!(combine(values, 0.01), None, "{values:?}");
        }
        for alpha in [0.0, 0.5, f64::NAN] {
            assert_eq!(combine(&[(0.0, 1.0), (1.0, 1.0)], alpha), None);
        }
    }
}
