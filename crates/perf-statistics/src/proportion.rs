//! Exact confidence bounds of a rate from k successes in n trials.

use std::f64::consts::TAU;

/// The exact two-sided confidence interval of a rate from `successes` in `trials` (Clopper and Pearson, "The use of
/// confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26(4), 1934): lower and upper
/// bound, each wrong with a probability of at most (1 - confidence) / 2 for any true rate.
///
/// Without trials the interval is 0 to 1. `None` if there are more successes than trials or unless 0 < confidence < 1.
///
/// The time grows with the square root of `trials`: 40 µs for a thousand, 8 ms for a hundred million.
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> Option<(f64, f64)> {
    let tail = tail(successes, trials, confidence)? / 2.0;
    Some((lower_clopper_pearson(successes, trials, tail), upper_clopper_pearson(successes, trials, tail)))
}

/// The one-sided lower bound of [`clopper_pearson`] with the given confidence; 0 without a success.
pub fn lower_bound(successes: u64, trials: u64, confidence: f64) -> Option<f64> {
    Some(lower_clopper_pearson(successes, trials, tail(successes, trials, confidence)?))
}

/// The one-sided upper bound of [`clopper_pearson`] with the given confidence; 1 if all trials succeeded.
///
/// Without a success it is 1 - (1 - confidence)^(1/trials), about 3 / trials at 95 %: the rule of three.
pub fn upper_bound(successes: u64, trials: u64, confidence: f64) -> Option<f64> {
    Some(upper_clopper_pearson(successes, trials, tail(successes, trials, confidence)?))
}

fn tail(successes: u64, trials: u64, confidence: f64) -> Option<f64> {
    (successes <= trials && confidence > 0.0 && confidence < 1.0).then_some(1.0 - confidence)
}

/// The rate at which P(X >= successes) is `tail`.
fn lower_clopper_pearson(successes: u64, trials: u64, tail: f64) -> f64 {
    if successes == 0 {
        return 0.0;
    }
    solve(|rate| at_least(successes, trials, rate) > tail)
}

/// The rate at which P(X <= successes) is `tail`.
fn upper_clopper_pearson(successes: u64, trials: u64, tail: f64) -> f64 {
    if successes == trials {
        return 1.0;
    }
    solve(|rate| at_most(successes, trials, rate) < tail)
}

/// The smallest rate for which `exceeds` is true, by bisection to the last bit. Known implementations of the inverse incomplete
/// beta function are faster but lose digits for few successes in many trials.
fn solve(exceeds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let rate = f64::midpoint(low, high);
        if rate <= low || rate >= high {
            return rate;
        }
        if exceeds(rate) { high = rate } else { low = rate }
    }
}

/// P(X >= successes) of a binomial variable. The smaller tail is summed, from its largest term outwards.
fn at_least(successes: u64, trials: u64, rate: f64) -> f64 {
    if successes == 0 {
        1.0
    } else if successes as f64 > trials as f64 * rate {
        sum(successes, trials, rate)
    } else {
        1.0 - at_most(successes - 1, trials, rate)
    }
}

/// P(X <= successes) of a binomial variable with this number of trials and this rate: its distribution function.
///
/// `None` if there are more successes than trials or unless 0 < rate < 1. The time grows with the square root of `trials`.
pub fn binomial_cdf(successes: u64, trials: u64, rate: f64) -> Option<f64> {
    let is_valid = successes <= trials && rate > 0.0 && rate < 1.0;
    is_valid.then(|| if successes == trials { 1.0 } else { at_most(successes, trials, rate) })
}

/// P(X <= successes) of a binomial variable.
pub(super) fn at_most(successes: u64, trials: u64, rate: f64) -> f64 {
    if successes as f64 <= trials as f64 * rate {
        let odds = (1.0 - rate) / rate;
        sum_tail(term(successes, trials, rate), odds, (0..successes).rev().map(|k| (k + 1, trials - k)))
    } else {
        1.0 - sum(successes + 1, trials, rate)
    }
}

