//! The mock language model.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::LanguageModel;
use aggregator_core::model::{AnswerRequest, Chunk, ChunkStream, Usage};

use crate::corpus::Corpus;
use crate::probe::Probe;
use crate::random::seeded_u64;
use crate::script::{Items, Pace, ScriptedStream, Step, apply_pace};

/// A model that performs a script over an answer made of the corpus' prose.
///
/// The answer depends on its name and the seed only: sentences with citation markers behind some, cut into pieces the
/// size of tokens, so that markers are cut too. When the script is through, the usage follows.
#[derive(Debug, Clone)]
pub struct ScriptedModel {
    name: String,
    script: Arc<[Step]>,
    made: Arc<[String]>,
    probe: Option<Probe>,
}

/// What a mock model writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Markers of sources that exist, if there are this many sources.
    pub sources: u32,
    /// Citations in the whole answer.
    pub citations: u32,
    /// Markers of sources that do not exist.
    pub invented: u32,
}

impl ScriptedModel {
    /// A model that performs `script` at the given pace.
    pub fn new(name: &str, script: &[Step], pace: Pace, corpus: &Corpus, style: Style, seed: u64) -> Self {
        let made = write_answer(corpus, seeded_u64(seed, name, 0), script.iter().map(Step::items).sum(), style);
        let usage = Step::Emit { items: 1, every: Duration::ZERO };
        let script: Vec<Step> = script.iter().cloned().chain([usage]).collect();
        Self { name: name.to_owned(), script: apply_pace(&script, pace), made, probe: None }
    }

    /// Lets a probe see its calls.
    #[must_use]
    pub fn probed(mut self, probe: &Probe) -> Self {
        self.probe = Some(probe.clone());
        self
    }
}

impl LanguageModel for ScriptedModel {
    fn name(&self) -> &str {
        &self.name
    }

    /// Number of sources in the list: the mock reads no prompt.
    fn shows(&self, request: &AnswerRequest) -> usize {
        request.sources.len()
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let guard = self.probe.as_ref().map(|probe| probe.called(&self.name, request.query.text(), request.seed()));
        let items = Deltas(Arc::clone(&self.made));
        Box::pin(ScriptedStream::new(Arc::clone(&self.script), items, u32::MAX, guard, false))
    }
}

struct Deltas(Arc<[String]>);

impl Items for Deltas {
    type Item = Chunk;

    fn item(&self, index: u32) -> Chunk {
        match self.0.get(index as usize) {
            Some(text) => Chunk::Text(text.clone()),
            // The last item; a flood goes on without text to show.
            None => Chunk::Usage(Usage::new(1_200, u64::from(index))),
        }
    }
}

/// Writes an answer of exactly `pieces` pieces, none of them empty.
pub fn write_answer(corpus: &Corpus, seed: u64, pieces: u32, style: Style) -> Arc<[String]> {
    let pieces = pieces as usize;
    let mut tokens = Vec::with_capacity(pieces + 8);
    let markers = style.citations + style.invented;
    let spacing = pieces / (markers as usize + 1);
    let mut markers_left = markers;
    let pages = corpus.pages();
    let mut page = seeded_u64(seed, "page", 0) as usize % pages.len();
    let mut words = pages[page].text.split_inclusive(' ');
    while tokens.len() < pieces {
        let due = markers_left > 0 && tokens.len() >= spacing * (markers - markers_left + 1) as usize;
        if due {
            markers_left -= 1;
            let number = match markers_left < style.invented {
                true => u64::from(style.sources) + 1 + seeded_u64(seed, "invented", u64::from(markers_left)) % 50,
                false => 1 + seeded_u64(seed, "cited", u64::from(markers_left)) % u64::from(style.sources.max(1)),
            };
            // Tokenisers cut a marker anywhere or nowhere.
            match seeded_u64(seed, "cut", u64::from(markers_left)) % 3 {
                0 => tokens.push(format!("[{number}] ")),
                1 => tokens.extend(["[".to_owned(), number.to_string(), "] ".to_owned()]),
                _ => tokens.extend([format!("[{number}"), "] ".to_owned()]),
            }
        }
        match words.next() {
            Some(word) => match word.char_indices().nth(6) {
                // Long words are two tokens.
                Some((middle, _)) if word.chars().count() > 8 => {
                    tokens.extend([word[..middle].to_owned(), word[middle..].to_owned()]);
                }
                _ => tokens.push(word.to_owned()),
            },
            None => {
                page = (page + 1) % pages.len();
                words = pages[page].text.split_inclusive(' ');
                if let Some(last) = tokens.last_mut() {
                    last.push_str("\n\n");
                }
            }
        }
    }
    // Too many pieces by a cut marker or word: the surplus joins the last one, so that nothing is lost.
    let surplus: String = tokens.drain(pieces..).collect();
    if let Some(last) = tokens.last_mut() {
        last.push_str(&surplus);
    }
    tokens.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    #[test]
    fn an_answer_has_exactly_the_pieces_and_markers_it_should_have() {
        let style = Style { sources: 8, citations: 6, invented: 2 };
        for pieces in [40, 200, 1_000] {
            let answer = write_answer(&catalog::corpus(), 1, pieces, style);
            assert_eq!(answer.len(), pieces as usize);
            assert!(answer.iter().all(|piece| !piece.is_empty()));
            let text = answer.concat();
            assert_eq!(text.matches('[').count(), 8, "{text}");
            let numbers: Vec<u32> =
                text.split('[').skip(1).map(|t| t.split(']').next().unwrap().parse().unwrap()).collect();
            assert_eq!(numbers.iter().filter(|&&n| n <= 8).count(), 6);
        }
    }
}
