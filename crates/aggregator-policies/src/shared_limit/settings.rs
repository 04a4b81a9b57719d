//! How long a store is waited for, and which limits can be shared.

use std::time::Duration;

use crate::gcra::{MAX_PERIOD, Rate};

/// What a limiter does while its store does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedLimitSettings {
    /// Time after which a store that has not answered has failed. Default 250 ms: an answer takes 1 ms within a data centre and up to
    /// 200 ms around the world, and the first request after a failure waits this long for nothing. At least 1 ms; also the longest
    /// time between a permission and its use.
    pub answer_within: Duration,
    /// Time from a failure until the store is asked again. Default 1 s: then an outage of a second is over after two, and a store
    /// that is down is asked once a second. At least 1 ms.
    pub ask_again_after: Duration,
    /// The number of processes among which the limit is divided as long as the store has never said how many there are. Default 1,
    /// as for the local limiter; where the limit must hold although the store was never there, the number of servers.
    pub peers_at_first: u32,
}

impl Default for SharedLimitSettings {
    fn default() -> Self {
        Self { answer_within: Duration::from_millis(250), ask_again_after: Duration::from_secs(1), peers_at_first: 1 }
    }
}

impl SharedLimitSettings {
    /// With values that are too small replaced: without a pause, a store that fails would be asked in an endless loop.
    pub(super) fn checked(self) -> Self {
        Self {
            answer_within: self.answer_within.max(LEAST),
            ask_again_after: self.ask_again_after.max(LEAST),
            peers_at_first: self.peers_at_first.max(1),
        }
    }
}

/// tokio's timers have no shorter times.
const LEAST: Duration = Duration::from_millis(1);

/// A limit that cannot be shared: stores count in microseconds, and dividing it has to leave something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotShareable {
    /// So many requests that rounding to a microsecond would change the limit, and that a store is not to be asked about each.
    #[error(
        "a limit of one request in {} µs is not shared, at least 100 µs are: give each server its part as a limit of its own",
        .interval.as_nanos() as f64 / 1e3
    )]
    TooFast {
        /// Time between two requests.
        interval: Duration,
    },
    /// What is used up comes back in more than a year, in which no store keeps it.
    #[error("a limit that takes {} days to recover from its burst is not shared, at most 366 are: state a lower burst", .refills.as_secs() / 86_400)]
    TooSlow {
        /// Time until all that may happen at once may happen again.
        refills: Duration,
    },
}

/// Rounding up to a microsecond takes at most 1 % from a limit of one in 100 µs.
const SHORTEST: Duration = Duration::from_micros(100);

/// Refuses what cannot be shared.
pub(super) fn check(rate: Rate) -> Result<(), NotShareable> {
    let (interval, refills) = (rate.interval(), rate.refills_in());
    if interval < SHORTEST {
        return Err(NotShareable::TooFast { interval });
    }
    if refills > MAX_PERIOD {
        return Err(NotShareable::TooSlow { refills });
    }
    Ok(())
}
