//! 429 in all of its forms.

use std::time::Duration;

use super::super::response::{complete, head};
use super::super::script::Script;
use super::answer::Answer;
use super::entry::{Ending, Entry, Service};
use super::outcome::ExpectedOutcome::{self, Auth, Idle, RateLimited};
use super::status::{error, error_body};

const DATE: (&str, &str) = ("Date", "Mon, 30 Nov 2026 00:00:00 GMT");

/// Brave's limits: one request a second, 15,000 a month.
const BRAVE_LIMITS: [(&str, &str); 2] =
    [("X-RateLimit-Limit", "1, 15000"), ("X-RateLimit-Policy", "1;w=1, 15000;w=2592000")];

/// Seconds until the month of [`BRAVE_LIMITS`] ends.
const MONTH_LEFT: u64 = 1_419_704;

fn wait(millis: u64) -> ExpectedOutcome {
    RateLimited { wait: Some(Duration::from_millis(millis)) }
}

const NO_WAIT: ExpectedOutcome = RateLimited { wait: None };

pub(super) fn entries(answer: &Answer) -> Vec<Entry> {
    let service = answer.service;
    let mut all = retry_after(service);
    match service {
        Service::Brave => {
            all.extend(brave());
            // Its shorter window is a second, so that waiting one is right where no time can be trusted.
            for entry in &mut all {
                if (entry.expected, entry.also) == (NO_WAIT, None) {
                    entry.also = Some(wait(1_000));
                }
            }
        }
        Service::OpenAi | Service::Anthropic => all.extend(milliseconds(service)),
        _ => {}
    }
    all
}

/// An error with these headers.
fn limited(service: Service, fault: &'static str, does: &'static str, headers: &[(&str, &str)]) -> Entry {
    let code = if service == Service::Brave { "RATE_LIMITED" } else { "rate_limit_error" };
    let bytes = error(service, 429, code, "Request rate limit exceeded", headers);
    Entry::new(service, fault, does, Script::answering(bytes)).status(429).expect(NO_WAIT)
}

fn retry_after(service: Service) -> Vec<Entry> {
    let entry = |fault, does, value| limited(service, fault, does, &[("Retry-After", value)]);
    let dated = |fault, does, value| limited(service, fault, does, &[DATE, ("Retry-After", value)]);
    let (content_type, _) = error_body(service, 429, "", "");
    vec![
        limited(service, "429", "too many requests, and not until when", &[]),
        entry("429-seconds", "in 7 s", "7").expect(wait(7_000)),
        entry("429-spaces", "in 7 s, between spaces", "  7  ").expect(wait(7_000)),
        entry("429-zero", "in 0 s", "0").expect(wait(0)).or(NO_WAIT),
        entry("429-fraction", "in 1.5 s, which the standard does not allow", "1.5").or(wait(1_500)),
        entry("429-ten-years", "in 315,360,000 s", "315360000").expect(wait(315_360_000_000)),
        entry("429-negative", "in -5 s", "-5"),
        entry("429-1e300", "in 1e300 s", "1e300"),
        entry("429-overflow", "in more seconds than 64 bits count", "99999999999999999999999")
            .expect(RateLimited { wait: Some(Duration::MAX) })
            .or(NO_WAIT),
        entry("429-nan", "in NaN s", "NaN"),
        entry("429-infinite", "in inf s", "inf"),
        entry("429-garbage", "`soon`", "soon"),
        entry("429-empty", "an empty time", ""),
        entry("429-not-ascii", "a time in Arabic digits", "\u{667}"),
        limited(service, "429-twice", "in 3 s, and in 9 s", &[("Retry-After", "3"), ("Retry-After", "9")])
            .expect(wait(3_000))
            .or(wait(9_000)),
        dated("429-date", "at a date, 30 s after that of the response", "Mon, 30 Nov 2026 00:00:30 GMT")
            .expect(wait(30_000))
            .or(NO_WAIT),
        dated("429-date-past", "at a date before that of the response", "Sun, 29 Nov 2026 00:00:00 GMT")
            .expect(NO_WAIT)
            .or(wait(0)),
        dated("429-date-garbage", "at a date that does not exist", "Mon, 31 Feb 2026 25:61:61 GMT"),
        Entry::new(
            service,
            "429-hanging",
            "in 7 s, and the body of the error never comes",
            Script::answering(head(
                429,
                &[("Content-Type", content_type), ("Content-Length", "100"), ("Retry-After", "7")],
            ))
            .hang(),
        )
        .status(429)
        .ends(Ending::Silent)
        .expect(wait(7_000))
        .or(Idle),
        Entry::new(
            service,
            "429-page",
            "a proxy's page",
            Script::answering(complete(429, &[("Content-Type", "text/html")], b"<h1>Too Many Requests</h1>")),
        )
        .status(429)
        .expect(NO_WAIT),
    ]
}

