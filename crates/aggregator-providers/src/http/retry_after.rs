//! The wait that a service asks for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{DATE, HeaderMap, RETRY_AFTER};

use super::date;

/// The longest wait that is believed, 31 days: quotas of a month exist, and more is a mistake.
pub const MAX_WAIT: Duration = Duration::from_secs(31 * 86_400);

/// The wait that the headers of a response ask for: `retry-after-ms` in milliseconds, else `Retry-After` in seconds, which
/// may have decimals, or as a date.
///
/// A date that is past is zero, a huge wait is [`MAX_WAIT`], and anything else, such as a negative number, is `None`.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let milliseconds = text("retry-after-ms").and_then(number).map(|number| wait(number / 1_000.0));
    milliseconds.or_else(|| {
        let text = text(RETRY_AFTER.as_str())?;
        number(text).map(wait).or_else(|| Some(wait_until(date::seconds(text)?, headers)))
    })
}

/// The time until a date as `2026-11-30T08:01:00Z` in a header, at most [`MAX_WAIT`]; zero if it is past.
pub(crate) fn time_until(date: &str, headers: &HeaderMap) -> Option<Duration> {
    Some(wait_until(date::rfc3339_seconds(date)?, headers))
}

/// Dates are compared with the service's own, if it sends one, since clocks differ.
fn wait_until(until: i64, headers: &HeaderMap) -> Duration {
    let sent = headers.get(DATE).and_then(|value| value.to_str().ok()).and_then(date::seconds);
    let seconds = until.saturating_sub(sent.unwrap_or_else(now));
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0)).min(MAX_WAIT)
}

/// A decimal number without sign and exponent: what else Rust reads as a number is none of a header.
fn number(text: &str) -> Option<f64> {
    let decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    decimal.then(|| text.parse().ok())?
}

fn wait(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.clamp(0.0, MAX_WAIT.as_secs_f64()))
}

fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn parsed(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        retry_after(&map)
    }

    #[test]
    fn both_forms_and_milliseconds() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        for (value, wait) in [
            ("3", Some(Duration::from_secs(3))),
            (" 3 ", Some(Duration::from_secs(3))),
            ("0.5", Some(Duration::from_millis(500))),
            ("0", Some(Duration::ZERO)),
            ("-5", None),
            ("1e300", None),
            ("18446744073709551615.5", Some(MAX_WAIT)),
            ("18446744073709551616", Some(MAX_WAIT)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(Duration::from_secs(30))),
            ("Sun, 06 Nov 1994 08:49:07 GMT", Some(Duration::ZERO)),
            ("Sun, 06 Nov 9999 08:49:07 GMT", Some(MAX_WAIT)),
            ("", None),
            ("soon", None),
            ("NaN", None),
            ("inf", None),
            ("3 s", None),
            ("é", None),
        ] {
            assert_eq!(parsed(&[date, ("retry-after", value)]), wait, "{value:?}");
        }
        assert_eq!(parsed(&[("retry-after-ms", "250"), ("retry-after", "9")]), Some(Duration::from_millis(250)));
        assert_eq!(parsed(&[("retry-after-ms", "?"), ("retry-after", "9")]), Some(Duration::from_secs(9)));
        assert_eq!(parsed(&[]), None);
        // Without the service's own time, that of this machine: the date is past.
        assert_eq!(parsed(&[("retry-after", date.1)]), Some(Duration::ZERO));
    }

    proptest! {
        #[test]
        fn any_header_is_a_bounded_wait_or_none(a in any::<Vec<u8>>(), b in "[-+0-9.eE]{0,12}", c in ".{0,40}") {
            for name in ["retry-after", "retry-after-ms", "date"] {
                for value in [&a[..], b.as_bytes(), c.as_bytes()] {
                    let Ok(value) = HeaderValue::from_bytes(value) else { continue };
                    let mut headers = HeaderMap::new();
                    headers.insert(name, value);
                    prop_assert!(retry_after(&headers).is_none_or(|wait| wait <= MAX_WAIT));
                }
            }
        }
    }
}
