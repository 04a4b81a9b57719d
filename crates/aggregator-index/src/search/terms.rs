//! The words of a query that are looked for.

use std::collections::BTreeMap;

use aggregator_words::{Kind, Language, detect, is_common, words};

use crate::store::tokenizer::Places;

/// Longest part of a query that is analysed, in words; a person's question has twenty.
const MAX_READ: usize = 1_024;

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Folded.
    pub(crate) text: String,
    /// Whether it is a word of its own, and not a part of an identifier.
    pub(crate) whole: bool,
    /// Where it stands first.
    pub(crate) place: usize,
}

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// Each word once, in the order of the query.
    pub(crate) words: Vec<Asked>,
    /// Pairs of words that follow each other, by their index in `words`, and how far apart they are.
    pub(crate) pairs: Vec<(usize, usize, usize)>,
}

/// Words further apart than this are no phrase.
const NEAR: usize = 3;
/// Percent of the passages that are in a language before common words of it are left out of a query.
const SHARE: u64 = 10;

/// The words of `text`, without those that say nothing in the languages of the index, unless nothing else is there.
pub(crate) fn terms(text: &str, languages: &[(Language, u64)]) -> Terms {
    let all: u64 = languages.iter().map(|&(_, count)| count).sum();
    let mut spoken: Vec<_> =
        languages.iter().filter(|&&(_, count)| count * 100 >= all * SHARE).map(|&(language, _)| language).collect();
    let own = detect(text);
    if languages.iter().any(|&(language, _)| language == own) && !spoken.contains(&own) {
        spoken.push(own);
    }
    let mut places = Places::default();
    let mut found = Vec::new();
    for word in words(text).take(MAX_READ) {
        let place = places.place(word.kind);
        let common = word.kind != Kind::Pair && spoken.iter().any(|&language| is_common(&word.text, language));
        found.push((Asked { text: word.text.into_owned(), whole: word.kind != Kind::Part, place }, common));
    }
    let only_common = found.iter().all(|&(_, common)| common);
    let mut terms = Terms::default();
    let mut indexes = BTreeMap::new();
    let mut last: Option<(usize, usize)> = None;
    for (asked, common) in found {
        if common && !only_common {
            continue;
        }
        let place = asked.place;
        let index = *indexes.entry(asked.text.clone()).or_insert_with(|| {
            terms.words.push(asked);
            terms.words.len() - 1
        });
        if let Some((before, at)) = last
            && (1..=NEAR).contains(&(place.saturating_sub(at)))
            && before != index
        {
            terms.pairs.push((before, index, place - at));
        }
        last = Some((index, place));
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
        terms(query, ENGLISH).words.into_iter().map(|asked| asked.text).collect()
    }

    #[test]
    fn common_words_are_left_out_unless_nothing_is_left() {
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
