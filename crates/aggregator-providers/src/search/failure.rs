//! Failures as the engine reports them, with what to do about them.

use std::time::Duration;

use aggregator_core::{ProviderError, ProviderErrorKind as Kind};

use crate::account::Account;
use crate::http::HttpError;

/// What a service says about a failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Explanation {
    /// Its words.
    pub(super) text: String,
    /// What the failure is, if its words decide that.
    pub(super) refusal: Option<Refusal>,
    /// The wait that follows from its words or headers, if it asks for none by the usual header.
    pub(super) wait: Option<Duration>,
}

/// Failures that one service answers with other statuses than the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Key,
    Rate,
    Quota,
}

impl Account {
    /// The failure that a status stands for.
    pub(super) fn status_failure(
        &self,
        status: u16,
        retry_after: Option<Duration>,
        said: &Explanation,
    ) -> ProviderError {
        let wait = retry_after.or(said.wait);
        let refusal = said.refusal.or(match status {
            401 | 403 => Some(Refusal::Key),
            429 => Some(Refusal::Rate),
            _ => None,
        });
        let later = wait.map(|wait| format!(", ask again in {}", shown(wait))).unwrap_or_default();
        let (kind, what) = match (refusal, status) {
            (Some(Refusal::Key), _) => (Kind::Unauthorized, format!("{} ({status})", self.refused_key())),
            (Some(Refusal::Rate), _) => (Kind::RateLimited, format!("too many requests ({status}){later}")),
            (Some(Refusal::Quota), _) => {
                (Kind::RateLimited, format!("the quota of the plan is used up ({status}){later}: check the plan"))
            }
            (None, 402) => (Kind::Other, format!("the service wants to be paid ({status}): check the plan")),
            (None, 404 | 405) => {
                (Kind::BadResponse, format!("nothing answers there ({status}): check {}", self.address))
            }
            (None, 502..=504 | 529) => (Kind::Unreachable, format!("the service is not available ({status}){later}")),
            (None, 500..) => (Kind::BadResponse, format!("the service failed ({status})")),
            (None, _) => (Kind::Other, format!("the service refused the request ({status})")),
        };
        let said = if said.text.is_empty() { String::new() } else { format!("; it says: {}", said.text) };
        let error = self.error(kind, &format!("{what}{said}")).with_source(HttpError::Status { status, retry_after });
        match wait {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        }
    }
}

/// A wait for people, rounded up: seconds, and from two of them on minutes, hours or days.
fn shown(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
    match units.into_iter().find(|(length, _)| seconds >= 2 * length) {
        Some((length, unit)) => format!("{} {unit}", seconds.div_ceil(length)),
        None => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up() {
        for (milliseconds, text) in [
            (0, "0 s"),
            (1, "1 s"),
            (119_000, "119 s"),
            (119_001, "2 minutes"),
            (121_000, "3 minutes"),
            (7_199_000, "120 minutes"),
            (7_200_000, "2 hours"),
            (172_800_000, "2 days"),
            (1_419_704_000, "17 days"),
        ] {
            assert_eq!(shown(Duration::from_millis(milliseconds)), text);
        }
    }
}
