//! The arithmetic of the script, by a clock that the test sets, against `Gcra`.

use std::cell::RefCell;
use std::time::Duration;

use aggregator_policies::{Gcra, Rate};
use proptest::prelude::*;
use redis::{Connection, Script};
use tokio::time::Instant;

use crate::server::Server;

const NOW: &str = "local time = redis.call('TIME')\nlocal now = tonumber(time[1]) * 1000000 + tonumber(time[2])\n";
/// A time in 2026.
const BEGIN: u64 = 1_790_000_000_000_000;
const SECOND: u64 = 1_000_000;

/// The script as it is, but for the clock.
fn with_clock_of_the_test() -> Script {
    let script = include_str!("../../src/take.lua");
    assert!(script.contains(NOW), "the script reads the clock in another way than this test replaces");
    Script::new(&script.replace(NOW, "local now = tonumber(ARGV[7])\n"))
}

/// A limit at the server, in microseconds.
struct Limit<'a> {
    script: &'a Script,
    interval: u64,
    burst: u64,
}

impl Limit<'_> {
    /// What it answers at a time: whether it is granted, the time to wait, the peers.
    fn step(&self, redis: &mut Connection, now: u64, held: u64, takes: bool, process: &str) -> (u8, u64, u32) {
        let mut step = self.script.prepare_invoke();
        step.key("{test}:limit").key("{test}:peers").arg(self.interval).arg(self.interval * (self.burst - 1));
        step.arg(held).arg(u8::from(takes)).arg(process).arg(30 * SECOND).arg(now);
        step.invoke(redis).unwrap()
    }
}

#[derive(Debug, Clone)]
enum Step {
    Take { after: u64 },
    Hold { after: u64, held: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let after = || prop_oneof![2 => Just(0), 4 => 0..100 * SECOND, 1 => 0..5_000 * SECOND];
    prop_oneof![
        8 => after().prop_map(|after| Step::Take { after }),
        1 => (after(), 1..900 * SECOND).prop_map(|(after, held)| Step::Hold { after, held }),
    ]
}

/// The server forgets a limit when it is over by the server's own clock, so intervals are longer than a case takes.
#[test]
fn the_script_decides_as_the_local_limit_does() {
    let Some(server) = Server::start() else { return };
    let redis = RefCell::new(server.client());
    let script = with_clock_of_the_test();
    let steps = prop::collection::vec(step(), 1..60);
    let cases = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) };
    proptest!(cases, |(interval in 60 * SECOND..5_000 * SECOND, burst in 1..30_u32, steps in steps)| {
        let redis = &mut *redis.borrow_mut();
        redis::cmd("FLUSHALL").exec(redis).unwrap();
        let limit = Limit { script: &script, interval, burst: burst.into() };
        let begin = Instant::now();
        let mut gcra = Gcra::new(Rate::new(1, Duration::from_micros(interval), burst).unwrap(), begin);
        let mut passed = 0;
        for step in &steps {
            let (after, held) = match *step {
                Step::Take { after } => (after, None),
                Step::Hold { after, held } => (after, Some(held)),
            };
            passed += after;
            let now = begin + Duration::from_micros(passed);
            if let Some(held) = held {
                gcra.hold_until(now + Duration::from_micros(held));
            }
            let granted = held.is_none() && gcra.take(now);
            let wait = if granted { 0 } else { gcra.free_at().saturating_duration_since(now).as_micros() };
            let seen = limit.step(redis, BEGIN + passed, held.unwrap_or(0), held.is_none(), "one");
            prop_assert_eq!(seen, (u8::from(granted), u64::try_from(wait).unwrap(), 1), "{:?}", step);
        }
    });
}

/// As the local limiter in virtual time: 20 at once, and the last of 100 after 4 s.
#[test]
fn a_hundred_at_twenty_a_second() {
    let Some(server) = Server::start() else { return };
    let (mut redis, script) = (server.client(), with_clock_of_the_test());
    let limit = Limit { script: &script, interval: 50_000, burst: 20 };
    let (mut now, mut granted) = (0, Vec::new());
    while granted.len() < 100 {
        match limit.step(&mut redis, BEGIN + now, 0, true, "one") {
            (1, 0, 1) => granted.push(now),
            (0, wait, 1) => now += wait,
            other => panic!("{other:?}"),
        }
        // What the server's own clock forgets is none of this test.
        redis::cmd("PERSIST").arg("{test}:limit").exec(&mut redis).unwrap();
    }
    assert!(granted[..20].iter().all(|at| *at == 0), "{granted:?}");
    assert!(granted[20..].iter().copied().eq((1..=80).map(|turn| turn * 50_000)), "{granted:?}");
}

#[test]
fn a_process_that_has_not_asked_for_half_a_minute_is_no_peer() {
    let Some(server) = Server::start() else { return };
    let (mut redis, script) = (server.client(), with_clock_of_the_test());
    let limit = Limit { script: &script, interval: SECOND, burst: 10 };
    let mut peers = |at, process| limit.step(&mut redis, BEGIN + at, 0, true, process).2;
    assert_eq!([peers(0, "one"), peers(SECOND, "other"), peers(2 * SECOND, "one")], [1, 2, 2]);
    assert_eq!(peers(31 * SECOND - 1, "one"), 2);
    assert_eq!(peers(31 * SECOND, "one"), 1);
}

/// What was used up under another limit, or before the clock was set back, is not waited for.
#[test]
fn nothing_is_waited_for_that_this_limit_cannot_owe() {
    let Some(server) = Server::start() else { return };
    let (mut redis, script) = (server.client(), with_clock_of_the_test());
    let monthly = Limit { script: &script, interval: 30 * 86_400 * SECOND, burst: 1 };
    assert_eq!(monthly.step(&mut redis, BEGIN, 0, true, "one"), (1, 0, 1));
    let quick = Limit { script: &script, interval: SECOND, burst: 5 };
    assert_eq!(quick.step(&mut redis, BEGIN, 0, true, "one"), (0, SECOND, 1));
    let earlier = BEGIN - 3_600 * SECOND;
    assert_eq!(quick.step(&mut redis, earlier, 0, true, "one"), (0, SECOND, 1));
    // What a service has asked for is kept.
    assert_eq!(quick.step(&mut redis, BEGIN, 900 * SECOND, false, "one"), (0, 900 * SECOND, 1));
    assert_eq!(quick.step(&mut redis, BEGIN + 100 * SECOND, 0, true, "one"), (0, 800 * SECOND, 1));
}
