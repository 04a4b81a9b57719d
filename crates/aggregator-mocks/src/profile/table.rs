//! A distribution as a table of its quantiles.

use crate::random::seeded_u64;

/// Quantiles of a distribution of whole numbers; samples are drawn by its inverse, linear between the points.
///
/// Only whole numbers are computed, so that a sample is the same on every machine. Between two points a sample is
/// interpolated and rounded to the nearest whole number, also where the table counts tokens or hits: values occur that
/// were not in the data, and a value that fills two or more points of the table (as many requests of the same length
/// do) keeps its weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantileTable {
    /// Where the points are, in thousandths.
    at: Box<[u16]>,
    values: Box<[u64]>,
}

/// Why points are no table of quantiles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct TableError {
    pub(crate) place: Place,
    problem: String,
}

/// What is wrong in a table: a place by its index, or a value by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    At(usize),
    Value(usize),
}

/// The whole, in thousandths.
const WHOLE: u16 = 1_000;

impl QuantileTable {
    /// Largest value, about 12 days in microseconds: sums and products of many samples do not overflow.
    pub const MAX_VALUE: u64 = 1 << 40;

    /// A table of the values at these places, in thousandths: `(&[0, 500, 1000], &[3, 5, 40])` has its median at 5.
    ///
    /// # Errors
    /// [`TableError`] unless there are at least two points and as many values, the places increase from 0 to 1,000, and
    /// the values never decrease and are at most [`Self::MAX_VALUE`].
    pub fn new(at: &[u16], values: &[u64]) -> Result<Self, TableError> {
        let wrong = |place, problem| Err(TableError { place, problem });
        if values.len() < 2 {
            return wrong(Place::Value(0), format!("a table has at least 2 points, not {}", values.len()));
        }
        if at.len() != values.len() {
            let problem = format!("{} values for {} points", values.len(), at.len());
            return wrong(Place::Value(at.len().min(values.len() - 1)), problem);
        }
        if at[0] != 0 {
            return wrong(Place::At(0), format!("the first point is at 0, not at {}", at[0]));
        }
        if let Some(index) = (1..at.len()).find(|&index| at[index] <= at[index - 1]) {
            return wrong(Place::At(index), format!("points increase, but {} follows {}", at[index], at[index - 1]));
        }
        let last = at.len() - 1;
        if at[last] != WHOLE {
            return wrong(Place::At(last), format!("the last point is at {WHOLE}, not at {}", at[last]));
        }
        if let Some(index) = (1..values.len()).find(|&index| values[index] < values[index - 1]) {
            let problem = format!("values never decrease, but {} follows {}", values[index], values[index - 1]);
            return wrong(Place::Value(index), problem);
        }
        if values[last] > Self::MAX_VALUE {
            let problem = format!("{} is larger than {}", values[last], Self::MAX_VALUE);
            return wrong(Place::Value(last), problem);
        }
        Ok(Self { at: at.into(), values: values.into() })
    }

    /// The value below which the fraction `u / 2^64` of all values lies.
    pub fn sample(&self, u: u64) -> u64 {
        self.at_fixed(u128::from(u) * u128::from(WHOLE))
    }

    /// The sample for a seed, a name and a counter: the same whatever else was drawn before.
    pub fn draw(&self, seed: u64, name: &str, counter: u64) -> u64 {
        self.sample(seeded_u64(seed, name, counter))
    }

    /// The quantile at a number of thousandths: 500 is the median.
    ///
    /// # Panics
    /// Above 1,000.
    pub fn quantile(&self, permille: u16) -> u64 {
        assert!(permille <= WHOLE, "a quantile is at 0 to {WHOLE} thousandths");
        self.at_fixed(u128::from(permille) << 64)
    }

    /// The mean of the samples, rounded down.
    pub fn mean(&self) -> u64 {
        let pairs = self.at.windows(2).zip(self.values.windows(2));
        let doubled = pairs.map(|(at, v)| u128::from(at[1] - at[0]) * (u128::from(v[0]) + u128::from(v[1])));
        (doubled.sum::<u128>() / (2 * u128::from(WHOLE))) as u64
    }

    /// Minimum of the samples that a table can draw.
    pub fn min(&self) -> u64 {
        self.values[0]
    }

    /// The points: where, in thousandths, and the value there.
    pub fn points(&self) -> impl ExactSizeIterator<Item = (u16, u64)> {
        self.at.iter().copied().zip(self.values.iter().copied())
    }

