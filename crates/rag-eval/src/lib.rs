//! Measures of retrieval and of answers, over rankings, labels and answers as data. The crate is pure: it uses no file,
//! process, clock or environment (`clippy.toml` forbids them), and knows no engine; each measure names where its
//! definition comes from.
// Only rustdoc reads the README.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

pub mod abilities;
pub mod beir;
mod by_query;
pub mod citations;
pub mod dedupe;
pub mod lines;
pub mod lists;
pub mod matching;
pub mod questions;
pub mod ragbench;
pub mod retrieval;
pub mod sentences;
pub mod trace;
pub mod trec;
