//! Full text over folders of documents, offline, as a search provider.
// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod error;
mod files;
mod index;
mod language;
mod location;
mod options;
mod passage;
mod preview;
mod progress;
mod provider;
mod report;
mod search;
mod store;
mod update;

pub use aggregator_words::Language;
pub use error::IndexError;
pub use files::display_path::DisplayPath;
pub use index::Index;
pub use options::{Options, Pdf};
pub use passage::Passage;
pub use preview::preview;
pub use progress::{Progress, Stage};
pub use provider::IndexProvider;
pub use report::{Report, SkipReason, SkippedFile};
