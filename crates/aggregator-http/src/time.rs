//! The time of day, which stands in answers of OpenAI's interface.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970; 0 where the clock is before that.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}
