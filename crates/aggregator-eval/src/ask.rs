//! Asks the engine a question, and reads what became of it.

use aggregator_core::event::{EventKind, RankedSource};
use aggregator_core::model::FinishReason;
use aggregator_core::{Engine, Query};
use futures::StreamExt as _;
use rag_eval::abilities::AnswerFacts;
use rag_eval::citations::{CitationCounts, Claim, is_supported, supports};
use rag_eval::sentences::spans;
use tokio::runtime::Runtime;

use crate::error::EvalError;

/// An answer with its sources and citations.
#[derive(Debug, Clone, Default)]
pub struct Answered {
    /// What the answer did. `is_detected` is set if any sources were reported as contradicting each other; which, is in `contradicting`.
    pub facts: AnswerFacts,
    /// The answer as it was given, with its markers.
    pub text: String,
    /// The frozen sources, best first.
    pub sources: Vec<RankedSource>,
    /// Sentences of the answer, without markers.
    pub sentences: Vec<CitedSentence>,
    /// Citations of sources that the model was not shown. The engine has removed them.
    pub invalid_citations: usize,
    /// Why there is no answer, if the query or its model failed.
    pub failure: Option<String>,
    /// Pairs of sources, as positions in `sources`, that were reported as contradicting each other.
    pub contradicting: Vec<[usize; 2]>,
}

/// A sentence of an answer, and the sources that it cites, as positions among the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitedSentence {
    /// The sentence, without markers.
    pub text: String,
    /// What it cites.
    pub cited: Vec<usize>,
}

/// Asks a question and waits for the last event.
///
/// # Errors
/// If the text is no query: it is empty or too long.
pub fn ask(runtime: &Runtime, engine: &Engine, text: &str) -> Result<Answered, EvalError> {
    let query = Query::new(text).map_err(|error| EvalError::Query { query: text.to_owned(), error })?;
    Ok(runtime.block_on(read(engine, query)))
}

async fn read(engine: &Engine, query: Query) -> Answered {
    let mut events = engine.run(query);
    let mut answered = Answered::default();
    let mut citations: Vec<(std::ops::Range<usize>, u32)> = Vec::new();
    let mut contradicting: Vec<[u32; 2]> = Vec::new();
    while let Some(event) = events.next().await {
        match &event.kind {
            EventKind::AnswerDelta { text } => answered.text.push_str(text.as_str()),
            EventKind::Citation { span, number, .. } => {
                citations.push((span.start as usize..span.end as usize, *number));
            }
            EventKind::Contradictions(pairs) => contradicting.extend(pairs.iter().map(|pair| pair.sources)),
            _ => {}
        }
        if let Some(summary) = event.kind.summary() {
            answered.sources = summary.sources.to_vec();
            if let EventKind::Failed { error, .. } = &event.kind {
                answered.failure = Some(error.to_string());
            }
            answered.facts.is_complete = matches!(event.kind, EventKind::Done { .. });
            if let Some(answer) = summary.answer {
                answered.invalid_citations = answer.invalid_citations as usize;
                answered.facts.is_refused = answer.finish == Some(FinishReason::Unanswered);
                answered.facts.is_complete &= !answer.truncated;
            } else {
                // Without sources no model is asked, and there is no answer.
                answered.facts.is_refused = answered.sources.is_empty();
            }
        }
    }
    let position = |number: u32| answered.sources.iter().position(|ranked| ranked.number == number);
    answered.contradicting =
        contradicting.into_iter().filter_map(|[a, b]| Some([position(a)?, position(b)?])).collect();
    answered.facts.is_detected = !answered.contradicting.is_empty();
    let citations: Vec<_> =
        citations.into_iter().filter_map(|(span, number)| Some((span, position(number)?))).collect();
    let (plain, marks) = without_markers(&answered.text, &citations);
    answered.sentences = cited_sentences(&plain, &marks);
    answered.facts.text = plain;
    answered
}

