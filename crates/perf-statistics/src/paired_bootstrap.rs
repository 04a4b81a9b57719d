//! The bootstrap of a difference between two sides that have the same questions: of means, or of ratios of sums.

use super::fraction::Fraction;
use crate::rng::SplitMix64;

/// One question on both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedScore {
    /// The score of the base.
    pub base: Fraction,
    /// The score of head.
    pub head: Fraction,
}

/// What the pairs of a row show; all in the unit of its figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// The figure of head less that of the base.
    pub difference: f64,
    /// The standard error of the difference; `None` of fewer than two questions.
    pub standard_error: Option<f64>,
    /// The two-sided p-value, above 0 and at most 1.
    pub p: f64,
}

/// Number of resamples: the standard error of a p-value of 5 % is then 0.2 %.
pub const RESAMPLES: u32 = 10_000;

/// Tests whether the figures of both sides differ. A figure is the sum of `value` over the sum of `of`: a mean where each `of`
/// is 1.
///
/// Questions are drawn with replacement, each with both of its scores (Koehn, "Statistical significance tests for machine
/// translation evaluation", EMNLP 2004). The differences of the resamples scatter around that of the sample, so their distance
/// from it is what chance alone does: the p-value is the share of resamples whose distance is at least the difference itself
/// (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 16.4; Berg-Kirkpatrick, Burkett and Klein, "An
/// empirical investigation of statistical significance in NLP", EMNLP 2012). Both counts are increased by one, as the sample
/// itself is one of the draws (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 4.2).
///
/// A resample in which a sum of `of` is 0 has no figure and counts as far away, which can only make the p-value larger. Equal
/// sides have the p-value 1. `None` if a side has no figure.
pub fn paired_bootstrap(pairs: &[PairedScore], resamples: u32, seed: u64) -> Option<Bootstrap> {
    let difference = Sums::of(pairs.iter()).difference()?;
    let standard_error = standard_error(pairs);
    if pairs.iter().all(|pair| pair.base == pair.head) || difference == 0.0 {
        return Some(Bootstrap { difference, standard_error, p: 1.0 });
    }
    let mut random = SplitMix64::new(seed);
    // Sums in another order differ in the last digits, and a distance that is equal must count.
    let size = difference.abs() * (1.0 - 1e-9);
    let is_far = |sums: Sums| sums.difference().is_none_or(|resampled| (resampled - difference).abs() >= size);
    let far = (0..resamples).filter(|_| {
        let drawn = (0..pairs.len()).filter_map(|_| random.pick(pairs));
        is_far(Sums::of(drawn))
    });
    let p = f64::from(far.count() as u32 + 1) / (f64::from(resamples) + 1.0);
    Some(Bootstrap { difference, standard_error, p })
}

/// The standard error of the difference, by the linear terms of both ratios (Cochran, "Sampling Techniques", 3rd edition, 1977,
/// section 6.4). Where each `of` is 1 this is the usual one of a mean of paired differences. `None` of fewer than two
/// questions, or without figures.
fn standard_error(pairs: &[PairedScore]) -> Option<f64> {
    let n = pairs.len() as f64;
    let sums = Sums::of(pairs.iter());
    let (base, head) = (sums.base.ratio()?, sums.head.ratio()?);
    if pairs.len() < 2 {
        return None;
    }
    // The terms add up to 0, so that their sum of squares is already about their mean.
    let term = |pair: &PairedScore| {
        let of_head = (pair.head.value - head * pair.head.of) / (sums.head.of / n);
        let of_base = (pair.base.value - base * pair.base.of) / (sums.base.of / n);
        of_head - of_base
    };
    let squares: f64 = pairs.iter().map(|pair| term(pair).powi(2)).sum();
    Some((squares / (n - 1.0) / n).sqrt())
}

/// Sums over questions.
#[derive(Debug, Clone, Copy)]
struct Sums {
    base: Fraction,
    head: Fraction,
}

