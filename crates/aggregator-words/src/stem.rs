//! Stemming.

use std::borrow::Cow;

use frostem::{Algorithm, Stemmer};

use crate::language::Language;

/// Maximum length in bytes of a word that is stemmed. No word of a language is longer.
const MAX_STEMMED_BYTES: usize = 256;

/// The stem of a folded word by the Snowball algorithm of its language.
///
/// A word stays as it is for [`Language::Other`], if it has other characters than letters, marks and apostrophes
/// (identifiers, numbers), or if it is longer than 256 bytes.
///
/// ```
/// # use aggregator_words::{Language, stem};
/// assert_eq!(stem("connections", Language::English), "connect");
/// assert_eq!(stem("häuser", Language::German), stem("haus", Language::German));
/// assert_eq!(stem("max_tokens", Language::English), "max_tokens");
/// ```
pub fn stem(word: &str, language: Language) -> Cow<'_, str> {
    match algorithm(language) {
        Some(algorithm) if is_stemmed(word) => Stemmer::new(algorithm).stem(word),
        _ => Cow::Borrowed(word),
    }
}

fn is_stemmed(word: &str) -> bool {
    let is_mark = |c: char| !c.is_ascii() && !c.is_numeric() && !c.is_whitespace();
    word.len() <= MAX_STEMMED_BYTES && word.chars().all(|c| c.is_alphabetic() || c == '\'' || is_mark(c))
}

fn algorithm(language: Language) -> Option<Algorithm> {
    Some(match language {
        Language::English => Algorithm::English,
        Language::German => Algorithm::German,
        Language::French => Algorithm::French,
        Language::Spanish => Algorithm::Spanish,
        Language::Italian => Algorithm::Italian,
        Language::Portuguese => Algorithm::Portuguese,
        Language::Dutch => Algorithm::Dutch,
        Language::Swedish => Algorithm::Swedish,
        Language::Norwegian => Algorithm::Norwegian,
        Language::Danish => Algorithm::Danish,
        Language::Finnish => Algorithm::Finnish,
        Language::Russian => Algorithm::Russian,
        Language::Turkish => Algorithm::Turkish,
        Language::Arabic => Algorithm::Arabic,
        Language::Hungarian => Algorithm::Hungarian,
        Language::Romanian => Algorithm::Romanian,
        Language::Greek => Algorithm::Greek,
        Language::Polish => Algorithm::Polish,
        Language::Czech => Algorithm::Czech,
        Language::Catalan => Algorithm::Catalan,
        Language::Indonesian => Algorithm::Indonesian,
        Language::Armenian => Algorithm::Armenian,
        Language::Esperanto => Algorithm::Esperanto,
        Language::Estonian => Algorithm::Estonian,
        Language::Hindi => Algorithm::Hindi,
        Language::Lithuanian => Algorithm::Lithuanian,
        Language::Nepali => Algorithm::Nepali,
        Language::Persian => Algorithm::Persian,
        Language::Serbian => Algorithm::Serbian,
        Language::Tamil => Algorithm::Tamil,
        Language::Yiddish => Algorithm::Yiddish,
        Language::Other => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem_in_each_language() {
        for (language, forms) in [
            (Language::English, "connection connections connected"),
            (Language::German, "haus hauses häuser"),
            (Language::French, "continuer continua continué"),
            (Language::Spanish, "gato gatos gata"),
            (Language::Italian, "abbandonare abbandonato abbandonata"),
            (Language::Portuguese, "menino meninos menina"),
            (Language::Dutch, "boek boeken"),
            (Language::Swedish, "bil bilar bilen"),
            (Language::Norwegian, "bil biler bilen"),
            (Language::Danish, "bil biler bilen"),
            (Language::Finnish, "talo talon talossa"),
            (Language::Russian, "книга книги книгу"),
            (Language::Turkish, "ev evler evde"),
            (Language::Arabic, "كتاب الكتاب"),
            (Language::Hungarian, "ház házak"),
            (Language::Romanian, "copil copilul"),
            (Language::Greek, "δρόμος δρόμοι δρόμων"),
            (Language::Polish, "dom domy"),
            (Language::Czech, "hrad hrady hradu"),
            (Language::Catalan, "gat gats"),
            (Language::Indonesian, "makan makanan"),
        ] {
            let mut forms = forms.split(' ');
            let first = stem(forms.next().unwrap(), language);
            for form in forms {
                assert_eq!(stem(form, language), first, "{language:?}");
            }
        }
    }

    #[test]
    fn identifiers_and_long_words_are_their_own_stems() {
        for word in ["sha256s", "max_tokens", "c++", "1.95.0", "", "foo.bars", "two words"] {
            for &language in Language::ALL {
                assert_eq!(stem(word, language), word, "{language:?}");
            }
        }
        let long = "s".repeat(257);
        assert_eq!(stem(&long, Language::English), long.as_str());
        assert_eq!(stem("connections", Language::Other), "connections");
    }

    proptest! {
        #[test]
        fn no_text_makes_a_stemmer_panic(text in any::<String>(), word in r"[\p{L}\p{M}']{0,70}") {
            for &language in Language::ALL {
                stem(&text, language);
                prop_assert!(stem(&word, language).len() <= 2 * word.len() + 8);
            }
        }

        /// Words of the letters that the algorithms know, so that their rules are reached.
        #[test]
        fn no_word_of_its_script_makes_a_stemmer_panic(
            latin in "[a-zäöüßàâçéèêëîïôûùáíóúñãõåæøčšžıłąęő']{0,24}",
            cyrillic in "[а-яё]{0,24}",
            greek in r"[\u{370}-\u{3ff}]{0,24}",
            arabic in r"[\u{620}-\u{6ff}]{0,24}",
            indic in r"[\u{900}-\u{97f}]{0,24}",
            tamil in r"[\u{b80}-\u{bff}]{0,24}",
            hebrew in r"[\u{590}-\u{5f4}]{0,24}",
            armenian in r"[\u{530}-\u{58f}]{0,24}",
        ) {
            for word in [latin, cyrillic, greek, arabic, indic, tamil, hebrew, armenian] {
                for &language in Language::ALL {
                    let once = stem(&word, language).into_owned();
                    stem(&once, language);
                }
            }
        }
    }
}
