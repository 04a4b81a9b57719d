//! The day, for what holds until one.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The date in UTC: an acceptance ends everywhere at the same moment.
pub fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}

/// Seconds since 1970, as git counts them.
pub fn now_seconds() -> i64 {
    Timestamp::now().as_second()
}
