//! Texts that harm what shows them carelessly, for tests of every place that texts of strangers leave by: a page, a terminal, a
//! log, a stream, a prompt.
//!
//! Each is written by hand for its kind, in `texts.jsonl`, and says what must not happen because of it. That a text is shown as a
//! text is no harm: none of them may be removed or refused for what it seems to want.

use serde::Deserialize;

/// A text, and what must not happen because of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostileText {
    /// What it tries, in one word, such as `terminal`.
    pub kind: String,
    /// What must not happen because of it.
    pub must_not: String,
    /// The text itself.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: String,
    must_not: String,
    text: String,
    /// How often the text stands there, one after the other.
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

/// The texts, those of a kind together.
pub fn texts() -> Vec<HostileText> {
    let lines: Vec<Line> = crate::labels::lines(include_str!("texts.jsonl"));
    let expanded = lines.into_iter().map(|Line { kind, must_not, text, times }| HostileText {
        kind,
        must_not,
        text: text.repeat(times),
    });
    expanded.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use aggregator_core::event::is_unsafe_char;

    use super::*;

    #[test]
    fn there_are_hundreds_of_many_kinds_and_none_twice() {
        let texts = texts();
        let distinct: BTreeSet<&str> = texts.iter().map(|text| text.text.as_str()).collect();
        assert!(texts.len() >= 300 && distinct.len() == texts.len(), "{} of {}", distinct.len(), texts.len());
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        texts.iter().for_each(|text| *kinds.entry(&text.kind).or_default() += 1);
        assert!(kinds.len() >= 20 && kinds.values().all(|&texts| texts >= 8), "{kinds:?}");
        assert!(texts.iter().all(|text| !text.must_not.is_empty() && text.text.len() <= 16_000));
    }

    /// Whoever reads the file must see what is in it.
    #[test]
    fn the_file_hides_nothing() {
        let hidden = include_str!("texts.jsonl").lines().zip(1..).find(|(line, _)| line.chars().any(is_unsafe_char));
        assert_eq!(hidden, None);
    }
}
