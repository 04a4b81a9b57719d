//! How many requests may be repeated: one budget for all of an engine, so that an outage is not answered with a multiple of the
//! requests.

use std::sync::{Mutex, PoisonError};

/// A budget of retries: attempts are at most `1 + share` times the originals, and `reserve` more.
///
/// With the default, 20 % and 10, a service that is down gets at most 1.2 times the requests. Linkerd and Envoy have the same
/// share; the reserve lets few requests be repeated too.
#[derive(Debug)]
pub struct RetryBudget {
    /// Hundredths of a retry that each original adds.
    share: u32,
    /// Most hundredths that are kept.
    most: u64,
    left: Mutex<u64>,
}

impl RetryBudget {
    /// 20 %, and 10 more.
    pub const DEFAULT: (u32, u32) = (20, 10);

    /// A budget of `share` percent of the originals, at most 100, and `reserve` more.
    pub fn new(share: u32, reserve: u32) -> Self {
        let reserve = u64::from(reserve) * 100;
        Self { share: share.min(100), most: reserve.max(100), left: Mutex::new(reserve) }
    }

    /// A request is made for the first time.
    pub fn original(&self) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (*left + u64::from(self.share)).min(self.most);
    }

    /// Whether one more request may be repeated; it counts at once.
    pub fn retry(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let may = *left >= 100;
        if may {
            *left -= 100;
        }
        may
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        let (share, reserve) = Self::DEFAULT;
        Self::new(share, reserve)
    }
}
