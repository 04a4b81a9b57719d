//! Whether requests came faster than they were answered.

use std::time::Duration;

use super::{Interval, OverSaturation};

/// Fewest intervals: with nine, Kendall's test can reject at the level.
const FEWEST: usize = 9;
/// One-sided 0.5 % of the normal distribution.
const Z: f64 = 2.576;
/// The last third is above the first one by this factor.
const FACTOR: f64 = 1.5;

/// Judges the intervals between the start and the planned end by the rule of [`OverSaturation`].
pub(crate) fn over_saturation(intervals: &[Interval], planned: Duration) -> OverSaturation {
    let planned = planned.as_nanos() as u64;
    let within: Vec<(f64, f64)> = intervals
        .iter()
        .filter(|interval| interval.start_ns + interval.length_ns <= planned)
        .filter_map(|interval| Some((interval.in_flight as f64, interval.e2e?.p50 as f64)))
        .collect();
    if within.len() < FEWEST {
        return OverSaturation::TooShort;
    }
    let (in_flight, e2e): (Vec<f64>, Vec<f64>) = within.into_iter().unzip();
    if grows(&in_flight) && grows(&e2e) { OverSaturation::Yes } else { OverSaturation::No }
}

fn grows(values: &[f64]) -> bool {
    let n = values.len() as f64;
    let later = values.iter().enumerate().flat_map(|(index, from)| values[index + 1..].iter().map(move |to| to - from));
    let s: f64 = later.map(|difference| if difference == 0.0 { 0.0 } else { difference.signum() }).sum();
    // Kendall's variance without ties, which makes the test careful where there are some; with his correction for whole numbers.
    let significant = (s - 1.0) / (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt() > Z;
    let median = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let third = values.len() / 3;
    significant && median(&values[values.len() - third..]) > FACTOR * median(&values[..third])
}

#[cfg(test)]
mod tests {
    use super::super::Spread;
    use super::*;

    fn judged(values: impl Iterator<Item = (u64, u64)>) -> OverSaturation {
        let interval = |(start, (in_flight, p50)): (u64, (u64, u64))| Interval {
            start_ns: start,
            length_ns: 1,
            started: 1,
            skipped: 0,
            succeeded: 1,
            failed: 0,
            in_flight,
            ttft: None,
            e2e: Some(Spread { p50, p95: p50, p99: p50, max: p50 }),
            resident_bytes: None,
        };
        let intervals: Vec<Interval> = (0..).zip(values).map(interval).collect();
        over_saturation(&intervals, Duration::from_nanos(intervals.len() as u64))
    }

    #[test]
    fn only_growth_of_both_is_over_saturation() {
        assert_eq!(judged((0..20).map(|n| (10 + 5 * n, 100 + 50 * n))), OverSaturation::Yes);
        assert_eq!(judged((0..20).map(|n| (10 + 5 * n, 100))), OverSaturation::No, "a ramp that is answered");
        assert_eq!(judged((0..20).map(|n| (10, 100 + 50 * n))), OverSaturation::No);
        assert_eq!(judged((0..20).map(|n| (100 + n, 1_000 + n))), OverSaturation::No, "by less than half");
        assert_eq!(judged((0..8).map(|n| (10 + 5 * n, 100 + 50 * n))), OverSaturation::TooShort);
        assert_eq!(judged((0..20).map(|n| (10 + n % 7, 100 + n % 5))), OverSaturation::No);
    }
}
