//! Answers as models write them, labelled before any rule was run on them: what in them is a citation.

use serde::Deserialize;

use crate::real::Part;

/// A part of an answer and what a careful reader says about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelledAnswer {
    /// As a model wrote it.
    pub text: String,
    /// So many sources were in its prompt.
    pub shown: u32,
    /// The citations of sources that exist, in order.
    pub citations: Vec<LabelledCitation>,
    /// As a reader should see it: without what names no source.
    pub after: String,
}

/// A citation.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct LabelledCitation {
    /// As it stands in the answer.
    pub text: String,
    /// The numbers in it that exist.
    pub numbers: Vec<u32>,
}

/// The answers of a part.
///
/// # Panics
/// When a line of the file is not an answer.
pub fn answers(part: Part) -> Vec<LabelledAnswer> {
    let text = match part {
        Part::Tuning => include_str!("../../../benches-data/citations/tuning.jsonl"),
        Part::HeldOut => include_str!("../../../benches-data/citations/held-out.jsonl"),
    };
    let answer = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    text.lines().map(answer).collect()
}
