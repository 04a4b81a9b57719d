//! When requests come.

use std::time::Duration;

use super::{Profile, ProfileError, QuantileTable, Unit};
use crate::random::Quantity;

/// The times of requests from the beginning of a load, without end: for open-loop load, which sends a request when it is
/// due, whether or not those before it are through.
///
/// The gaps are drawn independently from the table `gap` of a profile. The `n`-th depends on the seed and `n` only.
#[derive(Debug, Clone)]
pub struct Arrivals {
    gaps: QuantileTable,
    seed: u64,
    drawn: u32,
    /// Time of the latest request, in microseconds at the table's own pace.
    at: u64,
    /// Gaps are multiplied by the first and divided by the second.
    scale: (u64, u64),
}

impl Arrivals {
    /// Requests as a profile has them; `azure-conversation` and `azure-code` have.
    ///
    /// # Errors
    /// [`ProfileError::NoTable`] when the profile has no table `gap` of microseconds.
    pub fn new(profile: &Profile, seed: u64) -> Result<Self, ProfileError> {
        let gaps = profile.table("gap", Unit::Us)?.clone();
        Ok(Self { gaps, seed, drawn: 0, at: 0, scale: (1, 1) })
    }

    /// These requests, faster or slower: all gaps are multiplied by one factor, so that their mean is `mean`. It is
    /// counted in microseconds.
    #[must_use]
    pub fn with_mean_gap(mut self, mean: Duration) -> Self {
        self.scale = (u64::try_from(mean.as_micros()).unwrap_or(u64::MAX), self.gaps.mean().max(1));
        self
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    /// Offset of the next request from the beginning; the first one is a gap after it.
    fn next(&mut self) -> Option<Duration> {
        let gap = self.gaps.draw(self.seed, "arrivals", Quantity::Arrival.counter(self.drawn));
        self.at = self.at.saturating_add(gap);
        self.drawn = self.drawn.checked_add(1)?;
        // The sum is scaled and not each gap, so that roundings do not add up.
        let scaled = u128::from(self.at) * u128::from(self.scale.0) / u128::from(self.scale.1);
        Some(Duration::from_micros(u64::try_from(scaled).unwrap_or(u64::MAX)))
    }
}
