//! The sections `[limits.NAME]`: how often a service may be asked.

use std::time::Duration;

use aggregator_policies::{Rate, RateError};
use serde::Deserialize;

/// The limit of a search service or a model, as its terms state it. What the service itself says in headers is kept beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawLimit")]
pub struct LimitSettings(pub Rate);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimit {
    /// Requests in each period, at least 1.
    requests: u32,
    /// The period, in milliseconds: 1 to those of 366 days. Default: a second.
    per_ms: Option<u64>,
    /// Requests at once, at least 1. Default 1, which every limit allows.
    burst: Option<u32>,
}

impl TryFrom<RawLimit> for LimitSettings {
    type Error = RateError;

    fn try_from(raw: RawLimit) -> Result<Self, RateError> {
        let period = Duration::from_millis(raw.per_ms.unwrap_or(1_000));
        Rate::new(raw.requests, period, raw.burst.unwrap_or(1)).map(Self)
    }
}

impl std::fmt::Display for LimitSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(rate) = self;
        write!(f, "{} in {} s, {} at once", rate.count(), rate.period().as_secs_f64(), rate.burst())
    }
}
