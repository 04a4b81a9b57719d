//! What a person says about the documents of one query.

use std::collections::BTreeMap;

/// The lowest grade of a relevant document, as trec_eval's default (`relevance_level` in its `trec_eval.c`).
pub const RELEVANT: i32 = 1;

/// The grades of the documents of one query.
///
/// A document without a grade counts as not relevant, as one with grade 0. So does one with a negative grade, by which
/// trec_eval means a document that was to be judged and was not (`RELVALUE_UNJUDGED` in its `form_res_rels.c`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgements {
    grades: BTreeMap<String, i32>,
}

/// A document that has two grades.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("document {document:?} is judged twice: keep one of the two grades")]
pub struct DuplicateJudgement {
    /// The id of the document.
    pub document: String,
}

impl Judgements {
    /// The judgements of pairs of document id and grade.
    ///
    /// # Errors
    /// When a document occurs twice, also with the same grade, as in trec_eval.
    pub fn new<Id: Into<String>>(graded: impl IntoIterator<Item = (Id, i32)>) -> Result<Self, DuplicateJudgement> {
        let mut grades = BTreeMap::new();
        for (document, grade) in graded {
            let document = document.into();
            if grades.contains_key(&document) {
                return Err(DuplicateJudgement { document });
            }
            grades.insert(document, grade);
        }
        Ok(Self { grades })
    }

    /// The grade of a document, if it was judged.
    pub fn grade(&self, document: &str) -> Option<i32> {
        self.grades.get(document).copied()
    }

    /// Whether a document has at least the grade [`RELEVANT`].
    pub fn is_relevant(&self, document: &str) -> bool {
        self.grade(document).is_some_and(|grade| grade >= RELEVANT)
    }

    /// The number of relevant documents, found or not.
    pub fn relevant(&self) -> usize {
        self.grades.values().filter(|grade| **grade >= RELEVANT).count()
    }

    /// All judged documents with their grades, in the byte order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i32)> {
        self.grades.iter().map(|(document, grade)| (document.as_str(), *grade))
    }

    /// What a document adds to a cumulated gain: its grade, and 0 where that is negative or absent.
    pub(super) fn gain(&self, document: &str) -> f64 {
        f64::from(self.grade(document).unwrap_or(0).max(0))
    }

    /// The gains of all relevant documents, highest first.
    pub(super) fn ideal_gains(&self) -> Vec<f64> {
        let mut grades: Vec<i32> = self.grades.values().copied().filter(|grade| *grade > 0).collect();
        grades.sort_unstable_by(|a, b| b.cmp(a));
        grades.into_iter().map(f64::from).collect()
    }
}

impl From<BTreeMap<String, i32>> for Judgements {
    fn from(grades: BTreeMap<String, i32>) -> Self {
        Self { grades }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_positive_grades_are_relevant() {
        let judgements = Judgements::new([("a", 3), ("b", 1), ("c", 0), ("d", -1)]).unwrap();
        assert_eq!(judgements.relevant(), 2);
        assert_eq!(["a", "b", "c", "d", "e"].map(|id| judgements.is_relevant(id)), [true, true, false, false, false]);
        assert_eq!(["a", "b", "c", "d", "e"].map(|id| judgements.gain(id)), [3.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!((judgements.grade("d"), judgements.grade("e")), (Some(-1), None));
        assert_eq!(judgements.ideal_gains(), [3.0, 1.0]);
        assert_eq!(judgements.iter().collect::<Vec<_>>(), [("a", 3), ("b", 1), ("c", 0), ("d", -1)]);
    }

    #[test]
    fn two_grades_of_a_document_are_an_error() {
        let error = Judgements::new([("a", 1), ("b", 1), ("a", 1)]).unwrap_err();
        assert_eq!(error.to_string(), r#"document "a" is judged twice: keep one of the two grades"#);
    }
}
