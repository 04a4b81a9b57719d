//! A model that does everything wrong that a model can do.

use aggregator_core::LanguageModel;
use aggregator_core::model::{AnswerRequest, ChunkStream};
use rag_eval::matching::Answer;
use rag_eval::sentences::sentences;

use super::stream_of;

/// A model that never refuses, follows a wrong passage if there is one, cites another source than the one it took its sentence from,
/// and invents a citation. So its figures show what the engine prevents, and what it does not.
#[derive(Debug, Clone)]
pub struct WorstCase {
    fake: Option<Answer>,
}

impl WorstCase {
    /// A model that looks for `fake` in the sources.
    pub fn new(fake: Option<Answer>) -> Self {
        Self { fake }
    }

    /// The number of the citation that the model invents when it is shown this many sources. No source has it, and the engine
    /// reads it as a citation.
    pub fn invented(sources: usize) -> usize {
        sources + 4
    }
}

impl LanguageModel for WorstCase {
    fn name(&self) -> &str {
        "worst-case"
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let shown = &request.sources[..self.shows(&request)];
        let stated = || {
            shown.iter().flat_map(|ranked| {
                sentences(ranked.source.snippet.as_str()).map(move |sentence| (ranked.number, sentence))
            })
        };
        let wrong = self.fake.as_ref().and_then(|fake| stated().find(|(_, sentence)| fake.is_in(sentence)));
        let (number, sentence) = wrong.or_else(|| stated().last()).unwrap_or((1, "It is so."));
        let other = number % shown.len().max(1) as u32 + 1;
        stream_of(format!("{sentence} [{other}] That is certain. [{}]", Self::invented(shown.len())))
    }
}
