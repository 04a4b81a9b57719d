//! The measures of [RGB](https://arxiv.org/abs/2309.01431), from what an answer did.
//!
//! Differences from RGB's programs: a refusal is a field of the answer, not a phrase in it; a call that failed counts as wrong
//! and is not left out; a right answer from memory is no refusal; and a correction has to give the right answer, while RGB's
//! `evalue.py` takes a refusal for one (its `fact_evalue.py` does not).

use crate::matching::Answer;

/// What an answer did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnswerFacts {
    /// Whether the answer is complete. A query that failed or was cut short has no answer.
    pub is_complete: bool,
    /// Whether it says that the passages do not answer the question.
    pub is_refused: bool,
    /// Whether passages were reported as contradicting each other, at least one right and one wrong.
    pub is_detected: bool,
    /// The text, without markers of citations.
    pub text: String,
}

impl AnswerFacts {
    /// Whether the answer has every part of the right one: RGB's accuracy, for one question.
    pub fn is_right(&self, answer: &Answer) -> bool {
        self.is_complete && !self.is_refused && answer.is_in(&self.text)
    }

    /// Whether the answer has a wrong one.
    pub fn has_fake(&self, fake: &Answer) -> bool {
        self.is_complete && !self.is_refused && fake.is_in(&self.text)
    }

    /// Whether the question was refused, which is right where no passage answers it: RGB's rejection, for one question.
    pub fn is_rejected(&self) -> bool {
        self.is_complete && self.is_refused
    }

    /// Whether false passages were detected: RGB's error detection, for one question.
    pub fn detects(&self) -> bool {
        self.is_complete && self.is_detected
    }

    /// Whether the answer is right in spite of false passages: it has the right one and not the wrong one.
    pub fn is_corrected(&self, answer: &Answer, fake: &Answer) -> bool {
        self.is_right(answer) && !self.has_fake(fake)
    }
}

/// The number of negative passages among `passages` at a noise ratio: the product, rounded up.
pub fn negatives(passages: usize, noise: f64) -> usize {
    // The product of a ratio such as 0.6 and 5 may be above the integer by its rounding error.
    ((passages as f64 * noise - 1e-9).ceil() as usize).min(passages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Answer {
        Answer::new(vec![vec![text.to_owned()]]).unwrap()
    }

    #[test]
    fn what_counts_as_right_refused_and_corrected() {
        let (right, fake) = (answer("14 days"), answer("30 days"));
        let facts = |text: &str| AnswerFacts { is_complete: true, text: text.into(), ..AnswerFacts::default() };
        let good = facts("Within 14 days.");
        assert!(good.is_right(&right) && good.is_corrected(&right, &fake) && !good.is_rejected());
        let both = facts("Within 14 days, or 30 days.");
        assert!(both.is_right(&right) && both.has_fake(&fake) && !both.is_corrected(&right, &fake));
        let refused = AnswerFacts { is_refused: true, ..good.clone() };
        assert!(refused.is_rejected() && !refused.is_right(&right) && !refused.is_corrected(&right, &fake));
        let failed = AnswerFacts { is_complete: false, is_refused: true, is_detected: true, ..good };
        assert!(!failed.is_right(&right) && !failed.is_rejected() && !failed.detects(), "a failed call is wrong");
    }

    #[test]
    fn noise_ratios_as_numbers_of_passages() {
        let counts = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0].map(|noise| negatives(5, noise));
        assert_eq!(counts, [0, 1, 2, 3, 4, 5]);
        assert_eq!(negatives(3, 0.5), 2);
    }
}
