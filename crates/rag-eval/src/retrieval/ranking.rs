//! The order of the documents of one query.

use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The documents that a search gave for one query, best first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranking {
    documents: Vec<String>,
}

/// The reason why documents are no ranking.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RankingError {
    /// A score is not a number, so that the document has no place.
    #[error("document {document:?} has the score NaN: give it a number, or leave it out")]
    NotANumber {
        /// The id of the document.
        document: String,
    },
    /// A document occurs twice.
    #[error("document {document:?} is ranked twice: keep one of the two")]
    Duplicate {
        /// The id of the document.
        document: String,
    },
}

impl Ranking {
    /// Orders pairs of document id and score as trec_eval does (`comp_sim_docno` in its `form_res_rels.c`): by score,
    /// highest first, and among equal scores by id, the last in byte order first. The order of the pairs changes
    /// nothing.
    ///
    /// trec_eval keeps scores in single precision (`sim` in its `trec_format.h`), so scores that differ less are equal
    /// here too. Infinite scores are numbers.
    ///
    /// # Errors
    /// When a score is NaN. When a document occurs twice: trec_eval stops there too, because which of the two ranks
    /// counts is not defined.
    pub fn new<Id: Into<String>>(scored: impl IntoIterator<Item = (Id, f64)>) -> Result<Self, RankingError> {
        let scored: Vec<(String, f64)> = scored.into_iter().map(|(document, score)| (document.into(), score)).collect();
        if let Some((document, _)) = scored.iter().find(|(_, score)| score.is_nan()) {
            return Err(RankingError::NotANumber { document: document.clone() });
        }
        without_duplicates(scored.iter().map(|(document, _)| document))?;
        Ok(Self::of_distinct(scored))
    }

    /// Takes documents in the order in which they are given, for lists that have no scores.
    ///
    /// # Errors
    /// When a document occurs twice.
    pub fn in_order<Id: Into<String>>(documents: impl IntoIterator<Item = Id>) -> Result<Self, RankingError> {
        let documents: Vec<String> = documents.into_iter().map(Into::into).collect();
        without_duplicates(&documents)?;
        Ok(Self { documents })
    }

    /// Orders documents of which none occurs twice and no score is NaN.
    pub(crate) fn of_distinct(mut scored: Vec<(String, f64)>) -> Self {
        scored.sort_unstable_by(|(a, score_of_a), (b, score_of_b)| {
            let by_score = (*score_of_b as f32).partial_cmp(&(*score_of_a as f32));
            by_score.unwrap_or(Ordering::Equal).then_with(|| b.cmp(a))
        });
        Self { documents: scored.into_iter().map(|(document, _)| document).collect() }
    }

    /// The ids, best first.
    pub fn documents(&self) -> &[String] {
        &self.documents
    }

    /// The ranking without a document; the ones behind it move up. The same ranking if the document is not in it.
    #[must_use]
    pub fn without(mut self, document: &str) -> Self {
        self.documents.retain(|one| one != document);
        self
    }
}

fn without_duplicates<'a>(documents: impl IntoIterator<Item = &'a String>) -> Result<(), RankingError> {
    let mut seen = BTreeSet::new();
    match documents.into_iter().find(|document| !seen.insert(*document)) {
        Some(document) => Err(RankingError::Duplicate { document: document.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(scored: &[(&str, f64)]) -> Vec<String> {
        Ranking::new(scored.iter().copied()).unwrap().documents
    }

    #[test]
    fn the_highest_score_is_first_and_of_equal_ones_the_last_id() {
        assert_eq!(order(&[("a", 0.5), ("b", 2.0), ("c", -1.0)]), ["b", "a", "c"]);
        assert_eq!(order(&[("d1", 1.0), ("d2", 1.0), ("d10", 1.0)]), ["d2", "d10", "d1"]);
        assert_eq!(order(&[("Z", 1.0), ("a", 1.0), ("é", 1.0), ("", 1.0)]), ["é", "a", "Z", ""], "bytes, not letters");
        assert_eq!(order(&[("a", 0.0), ("b", -0.0)]), ["b", "a"], "the two zeros are equal");
        assert_eq!(order(&[("a", f64::NEG_INFINITY), ("b", 0.0), ("c", f64::INFINITY)]), ["c", "b", "a"]);
        assert!(order(&[]).is_empty());
    }

    #[test]
    fn scores_that_single_precision_cannot_tell_apart_are_equal() {
        // The distance of neighbours near 0.1 is 2^-27, or 7.5e-9.
        assert_eq!(order(&[("a", 0.1 + 1e-9), ("b", 0.1)]), ["b", "a"]);
        assert_eq!(order(&[("a", 0.1 + 1e-8), ("b", 0.1)]), ["a", "b"]);
    }

    #[test]
    fn a_document_has_one_place() {
        let twice = [("b", 1.0), ("a", 3.0), ("b", 2.0)];
        let error = Ranking::new(twice).unwrap_err();
        assert_eq!(error.to_string(), r#"document "b" is ranked twice: keep one of the two"#);
        assert_eq!(Ranking::in_order(twice.map(|(document, _)| document)), Err(error));
        let error = Ranking::new([("a", 1.0), ("b", f64::NAN)]).unwrap_err();
        assert_eq!(error.to_string(), r#"document "b" has the score NaN: give it a number, or leave it out"#);
    }

    #[test]
    fn an_order_that_is_given_is_kept() {
        let ranking = Ranking::in_order(["b", "c", "a"]).unwrap();
        assert_eq!(ranking.documents(), ["b", "c", "a"]);
        assert_eq!(ranking.clone().without("c").documents(), ["b", "a"]);
        assert_eq!(ranking.clone().without("d"), ranking);
    }
}
