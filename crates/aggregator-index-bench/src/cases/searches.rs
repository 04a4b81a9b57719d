//! Searches in an index of the documents.

use std::path::{Path, PathBuf};

use aggregator_index::{Index, Passage};

use super::builds::update_index;
use super::metrics::{AMONG_FIVE, FIRST, PASSAGES};
use crate::case::{Operation, Outcome, digest};
use crate::documents;
use crate::fault::Fault;
use crate::labels::Question;
use crate::scratch::ScratchDir;

/// Number of passages among which a section that answers is a hit.
const TOP_K: usize = 5;

/// Sets up the search for all questions, one after the other.
pub fn prepare_questions(fault: Option<Fault>) -> Operation {
    let fixture = SearchFixture::new(fault);
    let questions = Question::all();
    let checksum = digest(questions.iter().map(|question| &*question.q));
    Box::new(move || {
        let (mut among_top_k, mut first) = (0, 0);
        for question in &questions {
            let passages = fixture.search(&question.q);
            let answers = |passage: &Passage| {
                question.is_answered_by(fixture.file(passage), passage.anchor.as_deref()) && !question.is_paraphrase()
            };
            let at = passages.iter().take(TOP_K).position(answers);
            among_top_k += u64::from(at.is_some());
            first += u64::from(at == Some(0));
        }
        Outcome::new(checksum, [(AMONG_FIVE, among_top_k), (FIRST, first)])
    })
}

/// Sets up a search with a query of maximum length, made of the words of all questions.
pub fn prepare_long_query(fault: Option<Fault>) -> Operation {
    let fixture = SearchFixture::new(fault);
    let questions = Question::all();
    let words: Vec<&str> = questions.iter().flat_map(|question| question.q.split_whitespace()).collect();
    let mut text: String = words.iter().cycle().take(4_000).copied().collect::<Vec<_>>().join(" ");
    text.truncate(text.floor_char_boundary(16_000));
    let checksum = digest([&*text]);
    Box::new(move || {
        let found = fixture.search(&text).len() as u64;
        Outcome::new(checksum, [(PASSAGES, found)])
    })
}

/// An open index of one copy of the documents.
struct SearchFixture {
    _scratch: ScratchDir,
    docs: PathBuf,
    index: Index,
    fault: Option<Fault>,
}

impl SearchFixture {
    fn new(fault: Option<Fault>) -> Self {
        let scratch = ScratchDir::new();
        let index = Index::open(scratch.join("index")).expect("there is none yet");
        let docs = scratch.join("docs");
        documents::write_copies(&docs, 1);
        update_index(&index, &docs);
        // `0` is the folder of the first copy.
        Self { _scratch: scratch, docs: docs.join("0"), index, fault }
    }

    /// Finds ten passages.
    fn search(&self, text: &str) -> Vec<Passage> {
        let mut passages = self.index.search(text, 10).expect("it can be searched");
        match self.fault {
            Some(Fault::LostPassage) if !passages.is_empty() => drop(passages.remove(0)),
            Some(Fault::ReverseOrder) => passages.reverse(),
            Some(Fault::CopiedPassage) => drop(std::hint::black_box(passages.clone())),
            _ => {}
        }
        passages
    }

    /// File of a passage, as labels name it.
    fn file<'a>(&self, passage: &'a Passage) -> &'a Path {
        passage.path.strip_prefix(&self.docs).expect("every document is in the only copy")
    }
}
