//! Citation recall and precision by lexical support: whether the cited documents have the words of what cites them.
//!
//! The formulas are those of [ALCE](https://github.com/princeton-nlp/ALCE) (`eval.py`), with words in place of an entailment model.
//! So a figure is named `cite_recall_lex` or `cite_precision_lex`, and is no measure of faithfulness: it accepts what is
//! verbatim and rejects most of what is rephrased. Differences from ALCE:
//!
//! - a citation of a document that does not exist counts against precision; ALCE leaves it out of the denominator, and its `[0]` is the last document
//! - every citation of a sentence counts; ALCE takes the first three
//! - the whole answer is read; ALCE stops at the first line break
//! - an answer without sentences has no value, and one without citations has no precision; ALCE counts 0 for the latter

use std::collections::BTreeSet;

use crate::matching::{words, written_words};

/// The share of a claim's content words that a document has to have to support it.
pub const MIN_COVERAGE: f64 = 0.6;

/// A sentence of an answer with what it cites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The sentence, without its markers.
    pub text: &'a str,
    /// The texts of the documents that it cites; `None` for a number that names none.
    pub cited: Vec<Option<&'a str>>,
}

/// Recall and precision of the citations of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CitationCounts {
    /// Sentences of the answer.
    pub sentences: usize,
    /// Sentences whose cited documents together support them.
    pub supported: usize,
    /// Citations.
    pub citations: usize,
    /// Citations that their sentence needs, or that support it alone.
    pub needed: usize,
}

impl CitationCounts {
    /// Counts the citations of an answer.
    pub fn new(claims: &[Claim<'_>]) -> Self {
        let mut counts = Self::default();
        for claim in claims {
            counts.sentences += 1;
            counts.citations += claim.cited.len();
            if !is_supported(claim) {
                continue;
            }
            counts.supported += 1;
            let documents: Vec<&str> = claim.cited.iter().flatten().copied().collect();
            let is_needed = |at: usize| {
                let others: Vec<&str> =
                    documents.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, text)| *text).collect();
                supports(&documents[at..=at], claim.text) || !supports(&others, claim.text)
            };
            counts.needed += (0..documents.len()).filter(|&at| is_needed(at)).count();
        }
        counts
    }

    /// The share of sentences that their cited documents support; `None` without sentences.
    pub fn recall(&self) -> Option<f64> {
        share(self.supported, self.sentences)
    }

    /// The share of citations that are needed; `None` without citations.
    pub fn precision(&self) -> Option<f64> {
        share(self.needed, self.citations)
    }
}

fn share(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// Whether a claim cites at least one document, only documents that exist, and these together support it.
pub fn is_supported(claim: &Claim<'_>) -> bool {
    let documents: Option<Vec<&str>> = claim.cited.iter().copied().collect();
    documents.is_some_and(|documents| !documents.is_empty() && supports(&documents, claim.text))
}

/// Whether documents together support a claim: they have at least [`MIN_COVERAGE`] of its content words, each of its numbers, and
/// each of its capitalised words but the first. A claim without content words is not supported.
pub fn supports(documents: &[&str], claim: &str) -> bool {
    let known: BTreeSet<String> = documents.iter().flat_map(|text| words(text)).collect();
    let claimed = words(claim);
    let content: Vec<&String> = claimed.iter().filter(|word| is_content(word)).collect();
    let covered = content.iter().filter(|word| known.contains(**word)).count();
    let has_numbers = claimed.iter().filter(|word| is_number(word)).all(|word| known.contains(word));
    let has_names = names(claim).iter().all(|name| known.contains(name));
    !content.is_empty() && covered as f64 >= MIN_COVERAGE * content.len() as f64 && has_numbers && has_names
}

/// A word of at least four characters, or a number: a rule that needs no list of function words for each language.
fn is_content(word: &str) -> bool {
    word.chars().count() >= 4 || is_number(word)
}

fn is_number(word: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit())
}

/// The capitalised words of a claim but the first, whose capital may be that of the sentence; in lower case.
fn names(claim: &str) -> Vec<String> {
    let capitalised = |word: &String| word.chars().next().is_some_and(char::is_uppercase);
    written_words(claim).into_iter().skip(1).filter(capitalised).flat_map(|word| words(&word)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HARBOUR: &str = "The harbour of Velm closes at 21:30 on Sundays.";
    const FERRY: &str = "The last ferry to Orra leaves at 20:45.";

    fn claim<'a>(text: &'a str, cited: &[&'a str]) -> Claim<'a> {
        Claim { text, cited: cited.iter().map(|text| Some(*text)).collect() }
    }

    #[test]
    fn a_document_supports_its_own_sentences_and_no_other_number_or_name() {
        assert!(supports(&[HARBOUR], "On Sundays the harbour of Velm closes at 21:30."));
        assert!(!supports(&[HARBOUR], "The harbour of Velm closes at 20:30 on Sundays."), "another number");
        assert!(!supports(&[HARBOUR], "The harbour of Orra closes at 21:30 on Sundays."), "another name");
        assert!(!supports(&[HARBOUR], "Boats must leave before that."), "other words");
        assert!(!supports(&[HARBOUR], "It is so."), "no content word");
        // 5 content words: harbour, velm, closes, early, sundays; 4 of 5 are covered, 2 of 4 are not enough.
        assert!(supports(&[HARBOUR], "The harbour of Velm closes early on Sundays."));
        assert!(!supports(&[HARBOUR], "Shops near the harbour open on Sundays."));
    }

    #[test]
    fn recall_and_precision_of_an_example() {
        let claims = [
            claim("The harbour of Velm closes at 21:30.", &[HARBOUR]),
            claim("The last ferry to Orra leaves at 20:45.", &[HARBOUR, FERRY]),
            claim("Boats are cheap in autumn.", &[FERRY]),
            claim("The harbour of Velm closes at 21:30.", &[]),
            Claim { text: "The harbour of Velm closes at 21:30.", cited: vec![Some(HARBOUR), None] },
        ];
        let counts = CitationCounts::new(&claims);
        // Supported: the first two; the third has other words, the fourth cites nothing, the fifth cites a number without a document.
        // Citations: 1 + 2 + 1 + 0 + 2; needed: the first, and of the second only that of the ferry.
        assert_eq!(counts, CitationCounts { sentences: 5, supported: 2, citations: 6, needed: 2 });
        assert_eq!((counts.recall(), counts.precision()), (Some(0.4), Some(2.0 / 6.0)));
        assert_eq!((CitationCounts::default().recall(), CitationCounts::default().precision()), (None, None));
    }

    #[test]
    fn two_documents_can_support_a_sentence_together() {
        let both =
            claim("The harbour of Velm closes at 21:30 and the last ferry to Orra leaves at 20:45.", &[HARBOUR, FERRY]);
        let counts = CitationCounts::new(&[both]);
        assert_eq!((counts.supported, counts.needed), (1, 2));
    }

    proptest! {
        #[test]
        fn each_sentence_supports_itself_if_it_has_a_content_word(text in "[A-Za-z0-9 ,.]{0,60}") {
            let has_content = words(&text).iter().any(|word| is_content(word));
            prop_assert_eq!(supports(&[&text], &text), has_content);
        }
    }
}
