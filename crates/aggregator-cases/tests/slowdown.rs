//! The planted slowdowns without the cases. Measuring programs have them only with the feature `seeded-faults`; their effect
//! on cases is tested in `xtask/tests/planted/slowdowns.rs`.

#[path = "../src/slowdown/mod.rs"]
mod slowdown;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use slowdown::pointer_chase::{CacheLine, PointerChase};
use slowdown::{Mechanism, Slowdown};

const MECHANISMS: [&str; 6] = ["none", "work", "cache", "memory", "syscall", "yield"];

fn lines(count: usize) -> Vec<CacheLine> {
    (0..count).map(|_| CacheLine::new()).collect()
}

fn slowdown(value: &str) -> Slowdown {
    Slowdown::parse(value).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn an_amount_is_decimal_digits_with_leading_zeros() {
    for mechanism in MECHANISMS {
        for (digits, amount) in [("0", 0), ("7", 7), ("000120", 120), ("0000", 0), ("18446744073709551615", u64::MAX)] {
            assert_eq!(slowdown(&format!("{mechanism}:{digits}")).amount, amount, "{mechanism}:{digits}");
        }
    }
}

#[test]
fn other_values_are_rejected_with_a_list_of_mechanisms() {
    let values = [
        ["", ":", ":5", "work", "work:"],
        ["work:x", "work:+5", "work:-5", "work: 5", "work:5 "],
        ["work:5:5", "work:5ns", "work:0x5", "work:1e3", "work:18446744073709551616"],
        ["wrok:5", "Work:5", " work:5", "no-pause:5", "work:٥"],
    ];
    for bad in values.as_flattened() {
        let error = Slowdown::parse(bad).err().unwrap_or_else(|| panic!("`{bad}` is accepted"));
        assert!(error.starts_with(&format!("`{bad}` is not a slowdown")), "{error}");
        for mechanism in MECHANISMS {
            assert!(error.contains(&format!(" {mechanism}:<n>")), "{error}");
        }
    }
}

#[test]
fn units_take_time_and_none_takes_no_time() {
    // A small part of the real times, so that the test passes on faster processors.
    for large in ["work:10000000", "cache:3000000", "memory:100000", "syscall:100000", "yield:100000"] {
        let mut slowdown = slowdown(large);
        let start = Instant::now();
        slowdown.slow_down();
        assert!(start.elapsed() > Duration::from_millis(1), "{large} took {:?}", start.elapsed());
    }
    // Would not end if it looped.
    slowdown("none:18446744073709551615").slow_down();
    MECHANISMS.iter().for_each(|mechanism| slowdown(&format!("{mechanism}:0")).slow_down());
}

#[test]
fn an_operation_continues_where_the_one_before_it_stopped() {
    for (value, lines) in [("cache:3", 4 << 10), ("memory:3", 1 << 20)] {
        let mut slowdown = slowdown(value);
        slowdown.slow_down();
        slowdown.slow_down();
        let Mechanism::Load { chase, at } = slowdown.mechanism else { panic!("`{value}` is not a load") };
        assert_eq!(at, chase.walk(0, 6));
        assert_ne!(at, chase.walk(0, 3));
        assert_eq!(chase.walk(at, lines as u64), at, "{value}: another number of lines");
        assert_ne!(chase.walk(at, lines as u64 / 2), at, "{value}: another number of lines");
    }
}

proptest! {
    #[test]
    fn any_number_of_lines_becomes_one_cycle(count in 1_usize..5_000) {
        let lines = lines(count);
        let chase = PointerChase::new(&lines);
        let mut reached = vec![false; count];
        let mut at = 0;
        for _ in 0..count {
            at = chase.walk(at, 1);
            prop_assert!(!std::mem::replace(&mut reached[at], true), "{at} is reached twice");
        }
        prop_assert_eq!(at, 0);
    }
}

#[test]
fn the_next_line_is_rarely_near() {
    const LINES: usize = 4_096;
    let lines = lines(LINES);
    let chase = PointerChase::new(&lines);
    assert_eq!(size_of::<CacheLine>(), 64);
    let near = (0..LINES).filter(|&at| chase.walk(at, 1).abs_diff(at) <= 64).count();
    // One step in 32 in a random order.
    assert!(near < LINES / 16, "{near} of {LINES} steps stay within a page");
}
