//! The labels of `benches-data`: what a careful person says about texts, written before any rule was run on them.
//!
//! - [`classifiers`]: what an analysis should say about queries.
//! - [`queries`]: whether a search can help with a query, and which pieces of it a search service needs.
//! - [`answers`]: what is a citation in an answer.
//! - [`pages`]: which results are about a query.
//! - [`urls`]: which URLs are one page.
//! - [`contradictions`]: which texts contradict each other.
//! - [`dialogues`]: what a question needs of the questions before it.

pub mod answers;
pub mod classifiers;
pub mod contradictions;
pub mod dialogues;
pub mod pages;
pub mod queries;
pub mod urls;

use serde::de::DeserializeOwned;

/// Which labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The author of a rule reads them.
    Tuning,
    /// The author of a rule reads their totals only.
    HeldOut,
}

/// The lines of a part as values, from the texts of the tuning part and of the held-out one.
///
/// # Panics
/// When a line is no such value. The message has its number and not its text, which may be held out.
fn read<T: DeserializeOwned>(part: Part, [tuning, held_out]: [&str; 2]) -> Vec<T> {
    lines(match part {
        Part::Tuning => tuning,
        Part::HeldOut => held_out,
    })
}

/// The lines of a text as values.
///
/// # Panics
/// As [`read`].
pub(crate) fn lines<T: DeserializeOwned>(text: &str) -> Vec<T> {
    let value = |(line, number)| serde_json::from_str(line).unwrap_or_else(|error| panic!("line {number}: {error}"));
    text.lines().zip(1..).map(value).collect()
}
