//! Quantiles of a sample.

/// The quantile of ascending values by linear interpolation between the closest ranks: type 7 of Hyndman and Fan ("Sample
/// quantiles in statistical packages", The American Statistician 50(4), 1996), the default of R and numpy.
///
/// `p` is in 0..=1, the result in the unit of the values; NaN without values and for any other `p`.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = p * sorted.len().saturating_sub(1) as f64;
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let (below, above) = (at.floor() as usize, at.ceil() as usize);
    match (sorted.get(below), sorted.get(above)) {
        (Some(low), Some(high)) => low + (high - low) * (at - at.floor()),
        _ => f64::NAN,
    }
}

/// The median, in the unit of the values; `None` without values or if one is not finite.
pub fn median(values: &[f64]) -> Option<f64> {
    sorted(values).filter(|sorted| !sorted.is_empty()).map(|sorted| quantile(&sorted, 0.5))
}

/// The values in ascending order; `None` if one is not finite.
pub(super) fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.iter().all(|value| value.is_finite()).then_some(sorted)
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{close, vectors};
    use super::*;

    #[test]
    fn agrees_with_numpy() {
        for sample in &vectors().samples {
            let sorted = sorted(&sample.values).unwrap();
            close(quantile(&sorted, 0.25), sample.quartiles[0], 1e-12);
            close(quantile(&sorted, 0.5), sample.quartiles[1], 1e-12);
            close(quantile(&sorted, 0.75), sample.quartiles[2], 1e-12);
        }
    }

    #[test]
    fn ends_are_the_extremes_and_an_empty_sample_has_no_quantile() {
        let values = [1.0, 2.0, 4.0];
        assert_eq!([0.0, 1.0].map(|p| quantile(&values, p)), [1.0, 4.0]);
        assert_eq!([0.0, 0.3, 1.0].map(|p| quantile(&[7.0], p)), [7.0; 3]);
        assert!(quantile(&[], 0.5).is_nan());
        assert!([-0.1, 1.1, f64::NAN].iter().all(|&p| quantile(&values, p).is_nan()));
        assert_eq!(sorted(&[1.0, f64::INFINITY]), None);
        assert_eq!(sorted(&[f64::NAN]), None);
    }
}
