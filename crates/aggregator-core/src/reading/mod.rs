//! The reading stage: pages of the best sources are read, and their passages that fit the query take the place of snippets.
//!
//! A snippet is what a search service chose to show of a page. Passages are what a model can answer from, and what its citations
//! can be compared with. Pages are read all at once, each in its time; whatever becomes of one, the others and the snippets stay.

pub mod passages;
mod reader;
mod settings;
mod stage;

pub use reader::{Page, PageFuture, PageReader, ReadRequest};
pub use settings::ReadingSettings;
pub(crate) use stage::Reading;
