//! Whether a noisy series grows.
//!
//! Samples of memory ten times a second depend on each other, so an interval that takes them for independent is far too narrow. So:
//!
//! 1. The series is cut into blocks of equal length, and the mean of each block taken: at first 32 blocks, then 24, 16 and 12, until
//!    the residuals of neighbours hardly depend on each other.
//! 2. The slope is Theil and Sen's: the median of the slopes between all pairs of blocks (Sen, "Estimates of the regression
//!    coefficient based on Kendall's tau", JASA 63, 1968). One block that is off moves it little.
//! 3. The interval is Sen's, from the variance of Kendall's statistic, which is multiplied with `(1 + r) / (1 - r)` for the dependence `r`
//!    that is left between neighbours (as Hamed and Rao, J. Hydrology 204, 1998, do for all lags).
//! 4. If the dependence is so strong that this interval has no ends, as where memory rises steadily but not in a straight line, the
//!    slope is the mean of the 12 slopes between neighbours of 13 blocks, with Student's interval. Of a series that wanders without a
//!    direction neighbouring differences of block means correlate by 1/4, which the interval is widened for; of a level series they
//!    cancel each other, and the interval is too wide.
//! 5. It is a leak if the interval is above 0 both of the whole series and of its second half. A cache that fills, or a pool that
//!    reaches its size, grows in the first half only.

use serde::{Deserialize, Serialize};

use crate::report::rounded;

/// The growth of memory.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Growth {
    /// What it shows.
    pub verdict: GrowthVerdict,
    /// The slope, in bytes for each request.
    pub bytes_per_request: f64,
    /// Lower end of the interval of the slope.
    pub low: f64,
    /// Upper end of the interval of the slope.
    pub high: f64,
    /// The smallest leak that this series would have shown, in bytes for each request: the half of the interval, of the whole or of the
    /// second half, whichever is larger. `None` if it was too short.
    pub smallest_seen: Option<f64>,
}

/// What a series shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrowthVerdict {
    /// It grows, from beginning to end.
    Leaking,
    /// It is not seen to grow.
    NotSeen,
    /// It is too short to tell, or no requests ended.
    TooShort,
}

/// Numbers of blocks, tried in this order.
const BLOCKS: [usize; 4] = [32, 24, 16, 12];
/// Fewest samples of a block.
const FEWEST_IN_A_BLOCK: usize = 4;
/// Neighbours that depend on each other less than this are taken as they are.
const DEPENDENCE: f64 = 0.2;
/// A page of memory in bytes, on most machines.
const PAGE: f64 = 4096.0;
/// With fewer pages over a series without noise, too many pairs of blocks are equal (see the tests).
const FEWEST_PAGES: f64 = 12.0;
/// How often the bound of an interval may be wrong, as quantiles.
#[derive(Clone, Copy)]
struct Level {
    /// Of the normal distribution.
    z: f64,
    /// Of Student's distribution with `STEPS - 2` = 11 degrees of freedom.
    t: f64,
}

/// Bounds of the whole series: about one in two thousand on either side.
const WHOLE: Level = Level { z: 3.3, t: 4.44 };
/// Bounds of the second half, which is looked at only if the whole series grows: about one in forty-four.
const HALF: Level = Level { z: 2.0, t: 2.26 };
/// Blocks of which neighbours are compared where the others depend on each other too much.
const STEPS: usize = 13;

/// Judges points of (requests ended, bytes) in the order of time, of a phase in which the load is level.
pub fn growth(points: &[(f64, f64)]) -> Growth {
    let too_short =
        Growth { verdict: GrowthVerdict::TooShort, bytes_per_request: 0.0, low: 0.0, high: 0.0, smallest_seen: None };
    let Some(whole) = slope(points, &BLOCKS, WHOLE) else { return too_short };
    let Some(half) = slope(&points[points.len() / 2..], &BLOCKS[2..], HALF) else { return too_short };
    let leaks = whole.low > 0.0 && half.low > 0.0;
    // Memory comes in pages, so a leak that adds few of them is a step and no slope.
    let requests = points.last().map_or(0.0, |last| last.0) - points.first().map_or(0.0, |first| first.0);
    let to_see = (whole.middle - whole.low).max(half.middle - half.low).max(FEWEST_PAGES * PAGE / requests);
    Growth {
        verdict: if leaks { GrowthVerdict::Leaking } else { GrowthVerdict::NotSeen },
        bytes_per_request: rounded(whole.middle),
        low: rounded(whole.low),
        high: rounded(whole.high),
        smallest_seen: Some(rounded(to_see)),
    }
}

/// A slope with its interval.
struct Slope {
    low: f64,
    middle: f64,
    high: f64,
}

