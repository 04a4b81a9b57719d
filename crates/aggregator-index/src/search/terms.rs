//! The terms of a query.

use std::collections::BTreeMap;

use aggregator_words::{Language, WordKind, detect, is_stop_word, words};

use crate::store::tokenizer::PositionCounter;

/// Maximum number of words of a query that are read; a question has about twenty.
const MAX_QUERY_WORDS: usize = 1_024;

/// A term of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryTerm {
    /// The word of the query, folded.
    pub(crate) text: String,
    /// Whether it is a whole word; else it is a part of an identifier.
    pub(crate) whole: bool,
    /// First position of the term in the query.
    pub(crate) position: usize,
}

/// The terms and phrases of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct QueryTerms {
    /// Each word once, in the order of the query.
    pub(crate) words: Vec<QueryTerm>,
    /// Phrases of two words: their indexes in `words` and the distance of their positions.
    pub(crate) pairs: Vec<(usize, usize, usize)>,
}

/// Maximum distance of the two words of a phrase.
const MAX_PHRASE_GAP: usize = 3;
/// Minimum percentage of passages in a language for its stop words to be left out of a query.
const MIN_LANGUAGE_PERCENT: u64 = 10;

/// The terms of `text` without stop words of the languages of the index; with them, if it has no other words.
pub(crate) fn terms(text: &str, languages: &[(Language, u64)]) -> QueryTerms {
    let all: u64 = languages.iter().map(|&(_, count)| count).sum();
    let mut spoken: Vec<_> = languages
        .iter()
        .filter(|&&(_, count)| count * 100 >= all * MIN_LANGUAGE_PERCENT)
        .map(|&(language, _)| language)
        .collect();
    let own = detect(text);
    if languages.iter().any(|&(language, _)| language == own) && !spoken.contains(&own) {
        spoken.push(own);
    }
    let mut positions = PositionCounter::default();
    let mut found = Vec::new();
    for word in words(text).take(MAX_QUERY_WORDS) {
        let position = positions.position(word.kind);
        let common = word.kind != WordKind::Bigram && spoken.iter().any(|&language| is_stop_word(&word.text, language));
        found.push((QueryTerm { text: word.text.into_owned(), whole: word.kind != WordKind::Part, position }, common));
    }
    let only_common = found.iter().all(|&(_, common)| common);
    let mut terms = QueryTerms::default();
    let mut indexes = BTreeMap::new();
    let mut last: Option<(usize, usize)> = None;
    for (term, common) in found {
        if common && !only_common {
            continue;
        }
        let position = term.position;
        let index = *indexes.entry(term.text.clone()).or_insert_with(|| {
            terms.words.push(term);
            terms.words.len() - 1
        });
        if let Some((before, at)) = last
            && (1..=MAX_PHRASE_GAP).contains(&(position.saturating_sub(at)))
            && before != index
        {
            terms.pairs.push((before, index, position - at));
        }
        last = Some((index, position));
    }
    terms.pairs.sort_unstable();
    terms.pairs.dedup();
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &[(Language, u64)] = &[(Language::English, 100)];

    fn texts(query: &str) -> Vec<String> {
        terms(query, ENGLISH).words.into_iter().map(|term| term.text).collect()
    }

    #[test]
    fn stop_words_are_left_out_unless_nothing_is_left() {
        assert_eq!(texts("How do I install the server?"), ["install", "server"]);
        assert_eq!(texts("what is it"), ["what", "is", "it"]);
        assert_eq!(texts("Install install INSTALL"), ["install"]);
        assert!(texts("").is_empty() && texts("?!() \u{200b}").is_empty());
    }

    #[test]
    fn words_that_follow_each_other_are_pairs() {
        let found = terms("install the server on a big machine server install", ENGLISH);
        let text = |index: usize| found.words[index].text.as_str();
        let pairs: Vec<_> = found.pairs.iter().map(|&(a, b, gap)| (text(a), text(b), gap)).collect();
        let expected = [
            ("install", "server", 2),
            ("server", "install", 1),
            ("server", "big", 3),
            ("big", "machine", 1),
            ("machine", "server", 1),
        ];
        assert_eq!(pairs, expected);
    }
}
