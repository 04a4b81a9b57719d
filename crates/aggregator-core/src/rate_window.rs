//! What services say about their limits.

use std::time::Duration;

use tokio::time::Instant;

/// What a service says about one of its limits, as in `X-RateLimit-…` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateWindow {
    /// Requests in the whole window.
    pub limit: u64,
    /// Requests that are left of it.
    pub remaining: u64,
    /// When all of it is free again.
    pub resets_at: Instant,
    /// Its length, if the service says it.
    pub length: Option<Duration>,
}

impl RateWindow {
    /// Makes a window whose length is not known.
    pub fn new(limit: u64, remaining: u64, resets_at: Instant) -> Self {
        Self { limit, remaining, resets_at, length: None }
    }

    /// Sets the length.
    #[must_use]
    pub fn with_length(self, length: Option<Duration>) -> Self {
        Self { length, ..self }
    }
}
