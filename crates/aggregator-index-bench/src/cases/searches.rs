//! Searches of an index of the documents.

use std::path::{Path, PathBuf};

use aggregator_index::{Index, Passage};

use super::builds::update;
use super::metrics::{AMONG_FIVE, FIRST, PASSAGES};
use crate::case::{Operation, Outcome, digest};
use crate::documents;
use crate::fault::Fault;
use crate::labels::Question;
use crate::scratch::Scratch;

/// Passages that are looked at for a section that answers.
const LOOKED_AT: usize = 5;

/// Every question, one after the other.
pub fn questions(fault: Option<Fault>) -> Operation {
    let searched = Searched::new(fault);
    let questions = Question::all();
    let read = digest(questions.iter().map(|question| &*question.q));
    Box::new(move || {
        let (mut among, mut first) = (0, 0);
        for question in &questions {
            let passages = searched.search(&question.q);
            let answers = |passage: &Passage| {
                question.is_answered_by(searched.file(passage), passage.anchor.as_deref()) && !question.is_paraphrase()
            };
            let at = passages.iter().take(LOOKED_AT).position(answers);
            among += u64::from(at.is_some());
            first += u64::from(at == Some(0));
        }
        Outcome::new(read, [(AMONG_FIVE, among), (FIRST, first)])
    })
}

/// The longest query that the engine takes: all words of all questions, again and again.
pub fn long(fault: Option<Fault>) -> Operation {
    let searched = Searched::new(fault);
    let questions = Question::all();
    let words: Vec<&str> = questions.iter().flat_map(|question| question.q.split_whitespace()).collect();
    let mut text: String = words.iter().cycle().take(4_000).copied().collect::<Vec<_>>().join(" ");
    text.truncate(text.floor_char_boundary(16_000));
    let read = digest([&*text]);
    Box::new(move || {
        let found = searched.search(&text).len() as u64;
        Outcome::new(read, [(PASSAGES, found)])
    })
}

/// An index of one copy of the documents, open.
struct Searched {
    _scratch: Scratch,
    docs: PathBuf,
    index: Index,
    fault: Option<Fault>,
}

impl Searched {
    fn new(fault: Option<Fault>) -> Self {
        let scratch = Scratch::new();
        let index = Index::open(scratch.join("index")).expect("there is none yet");
        let docs = scratch.join("docs");
        documents::write(&docs, 1);
        update(&index, &docs);
        // The first copy has this name.
        Self { _scratch: scratch, docs: docs.join("0"), index, fault }
    }

    /// Ten passages.
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

    /// The file of a passage, as labels name it.
    fn file<'a>(&self, passage: &'a Passage) -> &'a Path {
        passage.path.strip_prefix(&self.docs).expect("every document is in the only copy")
    }
}