impl Sums {
    fn of<'a>(pairs: impl Iterator<Item = &'a PairedScore>) -> Self {
        pairs.fold(Self { base: Fraction::ZERO, head: Fraction::ZERO }, |sums, pair| Self {
            base: sums.base.plus(pair.base),
            head: sums.head.plus(pair.head),
        })
    }

    fn difference(self) -> Option<f64> {
        Some(self.head.ratio()? - self.base.ratio()?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::mcnemar::mcnemar;
    use super::super::vectors::close;
    use super::*;

    /// Means: pairs of base and head, each of 1.
    fn means(scores: &[(f64, f64)]) -> Vec<PairedScore> {
        let one = |value| Fraction { value, of: 1.0 };
        scores.iter().map(|&(base, head)| PairedScore { base: one(base), head: one(head) }).collect()
    }

    fn test(pairs: &[PairedScore]) -> Bootstrap {
        paired_bootstrap(pairs, RESAMPLES, 1).unwrap()
    }

    #[test]
    fn two_questions_can_be_counted() {
        // Differences 0 and 1, of mean 1/2: the resamples have the means 0, 1/2, 1/2 and 1, so that half of them are at least
        // 1/2 away. The standard error is √(0.5) / √2 = 1/2.
        let found = test(&means(&[(0.0, 0.0), (0.0, 1.0)]));
        assert_eq!((found.difference, found.standard_error), (0.5, Some(0.5)));
        close(found.p, 0.5, 0.03);
    }

    #[test]
    fn ratios_are_of_sums() {
        // Base (1 + 3) / (2 + 6) = 1/2, head (2 + 4) / (2 + 6) = 3/4. Terms: (2 - 1.5 - (1 - 1)) / 4 = 1/8 and
        // (4 - 4.5 - (3 - 3)) / 4 = -1/8; their squares add up to 1/32, and √(1/32 / 1 / 2) = 1/8.
        let pair =
            |base, head, of| PairedScore { base: Fraction { value: base, of }, head: Fraction { value: head, of } };
        let found = test(&[pair(1.0, 2.0, 2.0), pair(3.0, 4.0, 6.0)]);
        assert_eq!((found.difference, found.standard_error), (0.25, Some(0.125)));
    }

    #[test]
    fn equal_sides_have_the_p_value_one_and_a_side_without_a_figure_none() {
        let found = test(&means(&[(0.3, 0.3), (1.0, 1.0)]));
        assert_eq!(found, Bootstrap { difference: 0.0, standard_error: Some(0.0), p: 1.0 });
        let found = test(&means(&[(0.0, 1.0), (1.0, 0.0)]));
        assert_eq!((found.difference, found.p), (0.0, 1.0), "one better, one worse");
        let nothing = Fraction { value: 0.0, of: 0.0 };
        let one = Fraction { value: 1.0, of: 1.0 };
        assert_eq!(paired_bootstrap(&[PairedScore { base: nothing, head: one }], 10, 1), None);
        assert_eq!(paired_bootstrap(&[], 10, 1), None);
        // Half of the resamples of two have no figure of the base; they count as far away.
        let sparse =
            [PairedScore { base: nothing, head: one }, PairedScore { base: one, head: Fraction { value: 0.0, ..one } }];
        assert!(test(&sparse).p > 0.4, "{:?}", test(&sparse));
    }

    #[test]
    fn a_seed_repeats_and_a_clear_change_is_never_certain() {
        let mut scores = vec![(1.0, 1.0); 100];
        scores.extend([(1.0, 0.0); 60]);
        let pairs = means(&scores);
        assert_eq!(test(&pairs), test(&pairs));
        close(test(&pairs).p, 1.0 / 10_001.0, 1e-12);
        let other = paired_bootstrap(&pairs, 99, 2).unwrap();
        close(other.p, 0.01, 1e-12);
    }

    /// Of right and wrong answers the exact test is known; the bootstrap has to come near it.
    #[test]
    fn comes_near_the_exact_test_of_right_and_wrong_answers() {
        for (better, worse) in [(12_u32, 20_u32), (5, 14), (10, 11), (30, 18)] {
            let mut scores = vec![(1.0, 1.0); 80];
            scores.extend(vec![(0.0, 1.0); better as usize]);
            scores.extend(vec![(1.0, 0.0); worse as usize]);
            let (found, exact) = (test(&means(&scores)).p, mcnemar(better, worse));
            // The exact test is conservative by the probability of the split itself.
            assert!(found <= exact + 0.02 && found >= exact - 0.20, "{better} {worse}: {found} is not about {exact}");
        }
    }

    /// Simulation: without a difference one comparison in twenty has a p-value of at most 5 %.
    #[test]
    fn the_level_holds_where_nothing_differs() {
        let mut random = SplitMix64::new(3);
        let mut uniform = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let found = (0..400).filter(|&seed| {
            let scores: Vec<(f64, f64)> = (0..60).map(|_| (uniform(), uniform())).collect();
            paired_bootstrap(&means(&scores), 400, seed).unwrap().p <= 0.05
        });
        let found = found.count();
        assert!((8..=36).contains(&found), "{found} of 400, expected 20");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn exchanged_sides_change_the_sign_only(
            scores in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 2..40),
            seed in any::<u64>(),
        ) {
            let exchanged: Vec<_> = scores.iter().map(|&(base, head)| (head, base)).collect();
            let one = paired_bootstrap(&means(&scores), 200, seed).unwrap();
            let other = paired_bootstrap(&means(&exchanged), 200, seed).unwrap();
            prop_assert!((one.difference + other.difference).abs() < 1e-12);
            prop_assert!(one.p > 0.0 && one.p <= 1.0);
            prop_assert_eq!(one.p.to_bits(), other.p.to_bits());
        }

        #[test]
        fn hostile_numbers_never_panic(
            scores in prop::collection::vec((0.0..1e12_f64, 0.0..1e12_f64, 0.0..1e12_f64, 0.0..1e12_f64), 0..6),
        ) {
            let pairs = scores.iter().map(|&(a, b, c, d)| PairedScore {
                base: Fraction { value: a, of: b },
                head: Fraction { value: c, of: d },
            });
            let pairs: Vec<_> = pairs.collect();
            if let Some(found) = paired_bootstrap(&pairs, 20, 1) {
                prop_assert!(found.p > 0.0 && found.p <= 1.0 && found.difference.is_finite());
            }
        }
    }
}
