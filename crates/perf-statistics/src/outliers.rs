//! Outliers by Tukey's fences.

use super::quantile::{quantile, sorted};

/// Number of mild and of severe outliers; a severe outlier is not counted as a mild one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outliers {
    /// Values between 1.5 and 3 interquartile ranges below the first or above the third quartile.
    pub mild: usize,
    /// Values more than 3 interquartile ranges below the first or above the third quartile.
    pub severe: usize,
}

/// Counts outliers by the fences of Tukey ("Exploratory Data Analysis", 1977, section 2D), with quartiles of type 7. Of normal
/// values 0.7 % lie beyond the inner fences, two in a million beyond the outer ones.
///
/// `None` if a value is not finite.
pub fn outliers(values: &[f64]) -> Option<Outliers> {
    let sorted = sorted(values)?;
    let (first, third) = (quantile(&sorted, 0.25), quantile(&sorted, 0.75));
    let beyond = |ranges: f64| {
        let reach = ranges * (third - first);
        sorted.iter().filter(|&&value| value < first - reach || value > third + reach).count()
    };
    let severe = beyond(3.0);
    Some(Outliers { mild: beyond(1.5) - severe, severe })
}

#[cfg(test)]
mod tests {
    use super::super::vectors::vectors;
    use super::*;

    #[test]
    fn counts_agree_with_numpy() {
        for sample in &vectors().samples {
            let expected = Outliers { mild: sample.mild, severe: sample.severe };
            assert_eq!(outliers(&sample.values), Some(expected), "{:?}", sample.values);
        }
    }

    #[test]
    fn on_the_fence_is_inside() {
        // Quartiles -1 and 1, so fences at ±4 and ±7.
        let with = |low: f64, high: f64| outliers(&[low, -1.0, 0.0, 1.0, high]).unwrap();
        assert_eq!(with(-4.0, 4.0), Outliers { mild: 0, severe: 0 });
        assert_eq!(with(-4.1, 4.0), Outliers { mild: 1, severe: 0 });
        assert_eq!(with(-7.0, 4.1), Outliers { mild: 2, severe: 0 });
        assert_eq!(with(-7.1, 7.1), Outliers { mild: 0, severe: 2 });
    }

    #[test]
    fn equal_values_have_none_and_few_values_can_have_none() {
        for values in [&[][..], &[3.0], &[1.0, 9.0], &[2.0; 8]] {
            assert_eq!(outliers(values), Some(Outliers::default()), "{values:?}");
        }
        // With equal quartiles each different value is a severe outlier.
        assert_eq!(outliers(&[2.0, 2.0, 2.0, 2.0, 2.1]), Some(Outliers { mild: 0, severe: 1 }));
        assert_eq!(outliers(&[1.0, f64::NAN]), None);
    }
}
