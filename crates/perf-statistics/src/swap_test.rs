//! A test that compares the calm processes of both sides, exact by exchanging the sides of pairs.
//!
//! On a shared machine noise is one-sided: it makes some processes slower, and it hits one process of a pair. A difference
//! within pairs then discards the calm process because its partner was hit. This test takes the faster half of the processes of
//! each side, whichever pairs they are from, and compares the means. If head is as fast as base, the two processes of a pair are
//! exchangeable, because their order and layouts are drawn at random. So the distribution of the statistic follows from the
//! data alone: the sides of each pair are exchanged or not, with probability one half (a randomisation test: Fisher, "The Design
//! of Experiments", 1935; Lehmann and Romano, "Testing Statistical Hypotheses", 3rd edition 2005, section 15.2).
//!
//! The test is blind to a slowdown of fewer than half of the processes; the signed-rank test of the medians is not.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::normal;
use super::signed_rank::Estimate;
use crate::rng::SplitMix64;

/// Exchanges that are drawn. With the one that was observed they make 1,000, so that 0.5 % are 5 of them (Phipson and Smyth,
/// "Permutation P-values should never be zero", 2010).
const EXCHANGES: usize = 999;

/// Exchanges from which the standard error is taken: known to 5 %.
const FOR_STANDARD_ERROR: usize = 200;

/// The finest resolution of bounds, as a log ratio: 0.005 %. It is coarser, a fiftieth of the standard error, where that is more.
const MIN_RESOLUTION: f64 = 5e-5;

/// Pairs of processes, by the logarithm of a duration of each.
#[derive(Debug, Clone, PartialEq)]
pub struct SwapTest {
    /// Of base, ascending, each with the number of its pair.
    base: Vec<(f64, usize)>,
    /// Of head, in the same form.
    head: Vec<(f64, usize)>,
}

impl SwapTest {
    /// Number of pairs below which the halves are too small to mean anything.
    pub const MIN_PAIRS: usize = 8;

    /// The test of pairs `[base, head]` of logarithms of durations. `None` for fewer than 8 pairs or if a value is not finite.
    pub fn new(pairs: impl IntoIterator<Item = [f64; 2]>) -> Option<Self> {
        Self::of(&Vec::from_iter(pairs))
    }