    /// The value at a place in thousandths with 64 binary places behind the point.
    fn at_fixed(&self, place: u128) -> u64 {
        let fixed = |index: usize| u128::from(self.at[index]) << 64;
        // The segment that begins at or before the place; at the very end the last one.
        let segment = self.at.partition_point(|&at| u128::from(at) <= place >> 64).min(self.at.len() - 1) - 1;
        let (low, high) = (self.values[segment], self.values[segment + 1]);
        let (into, width) = (place - fixed(segment), fixed(segment + 1) - fixed(segment));
        // At most 2^40 * 2^74, so that nothing overflows.
        let above = (u128::from(high - low) * into + width / 2) / width;
        low + above as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The `u` of a number of thousandths, rounded up: the first that is not below.
    fn u(permille: u64) -> u64 {
        ((u128::from(permille) << 64).div_ceil(1_000)).min(u128::from(u64::MAX)) as u64
    }

    #[test]
    fn samples_at_the_points_are_the_points_and_between_them_lie_on_a_line() {
        let table = QuantileTable::new(&[0, 250, 1_000], &[10, 20, 50]).unwrap();
        let samples = [0, 125, 250, 500, 750, 1_000].map(|permille| table.sample(u(permille)));
        assert_eq!(samples, [10, 15, 20, 30, 40, 50]);
        assert_eq!([0, 125, 250, 500, 1_000].map(|permille| table.quantile(permille)), [10, 15, 20, 30, 50]);
        assert_eq!(table.mean(), 15 * 250 / 1_000 + 35 * 750 / 1_000 + 1, "3.75 + 26.25");
        assert_eq!(table.min(), 10);
    }

    #[test]
    fn the_largest_values_do_not_overflow() {
        let table = QuantileTable::new(&[0, 1_000], &[0, QuantileTable::MAX_VALUE]).unwrap();
        assert_eq!(table.sample(u64::MAX), QuantileTable::MAX_VALUE);
        assert_eq!(table.sample(1 << 63), QuantileTable::MAX_VALUE / 2);
        assert_eq!(table.mean(), QuantileTable::MAX_VALUE / 2);
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_place() {
        let refused = |at: &[u16], values: &[u64]| {
            let error = QuantileTable::new(at, values).unwrap_err();
            (error.place, error.to_string())
        };
        let (at, value) = (Place::At, Place::Value);
        assert_eq!(refused(&[0], &[1]), (value(0), "a table has at least 2 points, not 1".into()));
        assert_eq!(refused(&[0, 1_000], &[1, 2, 3]), (value(2), "3 values for 2 points".into()));
        assert_eq!(refused(&[0, 500, 1_000], &[1, 2]), (value(1), "2 values for 3 points".into()));
        assert_eq!(refused(&[1, 1_000], &[1, 2]), (at(0), "the first point is at 0, not at 1".into()));
        assert_eq!(refused(&[0, 5, 5, 1_000], &[1; 4]), (at(2), "points increase, but 5 follows 5".into()));
        assert_eq!(refused(&[0, 999], &[1, 2]), (at(1), "the last point is at 1000, not at 999".into()));
        assert_eq!(refused(&[0, 1_000], &[2, 1]), (value(1), "values never decrease, but 1 follows 2".into()));
        let large = QuantileTable::MAX_VALUE + 1;
        assert_eq!(refused(&[0, 1_000], &[2, large]).0, value(1));
    }

    fn table() -> impl Strategy<Value = QuantileTable> {
        let points = (proptest::collection::btree_set(1..1_000_u16, 0..12), 0..1_000_000_u64);
        let steps = proptest::collection::vec(0..1_000_000_000_u64, 13);
        (points, steps).prop_map(|((inner, first), steps)| {
            let at: Vec<u16> = [0].into_iter().chain(inner).chain([1_000]).collect();
            let rising = steps.iter().scan(first, |value, step| {
                *value += step;
                Some(*value)
            });
            QuantileTable::new(&at, &rising.take(at.len()).collect::<Vec<_>>()).unwrap()
        })
    }

    proptest! {
        #[test]
        fn samples_never_decrease_and_stay_between_the_ends(table in table(), a: u64, b: u64) {
            let (low, high) = (table.sample(a.min(b)), table.sample(a.max(b)));
            prop_assert!(low <= high);
            let values: Vec<u64> = table.points().map(|(_, value)| value).collect();
            prop_assert!(values[0] <= low && high <= values[values.len() - 1]);
        }

        #[test]
        fn every_point_is_met(table in table()) {
            for (at, value) in table.points() {
                prop_assert_eq!(table.quantile(at), value);
                prop_assert_eq!(table.sample(u(u64::from(at))), value);
            }
        }
    }
}
