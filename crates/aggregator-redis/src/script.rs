//! What the server is sent for one step of a limit, and what it answers.

use std::fmt::Write as _;
use std::time::Duration;

use aggregator_policies::{Answer, Ask, Decision, StoreError};
use redis::{Script, ScriptInvocation};

/// The step itself.
pub(crate) const TAKE: &str = include_str!("take.lua");

/// A process that has not asked for so long is no peer any more: three times the 10 s after which a caller that waits asks again.
pub(crate) const FORGOTTEN_AFTER: Duration = Duration::from_secs(30);

/// What `take.lua` returns.
pub(crate) type Reply = (i64, i64, i64);

/// A step of the limit of `ask.service`, which takes a permission or only holds the limit.
pub(crate) fn step<'a>(
    script: &'a Script,
    prefix: &str,
    process: &str,
    ask: &Ask,
    takes: bool,
) -> ScriptInvocation<'a> {
    let interval = microseconds(ask.rate.interval());
    let early = interval.saturating_mul(u64::from(ask.rate.burst() - 1));
    let tag = tag(&ask.service);
    let mut step = script.prepare_invoke();
    step.key(format!("{prefix}{{{tag}}}:limit")).key(format!("{prefix}{{{tag}}}:peers"));
    step.arg(interval).arg(early).arg(microseconds(ask.held)).arg(u8::from(takes)).arg(process);
    step.arg(microseconds(FORGOTTEN_AFTER));
    step
}

/// What a reply says.
pub(crate) fn answer((granted, wait, peers): Reply) -> Result<Answer, StoreError> {
    let decision = match (granted, u64::try_from(wait)) {
        (1, Ok(_)) => Decision::Granted,
        (0, Ok(wait)) => Decision::Wait(Duration::from_micros(wait)),
        _ => return Err(StoreError::new("the Redis server has answered what no limit is: do others use its keys?")),
    };
    Ok(Answer { decision, peers: u32::try_from(peers).unwrap_or(u32::MAX).max(1) })
}

/// Rounded up, so that rounding never allows one more.
fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX)
}

/// The name of a service as a part of keys. It stands in braces, so that a cluster keeps both keys of a limit on one node; so it has
/// none itself, and is not empty.
fn tag(service: &str) -> String {
    let mut tag = String::new();
    for byte in service.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            tag.push(char::from(byte));
        } else {
            let _ = write!(tag, "%{byte:02X}");
        }
    }
    if tag.is_empty() { "%".into() } else { tag }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_service_is_a_tag_of_its_own() {
        assert_eq!(tag("brave.search-2_x"), "brave.search-2_x");
        assert_eq!(tag("a{b}%é \n"), "a%7Bb%7D%25%C3%A9%20%0A");
        assert_eq!(tag(""), "%");
    }

    #[test]
    fn parts_of_a_microsecond_make_waits_longer() {
        assert_eq!(microseconds(Duration::from_nanos(1)), 1);
        assert_eq!(microseconds(Duration::from_nanos(333_333_334)), 333_334);
        assert_eq!(microseconds(Duration::MAX), u64::MAX);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        assert_eq!(answer((1, 0, 3)).unwrap(), Answer { decision: Decision::Granted, peers: 3 });
        let wait = Decision::Wait(Duration::from_millis(5));
        assert_eq!(answer((0, 5_000, 0)).unwrap(), Answer { decision: wait, peers: 1 });
        assert!(answer((2, 0, 1)).is_err() && answer((0, -1, 1)).is_err());
    }
}
