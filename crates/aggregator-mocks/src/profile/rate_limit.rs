//! Rate limits: the share of requests that a service refuses.

use serde::Deserialize;

use crate::random::{Quantity, seeded_u64};

/// The share of requests that are refused, as a ratio of whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimitProfile {
    /// The number of refused requests; at most `of`.
    pub refused: u32,
    /// The number of requests of which they are; at least 1.
    pub of: u32,
}

impl RateLimitProfile {
    /// Whether the mock of this name refuses the request of this seed.
    ///
    /// Of the seeds from a multiple of `of` to the next, exactly `refused` are; which ones depends on the name, and is
    /// another choice for the next such block. So a number of queries that is a multiple of `of` has the measured share
    /// to the last request, and no request depends on another.
    pub fn refuses(&self, seed: u64, name: &str) -> bool {
        let of = u64::from(self.of);
        let (block, index) = (seed / of, seed % of);
        // Numbers them anew: a factor without common divisor meets every number once.
        let start = seeded_u64(block, name, Quantity::RateLimit.counter(0)) % of;
        let factor = seeded_u64(block, name, Quantity::RateLimit.counter(1)) % of;
        let factor = (0..of).map(|step| (factor + step) % of).find(|&factor| gcd(factor, of) == 1).unwrap_or(1);
        (start + index * factor) % of < u64::from(self.refused)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_share_is_refused_in_every_block_and_not_the_same_for_all() {
        for refusals in [
            RateLimitProfile { refused: 130, of: 150 },
            RateLimitProfile { refused: 1, of: 7 },
            RateLimitProfile { refused: 1, of: 1 },
        ] {
            let of = u64::from(refusals.of);
            for block in 0..20 {
                let refused = |name| (block * of..(block + 1) * of).map(|seed| refusals.refuses(seed, name)).collect();
                let (a, b): (Vec<bool>, Vec<bool>) = (refused("a"), refused("b"));
                assert_eq!(a.iter().filter(|refused| **refused).count(), refusals.refused as usize);
                assert!(a != b || of < 150, "two names are refused alike in block {block}");
            }
        }
    }
}
