//! Pseudorandom numbers that depend on nothing but a seed.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

/// A pseudorandom number that depends on a seed, a name and a counter, and on nothing else.
pub(crate) fn seeded_u64(seed: u64, name: &str, counter: u64) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(seed, counter);
    hasher.write(name.as_bytes());
    hasher.finish()
}

/// What is drawn for a request of a profiled mock. Each quantity has counters of its own, so that no draw depends on
/// how many others there were; the counters below 2^32 are those of scripted mocks.
///
/// The numbers are part of what a seed comes to: a new quantity takes a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    Latency = 1,
    Hits = 2,
    Chars = 3,
    FirstToken = 4,
    PerToken = 5,
    Gap = 6,
    ContextTokens = 7,
    GeneratedTokens = 8,
    Text = 9,
    Arrival = 10,
    RateLimit = 11,
}

impl Quantity {
    /// The counter of its `index`-th draw for one request.
    pub(crate) fn counter(self, index: u32) -> u64 {
        (self as u64) << 32 | u64::from(index)
    }
}
