//! The interface of a case: [`Workload`] and the [`Observation`] of one operation.

use std::hash::Hasher as _;

use perf_gate::Metric;
use siphasher::sip::SipHasher13;

/// A workload after its set-up, which is not measured.
pub trait Workload {
    /// Performs one operation; returns the amount that it computed, which is the same in every operation.
    fn run(&mut self) -> u64;

    /// Performs one operation with instruments and checks its result.
    ///
    /// # Errors
    /// When the result is wrong.
    fn observe(&mut self) -> Result<Observation, String>;
}

/// Counts, checksum and amount of one operation.
#[derive(Debug, Default)]
pub struct Observation {
    /// The amount that [`Workload::run`] has to compute; a smaller one means that the case stopped doing its work.
    pub amount: u64,
    /// Digest of everything that the operation computed.
    pub checksum: u64,
    /// The counts; a metric without meaning for this case is absent.
    pub counts: Vec<(Metric, u64)>,
}

/// Computes the digest of texts and of their lengths.
pub fn digest<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0, 0);
    for text in texts {
        hasher.write_usize(text.len());
        hasher.write(text.as_bytes());
    }
    hasher.finish()
}

/// Checks a condition.
///
/// # Errors
/// When `condition` is false; the error is what `message` returns.
pub fn require(condition: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(message()) }
}
