//! What a case does, and what comes of it.

use std::hash::Hasher as _;

use perf_gate::Metric;
use siphasher::sip::SipHasher13;

/// One workload, prepared: setting it up is not measured.
pub trait Workload {
    /// One operation; returns how much it computed, which is the same every time.
    fn run(&mut self) -> u64;

    /// One operation, with an account of what came of it.
    ///
    /// # Errors
    /// When what came of it is not what should.
    fn observe(&mut self) -> Result<Observation, String>;
}

/// What came of one operation.
#[derive(Debug, Default)]
pub struct Observation {
    /// How much [`Workload::run`] has to compute: a case that stopped doing its work got no faster.
    pub amount: u64,
    /// Digest of everything it computed.
    pub checksum: u64,
    /// What was counted; a metric that has no meaning here is absent.
    pub counts: Vec<(Metric, u64)>,
}

/// Digest of some texts.
pub fn digest<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0, 0);
    for text in texts {
        hasher.write_usize(text.len());
        hasher.write(text.as_bytes());
    }
    hasher.finish()
}

/// Checks what has to be true of a case.
///
/// # Errors
/// When it is not; the error is what `message` returns.
pub fn require(condition: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(message()) }
}
