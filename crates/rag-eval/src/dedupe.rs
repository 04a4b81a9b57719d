//! Whether hits that are the same document were recognised as such, counted in pairs.
//!
//! Two hits are a pair if they are in the same group. Of all pairs of the true groups, those that the prediction has
//! too are found: pairwise precision and recall, as in the evaluation of record linkage (Hand and Christen, "A note on
//! using the F-measure for evaluating record linkage algorithms", Statistics and Computing 28, 2018). A hit that is
//! alone is in no pair and counts nowhere.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Numbers of pairs, which add up over questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PairCounts {
    /// Pairs in the same true group and in the same predicted group.
    pub true_positives: u64,
    /// Pairs in the same predicted group.
    pub predicted: u64,
    /// Pairs in the same true group.
    pub actual: u64,
}

/// Which groups an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The true groups.
    Actual,
    /// The predicted groups.
    Predicted,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Actual => "true",
            Self::Predicted => "predicted",
        }
    }
}

/// The reason why groups are not two partitions of the same hits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartitionError {
    /// A hit is in two groups of one side, or twice in one.
    #[error("hit {hit:?} is twice in the {} groups: put it into one group", .side.name())]
    Twice {
        /// The hit.
        hit: String,
        /// The side that has it twice.
        side: Side,
    },
    /// A hit of the other side is in no group.
    #[error("hit {hit:?} is in none of the {} groups: give it one, of its own if it is alone", .side.name())]
    Missing {
        /// The hit.
        hit: String,
        /// The side that does not have it.
        side: Side,
    },
}

impl PairCounts {
    /// Counts the pairs of two partitions of the same hits. The order of groups, and of hits in them, changes nothing;
    /// empty groups are allowed.
    ///
    /// The work grows with the number of hits, not of pairs.
    ///
    /// # Errors
    /// When a hit is in two groups of one side, or is missing on one side.
    pub fn of<Hit: AsRef<str>>(actual: &[Vec<Hit>], predicted: &[Vec<Hit>]) -> Result<Self, PartitionError> {
        let actual_groups = groups(actual, Side::Actual)?;
        let predicted_groups = groups(predicted, Side::Predicted)?;
        let missing = |hit: &str, side| PartitionError::Missing { hit: hit.to_owned(), side };
        if let Some(hit) = predicted_groups.keys().find(|hit| !actual_groups.contains_key(*hit)) {
            return Err(missing(hit, Side::Actual));
        }
        // Hits with the same true and the same predicted group.
        let mut common: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (hit, group) in &actual_groups {
            let predicted = predicted_groups.get(hit).ok_or_else(|| missing(hit, Side::Predicted))?;
            *common.entry((*group, *predicted)).or_default() += 1;
        }
        Ok(Self {
            true_positives: common.into_values().map(pairs).sum(),
            predicted: predicted.iter().map(|group| pairs(group.len())).sum(),
            actual: actual.iter().map(|group| pairs(group.len())).sum(),
        })
    }

    /// The share of the predicted pairs that are true, in 0..=1; `None` if no pair was predicted.
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positives, self.predicted)
    }

    /// The share of the true pairs that were predicted, in 0..=1; `None` if there is no true pair.
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positives, self.actual)
    }
}

impl Add for PairCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            true_positives: self.true_positives + other.true_positives,
            predicted: self.predicted + other.predicted,
            actual: self.actual + other.actual,
        }
    }
}

impl AddAssign for PairCounts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for PairCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// The group of each hit.
fn groups<Hit: AsRef<str>>(partition: &[Vec<Hit>], side: Side) -> Result<BTreeMap<&str, usize>, PartitionError> {
    let mut found = BTreeMap::new();
    for (group, hits) in partition.iter().enumerate() {
        for hit in hits {
            if found.insert(hit.as_ref(), group).is_some() {
                return Err(PartitionError::Twice { hit: hit.as_ref().to_owned(), side });
            }
        }
    }
    Ok(found)
}

/// The number of pairs in a group of this many hits.
fn pairs(hits: usize) -> u64 {
    let hits = hits as u64;
    hits * hits.saturating_sub(1) / 2
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(groups: &[&[&str]]) -> Vec<Vec<String>> {
        groups.iter().map(|group| group.iter().map(|hit| (*hit).to_owned()).collect()).collect()
    }

    fn counts(actual: &[&[&str]], predicted: &[&[&str]]) -> Result<PairCounts, PartitionError> {
        PairCounts::of(&partition(actual), &partition(predicted))
    }

    #[test]
    fn pairs_of_a_small_example() {
        // True pairs: ab, ac, bc, de. Predicted pairs: ab, cd, ce, de. Both have ab and de.
        let found = counts(&[&["a", "b", "c"], &["d", "e"], &["f"]], &[&["a", "b"], &["c", "d", "e"], &["f"]]).unwrap();
        assert_eq!(found, PairCounts { true_positives: 2, predicted: 4, actual: 4 });
        assert_eq!((found.precision(), found.recall()), (Some(0.5), Some(0.5)));
    }

    #[test]
    fn merging_nothing_has_no_precision_and_merging_all_is_complete() {
        let alone = counts(&[&["a", "b"], &["c"]], &[&["a"], &["b"], &["c"]]).unwrap();
        assert_eq!((alone.precision(), alone.recall()), (None, Some(0.0)));
        let all = counts(&[&["a", "b"], &["c"]], &[&["c", "b", "a"]]).unwrap();
        assert_eq!((all.precision(), all.recall()), (Some(1.0 / 3.0), Some(1.0)));
        let none = counts(&[&["a"], &["b"]], &[&["b"], &[], &["a"]]).unwrap();
        assert_eq!((none, none.precision(), none.recall()), (PairCounts::default(), None, None));
        assert_eq!(counts(&[], &[]), Ok(PairCounts::default()));
    }

    #[test]
    fn counts_add_up_over_questions() {
        let one = PairCounts { true_positives: 1, predicted: 2, actual: 4 };
        let other = PairCounts { true_positives: 3, predicted: 3, actual: 4 };
        let mut sum: PairCounts = [one, other].into_iter().sum();
        assert_eq!(sum, PairCounts { true_positives: 4, predicted: 5, actual: 8 });
        // Not the mean of 1/2 and 1, which would give a question with few pairs the same weight.
        assert_eq!((sum.precision(), sum.recall()), (Some(0.8), Some(0.5)));
        sum += one;
        assert_eq!(sum, one + other + one);
    }

    #[test]
    fn groups_of_different_hits_are_errors() {
        let error = |actual: &[&[&str]], predicted: &[&[&str]]| counts(actual, predicted).unwrap_err().to_string();
        assert_eq!(
            error(&[&["a"], &["b", "a"]], &[&["a", "b"]]),
            r#"hit "a" is twice in the true groups: put it into one group"#
        );
        assert_eq!(
            error(&[&["a"]], &[&["a", "a"]]),
            r#"hit "a" is twice in the predicted groups: put it into one group"#
        );
        assert_eq!(
            error(&[&["a", "b"]], &[&["a"]]),
            r#"hit "b" is in none of the predicted groups: give it one, of its own if it is alone"#
        );
        assert_eq!(
            error(&[&["a"]], &[&["a"], &["b"]]),
            r#"hit "b" is in none of the true groups: give it one, of its own if it is alone"#
        );
    }
}
