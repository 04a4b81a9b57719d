//! McNemar's test: whether questions that were answered right or wrong twice changed in one direction.

use super::proportion;

/// The exact two-sided p-value for `better` questions that became right and `worse` ones that became wrong; questions with
/// the same result on both sides do not count.
///
/// If nothing changed but chance, each of them went either way with a probability of one half. The p-value is twice the
/// binomial tail of the smaller count, at most 1 (McNemar, "Note on the sampling error of the difference between correlated
/// proportions or percentages", Psychometrika 12(2), 1947; the binomial form as in Fay, "Two-sided exact tests and matching
/// confidence intervals for discrete data", The R Journal 2(1), 2010). Without a question that differs it is 1.
pub fn mcnemar(better: u32, worse: u32) -> f64 {
    let (fewer, pairs) = (u64::from(better.min(worse)), u64::from(better) + u64::from(worse));
    if pairs == 0 {
        return 1.0;
    }
    (2.0 * proportion::at_most(fewer, pairs, 0.5)).min(1.0)
}

/// The smallest number of differing questions, all in one direction, whose p-value is at most `level`: 6 for 5 %, because
/// 2 · (1/2)^6 is 3.1 % and 2 · (1/2)^5 is 6.25 %.
///
/// No other split of as many or fewer questions has a smaller p-value, so fewer changed questions can never be significant.
/// `None` unless 0 < level < 1.
pub fn fewest_discordant(level: f64) -> Option<u32> {
    if !(level > 0.0 && level < 1.0) {
        return None;
    }
    (1..=1074).find(|&pairs| mcnemar(0, pairs) <= level)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::vectors::close;
    use super::*;

    #[test]
    fn small_counts_are_what_counting_gives() {
        // P(X <= k) of n fair coins, counted: 1/2^6 of 64 sequences; (1 + 6)/64; (1 + 8 + 28)/256; (1 + 10)/1024.
        for (better, worse, expected) in [
            (0, 6, 2.0 / 64.0),
            (6, 0, 2.0 / 64.0),
            (0, 5, 2.0 / 32.0),
            (1, 5, 2.0 * 7.0 / 64.0),
            (2, 6, 2.0 * 37.0 / 256.0),
            (9, 1, 2.0 * 11.0 / 1024.0),
            (0, 1, 1.0),
            (3, 3, 1.0),
            (0, 0, 1.0),
        ] {
            close(mcnemar(better, worse), expected, 1e-13);
        }
    }

    /// The exact values by integers: sums of binomial coefficients below 2^64.
    #[test]
    fn agrees_with_exact_binomials() {
        let tail = |fewer: u32, pairs: u32| -> u64 {
            let (mut coefficient, mut sum) = (1_u128, 1_u128);
            for k in 0..u128::from(fewer) {
                coefficient = coefficient * (u128::from(pairs) - k) / (k + 1);
                sum += coefficient;
            }
            u64::try_from(sum).unwrap()
        };
        for pairs in 1..=50_u32 {
            for better in 0..=pairs {
                let fewer = better.min(pairs - better);
                let expected = (2.0 * tail(fewer, pairs) as f64 / 2_f64.powi(pairs as i32)).min(1.0);
                close(mcnemar(better, pairs - better), expected, 1e-12);
            }
        }
    }

    #[test]
    fn six_questions_in_one_direction_are_the_fewest_at_five_percent() {
        assert_eq!([0.05, 0.01, 0.5, 0.999].map(fewest_discordant), [Some(6), Some(8), Some(2), Some(2)]);
        assert!([0.0, 1.0, -0.1, f64::NAN].iter().all(|&level| fewest_discordant(level).is_none()));
        assert!(mcnemar(0, 6) <= 0.05 && mcnemar(0, 5) > 0.05 && mcnemar(1, 6) > 0.05);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn symmetric_a_probability_and_smaller_where_the_counts_differ_more(better in 0..2_000_u32, worse in 0..2_000_u32) {
            let p = mcnemar(better, worse);
            prop_assert!(p > 0.0 || better.abs_diff(worse) > 1_000);
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert_eq!(p.to_bits(), mcnemar(worse, better).to_bits());
            let (fewer, more) = (better.min(worse), better.max(worse));
            prop_assert!(mcnemar(fewer, more + 1) <= p * (1.0 + 1e-12));
        }
    }
}