fn slope(points: &[(f64, f64)], blocks: &[usize], level: Level) -> Option<Slope> {
    let sen = slope_of_sen(points, blocks, level.z)?;
    if sen.low.is_finite() && sen.high.is_finite() { Some(sen) } else { slope_of_steps(points, level.t) }
}

/// The mean slope between neighbouring blocks, with its interval.
fn slope_of_steps(points: &[(f64, f64)], t: f64) -> Option<Slope> {
    let means = block_means(points, STEPS);
    let slopes: Vec<f64> = means.windows(2).map(|pair| (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0)).collect();
    if !slopes.iter().all(|slope| slope.is_finite()) {
        return None;
    }
    let n = slopes.len() as f64;
    let middle = slopes.iter().sum::<f64>() / n;
    let variance = slopes.iter().map(|slope| (slope - middle).powi(2)).sum::<f64>() / (n - 1.0);
    // The variance of a mean of values of which neighbours correlate by 1/4 is 1 + 2/4 times as large.
    let half = t * (1.5 * variance / n).sqrt();
    Some(Slope { low: middle - half, middle, high: middle + half })
}

/// The slope of Theil and Sen; ends of its interval are infinite where the dependence is too strong.
fn slope_of_sen(points: &[(f64, f64)], blocks: &[usize], z: f64) -> Option<Slope> {
    let mut found: Option<(usize, Vec<f64>, f64)> = None;
    for &number in blocks.iter().filter(|number| points.len() / **number >= FEWEST_IN_A_BLOCK) {
        let means = block_means(points, number);
        let slopes = slopes(&means);
        let middle = *slopes.get(slopes.len() / 2)?;
        let dependence = dependence(&means, middle);
        if found.as_ref().is_none_or(|(.., least)| dependence < *least) {
            found = Some((means.len(), slopes, dependence));
        }
        if dependence < DEPENDENCE {
            break;
        }
    }
    let (number, slopes, dependence) = found?;
    let n = number as f64;
    let left = dependence.clamp(0.0, 0.9);
    let variance = n * (n - 1.0) * (2.0 * n + 5.0) / 18.0 * (1.0 + left) / (1.0 - left);
    // Of N slopes, those at (N - C) / 2 from either end, rounded outwards.
    let at = ((slopes.len() as f64 - z * variance.sqrt()) / 2.0).floor() as usize;
    let low = at.checked_sub(1).map_or(f64::NEG_INFINITY, |at| slopes[at]);
    let high = at.checked_sub(1).map_or(f64::INFINITY, |at| slopes[slopes.len() - 1 - at]);
    Some(Slope { low, middle: slopes[slopes.len() / 2], high })
}

/// The mean of each of `number` blocks of equal length; the first samples are left out if they do not fill one. Means, so that a
/// leak that is added to a series changes its slope by exactly that much.
fn block_means(points: &[(f64, f64)], number: usize) -> Vec<(f64, f64)> {
    let length = points.len() / number;
    let rest = points.len() - length * number;
    let mean = |block: &[(f64, f64)]| {
        let sum = block.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        (sum.0 / length as f64, sum.1 / length as f64)
    };
    points[rest..].chunks_exact(length).map(mean).collect()
}

/// The slopes between all pairs, ascending. Pairs with the same x have none.
fn slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (index, from) in points.iter().enumerate() {
        let later = points[index + 1..].iter().filter(|to| to.0 > from.0);
        slopes.extend(later.map(|to| (to.1 - from.1) / (to.0 - from.0)));
    }
    slopes.retain(|slope| slope.is_finite());
    slopes.sort_unstable_by(f64::total_cmp);
    slopes
}

/// The correlation of residuals with their neighbours, corrected for what a short series underestimates.
fn dependence(points: &[(f64, f64)], slope: f64) -> f64 {
    let residuals: Vec<f64> = points.iter().map(|point| point.1 - slope * point.0).collect();
    let n = residuals.len() as f64;
    let mean = residuals.iter().sum::<f64>() / n;
    let square: f64 = residuals.iter().map(|residual| (residual - mean).powi(2)).sum();
    let product: f64 = residuals.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if square <= 0.0 {
        return 0.0;
    }
    // Kendall's correction of the bias of a correlation of neighbours (Biometrika 41, 1954).
    let r = product / square;
    r + (1.0 + 4.0 * r) / n
}

#[cfg(test)]
mod tests {
    use perf_statistics::rng::SplitMix64;

    use super::*;

