//! A model that does what it is asked as well as the passages allow.

use aggregator_core::LanguageModel;
use aggregator_core::model::{AnswerRequest, ChunkStream};
use rag_eval::matching::Answer;
use rag_eval::sentences::sentences;

use super::{refusal, stream_of};

/// A model that knows the right answer, and gives it only as far as the sources state it: for each part the first sentence that has
/// it, cited. If they state none, it refuses. So its figures show what the engine loses between passages and answer.
#[derive(Debug, Clone)]
pub struct Obedient {
    answer: Answer,
}

impl Obedient {
    /// A model that knows `answer`.
    pub fn new(answer: Answer) -> Self {
        Self { answer }
    }
}

impl LanguageModel for Obedient {
    fn name(&self) -> &str {
        "obedient"
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let shown = &request.sources[..self.shows(&request)];
        let mut written: Vec<String> = Vec::new();
        for part in self.answer.parts() {
            let Ok(part) = Answer::new(vec![part.clone()]) else { continue };
            let mut stated = shown.iter().flat_map(|ranked| {
                sentences(ranked.source.snippet.as_str()).map(move |sentence| (ranked.number, sentence))
            });
            if let Some((number, sentence)) = stated.find(|(_, sentence)| part.is_in(sentence)) {
                let cited = format!("{sentence} [{number}]");
                if !written.contains(&cited) {
                    written.push(cited);
                }
            }
        }
        match written.is_empty() {
            true => refusal(),
            false => stream_of(written.join(" ")),
        }
    }
}
