//! Rows that a planted fault fails.

use std::collections::BTreeSet;

use perf_gate::{Class, Record};

/// The metrics of `now` that fail by the rule of their class, compared with `stored`; `checksum`, if that differs. `now` may end before
/// `stored`: a test leaves out the heap where it takes long.
///
/// # Panics
/// When both have other metrics, or `stored` has none.
pub fn failing_metrics(stored: &[Record], now: &[Record]) -> BTreeSet<String> {
    assert!(!now.is_empty() && now.len() <= stored.len(), "{} records, and {} stored", now.len(), stored.len());
    let fails = |(before, now): &(&Record, &Record)| {
        assert_eq!(before.metric(), now.metric());
        match now.metric().class() {
            Class::Behaviour => now.value() != before.value(),
            Class::Quality => now.value() < before.value(),
            _ => now.value() > before.value(),
        }
    };
    let failing = stored.iter().zip(now).filter(fails).map(|(_, now)| now.metric().name().to_string());
    let checksum = (stored[0].checksum() != now[0].checksum()).then(|| "checksum".to_owned());
    failing.chain(checksum).collect()
}