/// A text without its markers, and for each citation where its marker stood.
fn without_markers(text: &str, citations: &[(std::ops::Range<usize>, usize)]) -> (String, Vec<(usize, usize)>) {
    let mut plain = String::new();
    let mut marks = Vec::new();
    let mut from = 0;
    for (span, source) in citations {
        // The numbers of one marker have the same span.
        if span.start >= from {
            plain.push_str(&text[from..span.start]);
            from = span.end;
        }
        marks.push((plain.len(), *source));
    }
    plain.push_str(&text[from..]);
    (plain, marks)
}

/// The sentences of a text. A marker belongs to the sentence that it stands in or behind.
fn cited_sentences(plain: &str, marks: &[(usize, usize)]) -> Vec<CitedSentence> {
    let spans = spans(plain);
    let mut sentences: Vec<CitedSentence> =
        spans.iter().map(|span| CitedSentence { text: plain[span.clone()].to_owned(), cited: Vec::new() }).collect();
    for (at, source) in marks {
        let place = spans.iter().rposition(|span| span.start < *at).unwrap_or(0);
        if let Some(sentence) = sentences.get_mut(place)
            && !sentence.cited.contains(source)
        {
            sentence.cited.push(*source);
        }
    }
    sentences
}

impl Answered {
    /// The texts of the sources: title and passage.
    fn source_text(&self, at: usize) -> String {
        let source = &self.sources[at].source;
        format!("{}\n{}", source.title, source.snippet)
    }

    /// Counts the citations; `None` if the answer refuses, fails or is empty.
    pub fn citation_counts(&self) -> Option<CitationCounts> {
        if self.facts.is_refused || !self.facts.is_complete || self.sentences.is_empty() {
            return None;
        }
        let texts: Vec<String> = (0..self.sources.len()).map(|at| self.source_text(at)).collect();
        let mut counts = CitationCounts::new(&self.claims(&texts));
        counts.citations += self.invalid_citations;
        Some(counts)
    }

    fn claims<'a>(&'a self, texts: &'a [String]) -> Vec<Claim<'a>> {
        let claim = |sentence: &'a CitedSentence| Claim {
            text: &sentence.text,
            cited: sentence.cited.iter().map(|&at| Some(texts[at].as_str())).collect(),
        };
        self.sentences.iter().map(claim).collect()
    }

    /// Whether a sentence of the answer is not supported by what it cites. A refusal has no such sentence.
    pub fn has_unsupported(&self) -> bool {
        let texts: Vec<String> = (0..self.sources.len()).map(|at| self.source_text(at)).collect();
        !self.facts.is_refused && self.claims(&texts).iter().any(|claim| !is_supported(claim))
    }

    /// Whether the answer uses a sentence of a source: a sentence of the answer cites the source, and the two support each other.
    pub fn uses(&self, source: usize, sentence: &str) -> bool {
        let uses = |claim: &CitedSentence| claim.cited.contains(&source) && supports(&[claim.text.as_str()], sentence);
        !self.facts.is_refused && self.sentences.iter().any(uses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_belong_to_the_sentence_that_they_stand_in_or_behind() {
        let text = "One is so. [1] Two is [2] so. Three is so. [1, 3]";
        let spans = [(11..14, 0), (22..25, 1), (43..49, 0), (43..49, 2)];
        let (plain, marks) = without_markers(text, &spans);
        assert_eq!(plain, "One is so.  Two is  so. Three is so. ");
        let sentences = cited_sentences(&plain, &marks);
        let cited: Vec<_> = sentences.iter().map(|sentence| sentence.cited.as_slice()).collect();
        assert_eq!(cited, [&[0][..], &[1], &[0, 2]]);
    }

    #[test]
    fn a_marker_before_all_sentences_belongs_to_the_first() {
        assert_eq!(cited_sentences("It is.", &[(0, 4)])[0].cited, [4]);
        assert_eq!(cited_sentences("", &[(0, 4)]), []);
    }
}
