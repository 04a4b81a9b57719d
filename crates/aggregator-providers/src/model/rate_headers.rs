//! Limits of requests and tokens in the headers of models' services.

use std::time::Duration;

use aggregator_core::RateWindow;
use http::header::HeaderMap;
use tokio::time::Instant;

use crate::http::{MAX_WAIT, time_until};

/// Limit, what is left, and when all of it is free again. The first two are OpenAI's (`Rate limits`, in its API guides), which
/// others have taken over; the rest Anthropic's (`Rate limits`, in its API reference). The length of a window is not in them:
/// the same header is about a minute at one service and about a day at another.
const HEADERS: [[&str; 3]; 6] = [
    ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
    ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
    [
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ],
    ["anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"],
    [
        "anthropic-ratelimit-input-tokens-limit",
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ],
    [
        "anthropic-ratelimit-output-tokens-limit",
        "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset",
    ],
];

/// The windows that a response tells. One of which a number is missing or cannot be read is left out.
pub(crate) fn windows(headers: &HeaderMap, now: Instant) -> Vec<RateWindow> {
    let window = |names: &[&str; 3]| {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        let (limit, remaining, reset) = (text(names[0])?, text(names[1])?, text(names[2])?);
        let (limit, remaining) = (limit.parse().ok().filter(|limit: &u64| *limit > 0)?, remaining.parse().ok()?);
        let reset = duration(reset).or_else(|| time_until(reset, headers))?;
        Some(RateWindow::new(limit, remaining, now + reset))
    };
    HEADERS.iter().filter_map(window).collect()
}

/// A time as `6m0s`, `59.56s` or `12ms` (the form of Go's `time.Duration`), or a number of seconds.
fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let in_seconds = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "" if rest == text => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * in_seconds;
        rest = after;
    }
    (!text.is_empty()).then(|| Duration::from_secs_f64(seconds.clamp(0.0, MAX_WAIT.as_secs_f64())))
}

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Vec<(u64, u64, Duration)> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let now = Instant::now();
        windows(&map, now).iter().map(|it| (it.limit, it.remaining, it.resets_at - now)).collect()
    }

    #[test]
    fn windows_of_requests_and_tokens_are_read() {
        let openai = [
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ];
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(read(&openai), [(60, 59, second), (150_000, 0, 6 * minute)]);
        let anthropic = [
            ("date", "Mon, 30 Nov 2026 08:00:00 GMT"),
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2026-11-30T08:01:00Z"),
        ];
        assert_eq!(read(&anthropic), [(50, 0, minute)]);
        assert_eq!(read(&openai[..2]), [], "without a time of reset nothing is known");
        assert_eq!(read(&[("x-ratelimit-limit-requests", "0"), openai[1], openai[2]]), [], "no limit");
    }

    #[test]
    fn times_have_the_form_of_go_or_are_seconds() {
        let ms = Duration::from_millis;
        for (text, expected) in [
            ("1s", Some(ms(1_000))),
            ("2m59.56s", Some(ms(179_560))),
            ("1h2m3s", Some(ms(3_723_000))),
            ("12ms", Some(ms(12))),
            ("500us", Some(Duration::from_micros(500))),
            ("0s", Some(ms(0))),
            ("17", Some(ms(17_000))),
            ("99999999999h", Some(MAX_WAIT)),
            ("", None),
            ("soon", None),
            ("1s1", None),
            ("-1s", None),
            ("1.2.3s", None),
            ("1e9s", None),
            ("2026-11-30T08:01:00Z", None),
        ] {
            assert_eq!(duration(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics_or_asks_for_more_than_is_believed(limit in "[0-9]{0,25}", left in "[0-9-]{0,25}", reset in "[ -~]{0,30}") {
            let [names, ..] = HEADERS;
            for (_, _, reset) in read(&[(names[0], &limit), (names[1], &left), (names[2], &reset)]) {
                prop_assert!(reset <= MAX_WAIT);
            }
        }
    }
}
