//! Properties of words, folding, detection and stop words, for any text.

use aggregator_words::{Language, WordKind, detect, fold, is_stop_word, words};
use proptest::prelude::*;

/// Texts of all characters, and texts of those that the rules are about.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        r"[aBc1_.':+#\- \u{ad}\u{200d}\u{301}ßİςé’東タｶﾞ한กา一，。]{0,60}",
        r"[\p{L}\p{M}\p{N}\p{Pc} ]{0,60}",
    ]
}

proptest! {
    #[test]
    fn spans_are_in_the_text_and_in_order(text in texts()) {
        let mut last = 0..0;
        for word in words(&text) {
            prop_assert!(!word.text.is_empty() && !word.span.is_empty());
            prop_assert!(text.get(word.span.clone()).is_some(), "{:?} in {text:?}", word.span);
            prop_assert!(word.span.start >= last.start);
            match word.kind {
                WordKind::Word => {
                    prop_assert!(word.span.start >= last.end);
                    last = word.span;
                }
                WordKind::Part => prop_assert!(word.span.end <= last.end, "a part is within its word"),
                WordKind::Bigram => {
                    prop_assert!(word.span.end > last.end);
                    last = word.span;
                }
            }
        }
    }

    #[test]
    fn a_word_is_the_folded_text_of_its_span(text in texts()) {
        for word in words(&text) {
            prop_assert_eq!(&word.text, &fold(&text[word.span.clone()]));
        }
    }

    #[test]
    fn no_letter_or_digit_is_lost(text in texts()) {
        let mut covered = vec![false; text.len()];
        for word in words(&text) {
            covered[word.span].fill(true);
        }
        for (at, c) in text.char_indices() {
            prop_assert!(
                covered[at] || !c.is_alphanumeric() || fold(c.encode_utf8(&mut [0; 4])).is_empty(),
                "{:?} in {:?}", c, text.escape_unicode().to_string()
            );
        }
    }

    #[test]
    fn a_folded_plain_word_is_its_own_word(word in r"[\p{Latin}\p{Cyrillic}\p{Greek}&&\p{L}]{1,40}") {
        let folded = fold(&word).into_owned();
        // What begins with a mark is no plain word.
        prop_assume!(folded.chars().all(char::is_alphabetic) && !folded.starts_with('\u{345}'));
        let found: Vec<_> = words(&folded).filter(|word| word.kind == WordKind::Word).map(|word| word.text).collect();
        prop_assert_eq!(found, [folded.as_str()]);
    }

    #[test]
    fn detecting_and_looking_up_take_any_text(text in texts()) {
        let language = detect(&text);
        prop_assert!(Language::ALL.contains(&language));
        for word in words(&text) {
            is_stop_word(&word.text, language);
        }
    }
}
