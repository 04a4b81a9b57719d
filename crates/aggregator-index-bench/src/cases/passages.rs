//! Documents as passages and words: what the index itself does for each byte, apart from the engine under it.

use std::hint::black_box;

use aggregator_index::preview;
use aggregator_words::words;

use super::metrics::{PASSAGES, WORDS};
use crate::case::{Operation, Outcome};
use crate::documents;
use crate::fault::Fault;

/// Every document, one after the other.
pub fn of_documents(fault: Option<Fault>) -> Operation {
    Box::new(move || {
        let (mut passages, mut found) = (0, 0);
        for (path, content) in documents::all() {
            let mut document = preview(path, content).expect("every document is text of a kind that is read");
            if fault == Some(Fault::LostPassage) {
                document.pop();
            }
            if fault == Some(Fault::CopiedPassage) {
                black_box(document.clone());
            }
            passages += document.len() as u64;
            found += document.iter().map(|passage| words(&passage.text).count() as u64).sum::<u64>();
        }
        Outcome::new(documents::bytes(), [(PASSAGES, passages), (WORDS, found)])
    })
}
