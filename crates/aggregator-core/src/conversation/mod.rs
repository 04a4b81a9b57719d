//! Earlier turns of a conversation, bounded and cleaned, and what they make of a question.

mod follow_up;
mod words;

use std::collections::VecDeque;

use crate::text::CleanText;

/// An earlier question of a conversation, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Turn {
    /// The question; cut to [`Turn::MAX_BYTES`], and empty in a [context](Self::context).
    pub question: CleanText,
    /// The answer; empty, or cut to [`Turn::MAX_BYTES`].
    pub answer: CleanText,
}

impl Turn {
    /// Longest text of a question or an answer, in bytes; longer ones are cut.
    pub const MAX_BYTES: usize = 2_000;

    /// Makes a turn without an answer. The text is cleaned and cut.
    pub fn new(question: impl Into<String>) -> Self {
        Self { question: cut(question), answer: CleanText::default() }
    }

    /// A turn that is no question: what the caller wants a model to know, as the instructions of a chat. It is in the prompt, with
    /// the other turns, and is not searched for. The text is cleaned and cut.
    pub fn context(text: impl Into<String>) -> Self {
        Self { question: CleanText::default(), answer: cut(text) }
    }

    /// Sets the answer. The text is cleaned and cut.
    #[must_use]
    pub fn with_answer(mut self, answer: impl Into<String>) -> Self {
        self.answer = cut(answer);
        self
    }
}

fn cut(text: impl Into<String>) -> CleanText {
    let mut text = text.into();
    // Before it is cleaned, so that a huge text costs no more than what is kept of it.
    text.truncate(text.floor_char_boundary(2 * Turn::MAX_BYTES));
    let mut text = CleanText::multi_line(text);
    text.truncate(Turn::MAX_BYTES);
    text
}

/// The earlier turns of a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Conversation {
    /// The last ones, the first one first.
    pub(crate) turns: Vec<Turn>,
    /// The text to search for, if the question goes on from them.
    pub(crate) search_text: Option<CleanText>,
}

impl Conversation {
    /// Maximum number of turns that are kept.
    pub(crate) const MAX_TURNS: usize = 16;

    /// Maximum length in bytes of a text to search for: of a longer one the end stays, which has the question.
    const MAX_SEARCH_BYTES: usize = 400;

    /// Keeps the last turns.
    pub(crate) fn new(turns: impl IntoIterator<Item = Turn>, question: &str) -> Self {
        let mut kept = VecDeque::new();
        for turn in turns {
            if kept.len() == Self::MAX_TURNS {
                kept.pop_front();
            }
            kept.push_back(turn);
        }
        let turns: Vec<Turn> = kept.into();
        let questions = turns.iter().map(|turn| turn.question.as_str()).filter(|question| !question.trim().is_empty());
        // A long question has its subject in it.
        let is_short = question.len() <= Self::MAX_SEARCH_BYTES;
        let search_text = is_short.then(|| follow_up::resolve(questions, question)).flatten().map(|text| {
            let start = text.ceil_char_boundary(text.len().saturating_sub(Self::MAX_SEARCH_BYTES));
            CleanText::single_line(text[start..].trim())
        });
        Self { turns, search_text }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_conversation_is_bounded_and_clean() {
        let long = "x\u{202e}".repeat(1 << 20);
        let turns = (0..100).map(|number| Turn::new(format!("{number} {long}")).with_answer(long.as_str()));
        let kept = Conversation::new(turns, "and in Java?");
        assert_eq!(kept.turns.len(), Conversation::MAX_TURNS);
        let turn = &kept.turns[0];
        assert!(
            turn.question.starts_with("84 x")
                && turn.question.len() <= Turn::MAX_BYTES
                && turn.answer.len() <= Turn::MAX_BYTES
        );
        assert!(!turn.answer.contains('\u{202e}'));
        let text = kept.search_text.unwrap();
        assert!(text.len() <= Conversation::MAX_SEARCH_BYTES && text.ends_with("in Java?"), "{text}");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_searched_is_bounded(turns in prop::collection::vec(".{0,60}", 0..5), question in ".{0,80}") {
            let kept = Conversation::new(turns.iter().map(Turn::new), &question);
            prop_assert_eq!(kept.turns.len(), turns.len());
            if let Some(text) = kept.search_text {
                prop_assert!(text.len() <= Conversation::MAX_SEARCH_BYTES);
            }
        }

        #[test]
        fn questions_of_known_words_lose_none_of_them(
            turns in prop::collection::vec("(and|in|Java|no|tea|the|second|one|what|is|it|there|Gibt|es|How|cost|[?]| ){1,9}", 0..4),
            question in "(and |in |Java |no |tea |second |one |what |is |it |there |Gibt |es |black |how ){1,7}",
        ) {
            let kept = Conversation::new(turns.iter().map(Turn::new), question.trim());
            if let Some(text) = kept.search_text {
                for word in ["Java", "tea", "second", "black"].into_iter().filter(|word| question.contains(word)) {
                    prop_assert!(text.contains(word), "{} of {}", text, question);
                }
            }
        }
    }
}
