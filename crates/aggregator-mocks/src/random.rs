//! Numbers that look random and depend on nothing but their seed.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

/// A number that depends on a seed, a name and a counter, and on nothing else.
pub(crate) fn draw(seed: u64, name: &str, counter: u64) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(seed, counter);
    hasher.write(name.as_bytes());
    hasher.finish()
}
