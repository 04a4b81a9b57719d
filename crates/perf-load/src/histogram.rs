//! A distribution of whole numbers.

use hdrhistogram::Histogram as Hdr;

use crate::report::{Bar, Percentile};
use crate::support::most_over;

/// Larger values count as this one: two days in nanoseconds, twice what a scenario can ask for.
const LARGEST: u64 = 172_800_000_000_000;
/// The percentiles of reports.
const PERCENTS: [f64; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];
/// Upper edges of bars in a decade.
const EDGES: [u64; 6] = [10, 15, 20, 30, 50, 70];

/// A distribution with three significant digits, and exact minimum, maximum and mean. It grows with the range of its values to at most
/// 300 KB.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    values: Hdr<u64>,
    sum: u128,
    min: u64,
    max: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        // Fails for more than five digits only.
        let values = Hdr::new(3).unwrap_or_else(|error| panic!("three digits of a histogram: {error}"));
        Self { values, sum: 0, min: u64::MAX, max: 0 }
    }

    pub(crate) fn add(&mut self, value: u64) {
        let value = value.min(LARGEST);
        // It grows as needed, up to the largest number; nothing else can fail.
        let _ = self.values.record(value);
        self.sum += u128::from(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    pub(crate) fn n(&self) -> u64 {
        self.values.len()
    }

    pub(crate) fn min(&self) -> Option<u64> {
        (self.n() > 0).then_some(self.min)
    }

    pub(crate) fn max(&self) -> Option<u64> {
        (self.n() > 0).then_some(self.max)
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        (self.n() > 0).then(|| self.sum as f64 / self.n() as f64)
    }

    /// The smallest value with at least `percent` of the values at or below it.
    pub(crate) fn percentile(&self, percent: f64) -> Option<u64> {
        // Rounding must not push a whole rank to the next one.
        let rank = (percent / 100.0 * self.n() as f64 - 1e-9).ceil().max(1.0) as u64;
        self.ranked(rank)
    }

    /// The value of this rank, from 1.
    fn ranked(&self, rank: u64) -> Option<u64> {
        let n = self.n();
        (1..=n).contains(&rank).then(|| {
            let value = self.values.value_at_quantile((rank as f64 - 0.5) / n as f64);
            value.clamp(self.min, self.max)
        })
    }

    /// The percentiles of a report, with what is shown of them at this confidence.
    pub(crate) fn percentiles(&self, confidence: f64) -> Vec<Percentile> {
        let one = |percent| {
            let at_most = most_over(self.n(), percent, confidence).and_then(|over| self.ranked(self.n() - over));
            Some(Percentile { percent, value: self.percentile(percent)?, at_most })
        };
        PERCENTS.into_iter().filter_map(one).collect()
    }

    /// Bars with six edges in a decade.
    pub(crate) fn bars(&self) -> Vec<Bar> {
        let mut bars = Vec::<Bar>::new();
        let mut edges =
            EDGES_BELOW.into_iter().chain((0_u32..15).flat_map(|decade| EDGES.map(|edge| edge * 10_u64.pow(decade))));
        let mut edge = edges.next();
        for value in self.values.iter_recorded() {
            let (at, count) = (value.value_iterated_to().min(self.max), value.count_since_last_iteration());
            while let Some(up_to) = edge.filter(|up_to| *up_to < at) {
                if !bars.is_empty() && bars.last().is_some_and(|bar| bar.up_to < up_to) {
                    bars.push(Bar { up_to, count: 0 });
                }
                edge = edges.next();
            }
            let up_to = edge.unwrap_or(u64::MAX);
            match bars.last_mut() {
                Some(bar) if bar.up_to == up_to => bar.count += count,
                _ => bars.push(Bar { up_to, count }),
            }
        }
        bars
    }
}

/// Upper edges of bars below ten.
const EDGES_BELOW: [u64; 7] = [0, 1, 2, 3, 4, 5, 7];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_are_of_nearest_rank_and_say_what_is_shown() {
        let mut histogram = Histogram::new();
        (1..=100).rev().for_each(|value| histogram.add(value));
        let at = |percent| histogram.percentile(percent);
        assert_eq!([at(50.0), at(95.0), at(99.0), at(99.9)], [Some(50), Some(95), Some(99), Some(100)]);
        assert_eq!((histogram.min(), histogram.max(), histogram.mean()), (Some(1), Some(100), Some(50.5)));
        let percentiles = histogram.percentiles(0.95);
        // 93 values allow one above the limit of p95; 124 would allow two.
        assert_eq!(percentiles[2], Percentile { percent: 95.0, value: 95, at_most: Some(99) });
        assert_eq!(percentiles[3].at_most, None);
        assert!(Histogram::new().percentiles(0.95).is_empty());
    }

    #[test]
    fn bars_have_all_values_and_no_gap() {
        let mut histogram = Histogram::new();
        [0, 12, 12, 80, 400].into_iter().for_each(|value| histogram.add(value));
        let bars: Vec<_> = histogram.bars().into_iter().map(|bar| (bar.up_to, bar.count)).collect();
        assert_eq!(bars[0], (0, 1));
        assert_eq!(bars.iter().find(|bar| bar.0 == 15), Some(&(15, 2)));
        assert_eq!(bars.last(), Some(&(500, 1)));
        assert!(bars.windows(2).all(|pair| pair[0].0 < pair[1].0), "{bars:?}");
        assert_eq!(bars.len(), 18);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn three_digits_are_right(mut values in proptest::collection::vec(0_u64..200_000_000_000_000, 1..300), percent in 1.0..99.9_f64) {
            let mut histogram = Histogram::new();
            values.iter().for_each(|value| histogram.add(*value));
            values.sort_unstable();
            let rank = ((percent / 100.0 * values.len() as f64).ceil() as usize).max(1);
            let exact = values[rank - 1].min(LARGEST) as f64;
            let found = histogram.percentile(percent).unwrap() as f64;
            prop_assert!((found - exact).abs() <= exact * 1e-3 + 1.0, "{found} is not {exact}");
            let bars = histogram.bars();
            prop_assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), values.len() as u64);
        }
    }
}