/// The sum of the terms from `successes` up; they have to be decreasing.
fn sum(successes: u64, trials: u64, rate: f64) -> f64 {
    let odds = rate / (1.0 - rate);
    sum_tail(term(successes, trials, rate), odds, (successes..trials).map(|k| (trials - k, k + 1)))
}

/// Sums decreasing terms, each the previous one times a quotient times the odds, until they are negligible.
fn sum_tail(first: f64, odds: f64, quotients: impl Iterator<Item = (u64, u64)>) -> f64 {
    let (mut term, mut sum) = (first, first);
    for (numerator, denominator) in quotients {
        term *= numerator as f64 / denominator as f64 * odds;
        sum += term;
        if term <= sum * f64::EPSILON / 1024.0 {
            break;
        }
    }
    sum
}

/// P(X = k) as Loader computes it ("Fast and accurate computation of binomial probabilities", 2000): factorials of
/// large numbers would cancel and lose digits, deviances do not.
fn term(k: u64, n: u64, rate: f64) -> f64 {
    let failures = n - k;
    let (k_, n_, failures_) = (k as f64, n as f64, failures as f64);
    if k == 0 {
        return (n_ * (-rate).ln_1p()).exp();
    }
    if failures == 0 {
        return (n_ * rate.ln()).exp();
    }
    let exponent = stirling_error(n)
        - stirling_error(k)
        - stirling_error(failures)
        - deviance(k_, n_ * rate)
        - deviance(failures_, n_ * (1.0 - rate));
    exponent.exp() * (n_ / (TAU * k_ * failures_)).sqrt()
}

/// ln(n!) less Stirling's approximation of it, ln(√(2πn) · (n/e)^n).
fn stirling_error(n: u64) -> f64 {
    let x = n as f64;
    if n < 16 {
        // Factorials up to 15! are exact in floating point.
        let factorial: f64 = (2..=n).map(|factor| factor as f64).product();
        return factorial.ln() - (0.5 * (TAU * x).ln() + x * x.ln() - x);
    }
    // Bernoulli numbers B_2j / (2j (2j - 1)); for 16 the first term left out is 1e-16.
    let square = x * x;
    let series = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0];
    series.iter().rev().fold(0.0, |sum, coefficient| sum / square + coefficient) / x
}