    fn uniform(random: &mut SplitMix64) -> f64 {
        (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(random: &mut SplitMix64) -> f64 {
        // Box and Muller.
        (-2.0 * (1.0 - uniform(random)).ln()).sqrt() * (std::f64::consts::TAU * uniform(random)).cos()
    }

    /// `n` samples of noise with the standard deviation `sd`, of which neighbours correlate by `phi`.
    fn noise(random: &mut SplitMix64, n: usize, phi: f64, sd: f64) -> Vec<f64> {
        let mut value = normal(random) * sd;
        (0..n)
            .map(|_| {
                value = phi * value + normal(random) * sd * (1.0 - phi * phi).sqrt();
                value
            })
            .collect()
    }

    fn with_requests(series: &[f64], requests: f64, per_request: f64) -> Vec<(f64, f64)> {
        let each = requests / series.len() as f64;
        series
            .iter()
            .zip(1..)
            .map(|(bytes, n)| (each * f64::from(n), bytes + each * f64::from(n) * per_request))
            .collect()
    }

    /// Forty series without a leak, of 20 s and of 60 s, whose noise is independent, or depends on itself for up to 5 s.
    fn leak_free() -> Vec<Vec<f64>> {
        let mut random = SplitMix64::new(24);
        let kinds = [(200, 0.0), (200, 0.5), (200, 0.9), (200, 0.98), (600, 0.0), (600, 0.5), (600, 0.9), (600, 0.98)];
        kinds.iter().cycle().take(40).map(|(n, phi)| noise(&mut random, *n, *phi, 100_000.0)).collect()
    }

    #[test]
    fn none_of_forty_series_without_a_leak_is_called_leaking() {
        let verdicts: Vec<_> =
            leak_free().iter().map(|series| growth(&with_requests(series, 2_000.0, 0.0)).verdict).collect();
        let count = |verdict| verdicts.iter().filter(|one| **one == verdict).count();
        assert_eq!(count(GrowthVerdict::Leaking), 0);
        // A rule that answers "too short" is no rule.
        assert!(count(GrowthVerdict::NotSeen) >= 25, "{verdicts:?}");
    }

    /// Noise of 100 kB that depends on itself for a second (phi 0.9) hides 2 MB in 20 s now and then; then only a larger leak would have
    /// been seen.
    #[test]
    fn a_leak_of_1_kb_is_found_within_2000_requests() {
        let mut found = [[0; 3]; 8];
        for (series, kind) in leak_free().iter().zip((0..8).cycle()) {
            let growth = growth(&with_requests(series, 2_000.0, 1_000.0));
            found[kind][growth.verdict as usize] += 1;
            match growth.verdict {
                GrowthVerdict::Leaking => {
                    assert!((500.0..1_500.0).contains(&growth.bytes_per_request), "{growth:?}");
                }
                _ => assert!(growth.smallest_seen.is_none_or(|smallest| smallest > 500.0), "{growth:?}"),
            }
        }
        for kind in [0, 1, 4, 5, 6] {
            assert_eq!(found[kind], [5, 0, 0], "{found:?}");
        }
    }

    /// As memory rises where each request keeps a little more than the one before: no straight line, and hardly any noise.
    #[test]
    fn a_rise_that_bends_is_seen() {
        let mut random = SplitMix64::new(5);
        for n in [200, 600, 6_000] {
            let calm = noise(&mut random, n, 0.5, 5_000.0);
            for bend in [-0.5, 0.5] {
                let rises = calm.iter().enumerate().map(|(t, y)| {
                    let part = t as f64 / n as f64;
                    y + 2e6 * (part + bend * part * (1.0 - part))
                });
                let rises: Vec<f64> = rises.collect();
                let found = growth(&with_requests(&rises, 2_000.0, 0.0));
                assert_eq!(found.verdict, GrowthVerdict::Leaking, "{n} {bend}: {found:?}");
                assert!((900.0..1_100.0).contains(&found.bytes_per_request), "{n} {bend}: {found:?}");
            }
        }
    }

    #[test]
    fn the_smallest_leak_it_could_see_is_seen() {
        let mut seen = 0;
        for series in leak_free() {
            let free = with_requests(&series, 2_000.0, 0.0);
            let Some(smallest) = growth(&free).smallest_seen else { continue };
            // What the noise of this series happens to rise or fall by.
            let by_chance = [slope(&free, &BLOCKS, WHOLE), slope(&free[free.len() / 2..], &BLOCKS[2..], HALF)]
                .map(|slope| slope.unwrap().middle);
            let planted = 1.001 * smallest - by_chance[0].min(by_chance[1]);
            let found = growth(&with_requests(&series, 2_000.0, planted));
            assert_eq!(found.verdict, GrowthVerdict::Leaking, "{planted}: {found:?}");
            seen += 1;
        }
        assert!(seen >= 25, "{seen}");
    }

    #[test]
    fn memory_that_stays_is_level_and_a_dozen_pages_are_seen() {
        let flat = growth(&with_requests(&[5e7; 300], 2_000.0, 0.0));
        assert_eq!((flat.verdict, flat.low, flat.high), (GrowthVerdict::NotSeen, 0.0, 0.0));
        assert_eq!(flat.smallest_seen.map(f64::round), Some(25.0));
        let pages: Vec<f64> = (0..300).map(|n| (f64::from(n) / 300.0 * FEWEST_PAGES).floor() * PAGE).collect();
        assert_eq!(growth(&with_requests(&pages, 2_000.0, 0.0)).verdict, GrowthVerdict::Leaking);
    }

    #[test]
    fn what_fills_and_stays_is_no_leak() {
        let mut random = SplitMix64::new(3);
        for n in [200, 600, 3_000] {
            let fast = noise(&mut random, n, 0.5, 20_000.0);
            let filled = fast.iter().zip(0..).map(|(y, t)| y + 5e6 * (f64::from(t) / (n as f64 / 3.0)).min(1.0));
            let filled: Vec<f64> = filled.collect();
            assert_ne!(growth(&with_requests(&filled, 2_000.0, 0.0)).verdict, GrowthVerdict::Leaking, "{n}");
        }
    }

    #[test]
    fn what_cannot_be_judged_is_too_short() {
        let verdict = |points: &[(f64, f64)]| growth(points).verdict;
        assert_eq!(verdict(&[]), GrowthVerdict::TooShort);
        assert_eq!(verdict(&with_requests(&[1.0; 30], 30.0, 100.0)), GrowthVerdict::TooShort);
        assert_eq!(verdict(&[(5.0, 1.0); 500]), GrowthVerdict::TooShort, "no request ended");
        assert_eq!(verdict(&[(f64::NAN, f64::NAN); 500]), GrowthVerdict::TooShort);
    }

    /// How often the rule is wrong, for noise of three lengths and five correlations, and for memory that warms up or rises in steps. 100
    /// series of each kind, or as many as `LEAK_SERIES` says; 1,000 make the table of the README, as every night.
    #[test]
    fn the_rule_is_wrong_as_seldom_as_the_readme_says() {
        let series = std::env::var("LEAK_SERIES").map_or(100, |series| series.parse().expect("a number of series"));
        // One in a hundred, and at least one.
        let few = |percent: usize| (series * percent / 100).max(1);
        let verdict = |series: &[f64], leak| growth(&with_requests(series, 2_000.0, leak)).verdict;
        let mut random = SplitMix64::new(7);
        for n in [200, 600, 3_000] {
            for phi in [0.0, 0.5, 0.9, 0.98, 0.995] {
                let mut counts = [[0; 3]; 2];
                for _ in 0..series {
                    let series = noise(&mut random, n, phi, 1e5);
                    for (leak, counts) in [0.0, 1024.0].into_iter().zip(&mut counts) {
                        counts[verdict(&series, leak) as usize] += 1;
                    }
                }
                let [free, leaking] = counts.map(|counts| counts[GrowthVerdict::Leaking as usize]);
                println!("{n} samples, correlation {phi}: no leak {:?}, 1 KiB {:?}", counts[0], counts[1]);
                assert!(free <= few(1), "{n} {phi}: {free} of {series} without a leak are called leaking");
                let is_calm = phi <= 0.5 || (phi <= 0.9 && n >= 600);
                assert!(!is_calm || leaking >= series - few(12), "{n} {phi}: {leaking} of {series} leaks are found");
            }
            let mut counts = [[0; 3]; 2];
            for _ in 0..series {
                let fast = noise(&mut random, n, 0.9, 2e4);
                let warms = |(t, y): (usize, &f64)| y - 5e6 * (-(t as f64) / (n as f64 / 10.0)).exp();
                let warm: Vec<f64> = fast.iter().enumerate().map(warms).collect();
                let mut level = 0.0;
                let steps: Vec<f64> = std::iter::repeat_with(|| {
                    level += if uniform(&mut random) < 5.0 / n as f64 { 132e3 } else { 0.0 };
                    level
                })
                .take(n)
                .collect();
                for (series, counts) in [warm, steps].iter().zip(&mut counts) {
                    counts[verdict(series, 0.0) as usize] += 1;
                }
            }
            println!("{n} samples: warm-up {:?}, five steps up {:?}", counts[0], counts[1]);
            let mut wanders = [0; 3];
            for _ in 0..series {
                let mut level = 0.0;
                let walk: Vec<f64> = std::iter::repeat_with(|| {
                    level += 20e3 * normal(&mut random);
                    level
                })
                .take(n)
                .collect();
                wanders[verdict(&walk, 0.0) as usize] += 1;
            }
            println!("{n} samples: wanders {wanders:?}");
            let wrong = wanders[GrowthVerdict::Leaking as usize];
            assert!(wrong <= few(5), "{n}: {wrong} of {series} that wander without a direction are called leaking");
            let [warm, steps] = counts.map(|counts| counts[GrowthVerdict::Leaking as usize]);
            assert!(warm <= few(1) && steps <= few(4), "{n}: of {series}, {warm} that warm up, {steps} with steps");
        }
    }
}
