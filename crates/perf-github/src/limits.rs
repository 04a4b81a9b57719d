//! Limits of every request: bytes, time and tries.

use std::time::Duration;

/// What a request may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum size of an artifact in bytes, compressed.
    pub artifact_bytes: u64,
    /// Maximum size of another answer in bytes. A page of 100 comments of the longest kind has less.
    pub answer_bytes: u64,
    /// Maximum number of tries of a request.
    pub tries: u32,
    /// Wait before the second try; each further wait is twice as long.
    pub first_wait: Duration,
    /// Longest wait that the server may ask for.
    pub longest_wait: Duration,
    /// Time for a connection.
    pub connecting: Duration,
    /// Time for a request and its whole answer.
    pub request: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            artifact_bytes: 2 << 20,
            answer_bytes: 40 << 20,
            tries: 4,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            connecting: Duration::from_secs(10),
            request: Duration::from_secs(60),
        }
    }
}
