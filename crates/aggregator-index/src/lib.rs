//! Full text over folders of documents, offline, as a search provider.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use aggregator_index::{Index, IndexProvider, Options};
//!
//! # let root = tempfile::tempdir()?;
//! # let (documents, folder) = (root.path().join("documents"), root.path().join("index"));
//! # std::fs::create_dir(&documents)?;
//! # std::fs::write(documents.join("guide.md"), "# Guide\n\n## Install\n\nRun the installer.\n")?;
//! let index = Index::open(folder)?;
//! let report = index.update(&[documents], &Options::default(), |_progress| ControlFlow::Continue(()))?;
//! assert_eq!((report.files, report.passages), (1, 1));
//!
//! let found = index.search("how do I install it?", 10)?;
//! assert_eq!(found[0].full_title(), "Guide › Install");
//! assert!(found[0].url.ends_with("/guide.md#install"));
//!
//! let provider = IndexProvider::new("documents", index);
//! # let _ = provider;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is read
//! Files with the extensions of Markdown, HTML, plain text, reStructuredText, AsciiDoc, programming languages and
//! configuration; PDF where `pdftotext` is installed. `.gitignore` and `.ignore` of the folders and of those below are
//! kept, hidden files are left out, and links are not followed. Text is UTF-8, UTF-16 with a byte order mark, and for HTML
//! Windows-1252 where the page says so; elsewhere, U+FFFD stands for bytes that belong to no character. What is left out is
//! in the [`Report`].
//!
//! # What is found
//! Passages of 600 to 1,500 bytes as far as paragraphs allow, each with its headings, its line and an address of its own.
//! A word is found as it is written and by its stem in the languages that the index has; Chinese, Japanese and Korean by
//! pairs of characters. Passages with more of the query's words come first, then those with rarer words, with words in
//! headings and with words in the order of the query (BM25, with the weights in `search/query.rs`). The weights were chosen
//! on 40 questions over the documentation of crates; on 26 questions about this project that were not used, the right
//! section was among the first three for all (`tests/folders/labels.rs`, which fails below four of five).
//!
//! # What it costs
//! The files are read one at a time, and the index is written by one more thread with a heap of 16 MiB; at most 1 MiB of
//! text waits for it. Small segments are merged after the last file, a few at a time, and read for it, not mapped. So the
//! memory does not grow with the documents except by some hundred bytes a file: 14 MB of Markdown take 48 to 50 MiB, ten
//! copies of them 50 to 55. The example `index_folder` measures it.
//!
//! # What holds when something goes wrong
//! An update changes everything at once at its end, by the rename of one file or of one folder. A process that is killed at
//! any moment leaves the old index or the new one, and no lock. An index of another version, or a damaged one, is made
//! anew beside the old one.

mod error;
mod files;
mod index;
mod language;
mod location;
mod options;
mod parse;
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
pub use files::shown::ShownPath;
pub use index::Index;
pub use options::{Options, Pdf};
pub use passage::Passage;
pub use preview::preview;
pub use progress::{Progress, Stage};
pub use provider::IndexProvider;
pub use report::{Reason, Report, Skipped};
