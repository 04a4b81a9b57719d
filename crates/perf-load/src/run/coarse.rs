//! The distribution of an interval, with two significant digits.

use std::collections::BTreeMap;

/// Bits of a value that are kept: its relative error is below 1/128.
const BITS: u32 = 8;

/// A distribution that needs memory for the values it has, and not for their range: a run has hundreds of them, and what they need must
/// not look like a leak of the process that is measured.
#[derive(Debug, Default)]
pub(super) struct Coarse {
    /// Values rounded up, and how often they occur.
    counts: BTreeMap<u64, u32>,
    n: u64,
    max: u64,
}

impl Coarse {
    pub(super) fn add(&mut self, value: u64) {
        let dropped = (u64::BITS - value.leading_zeros()).saturating_sub(BITS);
        let rounded = value | ((1 << dropped) - 1);
        let count = self.counts.entry(rounded).or_default();
        *count = count.saturating_add(1);
        self.n += 1;
        self.max = self.max.max(value);
    }

    /// The largest value, exactly.
    pub(super) fn max(&self) -> Option<u64> {
        (self.n > 0).then_some(self.max)
    }

    /// The smallest value with at least `percent` of the values at or below it.
    pub(super) fn percentile(&self, percent: f64) -> Option<u64> {
        // Rounding must not push a whole rank to the next one.
        let rank = (percent / 100.0 * self.n as f64 - 1e-9).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = self.counts.iter().find(|(_, count)| {
            seen += u64::from(**count);
            seen >= rank
        });
        found.map(|(value, _)| (*value).min(self.max))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_values_to_two_digits(
            mut values in prop::collection::vec(prop_oneof![0_u64..300, 0..20_000_000_000_u64, Just(u64::MAX)], 1..200),
            percent in 0.1_f64..100.0,
        ) {
            let mut coarse = Coarse::default();
            values.iter().for_each(|value| coarse.add(*value));
            values.sort_unstable();
            let rank = ((percent / 100.0 * values.len() as f64 - 1e-9).ceil() as usize).max(1);
            let exact = values[rank - 1];
            let found = coarse.percentile(percent).unwrap();
            prop_assert!(found >= exact && found - exact <= exact / 128, "{found} is not {exact}");
            prop_assert_eq!(coarse.max(), values.last().copied());
        }
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!((Coarse::default().percentile(50.0), Coarse::default().max()), (None, None));
    }
}
