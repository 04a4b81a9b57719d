//! Folding: one form for all spellings of a word.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};

use crate::step_counter::count_steps;

/// Maximum number of characters of a folded word. A longer word is cut, and is still found by its beginning.
pub const MAX_WORD_CHARS: usize = 64;

/// Maximum number of characters of a word that are read. Removed characters (marks, joiners) count here, and not in
/// [`MAX_WORD_CHARS`].
const MAX_READ_CHARS: usize = 4 * MAX_WORD_CHARS;

const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfkc();

/// One form for words that differ only in case, in compatibility forms (full-width letters, ligatures, superscripts),
/// in composed or decomposed accents, in the sign for an apostrophe, or in invisible characters.
///
/// This is NFKC (Unicode Standard Annex 15) and lower case, with these exceptions:
///
/// - `ß` and `ẞ` become `ss`, and a final sigma becomes a sigma, as full case folding has it.
/// - `İ` becomes `i` without the combining dot that its lower case has. `ı` stays: Turkish stems need it.
/// - Soft hyphens, joiners, other zero-width characters and variation selectors are left out, and so is white space
///   that NFKC puts into a word.
/// - Arabic vowel marks and the tatweel, and Hebrew points are left out.
///
/// Accents stay. At most [`MAX_WORD_CHARS`] characters are kept. Folding a folded word changes nothing.
pub fn fold(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        let kept = &word[..word.len().min(MAX_WORD_CHARS)];
        count_steps(kept.len());
        return match kept.chars().any(|c| c.is_ascii_uppercase() || c.is_whitespace()) {
            true => kept.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect(),
            false => Cow::Borrowed(kept),
        };
    }
    let read = prefix(word, MAX_READ_CHARS);
    let mut lower = String::with_capacity(read.len());
    for c in NFKC.normalize(read).chars() {
        count_steps(1);
        push_folded(&mut lower, c);
    }
    let mut folded = NFKC.normalize(&lower).into_owned();
    folded.truncate(prefix(&folded, MAX_WORD_CHARS).len());
    Cow::Owned(folded)
}

fn push_folded(out: &mut String, c: char) {
    match c {
        'ß' | 'ẞ' => out.push_str("ss"),
        'ς' => out.push('σ'),
        'İ' => out.push('i'),
        // The dot of a lower-case dotted capital.
        '\u{307}' if out.ends_with('i') => {}
        '’' | '‘' | 'ʼ' | 'ʹ' | '′' | '＇' | '‛' => out.push('\''),
        c if is_left_out(c) || c.is_whitespace() => {}
        c => out.extend(c.to_lowercase()),
    }
}

/// Invisible characters, Arabic vowel marks and tatweel, Hebrew points.
fn is_left_out(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
        | '\u{640}' | '\u{64b}'..='\u{652}' | '\u{670}'
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}')
}

fn prefix(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ways_to_write_a_word_become_one() {
        for (from, to) in [
            ("Word", "word"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("STRAẞE", "strasse"),
            ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύσ"),
            ("ὀδυσσεύς", "ὀδυσσεύσ"),
            ("İstanbul", "istanbul"),
            ("i\u{307}stanbul", "istanbul"),
            ("ISPARTA", "isparta"),
            ("ılık", "ılık"),
            ("ＨＴＭＬ５", "html5"),
            ("ﬁle", "file"),
            ("x²", "x2"),
            ("don’t", "don't"),
            ("don‘t", "don't"),
            ("don＇t", "don't"),
            ("Über", "über"),
            ("U\u{308}ber", "über"),
            ("Zu\u{ad}cker", "zucker"),
            ("می\u{200c}خواهم", "میخواهم"),
            ("مُحَمَّد", "محمد"),
            ("كـتـاب", "كتاب"),
            ("שָׁלוֹם", "שלום"),
            ("ﾊﾟﾝ", "パン"),
            ("葛\u{e0100}", "葛"),
            ("café", "café"),
            ("", ""),
        ] {
            assert_eq!(fold(from), to, "{from}");
        }
    }

    #[test]
    fn a_long_word_keeps_its_beginning() {
        assert_eq!(fold(&"aB".repeat(10_000)), "ab".repeat(32));
        assert_eq!(fold(&"é".repeat(100)), "é".repeat(64));
        // One character that becomes eighteen.
        assert_eq!(fold(&"\u{fdfa}".repeat(100)).chars().count(), MAX_WORD_CHARS);
        assert_eq!(fold(&format!("a{}", "\u{301}".repeat(100_000))).chars().count(), MAX_WORD_CHARS);
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text).into_owned();
            prop_assert_eq!(fold(&once), once.as_str(), "{:?}", text.escape_unicode().to_string());
        }

        #[test]
        fn case_makes_no_difference(text in r"\p{Latin}{1,20}") {
            // What has no upper case of one character of its own (ŉ, ǰ …), or none that leads back, is not meant.
            let leads_back = |c: &char| c.to_uppercase().to_string().to_lowercase() == c.to_lowercase().to_string();
            let text: String = text.chars().filter(leads_back).collect();
            let upper = text.to_uppercase();
            prop_assert_eq!(fold(&upper), fold(&text));
        }
    }

    #[test]
    fn every_character_folds_to_what_stays() {
        // The planes between have ideographs, private characters and nothing.
        for c in ('\0'..'\u{20000}').chain('\u{2f800}'..'\u{2fa20}').chain('\u{e0000}'..'\u{e0200}') {
            let text = c.to_string();
            let once = fold(&text).into_owned();
            assert_eq!(fold(&once), once.as_str(), "{}", text.escape_unicode());
            assert!(!once.chars().any(|c| is_left_out(c) || c.is_whitespace()), "{}", text.escape_unicode());
        }
    }
}
