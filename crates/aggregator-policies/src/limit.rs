//! The limit of a service: a rate, where one is known, and a time before which it is not to be asked.

use std::time::Duration;

use aggregator_core::RateWindow;
use tokio::time::Instant;

use crate::gcra::{Gcra, Rate};

/// Longest time for which a service is left alone because it asked for that: a plan may have been changed meanwhile, and a number
/// in a header may be wrong.
pub(crate) const MAX_HOLD: Duration = Duration::from_secs(3_600);

/// Longest window whose requests are spread evenly. A longer one, such as a quota of a month, is
/// not spread.
const MAX_SPREAD: Duration = Duration::from_secs(60);

/// The rate of the settings and the one that the service tells: what either does not allow is not allowed.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    rate: Option<Rate>,
    /// The limit of that rate; made when it is asked for the first time, by the clock of that time.
    configured: Option<Gcra>,
    learnt: Option<Gcra>,
    /// No request before that.
    held_until: Option<Instant>,
}

impl Limit {
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self { rate, configured: None, learnt: None, held_until: None }
    }

    fn both(&mut self, now: Instant) -> impl Iterator<Item = &mut Gcra> {
        if let (None, Some(rate)) = (&self.configured, self.rate) {
            self.configured = Some(Gcra::new(rate, now));
        }
        self.configured.iter_mut().chain(&mut self.learnt)
    }

    /// Takes one, if it may be taken now.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let is_free = self.free_after(0, now) <= now;
        if is_free {
            for gcra in self.both(now) {
                gcra.take(now);
            }
        }
        is_free
    }

    /// When the one after `others` more may be taken.
    pub(crate) fn free_after(&mut self, others: usize, now: Instant) -> Instant {
        let held_until = self.held_until;
        self.both(now).map(|gcra| gcra.free_after(others)).chain(held_until).max().unwrap_or(now)
    }

    /// Lets nothing be taken before `until`, an hour from now at most, and then one at a time.
    pub(crate) fn hold_until(&mut self, until: Instant, now: Instant) {
        let until = until.min(now + MAX_HOLD);
        self.held_until = self.held_until.max(Some(until));
        self.both(now).for_each(|gcra| gcra.hold_until(until));
    }

    /// Takes over what the service says about its limits. Returns the rate, if it is a new one.
    pub(crate) fn learn(&mut self, windows: &[RateWindow], now: Instant) -> Option<Rate> {
        let told = windows.iter().filter_map(rate_of).max_by_key(|rate| rate.interval());
        let is_new = told.filter(|&rate| self.learnt.as_ref().is_none_or(|learnt| learnt.rate() != rate));
        if let Some(rate) = is_new {
            self.learnt = Some(Gcra::new(rate, now));
        }
        for window in windows {
            if window.remaining == 0 {
                self.hold_until(window.resets_at, now);
            } else if let (Some(rate), Some(learnt)) = (rate_of(window), &mut self.learnt)
                && learnt.rate() == rate
            {
                learnt.use_up_to(u32::try_from(window.remaining).unwrap_or(u32::MAX), now);
            }
        }
        is_new
    }
}

/// The rate of a window that is spread.
fn rate_of(window: &RateWindow) -> Option<Rate> {
    let length = window.length.filter(|length| *length <= MAX_SPREAD)?;
    let limit = u32::try_from(window.limit).ok()?;
    Rate::new(limit, length, limit).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MONTH: Duration = Duration::from_secs(30 * 86_400);

    fn window(limit: u64, remaining: u64, resets_at: Instant, length: Duration) -> RateWindow {
        RateWindow::new(limit, remaining, resets_at).with_length(Some(length))
    }

    /// How many can be taken at once.
    fn at_once(limit: &mut Limit, now: Instant) -> usize {
        (0..1_000).take_while(|_| limit.take(now)).count()
    }

    #[test]
    fn a_limit_of_no_rate_learns_one_and_keeps_it() {
        let now = Instant::now();
        let mut limit = Limit::new(None);
        assert_eq!(at_once(&mut limit, now), 1_000);
        let windows = [window(20, 15, now + SECOND, SECOND), window(2_000, 1_200, now + MONTH, MONTH)];
        assert_eq!(limit.learn(&windows, now), Rate::per_second(20, 20).ok());
        assert_eq!(limit.learn(&windows, now), None, "it is known");
        assert_eq!(at_once(&mut limit, now), 15, "the others were used");
        assert_eq!(at_once(&mut limit, now + SECOND), 20);
    }

    #[test]
    fn a_used_up_window_holds_until_it_begins_again_and_no_longer_than_an_hour() {
        let now = Instant::now();
        for configured in [None, Rate::per_second(10, 10).ok()] {
            let mut limit = Limit::new(configured);
            limit.learn(&[window(2_000, 0, now + SECOND * 90, MONTH)], now);
            assert_eq!(limit.free_after(0, now), now + SECOND * 90);
            assert!(!limit.take(now + SECOND * 89) && limit.take(now + SECOND * 90));
            limit.learn(&[window(2_000, 0, now + MONTH, MONTH)], now);
            assert_eq!(limit.free_after(0, now), now + MAX_HOLD);
        }
    }

    #[test]
    fn the_stricter_of_settings_and_service_counts() {
        let now = Instant::now();
        let mut limit = Limit::new(Rate::per_second(2, 1).ok());
        limit.learn(&[window(20, 20, now, SECOND)], now);
        assert_eq!((at_once(&mut limit, now), at_once(&mut limit, now + SECOND / 2)), (1, 1));
        limit.learn(&[window(1, 1, now, SECOND)], now + SECOND / 2);
        let later = now + 10 * SECOND;
        assert_eq!((at_once(&mut limit, later), limit.free_after(0, later)), (1, later + SECOND));
    }

    proptest! {
        #[test]
        fn whatever_a_service_says_nothing_more_is_allowed_than_the_settings_do(
            said in prop::collection::vec((0_u64..50, 0_u64..50, 0_u64..5_000, 0_u64..100_000), 0..20),
        ) {
            let begun = Instant::now();
            let mut limit = Limit::new(Rate::per_second(5, 3).ok());
            let (mut now, mut taken) = (begun, 0_u128);
            for (count, remaining, reset, length) in said {
                now += Duration::from_millis(300);
                let resets_at = now + Duration::from_millis(reset);
                let length = (length > 0).then(|| Duration::from_millis(length));
                limit.learn(&[RateWindow::new(count, remaining, resets_at).with_length(length)], now);
                prop_assert!(limit.free_after(0, now) <= now + MAX_HOLD);
                taken += at_once(&mut limit, now) as u128;
                prop_assert!(taken <= 3 + 5 * (now - begun).as_millis() / 1_000, "{taken} in {:?}", now - begun);
            }
        }
    }
}
