//! The range of values that a figure shows, and its ticks.

use perf_judge::statistics::quantile;

/// Free space at both ends, in percent of the width, so that no mark is cut.
const PADDING: f64 = 3.0;

/// Ticks that fit across a narrow screen.
const MAX_TICKS: f64 = 5.0;

/// Values beyond it are at the ends of any axis.
const LARGEST: f64 = 1e300;

/// A range of values, mapped to percent of the width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// The range of values without those more than three interquartile ranges outside the quartiles, and of all values
    /// that are `always` shown. `None` if no value is finite.
    pub fn of(values: &[f64], always: &[f64]) -> Option<Self> {
        let shown = |values: &[f64]| {
            let finite = values.iter().copied().filter(|value| value.is_finite());
            // Differences of such values are finite.
            finite.map(|value| value.clamp(-LARGEST, LARGEST)).collect::<Vec<f64>>()
        };
        let (mut sorted, always) = (shown(values), shown(always));
        sorted.sort_by(f64::total_cmp);
        let bounds = match sorted[..] {
            [] => None,
            [lowest, .., highest] => {
                let (lower, upper) = (quantile(&sorted, 0.25), quantile(&sorted, 0.75));
                let far = 3.0 * (upper - lower);
                Some([lowest.max(lower - far), highest.min(upper + far)])
            }
            [only] => Some([only, only]),
        };
        let all: Vec<f64> = bounds.into_iter().flatten().chain(always).collect();
        let low = all.iter().copied().reduce(f64::min)?;
        let high = all.iter().copied().reduce(f64::max)?;
        // Equal values need a width, too.
        let least = (high.abs().max(low.abs()) * 0.001).max(f64::MIN_POSITIVE);
        Some(if high - low > least { Self { low, high } } else { Self { low: low - least, high: high + least } })
    }

    /// The same range, or one of this width around its middle if it is narrower.
    pub fn at_least(self, width: f64) -> Self {
        let missing = (width - (self.high - self.low)).max(0.0);
        Self { low: self.low - missing / 2.0, high: self.high + missing / 2.0 }
    }

    /// Whether a value is within the range.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The place of a value, in percent from the left; values beyond the range are at its ends.
    pub fn place(&self, value: f64) -> f64 {
        let part = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        (PADDING + part * (100.0 - 2.0 * PADDING)).clamp(PADDING, 100.0 - PADDING)
    }

    /// Round values within the range, and the decimals that tell them apart.
    pub fn ticks(&self) -> (Vec<f64>, usize) {
        let least = (self.high - self.low) / MAX_TICKS;
        let power = 10.0_f64.powi(least.log10().floor() as i32);
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= least);
        let step = step.unwrap_or(10.0 * power);
        let (first, last) = ((self.low / step).ceil() as i64, (self.high / step).floor() as i64);
        let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
        // A range of a few units in the last place has no ticks, and never more than fit.
        let ticks = (first..=last).take(MAX_TICKS as usize + 1).map(|n| n as f64 * step);
        (ticks.collect(), decimals)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_are_inside_the_padding() {
        let axis = Axis::of(&[2.0, 4.0, 3.0], &[]).unwrap();
        assert_eq!([2.0, 3.0, 4.0].map(|value| axis.place(value)), [3.0, 50.0, 97.0]);
        assert_eq!([-100.0, 100.0].map(|value| axis.place(value)), [3.0, 97.0], "beyond the range");
    }

    #[test]
    fn outliers_do_not_squeeze_the_others_and_what_is_always_shown_is() {
        let mut values: Vec<f64> = (0..100).map(f64::from).collect();
        values.push(1e9);
        let axis = Axis::of(&values, &[-20.0]).unwrap();
        assert!(axis.contains(99.0) && axis.contains(-20.0) && !axis.contains(1e9));
        assert_eq!(axis.place(1e9), 97.0);
    }

    #[test]
    fn a_range_without_width_and_one_without_values() {
        let axis = Axis::of(&[5.0; 3], &[]).unwrap();
        assert_eq!(axis.place(5.0), 50.0);
        assert_eq!(Axis::of(&[0.0], &[]).unwrap().place(0.0), 50.0);
        assert_eq!(Axis::of(&[f64::NAN, f64::INFINITY], &[]), None);
        assert_eq!(Axis::of(&[], &[]), None);
    }

    #[test]
    fn a_narrow_range_is_widened_around_its_middle_and_no_other() {
        let axis = Axis::of(&[2.0, 4.0], &[]).unwrap();
        assert_eq!(axis.at_least(2.0), axis);
        assert_eq!(axis.at_least(10.0), Axis { low: -2.0, high: 8.0 });
    }

    #[test]
    fn ticks_are_round() {
        let ticks = |low: f64, high: f64| Axis { low, high }.ticks();
        assert_eq!(ticks(-5.5, 6.0), (vec![-5.0, 0.0, 5.0], 0));
        assert_eq!(ticks(0.0, 10.0), (vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0], 0));
        let (fine, decimals) = ticks(1.02, 1.31);
        assert_eq!((fine.len(), decimals), (3, 1));
    }

    proptest! {
        #[test]
        fn any_values_have_places_and_few_ticks(values in proptest::collection::vec(any::<f64>(), 0..30)) {
            let Some(axis) = Axis::of(&values, &[]) else { return Ok(()) };
            for value in values.iter().filter(|value| value.is_finite()) {
                let place = axis.place(*value);
                prop_assert!((PADDING..=100.0 - PADDING).contains(&place), "{} at {}", value, place);
            }
            prop_assert!(axis.ticks().0.len() <= 6);
        }
    }
}
