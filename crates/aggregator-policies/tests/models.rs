//! Limit, budget and breaker against models of them, over random sequences of what may happen; the limit also against governor.

use std::num::NonZeroU32;
use std::time::Duration;

use aggregator_policies::{Breaker, BreakerSettings, Gcra, Passage, Rate, RetryBudget};
use governor::clock::FakeRelativeClock;
use governor::{Quota, RateLimiter};
use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use tokio::time::Instant;

proptest! {
    /// governor has the same algorithm, written by others.
    #[test]
    fn the_limit_decides_as_governor_does(
        count in 1_u32..50,
        burst in 1_u32..20,
        waits in prop::collection::vec(select(vec![0_u64, 1, 7, 20, 50, 333, 1_000, 5_000]), 1..200),
    ) {
        let clock = FakeRelativeClock::default();
        // Whole nanoseconds, as governor counts.
        let interval = Rate::per_second(count, burst).unwrap().interval();
        let quota = Quota::with_period(interval).unwrap().allow_burst(NonZeroU32::new(burst).unwrap());
        let oracle = RateLimiter::direct_with_clock(quota, clock.clone());
        let mut now = Instant::now();
        let mut limit = Gcra::new(Rate::per_second(count, burst).unwrap(), now);
        for wait in waits {
            now += Duration::from_millis(wait);
            clock.advance(Duration::from_millis(wait));
            prop_assert_eq!(limit.take(now), oracle.check().is_ok());
        }
    }

    /// In no time are there more than the burst and what the rate allows for its length.
    #[test]
    fn no_interval_has_more_than_the_rate_allows(
        count in 1_u32..100,
        period in 1_u64..10_000,
        burst in 1_u32..20,
        waits in prop::collection::vec(0_u64..2_000, 1..200),
        hold in prop::option::of(0_u64..5_000),
    ) {
        let rate = Rate::new(count, Duration::from_millis(period), burst).unwrap();
        let begun = Instant::now();
        let (mut now, mut limit, mut taken) = (begun, Gcra::new(rate, begun), Vec::new());
        for (at, wait) in waits.iter().enumerate() {
            now += Duration::from_millis(*wait);
            if let Some(hold) = hold.filter(|_| at == waits.len() / 2) {
                limit.hold_until(now + Duration::from_millis(hold));
            }
            if limit.take(now) {
                taken.push(now);
            }
            prop_assert!(limit.free_at() <= limit.free_after(1));
        }
        for first in 0..taken.len() {
            for last in first..taken.len() {
                let length = taken[last] - taken[first];
                let most = u128::from(burst) + length.as_nanos() / rate.interval().as_nanos();
                prop_assert!((last - first + 1) as u128 <= most);
            }
        }
    }

    /// Attempts are at most 1.2 times the originals, and 10 more.
    #[test]
    fn attempts_are_within_the_budget(steps in prop::collection::vec(any::<bool>(), 0..2_000)) {
        let budget = RetryBudget::default();
        let (mut originals, mut retries) = (0_u64, 0_u64);
        for is_original in steps {
            if is_original {
                budget.original();
                originals += 1;
            } else {
                retries += u64::from(budget.retry());
            }
            prop_assert!((originals + retries) * 10 <= originals * 12 + 100);
        }
    }
}

/// What may happen to a breaker.
#[derive(Debug, Clone)]
enum Step {
    Begin,
    /// The oldest request that is under way ends.
    Succeed,
    Fail,
    Drop,
    Wait(u64),
}

/// A breaker in words: how many failed in a row, when it opened, and which of those under way probes.
#[derive(Debug, Clone, Default)]
struct Model {
    now: u64,
    failures: u32,
    open_until: Option<u64>,
    /// Whether each request under way is the probe.
    under_way: Vec<bool>,
}

const FAILURES: u32 = 3;
const OPEN_MS: u64 = 1_000;

impl Model {
    fn passes(&self) -> bool {
        match self.open_until {
            None => true,
            Some(until) => self.now >= until && !self.under_way.contains(&true),
        }
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Step> {
        prop_oneof![
            4 => Just(Step::Begin),
            2 => Just(Step::Succeed),
            4 => Just(Step::Fail),
            1 => Just(Step::Drop),
            2 => select(vec![1_u64, 400, 1_000]).prop_map(Step::Wait),
        ]
        .boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        let ends = |state: &mut Self| if state.under_way.is_empty() { None } else { Some(state.under_way.remove(0)) };
        match step {
            Step::Wait(time) => state.now += time,
            Step::Begin => {
                if state.passes() {
                    state.under_way.push(state.open_until.is_some());
                }
            }
            Step::Drop => {
                if ends(&mut state) == Some(true) {
                    state.open_until = Some(state.now);
                }
            }
            Step::Succeed => {
                if let Some(probes) = ends(&mut state)
                    && (probes || state.open_until.is_none())
                {
                    (state.failures, state.open_until) = (0, None);
                }
            }
            Step::Fail => {
                if let Some(probes) = ends(&mut state)
                    && (probes || state.open_until.is_none())
                {
                    state.failures += 1;
                    if probes || state.failures == FAILURES {
                        (state.failures, state.open_until) = (0, Some(state.now + OPEN_MS));
                    }
                }
            }
        }
        state
    }
}

/// The breaker itself.
struct Real {
    breaker: Breaker,
    begun: Instant,
    now: Instant,
    under_way: Vec<Passage>,
}

struct BreakerTest;

impl StateMachineTest for BreakerTest {
    type SystemUnderTest = Real;
    type Reference = Model;

    fn init_test(_: &Model) -> Real {
        let mut settings = BreakerSettings::default();
        (settings.failures, settings.open) = (FAILURES, Duration::from_millis(OPEN_MS));
        let begun = Instant::now();
        Real { breaker: Breaker::new(settings), begun, now: begun, under_way: Vec::new() }
    }

    fn apply(mut real: Real, model: &Model, step: Step) -> Real {
        match step {
            Step::Wait(_) => real.now = real.begun + Duration::from_millis(model.now),
            Step::Begin => {
                // The model has begun it already, if it passes.
                if let Ok(passage) = real.breaker.pass(real.now) {
                    real.under_way.push(passage);
                }
            }
            Step::Drop | Step::Succeed | Step::Fail => {
                if !real.under_way.is_empty() {
                    let passage = real.under_way.remove(0);
                    let is_probe = passage.is_probe();
                    match step {
                        Step::Drop => passage.dropped(real.now),
                        Step::Succeed => assert_eq!(passage.succeeded(), is_probe, "a probe closes it"),
                        _ => {
                            let opened = passage.failed(real.now).map(|open| model.now + open.as_millis() as u64);
                            assert!(opened.is_none() || opened == model.open_until, "{opened:?}");
                        }
                    }
                }
            }
        }
        real
    }

    fn check_invariants(real: &Real, model: &Model) {
        assert_eq!(real.under_way.len(), model.under_way.len(), "as many have passed");
        assert_eq!(real.breaker.is_open(), model.open_until.is_some());
    }
}

prop_state_machine! {
    #[test]
    fn the_breaker_does_as_its_model(sequential 1..200 => BreakerTest);
}
