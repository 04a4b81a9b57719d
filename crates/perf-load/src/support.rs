//! How many values a percentile needs.
//!
//! The rule is that of MLPerf's load generator (`early_stopping.cc`, with tolerance 0): "percentile `p` is at most the limit" holds with
//! confidence `c` if, of `n` values, at most `t` are above the limit, where `BinomCDF(t; n, 1 - p) <= 1 - c`. That is the same as: the
//! upper Clopper-Pearson bound of the share above the limit is at most `1 - p`.

use perf_statistics::binomial_cdf;

/// The fewest values with which something can be said about a percentile with this confidence: none of them may then be above the
/// limit. 59 for the 95th percentile at 95 %, 299 for the 99th; 90 and 459 at 99 %.
///
/// `percent` is above 0 and below 100, `confidence` above 0 and below 1; otherwise the result is the largest number.
pub fn fewest(percent: f64, confidence: f64) -> u64 {
    let n = (1.0 - confidence).ln() / (percent / 100.0).ln();
    // The quotient may lie above a whole number by rounding only.
    if n.is_finite() && n > 0.0 { (n - 1e-9).ceil() as u64 } else { u64::MAX }
}

/// Whether `over` of `n` values above a limit show, with this confidence, that the share above it is at most `share`.
pub fn is_shown(over: u64, n: u64, share: f64, confidence: f64) -> bool {
    n > 0 && confidence < 1.0 && binomial_cdf(over, n, share).is_some_and(|tail| tail <= 1.0 - confidence)
}

/// The most values of `n` that may be above a limit: the `t` of the rule; `None` if `n` is below [`fewest`].
pub fn most_over(n: u64, percent: f64, confidence: f64) -> Option<u64> {
    let share = 1.0 - percent / 100.0;
    if !is_shown(0, n, share, confidence) {
        return None;
    }
    // The bound grows with the values above the limit; the share itself is never shown.
    let (mut low, mut high) = (0, (n as f64 * share).ceil() as u64 + 1);
    while high - low > 1 {
        let middle = u64::midpoint(low, high);
        if is_shown(middle, n, share, confidence) { low = middle } else { high = middle }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Smallest n by t = 0, 1, 2, 5, computed with scipy.stats.binom.cdf; 662 is `MultiStream.min_query_count` of MLPerf's `mlperf.conf`.
    #[test]
    fn the_sample_sizes_are_those_of_mlperf() {
        for (percent, confidence, sizes) in [
            (95.0, 0.95, [59, 93, 124, 208]),
            (95.0, 0.99, [90, 130, 165, 259]),
            (99.0, 0.95, [299, 473, 628, 1049]),
            (99.0, 0.99, [459, 662, 838, 1307]),
        ] {
            assert_eq!(fewest(percent, confidence), sizes[0]);
            assert_eq!(most_over(sizes[0] - 1, percent, confidence), None);
            for (t, n) in [0, 1, 2, 5].into_iter().zip(sizes) {
                assert_eq!(most_over(n, percent, confidence), Some(t), "p{percent} at {confidence}, n = {n}");
                if t > 0 {
                    assert_eq!(most_over(n - 1, percent, confidence), Some(t - 1));
                }
            }
        }
    }

    #[test]
    fn nonsense_is_never_shown() {
        assert_eq!((fewest(100.0, 0.95), fewest(0.0, 0.95), fewest(95.0, 1.0)), (u64::MAX, u64::MAX, u64::MAX));
        assert!(!is_shown(0, 0, 0.5, 0.95) && !is_shown(3, 2, 0.5, 0.95) && !is_shown(0, 100, f64::NAN, 0.95));
    }
}
