//! Splitting documents into passages and words: the cost of indexing without the full-text engine.

use std::hint::black_box;

use aggregator_index::preview;
use aggregator_words::words;

use super::metrics::{PASSAGES, WORDS};
use crate::case::{Operation, Outcome};
use crate::documents;
use crate::fault::Fault;

/// Sets up the splitting of all documents, one after the other.
pub fn prepare(fault: Option<Fault>) -> Operation {
    Box::new(move || {
        let (mut passages, mut word_count) = (0, 0);
        for (path, content) in documents::iter() {
            let mut document = preview(path, content).expect("every document is text of a kind that is read");
            if fault == Some(Fault::LostPassage) {
                document.pop();
            }
            if fault == Some(Fault::CopiedPassage) {
                black_box(document.clone());
            }
            passages += document.len() as u64;
            word_count += document.iter().map(|passage| words(&passage.text).count() as u64).sum::<u64>();
        }
        Outcome::new(documents::total_bytes(), [(PASSAGES, passages), (WORDS, word_count)])
    })
}
