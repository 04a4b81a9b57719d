//! How long to wait before a request is repeated.

use std::time::Duration;

/// Waits before retries: full jitter, a random time below a bound that doubles ("Exponential Backoff And Jitter", AWS
/// Architecture Blog, 2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backoff {
    /// Bound of the first wait. Default 200 ms: most failures of one request are over by then.
    pub base: Duration,
    /// Largest bound. Default 2 s: a quarter of a search's time.
    pub most: Duration,
    /// Most retries of one request. Default 2.
    pub retries: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base: Duration::from_millis(200), most: Duration::from_secs(2), retries: 2 }
    }
}

impl Backoff {
    /// The wait before retry `number`, from 0. The same for the same seed, so that a query can be replayed.
    pub fn wait(self, number: u32, seed: u64) -> Duration {
        let bound = self.base.saturating_mul(1_u32.checked_shl(number).unwrap_or(u32::MAX)).min(self.most);
        let share = mix(seed.wrapping_add(u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let nanoseconds = (u128::from(share) * bound.as_nanos()) >> 64;
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

/// A number that looks random (the finaliser of SplitMix64; Steele, Lea, Flood 2014).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_spread_below_a_bound_that_doubles() {
        let backoff = Backoff::default();
        for (number, bound) in [(0, 200), (1, 400), (2, 800), (3, 1_600), (4, 2_000), (40, 2_000)] {
            let waits: Vec<_> = (0..1_000).map(|seed| backoff.wait(number, seed).as_millis()).collect();
            let mean = waits.iter().sum::<u128>() / 1_000;
            assert!(waits.iter().all(|wait| *wait < bound), "{number}");
            assert!((bound * 45 / 100..bound * 55 / 100).contains(&mean), "{number}: {mean} of {bound} ms");
        }
        assert_eq!(backoff.wait(1, 7), backoff.wait(1, 7));
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_largest_bound(number in any::<u32>(), seed in any::<u64>(), base in 0_u64..1 << 50, most in 0_u64..1 << 50) {
            let backoff = Backoff { base: Duration::from_nanos(base), most: Duration::from_nanos(most), retries: 1 };
            prop_assert!(backoff.wait(number, seed) <= backoff.most);
        }
    }
}
