//! The scores and answers of one run, as data.

use std::collections::{BTreeMap, BTreeSet};

use super::name::{RowKey, RowName};
use crate::statistics::Fraction;

/// The scores of a row, by question.
pub type Scores = BTreeMap<String, Fraction>;

/// What a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// One sentence that says what the figure is.
    pub about: String,
    /// Whether the row is only shown. Other rows fail if their figure becomes lower.
    pub shown: bool,
}

/// Which answer: of a setup, to a question, from a list of passages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AnswerKey {
    /// The setup that answered.
    pub setup: String,
    /// The list of passages.
    pub list: String,
    /// The question.
    pub question: String,
}

/// An answer to a tuning question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The domain of the question, such as `law`.
    pub domain: String,
    /// The language of the question, such as `en`.
    pub lang: String,
    /// What the question tests, such as `noise`.
    pub ability: String,
    /// The question as a person typed it.
    pub query: String,
    /// The answer that was given; may be empty.
    pub answer: String,
}

/// The results of a run.
///
/// Made by [`parse`](super::lines::parse): each row has scores and one [`About`], and a question has the same split in all rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// The program that printed them.
    pub program: String,
    /// Scores by row; none is empty.
    pub rows: BTreeMap<RowKey, Scores>,
    /// What each row is.
    pub about: BTreeMap<RowName, About>,
    /// The answers.
    pub answers: BTreeMap<AnswerKey, Answer>,
}

impl Results {
    /// Whether a row is only shown. A row without an [`About`] is gated.
    pub fn is_shown(&self, row: &RowName) -> bool {
        self.about.get(row).is_some_and(|about| about.shown)
    }

    /// The key of the answer that a row's score of a question is of: to the list that the row is named after, or the only
    /// one that the setup gave to the question.
    pub fn answer_key(&self, row: &RowName, question: &str) -> Option<&AnswerKey> {
        let of_question = |key: &&AnswerKey| key.setup == row.setup() && key.question == question;
        let mut found = self.answers.keys().filter(of_question);
        if let Some(named) = found.clone().find(|key| key.list == row.list()) {
            return Some(named);
        }
        found.next().filter(|_| found.next().is_none())
    }

    /// Number of questions in all rows.
    pub fn questions(&self) -> usize {
        self.rows.values().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>().len()
    }
}

/// The figure of a row: the sum of its scores, in the order of the questions, so that it does not depend on the order of lines.
pub fn figure(scores: &Scores) -> Fraction {
    scores.values().fold(Fraction::ZERO, |sum, score| sum.plus(*score))
}
