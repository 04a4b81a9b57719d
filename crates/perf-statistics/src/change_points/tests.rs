use proptest::prelude::*;

use super::*;
use crate::rng::SplitMix64;

/// Noise of standard deviation 1.
struct Noise {
    rng: SplitMix64,
    /// Degrees of freedom of Student's t; `None` is normal noise.
    heavy: Option<u32>,
}

impl Noise {
    fn uniform(&mut self) -> f64 {
        (self.rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Box and Muller's transformation.
    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    fn next(&mut self) -> f64 {
        let value = self.normal();
        let Some(freedom) = self.heavy else { return value };
        let squares: f64 = (0..freedom).map(|_| self.normal().powi(2)).sum();
        let freedom = f64::from(freedom);
        value / (squares / freedom).sqrt() / (freedom / (freedom - 2.0)).sqrt()
    }
}

fn series(seed: u64, n: usize, heavy: Option<u32>, level: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut noise = Noise { rng: SplitMix64::new(seed), heavy };
    (0..n).map(|index| level(index) + noise.next()).collect()
}

/// Series of an unchanged level in which the level changes, and in which there is a spike.
fn false_alarms(number: u64, n: usize, heavy: Option<u32>) -> (usize, usize) {
    let found: Vec<Changes> = (0..number).map(|seed| find(&series(seed, n, heavy, |_| 100.0), Some(0.0))).collect();
    let count = |is_spike: bool| {
        let of_kind = |found: &&Changes| found.changes.iter().any(|one| (one.kind == ChangeKind::Spike) == is_spike);
        found.iter().filter(of_kind).count()
    };
    (count(false), count(true))
}

#[test]
fn a_series_that_does_not_change_has_no_change_point() {
    for (n, number) in [(10, 2_000), (20, 2_000), (50, 2_000), (200, 1_000), (1_000, 200)] {
        let (normal, heavy) = (false_alarms(number, n, None), false_alarms(number, n, Some(5)));
        println!("{n} points: {normal:?} of {number} series with normal noise, {heavy:?} with heavy tails");
        assert!(normal.0 * 100 <= number as usize, "{n} points: {normal:?} of {number}");
        assert!(heavy.0 * 1_000 <= number as usize * 15, "{n} points, heavy tails: {heavy:?} of {number}");
        // Noise with heavy tails has spikes.
        assert!(normal.1 * 100 <= number as usize, "{n} points: {normal:?} of {number}");
    }
}

/// Series of 100 points with one change, each at another place from 20 to 69, and the changes that are found.
fn planted(level: impl Fn(usize, usize) -> f64) -> Vec<(usize, Changes)> {
    let one = |seed: u64| {
        let at = 20 + seed as usize;
        (at, find(&series(1_000 + seed, 100, None, |index| 100.0 + level(index, at)), Some(0.0)))
    };
    (0..50).map(one).collect()
}

/// How many of 50 have exactly the change that `is_it` describes within one point of its place, and how many have another.
fn found(planted: &[(usize, Changes)], is_it: impl Fn(&Change) -> bool) -> (usize, usize) {
    let is_near = |at: usize, change: &&Change| is_it(change) && change.at.abs_diff(at) <= 1;
    let (mut hits, mut others) = (0, 0);
    for (at, found) in planted {
        hits += usize::from(found.changes.iter().any(|change| is_near(*at, &change)));
        others += usize::from(found.changes.iter().any(|change| !is_near(*at, &change)));
    }
    (hits, others)
}

#[test]
fn a_planted_change_is_found_within_one_point() {
    let hits = |what: &str, size: f64, (hits, others): (usize, usize), at_least: usize, at_most: usize| {
        println!("{what} of {size} standard deviations: {hits} of 50; {others} of 50 have another change");
        assert!(hits >= at_least, "{what} of {size}: {hits}");
        assert!(others <= at_most, "{what} of {size}: {others} others");
    };
    for (size, at_least, at_most) in [(2.0, 35, 15), (3.0, 49, 1), (4.0, 50, 0), (5.0, 50, 0)] {
        let step = planted(|index, at| if index < at { 0.0 } else { size });
        hits("step", size, found(&step, |change| change.kind == ChangeKind::Step), at_least, at_most);
    }
    for (size, at_least, at_most) in [(0.5, 38, 12), (1.0, 50, 0), (2.0, 50, 3), (3.0, 50, 3)] {
        // The first point of a drift already differs. It lasts for 20 points.
        let drift = planted(|index, at| size * ((index + 1).saturating_sub(at).min(20)) as f64);
        let is_drift = |change: &Change| matches!(change.kind, ChangeKind::Drift { .. });
        hits("drift by a point", size, found(&drift, is_drift), at_least, at_most);
    }
    for (size, at_least, at_most) in [(8.0, 33, 3), (10.0, 48, 0), (12.0, 50, 0)] {
        let spike = planted(|index, at| if index == at { size } else { 0.0 });
        hits("spike", size, found(&spike, |change| change.kind == ChangeKind::Spike), at_least, at_most);
    }
    hits("no change", 0.0, found(&planted(|_, _| 0.0), |_| false), 0, 0);
}

#[test]
fn values_that_repeat_exactly_change_where_they_differ() {
    let kinds = |values: &[f64]| -> Vec<(usize, ChangeKind, f64, f64)> {
        find(values, None).changes.into_iter().map(|one| (one.at, one.kind, one.before, one.after)).collect()
    };
    use ChangeKind::{Spike, Step};
    assert_eq!(kinds(&[]), []);
    assert_eq!(kinds(&[5.0]), []);
    assert_eq!(kinds(&[5.0; 9]), []);
    assert_eq!(kinds(&[5.0, 5.0, 5.0, 5.0, 6.0]), [(4, Step, 5.0, 6.0)]);
    assert_eq!(kinds(&[5.0, 5.0, 5.0, 6.0, 6.0, 6.0, 5.0, 5.0]), [(3, Step, 5.0, 6.0), (6, Step, 6.0, 5.0)]);
    assert_eq!(kinds(&[5.0, 5.0, 5.0, 9.0, 5.0, 5.0]), [(3, Spike, 5.0, 9.0)]);
}

#[test]
fn differences_below_the_resolution_are_no_change() {
    let values: Vec<f64> = (0..60).map(|index| if index < 30 { 1_000.0 } else { 1_000.3 }).collect();
    assert_eq!(find(&values, Some(0.5)).changes, []);
    let values: Vec<f64> = (0..60).map(|index| if index < 30 { 1_000.0 } else { 1_004.0 }).collect();
    let expected = Change { at: 30, kind: ChangeKind::Step, before: 1_000.0, after: 1_004.0 };
    assert_eq!(find(&values, Some(0.5)).changes, [expected]);
}

#[test]
fn a_drift_over_all_points_has_no_step() {
    let values: Vec<f64> = series(3, 80, None, |index| 100.0 + index as f64);
    let found = find(&values, Some(0.0)).changes;
    assert!(matches!(found[..], [Change { at: 0, kind: ChangeKind::Drift { until: 79 }, .. }]), "{found:?}");
}

/// The least sum over all ways to cut, without pruning.
fn exhaustive(values: &[f64], noise: f64) -> f64 {
    let costs = Costs::new(values, noise);
    let penalty = PENALTY.0 * (values.len().max(2) as f64).ln() + PENALTY.1;
    let mut best = vec![-penalty];
    for end in 1..=values.len() {
        let starts = (0..=end.saturating_sub(MIN_SEGMENT)).filter(|start| end - start >= MIN_SEGMENT);
        let least = starts.map(|start| best[start] + costs.cost(start, end).0 + penalty).fold(f64::INFINITY, f64::min);
        best.push(least);
    }
    best[values.len()]
}

proptest! {
    /// Pruning loses no minimum.
    #[test]
    fn the_segments_are_the_cheapest(levels in prop::collection::vec(-8_i32..8, 1..8), seed: u64, n in 2_usize..90) {
        let level = |index: usize| f64::from(levels[index * levels.len() / n]) * 2.0;
        let values = series(seed, n, None, level);
        let costs = Costs::new(&values, 1.0);
        let penalty = PENALTY.0 * (n as f64).ln() + PENALTY.1;
        let found = segments(&values, 1.0);
        let sum: f64 = found.iter().map(|segment| costs.cost(segment.start, segment.end).0 + penalty).sum();
        prop_assert!((sum - penalty - exhaustive(&values, 1.0)).abs() < 1e-6, "{found:?}");
        // They cover the series without gap.
        let mut end = 0;
        for segment in &found {
            prop_assert_eq!(segment.start, end);
            end = segment.end;
        }
        prop_assert_eq!(end, n);
    }

    #[test]
    fn any_finite_series_has_an_answer(values in prop::collection::vec(-1e12_f64..1e12, 0..120), step in 0_u8..3) {
        let found = find(&values, step.checked_sub(1).map(f64::from));
        prop_assert!(found.changes.iter().all(|change| change.at < values.len() && change.after.is_finite()));
        prop_assert!(found.changes.is_sorted_by_key(|change| change.at));
    }
}