/// The header of OpenAI's and Anthropic's clients, which is read before `Retry-After`; and the error of a used-up quota.
fn milliseconds(service: Service) -> Vec<Entry> {
    let entry = |fault, does, value| limited(service, fault, does, &[("retry-after-ms", value), ("Retry-After", "7")]);
    let quota = error(service, 429, "insufficient_quota", "You exceeded your current quota", &[]);
    vec![
        entry("429-milliseconds", "in 1,500 ms, and in 7 s", "1500").expect(wait(1_500)).or(wait(7_000)),
        entry("429-milliseconds-negative", "in -1 ms, and in 7 s", "-1").expect(wait(7_000)).or(NO_WAIT),
        entry("429-milliseconds-1e300", "in 1e300 ms, and in 7 s", "1e300").expect(wait(7_000)).or(NO_WAIT),
        limited(service, "429-milliseconds-only", "in 1,500 ms", &[("retry-after-ms", "1500")])
            .expect(wait(1_500))
            .or(NO_WAIT),
        Entry::new(service, "429-quota", "the quota is used up: waiting does not help", Script::answering(quota))
            .status(429)
            .expect(NO_WAIT)
            .or(Auth),
    ]
}

/// Brave's two windows, a second and a month.
fn brave() -> Vec<Entry> {
    let entry = |fault, does, remaining, reset| {
        let windows = [("X-RateLimit-Remaining", remaining), ("X-RateLimit-Reset", reset)];
        limited(Service::Brave, fault, does, &[&BRAVE_LIMITS[..], &windows].concat())
    };
    let body = |fault, does, quota: u32| {
        let body = format!(
            "{{\"type\":\"ErrorResponse\",\"error\":{{\"id\":\"e1\",\"status\":429,\"code\":\"RATE_LIMITED\",\
                 \"detail\":\"Request rate limit exceeded for plan\",\"meta\":{{\"plan\":\"Free\",\
                 \"rate_limit\":1,\"rate_current\":1,\"quota_limit\":2000,\"quota_current\":{quota},\
                 \"component\":\"rate_limiter\"}}}},\"time\":1}}"
        );
        let bytes = complete(429, &[("Content-Type", "application/json")], body.as_bytes());
        Entry::new(Service::Brave, fault, does, Script::answering(bytes)).status(429).expect(NO_WAIT)
    };
    let month = wait(MONTH_LEFT * 1_000);
    vec![
        entry("429-second", "the second's requests are used up", "0, 1000", "1, 1419704").expect(wait(1_000)),
        entry("429-month", "the month's requests are used up", "1, 0", "1, 1419704").expect(month),
        entry("429-both", "those of both are used up: the longer wait decides", "0, 0", "1, 1419704").expect(month),
        entry("429-neither", "a limit, although both windows have requests left", "1, 1000", "1, 1419704"),
        entry("429-windows-garbage", "windows that are no numbers", "none, -1", "soon, 1e300"),
        entry("429-windows-differ", "one window has no reset", "1, 0", "1"),
        entry("429-windows-one", "one window only", "0", "3").expect(wait(3_000)),
        body("429-body-second", "no windows; the error says that the quota is not used up", 15).or(wait(1_000)),
        body("429-body-quota", "no windows; the error says that the quota is used up", 2000).or(Auth),
    ]
}
