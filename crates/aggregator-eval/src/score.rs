//! Scores an answer.

use std::collections::BTreeSet;

use rag_eval::questions::{Ability, PassageKey, Question};
use rag_eval::sentences::spans;
use rag_eval::trace::Evidence;

use crate::ask::Answered;
use crate::dataset::Split;
use crate::scores::{Gate, Scores};

/// The name of the list of a question that is asked over all passages.
pub const POOL: &str = "pool";

/// An answer, and what it is the answer to.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    /// The first part of the names of the rows.
    pub setup: &'a str,
    /// The name of the list, or of the pool.
    pub list: &'a str,
    /// The part of the dataset.
    pub split: Split,
    /// The question.
    pub question: &'a Question,
    /// The answer.
    pub answered: &'a Answered,
    /// For each source the passage of the question that it is; `None` for a passage of another question.
    pub passages: &'a [Option<PassageKey>],
    /// Whether a passage that could be found states the answer. The engine may have lost it, so the sources do not tell.
    pub has_answer: bool,
}

impl Scored<'_> {
    /// Whether the outcome is right: the right answer without the wrong one, or a refusal if no passage answers.
    pub fn is_right(&self) -> bool {
        let Question { answer, fake_answer, .. } = self.question;
        match (self.has_answer, fake_answer) {
            (false, _) => self.answered.facts.is_rejected(),
            (true, Some(fake)) => self.answered.facts.is_corrected(answer, fake),
            (true, None) => self.answered.facts.is_right(answer),
        }
    }

    /// Adds `value` of `of` to the row `<setup>/<name>`.
    pub fn add(&self, scores: &mut Scores, name: &str, about: &str, gate: Gate, value: f64, of: f64) {
        scores.add(format!("{}/{name}", self.setup), about, gate, value, of);
    }

    /// Adds 1 or 0 of 1.
    pub fn add_share(&self, scores: &mut Scores, name: &str, about: &str, gate: Gate, holds: bool) {
        scores.add_share(format!("{}/{name}", self.setup), about, gate, holds);
    }

    /// Adds what the question's ability asks for, with the list that it was asked with.
    pub fn add_ability(&self, scores: &mut Scores, gate: Gate) {
        let Self { list, question, answered, .. } = self;
        let right = self.is_right();
        match question.ability {
            _ if !self.has_answer => {
                let about = "Share of questions that were refused, where no passage answers them.";
                self.add_share(scores, &format!("rejected/{list}"), about, gate, right);
            }
            Ability::Counterfactual => {
                let about = "Share of answers with the right fact and not the wrong one, where two of five passages state a wrong one.";
                self.add_share(scores, &format!("answer/{list}"), about, gate, right);
                let detects = answered.facts.is_complete && self.detects();
                let about =
                    "Share of questions where a right and a wrong passage were reported as contradicting each other.";
                self.add_share(scores, "counterfactual/detected", about, gate, detects);
                let about = "Share of these answers that are right and not wrong.";
                let of = f64::from(u8::from(detects));
                self.add(scores, "counterfactual/corrected", about, gate, of * f64::from(u8::from(right)), of);
            }
            Ability::Integration => {
                let about = "Share of answers with both parts, of which each stands in another passage; the number is the share of passages that do not answer.";
                self.add_share(scores, &format!("answer/{list}"), about, gate, right);
            }
            Ability::Noise | Ability::Unanswerable => {
                let about = "Share of right answers; the number is the share of passages that do not answer.";
                self.add_share(scores, &format!("answer/{list}"), about, gate, right);
            }
        }
        if self.has_answer {
            let about = "Share of answerable questions that were not refused.";
            self.add_share(scores, "answered", about, gate, answered.facts.is_complete && !answered.facts.is_refused);
        }
    }

    /// Whether a right and a wrong passage are reported as contradicting each other.
    fn detects(&self) -> bool {
        self.answered.contradicting.iter().any(|[a, b]| {
            let key = |at: &usize| self.passages.get(*at).copied().flatten();
            matches!(
                (key(a), key(b)),
                (Some(PassageKey::Positive(_)), Some(PassageKey::Wrong(_)))
                    | (Some(PassageKey::Wrong(_)), Some(PassageKey::Positive(_)))
            )
        })
    }

    /// Adds the measures of citations.
    pub fn add_citations(&self, scores: &mut Scores, gate: Gate) {
        let Some(counts) = self.answered.citation_counts() else { return };
        let about = "Mean share of an answer's sentences whose cited sources have their words, numbers and names.";
        if let Some(recall) = counts.recall() {
            self.add(scores, "citations/cite_recall_lex", about, gate, recall, 1.0);
        }
        let about = "Mean share of an answer's citations that support their sentence alone, or without which it has no support.";
        if let Some(precision) = counts.precision() {
            self.add(scores, "citations/cite_precision_lex", about, gate, precision, 1.0);
        }
    }

    /// Adds the measures of TRACe. More utilization is not better, so it is shown.
    pub fn add_trace(&self, scores: &mut Scores, gate: Gate) {
        let evidence = self.evidence();
        let about = "TRACe: mean share of the sources' sentences that state the answer, by label.";
        self.add(scores, "trace/relevance", about, Gate::Shown, evidence.relevance(), 1.0);
        let about = "TRACe: mean share of the sources' sentences that the answer uses, by its citations.";
        self.add(scores, "trace/utilization", about, Gate::Shown, evidence.utilization(), 1.0);
        if !evidence.relevant.is_empty() {
            let about = "TRACe: mean share of the sentences stating the answer that the answer uses.";
            self.add(scores, "trace/completeness", about, gate, evidence.completeness(), 1.0);
        }
        if self.answered.failure.is_none() {
            let about = "TRACe: share of answers without a sentence that its cited sources do not support.";
            self.add(scores, "trace/adherence", about, gate, evidence.adherence(), 1.0);
        }
    }

    fn evidence(&self) -> Evidence {
        let Self { question, answered, passages, .. } = self;
        let mut evidence = Evidence { has_unsupported: answered.has_unsupported(), ..Evidence::default() };
        for (at, (ranked, key)) in answered.sources.iter().zip(*passages).enumerate() {
            let text = match key.and_then(|key| question.passage(key)) {
                Some(text) => text,
                None => ranked.source.snippet.as_str(),
            };
            let relevant = match key {
                Some(PassageKey::Positive(_)) => relevant_sentences(text, &question.relevant),
                _ => BTreeSet::new(),
            };
            for (sentence, span) in spans(text).into_iter().enumerate() {
                evidence.total += 1;
                if relevant.contains(&sentence) {
                    evidence.relevant.insert((at, sentence));
                }
                if answered.uses(at, &text[span]) {
                    evidence.utilized.insert((at, sentence));
                }
            }
        }
        evidence
    }

    /// Adds everything about an answer to a list.
    pub fn add_all(&self, scores: &mut Scores, gate: Gate) {
        self.add_ability(scores, gate);
        self.add_citations(scores, gate);
        self.add_trace(scores, gate);
    }
}

/// The sentences of a passage of which at least half is in a labelled sentence: a label may cover a heading before it.
fn relevant_sentences(text: &str, labels: &[String]) -> BTreeSet<usize> {
    let labelled: Vec<_> =
        labels.iter().filter_map(|label| text.find(label.as_str()).map(|at| at..at + label.len())).collect();
    let spans = spans(text);
    let covers = |span: &std::ops::Range<usize>| {
        labelled.iter().any(|label| {
            let common = span.end.min(label.end).saturating_sub(span.start.max(label.start));
            common * 2 >= span.len()
        })
    };
    spans.iter().enumerate().filter(|(_, span)| covers(span)).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_relevant_if_a_label_covers_half_of_it() {
        let text = "Opening hours. Item 2: It opens at nine. It closes at five. Dogs are welcome.";
        let labels = ["It opens at nine.".to_owned(), "It closes at five.".into()];
        assert_eq!(relevant_sentences(text, &labels), [1, 2].into());
        assert_eq!(relevant_sentences(text, &[]), BTreeSet::new());
    }
}
