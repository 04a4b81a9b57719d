//! The files of an index.
//!
//! ```text
//! folder/lock          held by the process that updates the index
//! folder/index-<n>/    a complete index; the one with the largest number counts
//!     made-with.json   what made it: another version makes it anew
//!     …                files of tantivy
//! folder/building/     an index that is being made anew; renamed when it is complete
//! ```
//!
//! Whatever tells which files are indexed stands in the index itself, one document a file, so that one commit changes
//! both. A commit is one rename of a file that was written and synchronised before; making an index anew ends with one
//! rename of its folder. So a process that is killed leaves the old index or the new one.

pub(crate) mod format;
pub(crate) mod generation;
pub(crate) mod lock;
pub(crate) mod manifest;
pub(crate) mod merging;
pub(crate) mod queue;
pub(crate) mod read_directory;
pub(crate) mod schema;
pub(crate) mod snapshot;
pub(crate) mod tokenizer;
pub(crate) mod writer;
