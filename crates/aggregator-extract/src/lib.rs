//! A language model that writes nothing itself: it selects, orders and cites sentences of the sources.
// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

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

pub use model::{ExtractiveModel, MAX_SOURCES};
pub use options::Options;
pub use passage::MAX_SNIPPET_BYTES;
pub use select::{MIN_COVERAGE, MIN_JOINT_COVERAGE};
pub use units::{Unit, UnitKind, units};
pub use write::NO_ANSWER;
