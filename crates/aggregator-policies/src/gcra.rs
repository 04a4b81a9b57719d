//! How often something may happen: the generic cell rate algorithm (GCRA; ATM Forum, Traffic Management Specification 4.1,
//! 4.4.2), as plain data.

use std::time::Duration;

use tokio::time::Instant;

/// How often something may happen: `burst` times at once, and then `count` times in each `period`, evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    period: Duration,
    burst: u32,
}

/// A rate that no limiter can keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RateError {
    /// Nothing may ever happen.
    #[error("a rate of {count} in a period, {burst} at once: both are at least 1")]
    Zero {
        /// Times in each period.
        count: u32,
        /// Times at once.
        burst: u32,
    },
    /// The period is none, or longer than a year.
    #[error("a period of {} s: it is from 1 ms to 366 days", .period.as_secs_f64())]
    Period {
        /// The period.
        period: Duration,
    },
}

/// Longest period: quotas are of a month at most.
pub(crate) const MAX_PERIOD: Duration = Duration::from_secs(366 * 86_400);

impl Rate {
    /// `count` times in each `period`, and `burst` times at once.
    ///
    /// # Errors
    /// If one of them is 0, or the period is shorter than 1 ms or longer than 366 days.
    pub fn new(count: u32, period: Duration, burst: u32) -> Result<Self, RateError> {
        if count == 0 || burst == 0 {
            return Err(RateError::Zero { count, burst });
        }
        if !(Duration::from_millis(1)..=MAX_PERIOD).contains(&period) {
            return Err(RateError::Period { period });
        }
        Ok(Self { count, period, burst })
    }

    /// `count` times a second, and `burst` times at once.
    ///
    /// # Errors
    /// If one of them is 0.
    pub fn per_second(count: u32, burst: u32) -> Result<Self, RateError> {
        Self::new(count, Duration::from_secs(1), burst)
    }

    /// Time between two that are even, rounded up to a nanosecond, so that rounding never allows one more.
    pub fn interval(self) -> Duration {
        let nanoseconds = self.period.as_nanos().div_ceil(u128::from(self.count));
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    /// Times in each period.
    pub fn count(self) -> u32 {
        self.count
    }

    /// The period.
    pub fn period(self) -> Duration {
        self.period
    }

    /// Times at once.
    pub fn burst(self) -> u32 {
        self.burst
    }

    /// The share of one of `peers` that keep this rate together without knowing of each other: as many times, in a period that is
    /// that much longer, so that rounding gives nothing away. 0 peers are 1. At least 1 at once is left, and the period ends at
    /// 366 days: then, and only then, the shares are more than the whole.
    #[must_use]
    pub fn among(self, peers: u32) -> Self {
        let peers = peers.max(1);
        let period = self.period.saturating_mul(peers).min(MAX_PERIOD);
        Self { count: self.count, period, burst: (self.burst / peers).max(1) }
    }

    /// Time in which a limit that is used up becomes free again for all at once.
    pub(crate) fn refills_in(self) -> Duration {
        self.interval().saturating_mul(self.burst)
    }
}

/// The state of a limit: one point in time.
#[derive(Debug, Clone)]
pub struct Gcra {
    rate: Rate,
    /// When the next one would be due if all came evenly (the theoretical arrival time).
    due: Instant,
}

impl Gcra {
    /// A limit of which nothing is used yet.
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, due: now }
    }

    /// Takes into account that at most `left` of the burst are left, as others use the same limit.
    pub fn use_up_to(&mut self, left: u32, now: Instant) {
        let used = self.rate.burst.saturating_sub(left);
        self.due = self.due.max(now + self.rate.interval().saturating_mul(used));
    }

    /// Its rate.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// When the next one may happen; in the past if it may now.
    pub fn free_at(&self) -> Instant {
        let ahead = self.rate.interval().saturating_mul(self.rate.burst - 1);
        self.due.checked_sub(ahead).unwrap_or(self.due)
    }

    /// When the one after `others` more may happen.
    pub fn free_after(&self, others: usize) -> Instant {
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        self.free_at() + self.rate.interval().saturating_mul(others).min(MAX_PERIOD)
    }

    /// Takes one, if it may happen now.
    pub fn take(&mut self, now: Instant) -> bool {
        if now < self.free_at() {
            return false;
        }
        self.due = self.due.max(now) + self.rate.interval();
        true
    }

    /// Counts one that has happened, whether it was allowed or not.
    pub(crate) fn count(&mut self, at: Instant) {
        self.due = self.due.max(at) + self.rate.interval();
    }

    /// Goes on with another rate. What the old one had used up stays used, as far as the new one can be used up.
    pub(crate) fn change_rate(&mut self, rate: Rate, now: Instant) {
        self.rate = rate;
        if let Some(used_up) = now.checked_add(rate.refills_in()) {
            self.due = self.due.min(used_up);
        }
    }

    /// Lets nothing happen before `until`, and then one at a time: a service has said when it may be asked again.
    pub fn hold_until(&mut self, until: Instant) {
        let ahead = self.rate.interval().saturating_mul(self.rate.burst - 1);
        self.due = self.due.max(until + ahead);
    }
}
