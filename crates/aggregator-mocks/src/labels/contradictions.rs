//! Pairs of short texts of different sources, and whether a person says that they contradict each other.

use std::sync::Arc;

use aggregator_core::CleanText;
use aggregator_core::answer::contradictions::{find, find_denials};
use aggregator_core::event::{ProviderName, RankedSource, ResultId, Source};
use serde::Deserialize;

use super::Part;

/// Two texts and what a person says about them; `benches-data/README.md` says what the labels mean.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextPair {
    /// One text.
    pub a: String,
    /// The text of the other source.
    pub b: String,
    /// Whether both cannot be right about the same at the same time.
    pub contradict: bool,
    /// What the pair tests.
    pub kind: String,
    /// ISO 639-1.
    pub lang: String,
    /// What differs.
    #[serde(default)]
    pub about: String,
}

impl TextPair {
    /// Whether the engine reports a contradiction in numbers of two sources that have these texts as snippets.
    pub fn is_reported(&self) -> bool {
        !find(&self.sources()).is_empty()
    }

    /// Whether it reports a denial.
    pub fn is_reported_as_denial(&self) -> bool {
        !find_denials(&self.sources()).is_empty()
    }

    fn sources(&self) -> [RankedSource; 2] {
        let source = |(number, text): (u32, &String)| {
            let source = Source {
                url: CleanText::single_line("https://example.org/"),
                title: CleanText::default(),
                snippet: CleanText::single_line(text.as_str()),
                provider: ProviderName::new("labelled"),
            };
            RankedSource { number, id: ResultId(number), score: 1.0, source: Arc::new(source) }
        };
        [(1, &self.a), (2, &self.b)].map(source)
    }
}

/// The pairs of a part.
pub fn pairs(part: Part) -> Vec<TextPair> {
    let tuning = include_str!("../../../../benches-data/contradictions/tuning.jsonl");
    super::read(part, [tuning, include_str!("../../../../benches-data/contradictions/held-out.jsonl")])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only totals are printed, because the author of the rule must not read the held-out pairs.
    #[test]
    fn no_report_of_numbers_is_wrong_and_few_contradictions_are_found() {
        let totals = |part, is_reported: fn(&TextPair) -> bool| {
            let pairs = pairs(part);
            let count =
                |contradict| pairs.iter().filter(|pair| pair.contradict == contradict && is_reported(pair)).count();
            [count(true), count(false), pairs.iter().filter(|pair| pair.contradict).count()]
        };
        let of_parts = |is_reported| [Part::Tuning, Part::HeldOut].map(|part| totals(part, is_reported));
        // Reported and right, reported and wrong, and all that contradict each other.
        assert_eq!(of_parts(TextPair::is_reported), [[2, 0, 70], [11, 0, 160]]);
        assert_eq!(of_parts(TextPair::is_reported_as_denial), [[3, 0, 70], [0, 1, 160]]);
    }
}
