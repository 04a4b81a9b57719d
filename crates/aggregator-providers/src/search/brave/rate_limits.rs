//! How many requests are left, of two windows at once: a second and a month.

use std::time::Duration;

use aggregator_core::RateWindow;
use http::header::HeaderMap;
use tokio::time::Instant;

use crate::http::MAX_WAIT;

/// What Brave's headers say about how many requests are left, the shortest window first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RateLimits {
    /// The windows, at most [`MAX_WINDOWS`](Self::MAX_WINDOWS).
    pub(super) windows: Vec<Window>,
}

/// One window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// Requests that the window allows; 0 where the plan sets no limit.
    pub(super) limit: u64,
    /// Requests that are left in it.
    pub(super) remaining: u64,
    /// Time until it begins anew.
    pub(super) reset: Duration,
    /// Its length, if the header `X-RateLimit-Policy` has it.
    pub(super) length: Option<Duration>,
}

impl RateLimits {
    /// Most windows that are read.
    const MAX_WINDOWS: usize = 8;

    /// Reads the headers; `None` if one of limit, remaining and reset is missing or they have no window in common.
    /// A window of which a number cannot be read is left out.
    pub(super) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let list = |name: &str| {
            let text = headers.get(name)?.to_str().ok()?;
            Some(text.split(',').map(str::trim).take(Self::MAX_WINDOWS).collect::<Vec<_>>())
        };
        let (limits, remaining) = (list("x-ratelimit-limit")?, list("x-ratelimit-remaining")?);
        let (resets, policies) = (list("x-ratelimit-reset")?, list("x-ratelimit-policy").unwrap_or_default());
        let windows =
            limits.iter().zip(remaining).zip(resets).enumerate().filter_map(|(at, ((limit, remaining), reset))| {
                let length = policies.get(at).and_then(|policy| policy.split_once(";w=")).map(|(_, length)| length);
                Some(Window {
                    limit: limit.parse().ok()?,
                    remaining: remaining.parse().ok()?,
                    reset: Duration::from_secs(reset.parse().ok()?).min(MAX_WAIT),
                    length: length.and_then(|length| length.parse().ok()).map(Duration::from_secs),
                })
            });
        let windows: Vec<_> = windows.collect();
        (!windows.is_empty()).then_some(Self { windows })
    }

    /// The windows that set a limit, told `now`.
    pub(super) fn into_windows(self, now: Instant) -> Vec<RateWindow> {
        let limits = self.windows.into_iter().filter(|window| window.limit > 0);
        limits.map(|it| RateWindow::new(it.limit, it.remaining, now + it.reset).with_length(it.length)).collect()
    }

    /// The window that keeps requests out the longest, if one is used up.
    pub(super) fn exhausted(&self) -> Option<Window> {
        self.windows
            .iter()
            .copied()
            .filter(|window| window.remaining == 0 && window.limit > 0)
            .max_by_key(|it| it.reset)
    }
}

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn limits(limit: &str, remaining: &str, reset: &str) -> Option<RateLimits> {
        let mut headers = HeaderMap::new();
        let values = [("x-ratelimit-limit", limit), ("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", reset)];
        for (name, value) in values.into_iter().chain([("x-ratelimit-policy", "1;w=1, 15000;w=2592000")]) {
            headers.insert(name, HeaderValue::from_str(value).ok()?);
        }
        RateLimits::from_headers(&headers)
    }

    #[test]
    fn the_exhausted_window_says_how_long_to_wait() {
        let seconds = Duration::from_secs;
        let both = limits("1, 15000", "1, 1000", "1, 1419704").unwrap();
        assert_eq!(both.windows[1].length, Some(seconds(2_592_000)));
        assert_eq!(both.windows[1].remaining, 1_000);
        assert_eq!(both.exhausted(), None);
        let of =
            |remaining| limits("1, 15000", remaining, "1, 1419704").unwrap().exhausted().map(|window| window.reset);
        assert_eq!(of("0, 1000"), Some(seconds(1)));
        assert_eq!(of("1, 0"), Some(seconds(1_419_704)));
        assert_eq!(of("0, 0"), Some(seconds(1_419_704)));
        // A month without a limit is never used up.
        assert_eq!(limits("50, 0", "49, 0", "1, 9").unwrap().exhausted(), None);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert_eq!(limits("1, x", "0, 0", "1, 9").unwrap().windows.len(), 1);
        assert_eq!(limits("1, 2", "0", "1, 9").unwrap().windows.len(), 1);
        assert_eq!(limits("-1", "0", "1"), None);
        assert_eq!(limits("", "", ""), None);
        assert_eq!(limits("1", "0", "99999999999").unwrap().windows[0].reset, MAX_WAIT);
        assert_eq!(limits("1", "0", "99999999999999999999"), None);
    }

    proptest! {
        #[test]
        fn any_headers_are_bounded(a in "[ -~]{0,60}", b in "[0-9, ]{0,60}", c in "[0-9,;w=-]{0,60}") {
            for (limit, remaining, reset) in [(&a, &b, &c), (&b, &c, &a), (&c, &a, &b), (&b, &b, &b)] {
                let read = limits(limit, remaining, reset);
                prop_assert!(read.is_none_or(|it| it.windows.len() <= RateLimits::MAX_WINDOWS));
            }
        }
    }
}
