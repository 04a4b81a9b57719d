//! Holm's correction of several tests.

/// Adjusted p-values: where one is at most a level, its difference is significant at that level although as many tests were
/// made. The probability of even one false finding among all tests is then at most the level, however the tests depend on each
/// other.
///
/// Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2), 1979: the smallest
/// of m p-values is multiplied by m, the next one by m - 1, and so on; each is at least the adjusted one before it and at most 1.
///
/// In the order of the input. `None` if a p-value is not within 0..=1.
pub fn holm(p_values: &[f64]) -> Option<Vec<f64>> {
    if !p_values.iter().all(|p| (0.0..=1.0).contains(p)) {
        return None;
    }
    let mut ascending: Vec<usize> = (0..p_values.len()).collect();
    ascending.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least: f64 = 0.0;
    for (rank, &index) in ascending.iter().enumerate() {
        let tests_left = (p_values.len() - rank) as f64;
        least = least.max(p_values[index] * tests_left).min(1.0);
        adjusted[index] = least;
    }
    Some(adjusted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::vectors::close;
    use super::*;

    /// As `p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")` of R: 4 · 0.005, 3 · 0.01, 2 · 0.03, and 1 · 0.04 is below the one
    /// before it.
    #[test]
    fn a_worked_example() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]).unwrap();
        for (found, expected) in adjusted.into_iter().zip([0.03, 0.06, 0.06, 0.02]) {
            close(found, expected, 1e-12);
        }
        assert_eq!(holm(&[0.4, 0.9]), Some(vec![0.8, 0.9]));
        assert_eq!(holm(&[0.6, 0.9]), Some(vec![1.0, 1.0]));
        assert_eq!((holm(&[]), holm(&[0.05])), (Some(vec![]), Some(vec![0.05])));
    }

    #[test]
    fn what_is_no_probability_is_no_test() {
        for bad in [-0.1, 1.1, f64::NAN] {
            assert_eq!(holm(&[0.5, bad]), None, "{bad}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn keeps_the_order_and_lies_between_the_p_value_and_that_of_bonferroni(
            p_values in prop::collection::vec(0.0..=1.0_f64, 1..40),
        ) {
            let adjusted = holm(&p_values).unwrap();
            for (a, &p) in p_values.iter().enumerate() {
                prop_assert!(adjusted[a] >= p && adjusted[a] <= (p * p_values.len() as f64).min(1.0) + 1e-12);
                for (b, &other) in p_values.iter().enumerate() {
                    prop_assert!(p > other || adjusted[a] <= adjusted[b], "the order of {p} and {other}");
                }
            }
        }
    }
}
