//! Resident memory over a run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::growth::{Growth, growth};

/// Resident memory at one moment of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemorySample {
    /// Time from the start of the run.
    pub at: Duration,
    /// Requests that had ended.
    pub requests: u64,
    /// Resident memory.
    pub bytes: u64,
}

/// Resident memory over a run, from samples at 10 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryReport {
    /// The number of samples during the run.
    pub samples: u64,
    /// Before the first request.
    pub base_bytes: u64,
    /// The median over the plateau: the longest soak of the scenario, else its longest hold, else the second half of the run.
    pub plateau_bytes: u64,
    /// The largest sample.
    pub peak_bytes: u64,
    /// After the end: the median of the samples of half a second.
    pub end_bytes: u64,
    /// `end - base`, at least 0. An allocator keeps memory for later, so this is an upper limit of what leaked.
    pub retained_bytes: u64,
    /// `(plateau - base) / peak in flight`: what a user costs, at most.
    pub per_user_bytes: u64,
    /// The growth over the plateau, for each request that ended.
    pub growth: Growth,
}

impl MemoryReport {
    /// Sums up. `None` without samples.
    pub(crate) fn new(
        base: u64,
        samples: &[MemorySample],
        after: &[u64],
        plateau: (Duration, Duration),
        peak_in_flight: u64,
    ) -> Option<Self> {
        let on_plateau: Vec<&MemorySample> =
            samples.iter().filter(|sample| plateau.0 <= sample.at && sample.at <= plateau.1).collect();
        let points: Vec<(f64, f64)> =
            on_plateau.iter().map(|sample| (sample.requests as f64, sample.bytes as f64)).collect();
        let median = |bytes: Vec<u64>| {
            let mut bytes = bytes;
            bytes.sort_unstable();
            bytes.get(bytes.len() / 2).copied()
        };
        let all = samples.iter().map(|sample| sample.bytes);
        let plateau_bytes =
            median(on_plateau.iter().map(|sample| sample.bytes).collect()).or_else(|| median(all.clone().collect()))?;
        let end_bytes = median(after.to_vec()).or_else(|| all.clone().next_back())?;
        Some(Self {
            samples: samples.len() as u64,
            base_bytes: base,
            plateau_bytes,
            peak_bytes: all.chain([base]).max()?,
            end_bytes,
            retained_bytes: end_bytes.saturating_sub(base),
            per_user_bytes: plateau_bytes.saturating_sub(base) / peak_in_flight.max(1),
            growth: growth(&points),
        })
    }
}
