//! Earlier questions and the next one, and what a search for it needs.

use aggregator_core::{Query, Turn};
use serde::Deserialize;

use super::Part;

/// A dialogue; `benches-data/README.md` says what the labels mean.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialogue {
    /// ISO 639-1.
    pub lang: String,
    /// Earlier questions, the first one first.
    pub turns: Vec<String>,
    /// The next question.
    pub question: String,
    /// Whether it cannot be searched without the earlier ones.
    pub follow_up: bool,
    /// What the text to search for has to contain, in lower case.
    pub needs: Vec<String>,
    /// What the text to search for must not contain, in lower case.
    pub avoid: Vec<String>,
}

impl Dialogue {
    /// The question as a query with the earlier ones.
    ///
    /// # Panics
    /// When the question is no query.
    pub fn query(&self) -> Query {
        let query = Query::new(self.question.as_str()).expect("a labelled question is a query");
        query.with_turns(self.turns.iter().map(Turn::new))
    }

    /// Whether the text to search for has all that it needs, and nothing that was replaced.
    pub fn is_searched_as_labelled(&self) -> bool {
        let query = self.query();
        let text = query.search_text().to_lowercase();
        self.needs.iter().all(|need| text.contains(need)) && !self.avoid.iter().any(|other| text.contains(other))
    }
}

/// The dialogues of a part.
pub fn dialogues(part: Part) -> Vec<Dialogue> {
    let tuning = include_str!("../../../../benches-data/dialogues/tuning.jsonl");
    super::read(part, [tuning, include_str!("../../../../benches-data/dialogues/held-out.jsonl")])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the held-out dialogues only totals are printed, because the author of the rule must not read them.
    #[test]
    fn most_dialogues_are_searched_as_labelled() {
        let totals = |part| {
            let all = dialogues(part);
            let count = |follow_up| {
                let of_kind = all.iter().filter(|dialogue| dialogue.follow_up == follow_up);
                [of_kind.clone().filter(|dialogue| dialogue.is_searched_as_labelled()).count(), of_kind.count()]
            };
            [count(true), count(false)]
        };
        // Right, and all: of questions that go on, and of others.
        assert_eq!([Part::Tuning, Part::HeldOut].map(totals), [[[28, 28], [12, 12]], [[18, 28], [11, 12]]]);
    }
}
