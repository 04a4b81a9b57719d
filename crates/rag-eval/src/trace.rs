//! The four measures of [RAGBench](https://arxiv.org/abs/2407.11005) (TRACe): relevance, utilization, completeness, adherence.
//!
//! The paper defines them by lengths of text. The published scores are counts of sentences, and so are these; which sentences are
//! relevant is labelled, and which are used follows from the citations of the answer.

use std::collections::BTreeSet;

/// A sentence of the documents: position of the document, and of the sentence in it.
pub type SentenceKey = (usize, usize);

/// The evidence of an answer, as sentences of its documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Number of sentences of all documents.
    pub total: usize,
    /// Sentences that state the answer or a part of it, by label.
    pub relevant: BTreeSet<SentenceKey>,
    /// Sentences that the answer uses.
    pub utilized: BTreeSet<SentenceKey>,
    /// Whether a sentence of the answer has no support. An answer that refuses has none.
    pub has_unsupported: bool,
}

impl Evidence {
    /// The share of the documents' sentences that are relevant; 0 without sentences. Low: most of what the search found does not
    /// state the answer.
    pub fn relevance(&self) -> f64 {
        share(self.relevant.len(), self.total).unwrap_or(0.0)
    }

    /// The share of the documents' sentences that the answer uses; 0 without sentences.
    pub fn utilization(&self) -> f64 {
        share(self.utilized.len(), self.total).unwrap_or(0.0)
    }

    /// The share of the relevant sentences that the answer uses; 1 if none is relevant. Low: the answer leaves evidence out.
    pub fn completeness(&self) -> f64 {
        share(self.relevant.intersection(&self.utilized).count(), self.relevant.len()).unwrap_or(1.0)
    }

    /// 1 if every sentence of the answer has support, otherwise 0.
    pub fn adherence(&self) -> f64 {
        f64::from(u8::from(!self.has_unsupported))
    }
}

fn share(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measures_of_an_example() {
        // Two documents of 5 and 3 sentences. Relevant: 0b, 0c, 1a, 1b. Used: 0b, 1a, 1c.
        let evidence = Evidence {
            total: 8,
            relevant: [(0, 1), (0, 2), (1, 0), (1, 1)].into(),
            utilized: [(0, 1), (1, 0), (1, 2)].into(),
            has_unsupported: false,
        };
        assert_eq!(evidence.relevance(), 4.0 / 8.0);
        assert_eq!(evidence.utilization(), 3.0 / 8.0);
        assert_eq!(evidence.completeness(), 2.0 / 4.0);
        assert_eq!(evidence.adherence(), 1.0);
        assert_eq!(Evidence { has_unsupported: true, ..evidence }.adherence(), 0.0);
    }

    #[test]
    fn without_sentences_and_without_relevant_ones() {
        let none = Evidence::default();
        assert_eq!((none.relevance(), none.utilization(), none.completeness()), (0.0, 0.0, 1.0));
    }
}
