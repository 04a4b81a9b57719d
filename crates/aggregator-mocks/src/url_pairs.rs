//! Pairs of URLs, and whether a person says that they are one page.

use serde::Deserialize;

/// Two URLs and what a person says about them; `benches-data/README.md` says what the labels mean.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UrlPair {
    /// One URL.
    pub a: String,
    /// The other one.
    pub b: String,
    /// Whether both are one page.
    pub same: bool,
    /// What the pair is about.
    pub why: String,
}

/// The pairs that rules are written from.
///
/// # Panics
/// When a line of the file is no pair.
pub fn tuning() -> Vec<UrlPair> {
    pairs(include_str!("../../../benches-data/urls/tuning.jsonl"))
}

/// The pairs that nobody looks at when writing rules: how good the rules are for what they were not written from.
///
/// # Panics
/// When a line of the file is no pair.
pub fn held_out() -> Vec<UrlPair> {
    pairs(include_str!("../../../benches-data/urls/held-out.jsonl"))
}

fn pairs(lines: &str) -> Vec<UrlPair> {
    let pair = |(index, line)| match serde_json::from_str(line) {
        Ok(pair) => pair,
        // Not the line itself: one that is held out must not be shown.
        Err(error) => panic!("line {} is no pair: {error}", index + 1),
    };
    lines.lines().enumerate().map(pair).collect()
}
