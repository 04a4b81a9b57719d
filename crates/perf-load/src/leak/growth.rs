//! Whether a noisy series grows.

use serde::{Deserialize, Serialize};

/// The growth of memory.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Growth {
    /// What it shows.
    pub verdict: GrowthVerdict,
    /// The slope, in bytes for each request.
    pub bytes_per_request: f64,
    /// Lower end of the interval of the slope.
    pub low: f64,
    /// Upper end of the interval of the slope.
    pub high: f64,
    /// The smallest leak that this series would have shown, in bytes for each request.
    pub smallest_seen: Option<f64>,
}

/// What a series shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrowthVerdict {
    /// It grows, from beginning to end.
    Leaking,
    /// It is not seen to grow.
    NotSeen,
    /// It is too short, or its noise too slow, to tell.
    TooShort,
}

/// Judges points of (requests ended, bytes) in the order of time.
pub fn growth(points: &[(f64, f64)]) -> Growth {
    let _ = points;
    Growth { verdict: GrowthVerdict::TooShort, bytes_per_request: 0.0, low: 0.0, high: 0.0, smallest_seen: None }
}
