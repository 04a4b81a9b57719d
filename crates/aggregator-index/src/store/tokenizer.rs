//! The tokenizer of the index.

use std::borrow::Cow;

use aggregator_words::{Language, Word, WordKind, Words, stem, words};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The name of the tokenizer in the schema.
pub(crate) const NAME: &str = "words";

/// Splits a text that begins with the code of its language and a line feed. Each word is a term as it is written,
/// folded; in a language with stems, its stem with the language is a second one in the same place.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WordTokenizer;

/// The text for the tokenizer.
pub(crate) fn with_language(language: Language, text: &str) -> String {
    let code = language.code();
    let mut made = String::with_capacity(code.len() + 1 + text.len());
    made.extend([code, "\n", text]);
    made
}

/// The language of a text for the tokenizer, and the text.
pub(crate) fn without_language(text: &str) -> (Language, &str) {
    match text.split_once('\n') {
        Some((code, rest)) => match Language::from_code(code) {
            Some(language) => (language, rest),
            None => (Language::Other, text),
        },
        None => (Language::Other, text),
    }
}

/// The term for a stem; no word has its control character. `None` if the language has no stems.
pub(crate) fn stem_term(word: &str, language: Language, term: &mut String) -> bool {
    if language == Language::Other {
        return false;
    }
    term.clear();
    term.extend([language.code(), "\u{1}", &stem(word, language)]);
    true
}

/// Positions of words, in texts and in queries: an identifier stands in the place of its first part, and the next word
/// comes after its last one. So `HashMap` is found by the phrase "hash map", and a phrase goes on after it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PositionCounter {
    next: usize,
    part: usize,
}

impl PositionCounter {
    pub(crate) fn position(&mut self, kind: WordKind) -> usize {
        let here = match kind {
            WordKind::Part => self.part,
            WordKind::Word | WordKind::Bigram => {
                self.part = self.next;
                self.next
            }
        };
        if kind == WordKind::Part {
            self.part += 1;
        }
        self.next = self.next.max(here + 1);
        here
    }
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        let (language, text) = without_language(text);
        WordStream {
            words: words(text),
            language,
            positions: PositionCounter::default(),
            token: Token::default(),
            stem_next: false,
        }
    }
}

pub(crate) struct WordStream<'a> {
    words: Words<'a>,
    language: Language,
    positions: PositionCounter,
    token: Token,
    /// The stem of the current word comes next.
    stem_next: bool,
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        if std::mem::take(&mut self.stem_next) {
            let word = std::mem::take(&mut self.token.text);
            if stem_term(&word, self.language, &mut self.token.text) {
                return true;
            }
        }
        let Some(Word { text, span, kind }) = self.words.next() else { return false };
        match text {
            Cow::Owned(text) => self.token.text = text,
            Cow::Borrowed(text) => {
                self.token.text.clear();
                self.token.text.push_str(text);
            }
        }
        self.token.offset_from = span.start;
        self.token.offset_to = span.end;
        self.token.position = self.positions.position(kind);
        self.stem_next = self.language != Language::Other && kind != WordKind::Bigram;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<(usize, String)> {
        let mut tokenizer = WordTokenizer;
        let mut stream = tokenizer.token_stream(text);
        let mut terms = Vec::new();
        stream.process(&mut |token| terms.push((token.position, token.text.clone())));
        terms
    }

    #[test]
    fn words_and_stems_stand_in_one_place_and_parts_in_theirs() {
        let found = terms("en\nUse max_tokens now");
        let expected = [
            (0, "use"),
            (0, "en\u{1}use"),
            (1, "max_tokens"),
            (1, "max"),
            (2, "tokens"),
            (2, "en\u{1}token"),
            (3, "now"),
        ];
        for (position, term) in expected {
            assert!(found.contains(&(position, term.to_owned())), "{position} {term:?} in {found:?}");
        }
        assert!(terms("und\nUse it").iter().all(|(_, term)| !term.contains('\u{1}')));
        assert_eq!(terms("no code"), [(0, "no".to_owned()), (1, "code".to_owned())]);
    }
}
