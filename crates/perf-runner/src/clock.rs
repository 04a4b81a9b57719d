//! The current date and time.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The current date in UTC, so that an acceptance expires everywhere at the same moment.
pub fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}

/// Seconds since the Unix epoch, as in git's time stamps.
pub fn now_seconds() -> i64 {
    Timestamp::now().as_second()
}