/// x ln(x / mean) + mean - x, without cancellation for x near the mean.
fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    if difference.abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() - difference;
    }
    // With v = difference / (x + mean), ln(x / mean) = 2 (v + v³/3 + v⁵/5 + …).
    let v = difference / (x + mean);
    let (mut sum, mut power) = (difference * v, 2.0 * x * v);
    for odd in (3_u32..).step_by(2) {
        power *= v * v;
        let next = sum + power / f64::from(odd);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::vectors::{close, vectors};
    use super::*;

    #[test]
    fn agrees_with_scipy() {
        for vector in &vectors().proportions {
            let (k, n, confidence) = (vector.successes, vector.trials, vector.confidence);
            let (lower, upper) = clopper_pearson(k, n, confidence).unwrap();
            close(lower, vector.lower, 1e-11);
            close(upper, vector.upper, 1e-11);
            // A one-sided bound has the tail of one side of the interval.
            let one_sided = f64::midpoint(1.0, confidence);
            close(lower_bound(k, n, one_sided).unwrap(), vector.lower, 1e-11);
            close(upper_bound(k, n, one_sided).unwrap(), vector.upper, 1e-11);
        }
    }

    #[test]
    fn no_success_has_a_closed_form() {
        for n in [1, 10, 100, 350, 100_000] {
            let expected = -((0.05_f64).ln() / n as f64).exp_m1();
            close(upper_bound(0, n, 0.95).unwrap(), expected, 1e-13);
            close(lower_bound(n, n, 0.95).unwrap(), 1.0 - expected, 1e-13);
            assert_eq!((lower_bound(0, n, 0.95), upper_bound(n, n, 0.95)), (Some(0.0), Some(1.0)));
        }
        // No false positive in 299 runs proves a rate below 1 %.
        assert!(upper_bound(0, 299, 0.95).unwrap() < 0.01);
        assert!(upper_bound(0, 298, 0.95).unwrap() > 0.01);
    }

    #[test]
    fn the_distribution_function_is_that_of_the_bounds() {
        close(binomial_cdf(6, 20, 0.3).unwrap(), 1.0 - at_least(7, 20, 0.3), 1e-14);
        let bound = upper_bound(3, 50, 0.95).unwrap();
        close(binomial_cdf(3, 50, bound).unwrap(), 0.05, 1e-12);
        assert_eq!((binomial_cdf(2, 2, 0.5), binomial_cdf(3, 2, 0.5)), (Some(1.0), None));
        assert!([0.0, 1.0, f64::NAN].iter().all(|&rate| binomial_cdf(1, 2, rate).is_none()));
    }

    #[test]
    fn invalid_arguments_have_no_bound() {
        assert_eq!(clopper_pearson(0, 0, 0.95), Some((0.0, 1.0)));
        assert_eq!(clopper_pearson(2, 1, 0.95), None);
        for confidence in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
            assert_eq!(clopper_pearson(1, 2, confidence), None, "{confidence}");
            assert_eq!((lower_bound(1, 2, confidence), upper_bound(1, 2, confidence)), (None, None));
        }
    }

    /// Because n! = n · (n - 1)!, adjacent errors differ by a closed form.
    #[test]
    fn the_series_goes_on_where_exact_factorials_end() {
        for n in 1..60_u64 {
            let x = n as f64;
            let expected = (x + 0.5) * (1.0 / x).ln_1p() - 1.0;
            let tolerance = if n < 16 { 1e-14 } else { 1e-15 };
            let found = stirling_error(n) - stirling_error(n + 1);
            assert!((found - expected).abs() < tolerance, "n = {n}: {found:e} is not {expected:e}");
        }
    }

    #[test]
    fn terms_of_small_numbers_are_what_counting_gives() {
        // 20 choose 7 = 77520.
        close(term(7, 20, 0.3), 77_520.0 * 0.3_f64.powi(7) * 0.7_f64.powi(13), 1e-14);
        close((0..=20).map(|k| term(k, 20, 0.3)).sum(), 1.0, 1e-14);
        close(at_least(7, 20, 0.3) + at_most(6, 20, 0.3), 1.0, 1e-14);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_interval_has_what_was_seen_in_it_and_moves_with_it(
            (n, k) in (2_u64..3000).prop_flat_map(|n| (Just(n), 0..n)),
            confidence in 0.5..0.999,
        ) {
            let (lower, upper) = clopper_pearson(k, n, confidence).unwrap();
            let seen = k as f64 / n as f64;
            prop_assert!(0.0 <= lower && lower <= seen && seen <= upper && upper <= 1.0);
            let more = clopper_pearson(k + 1, n, confidence).unwrap();
            prop_assert!(lower < more.0 && upper < more.1, "more successes, higher bounds");
            let longer = clopper_pearson(k, n + 1, confidence).unwrap();
            prop_assert!(longer.0 <= lower && longer.1 < upper, "more trials, lower bounds");
            let surer = clopper_pearson(k, n, f64::midpoint(confidence, 1.0)).unwrap();
            prop_assert!(surer.0 <= lower && upper < surer.1, "more confidence, wider");
            let mirrored = clopper_pearson(n - k, n, confidence).unwrap();
            prop_assert!((mirrored.0 - (1.0 - upper)).abs() < 1e-13 && (mirrored.1 - (1.0 - lower)).abs() < 1e-13);
        }
    }
}
