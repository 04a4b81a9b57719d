//! A language model that writes nothing itself: it selects, orders and cites sentences of the sources.
//!
//! - [`units`]: where the sentences of a passage end, with the blocks of Markdown around them
//! - `question`, `passage`, `score`: what is looked for, what a source has of it, and how well each sentence answers
//! - `select`, `write`: which sentences are the answer, in which order, with which citations
//! - `references`: what in a sentence could be read as a citation of something else

mod abbreviations;
mod anaphora;
mod blocks;
mod forms;
mod model;
mod options;
mod passage;
mod question;
mod references;
mod score;
mod select;
mod sentences;
mod units;
mod write;

pub use model::{Extractive, MAX_SOURCES};
pub use options::Options;
pub use passage::MAX_SNIPPET_BYTES;
pub use select::{ANSWERED, ANSWERED_TOGETHER};
pub use units::{Unit, UnitKind, units};
pub use write::NO_ANSWER;