    // What is generic is compiled where it is used, which may be without optimisation.
    fn of(pairs: &[[f64; 2]]) -> Option<Self> {
        let (mut base, mut head) = (Vec::with_capacity(pairs.len()), Vec::with_capacity(pairs.len()));
        for (pair, &[of_base, of_head]) in pairs.iter().enumerate() {
            if !(of_base.is_finite() && of_head.is_finite()) {
                return None;
            }
            base.push((of_base, pair));
            head.push((of_head, pair));
        }
        for side in [&mut base, &mut head] {
            side.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        (base.len() >= Self::MIN_PAIRS).then_some(Self { base, head })
    }

    /// Number of pairs.
    pub fn pairs(&self) -> usize {
        self.base.len()
    }

    /// How much slower head is, as a log ratio: mean of the faster half of its processes less that of base.
    pub fn center(&self) -> f64 {
        let half = self.half();
        let mean = |side: &[(f64, usize)]| side[..half].iter().map(|(value, _)| value).sum::<f64>() / half as f64;
        mean(&self.head) - mean(&self.base)
    }

    /// Whether head is slower by more than `shift` (a log ratio) at level `alpha`, one-sided. `alpha` is rounded down to a multiple of
    /// 1 / 1,000; below that the answer is always no.
    pub fn is_slower(&self, shift: f64, alpha: f64) -> bool {
        self.at(shift).is_rare(alpha)
    }

    /// Estimate with one-sided bounds of level `alpha`: the largest shift by which head is slower at that level, and the smallest
    /// by which it is faster. `None` unless 0.1 % <= alpha < 50 %.
    pub fn estimate(&self, alpha: f64) -> Option<Estimate> {
        if !(alpha * (EXCHANGES + 1) as f64 >= 1.0 && alpha < 0.5) {
            return None;
        }
        let lower = self.lower(alpha);
        let upper = -self.reversed().lower(alpha);
        Some(Estimate { center: self.center(), lower, upper, pairs: self.pairs() })
    }

    /// Standard deviation of the statistic over exchanges, with head moved to where base is.
    pub fn standard_error(&self) -> f64 {
        let moved = self.at(self.center());
        let exchanges = Exchanges::of(self.pairs());
        let squares = exchanges.drawn().take(FOR_STANDARD_ERROR).map(|exchange| moved.statistic(exchange).powi(2));
        (squares.sum::<f64>() / FOR_STANDARD_ERROR as f64).sqrt()
    }

    fn half(&self) -> usize {
        self.pairs().div_ceil(2)
    }

    /// Both sides in each other's place.
    fn reversed(&self) -> Self {
        Self { base: self.head.clone(), head: self.base.clone() }
    }

    /// The largest shift by which head is slower, by bisection; a little less rather than more.
    fn lower(&self, alpha: f64) -> f64 {
        let (center, standard_error) = (self.center(), self.standard_error());
        let resolution = (standard_error / 50.0).max(MIN_RESOLUTION);
        // About where the bound is: that of few pairs is farther from the center than that of a normal distribution.
        let distance = normal::quantile(1.0 - alpha) * (1.0 + 3.5 / self.pairs() as f64) * standard_error;
        let mut step = (0.15 * distance).max(resolution);
        let mut probes = Probes::new(self, alpha);
        let mut outside = center - distance;
        let mut inside = outside;
        if probes.is_slower(outside) {
            while inside < center && probes.is_slower(inside) {
                outside = inside;
                inside += step;
                step *= 2.0;
            }
        } else {
            while !probes.is_slower(outside) {
                inside = outside;
                outside -= step;
                step *= 2.0;
                if step > 1e3 {
                    return f64::NEG_INFINITY;
                }
            }
        }
        while inside - outside > resolution {
            let middle = inside.midpoint(outside);
            if probes.is_slower(middle) { outside = middle } else { inside = middle }
        }
        outside
    }

    /// All processes in the order of their durations, head's less `shift`.
    fn at(&self, shift: f64) -> Merged {
        let mut merged = Vec::with_capacity(2 * self.pairs());
        let (mut base, mut head) = (self.base.iter().peekable(), self.head.iter().peekable());
        loop {
            // Head is moved, and base for equal values goes first.
            let of_head = match (base.peek(), head.peek()) {
                (Some((of_base, _)), Some((of_head, _))) => of_head - shift < *of_base,
                (Some(_), None) => false,
                (None, Some(_)) => true,
                (None, None) => return Merged { processes: merged, half: self.half(), pairs: self.pairs() },
            };
            let (from, by, sign) = if of_head { (&mut head, shift, 1.0) } else { (&mut base, 0.0, -1.0) };
            if let Some((value, pair)) = from.next() {
                merged.push(Process { value: value - by, pair: *pair, sign });
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Process {
    value: f64,
    pair: usize,
    /// 1 for a process of head, -1 for one of base.
    sign: f64,
}

/// The processes of both sides, ascending.
struct Merged {
    processes: Vec<Process>,
    half: usize,
    pairs: usize,
}

impl Merged {
    /// Mean of the faster half of head less that of base, where the sides of some pairs are exchanged.
    fn statistic(&self, exchange: &[f64]) -> f64 {
        // Neither side can be complete before that many processes.
        let (first, rest) = self.processes.split_at(self.half);
        let (mut difference, mut surplus) = (0.0, 0.0);
        for process in first {
            let side = process.sign * exchange[process.pair];
            difference += side * process.value;
            surplus += side;
        }
        // Processes of head and base so far.
        let taken = self.half as f64;
        let mut counts = [f64::midpoint(taken, -surplus), f64::midpoint(taken, surplus)].map(|count| count as usize);
        for process in rest {
            if counts == [self.half; 2] {
                break;
            }
            let side = process.sign * exchange[process.pair];
            let count = &mut counts[usize::from(side > 0.0)];
            if *count < self.half {
                *count += 1;
                difference += side * process.value;
            }
        }
        difference / self.half as f64
    }

    /// Whether what was observed is among the largest `alpha` of all exchanges. Stops as soon as it is not.
    fn is_rare(&self, alpha: f64) -> bool {
        let allowed = allowed(alpha);
        let exchanges = Exchanges::of(self.pairs);
        let observed = self.statistic(exchanges.none());
        // The one observed is one of them.
        let mut as_large = 1;
        for exchange in exchanges.drawn() {
            if as_large > allowed {
                return false;
            }
            as_large += usize::from(self.statistic(exchange) >= observed);
        }
        as_large <= allowed
    }
}

/// How many exchanges may be as large as what was observed, itself included, at level `alpha`.
fn allowed(alpha: f64) -> usize {
    (alpha * (EXCHANGES + 1) as f64 + 1e-9) as usize
}

/// The test at several shifts, for the search of a bound.
///
/// When head is moved by more, what was observed decreases by as much, and the statistic of an exchange by at most as much: a mean
/// of the faster half of either side moves by at most what all of its processes do. So an exchange that is not as large as what was
/// observed is not at a smaller shift either, and is not looked at there.
struct Probes<'a> {
    test: &'a SwapTest,
    exchanges: Rc<Exchanges>,
    allowed: usize,
    /// Numbers of the exchanges that may be as large at the shifts that are still asked for.
    left: Vec<usize>,
}

impl<'a> Probes<'a> {
    fn new(test: &'a SwapTest, alpha: f64) -> Self {
        let exchanges = Exchanges::of(test.pairs());
        Self { test, exchanges, allowed: allowed(alpha), left: (0..EXCHANGES).collect() }
    }

    /// Whether head is slower by more than `shift`. After a no only smaller shifts may be asked for.
    fn is_slower(&mut self, shift: f64) -> bool {
        let merged = self.test.at(shift);
        let observed = merged.statistic(self.exchanges.none());
        let is_as_large = |number: &usize| merged.statistic(self.exchanges.number(*number)) >= observed;
        let as_large: Vec<usize> = self.left.iter().copied().filter(is_as_large).collect();
        // The one observed is one of them.
        let is_slower = as_large.len() < self.allowed;
        if !is_slower {
            self.left = as_large;
        }
        is_slower
    }
}

/// Draws of which pairs exchange their sides: -1 for a pair that does, else 1. The same draws for the same number of pairs, so
/// that verdicts repeat.
struct Exchanges {
    pairs: usize,
    /// None exchanged, and then each draw.
    signs: Vec<f64>,
}

impl Exchanges {
    /// Those of a number of pairs, drawn once in each thread.
    fn of(pairs: usize) -> Rc<Self> {
        thread_local! {
            static DRAWN: RefCell<HashMap<usize, Rc<Exchanges>>> = RefCell::default();
        }
        DRAWN.with_borrow_mut(|drawn| drawn.entry(pairs).or_insert_with(|| Rc::new(Self::draw(pairs))).clone())
    }

    fn draw(pairs: usize) -> Self {
        let mut random = SplitMix64::new(pairs as u64);
        let mut signs = vec![1.0; pairs];
        signs.reserve(pairs * EXCHANGES);
        for _ in 0..EXCHANGES {
            let mut bits = 0;
            for pair in 0..pairs {
                if pair % 64 == 0 {
                    bits = random.next_u64();
                }
                signs.push(if bits & 1 == 1 { -1.0 } else { 1.0 });
                bits >>= 1;
            }
        }
        Self { pairs, signs }
    }

    fn none(&self) -> &[f64] {
        &self.signs[..self.pairs]
    }

    fn drawn(&self) -> impl Iterator<Item = &[f64]> {
        self.signs.chunks(self.pairs).skip(1)
    }

    /// The draw of this number, from 0.
    fn number(&self, number: usize) -> &[f64] {
        &self.signs[(number + 1) * self.pairs..][..self.pairs]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Approximately normal noise, and a burst that makes one process of six slower.
    fn noise(random: &mut SplitMix64, sd: f64) -> f64 {
        let mut uniform = || random.below(1 << 20) as f64 / f64::from(1 << 20);
        let normal = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        sd * normal + if uniform() < 1.0 / 6.0 { 0.3 * uniform() } else { 0.0 }
    }

    fn pairs(random: &mut SplitMix64, pairs: usize, sd: f64, slower: f64) -> Vec<[f64; 2]> {
        (0..pairs).map(|_| [noise(random, sd), slower + noise(random, sd)]).collect()
    }

    #[test]
    fn too_few_pairs_and_values_that_are_no_numbers_have_no_test() {
        assert_eq!(SwapTest::new([[0.0, 1.0]; 7]), None);
        assert_eq!(SwapTest::new([[0.0, f64::NAN]; 8]), None);
        let test = SwapTest::new([[0.0, 1.0]; 8]).unwrap();
        assert_eq!((test.pairs(), test.center()), (8, 1.0));
        for alpha in [0.0, 0.000_9, 0.5, f64::NAN] {
            assert_eq!(test.estimate(alpha), None, "{alpha}");
        }
    }

    /// All 2^10 exchanges, counted.
    #[test]
    fn drawn_exchanges_agree_with_all_of_them() {
        let mut random = SplitMix64::new(3);
        for slower in [0.0, 0.005, 0.01, 0.02] {
            let test = SwapTest::new(pairs(&mut random, 10, 0.01, slower)).unwrap();
            let merged = test.at(0.0);
            let observed = merged.statistic(&[1.0; 10]);
            let all = (0..1 << 10).map(|bits: u32| {
                let exchanged: Vec<f64> = (0..10).map(|pair| if bits >> pair & 1 == 1 { -1.0 } else { 1.0 }).collect();
                merged.statistic(&exchanged)
            });
            let rare = all.filter(|statistic| *statistic >= observed).count() as f64 / 1024.0;
            for alpha in [0.005, 0.02, 0.1, 0.3] {
                // Between the two lie three standard errors of 1,000 draws.
                let error = 3.0 * (alpha * (1.0 - alpha) / 1_000.0_f64).sqrt();
                if (rare - alpha).abs() > error {
                    assert_eq!(merged.is_rare(alpha), rare < alpha, "{slower}: {rare} against {alpha}");
                }
            }
        }
    }

    #[test]
    fn equal_programs_are_called_slower_as_often_as_the_level_says() {
        let mut random = SplitMix64::new(5);
        let slower = |level: f64, random: &mut SplitMix64| {
            (0..2_000).filter(|_| SwapTest::new(pairs(random, 24, 0.01, 0.01)).unwrap().is_slower(0.01, level)).count()
        };
        // Of 2,000 at 5 %: 100, with a standard deviation of 9.7; of 0.5 %: 10 and 3.2.
        let (often, seldom) = (slower(0.05, &mut random), slower(0.005, &mut random));
        assert!((71..=129).contains(&often) && seldom <= 20, "{often} {seldom}");
    }

    #[test]
    fn bursts_that_hit_one_process_of_a_pair_cost_less_power_than_in_signed_ranks() {
        let mut random = SplitMix64::new(7);
        let (mut found, mut by_ranks) = (0, 0);
        for _ in 0..200 {
            let pairs = pairs(&mut random, 24, 0.01, 0.03);
            let differences: Vec<f64> = pairs.iter().map(|[base, head]| head - base).collect();
            by_ranks += usize::from(super::super::estimate(&differences, 0.005).unwrap().lower > 0.01);
            found += usize::from(SwapTest::new(pairs).unwrap().is_slower(0.01, 0.005));
        }
        assert!(found > 180 && found > by_ranks + 40, "{found} {by_ranks}");
    }

    #[test]
    fn the_standard_error_is_the_dispersion_of_the_estimate() {
        let mut random = SplitMix64::new(11);
        let tests: Vec<SwapTest> = (0..200).filter_map(|_| SwapTest::new(pairs(&mut random, 30, 0.01, 0.0))).collect();
        let said = tests.iter().map(SwapTest::standard_error).sum::<f64>() / 200.0;
        let is = (tests.iter().map(|test| test.center().powi(2)).sum::<f64>() / 200.0).sqrt();
        assert!((0.85..1.25).contains(&(said / is)), "{said} {is}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn bounds_move_with_the_values_and_turn_with_the_sides(
            seed in any::<u64>(), n in 8..40_usize, shift in -0.5..0.5_f64,
        ) {
            let pairs = pairs(&mut SplitMix64::new(seed), n, 0.01, 0.0);
            let test = SwapTest::new(pairs.clone()).unwrap();
            let estimate = test.estimate(0.01).unwrap();
            let resolution = (test.standard_error() / 10.0).max(4.0 * MIN_RESOLUTION);
            prop_assert!(estimate.lower <= estimate.center && estimate.center <= estimate.upper);
            let moved = pairs.iter().map(|[base, head]| [*base, head + shift]);
            let moved = SwapTest::new(moved).unwrap().estimate(0.01).unwrap();
            for (moved, here) in [(moved.lower, estimate.lower), (moved.upper, estimate.upper)] {
                prop_assert!((moved - here - shift).abs() < resolution || moved == here, "{moved} {here}");
            }
            let turned = SwapTest::new(pairs.iter().map(|[base, head]| [*head, *base])).unwrap().estimate(0.01).unwrap();
            prop_assert!((turned.lower + estimate.upper).abs() < resolution || turned.lower == -estimate.upper);
        }

        #[test]
        fn what_a_search_skips_changes_no_answer(seed in any::<u64>(), n in 8..40_usize, level in 0.001..0.2_f64) {
            let mut random = SplitMix64::new(seed);
            let test = SwapTest::new(pairs(&mut random, n, 0.01, 0.02)).unwrap();
            let mut probes = Probes::new(&test, level);
            // As a search halves: a smaller shift after a no, a larger one after a yes.
            let (mut slower, mut not_slower) = (-0.1_f64, 0.05);
            prop_assert!(!probes.is_slower(not_slower));
            for _ in 0..30 {
                let shift = slower.midpoint(not_slower);
                let is_slower = probes.is_slower(shift);
                prop_assert_eq!(is_slower, test.is_slower(shift, level), "{}", shift);
                if is_slower { slower = shift } else { not_slower = shift }
            }
            prop_assert!(probes.left.len() < EXCHANGES);
        }

        #[test]
        fn a_shift_below_the_lower_bound_is_significant(seed in any::<u64>(), n in 8..40_usize) {
            let test = SwapTest::new(pairs(&mut SplitMix64::new(seed), n, 0.01, 0.02)).unwrap();
            let estimate = test.estimate(0.01).unwrap();
            if estimate.lower.is_finite() {
                prop_assert!(test.is_slower(estimate.lower, 0.01));
                prop_assert!(!test.is_slower(estimate.center, 0.01));
            }
        }
    }
}
