//! Stop words: frequent words that say nothing about the topic of a text.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::language::Language;

/// The stop words of each language, by its index in [`Language::ALL`].
static STOP_WORDS: LazyLock<Vec<HashSet<&'static str>>> = LazyLock::new(|| {
    let mut lists = vec![HashSet::new(); Language::ALL.len()];
    let mut language = Language::Other;
    for line in include_str!("stop_words.txt").lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            // A test reads every code.
            Some(code) => language = Language::from_code(code).unwrap_or(Language::Other),
            None => lists[language as usize].extend(line.split_whitespace()),
        }
    }
    lists
});

/// Whether a folded word is a stop word of a language: an article, a pronoun, a preposition, an auxiliary, or a word
/// that a question begins with (how, was, comment).
///
/// The lists are short and written for this crate. There is none for Armenian, Esperanto, Estonian, Hindi, Lithuanian, Nepali,
/// Persian, Serbian, Tamil, Yiddish and [`Language::Other`].
///
/// ```
/// # use aggregator_words::{Language, is_stop_word};
/// assert!(is_stop_word("wie", Language::German) && !is_stop_word("wie", Language::English));
/// ```
pub fn is_stop_word(word: &str, language: Language) -> bool {
    STOP_WORDS[language as usize].contains(word)
}

/// Whether a language has a list of stop words.
pub(crate) fn has_stop_words(language: Language) -> bool {
    !STOP_WORDS[language as usize].is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold;
    use crate::tokens::{WordKind, words};

    #[test]
    fn lists_are_folded_sorted_and_of_words() {
        for section in include_str!("stop_words.txt").split("\n[").skip(1) {
            let (code, list) = section.split_once(']').unwrap();
            let language = Language::from_code(code).unwrap_or_else(|| panic!("{code}"));
            let list: Vec<&str> = list.split_whitespace().collect();
            assert!(list.windows(2).all(|pair| pair[0] < pair[1]), "{code}");
            for word in list {
                assert_eq!(fold(word), word, "{code}");
                let found: Vec<_> = words(word).filter(|found| found.kind == WordKind::Word).collect();
                assert!(found.len() == 1 && found[0].text == word, "{code} {word}");
                assert!(is_stop_word(word, language));
            }
        }
        assert_eq!(Language::ALL.iter().filter(|&&language| has_stop_words(language)).count(), 21);
        assert!(!has_stop_words(Language::Other));
    }

    #[test]
    fn question_words_are_stop_words_of_their_language() {
        for (language, words) in [
            (Language::English, "how what when where which who why"),
            (Language::German, "wie was wann wo welche wer warum"),
            (Language::French, "comment que quand où quelle qui pourquoi"),
            (Language::Spanish, "cómo qué cuándo dónde cuál quién por"),
            (Language::Italian, "come cosa quando dove quale chi perché"),
            (Language::Portuguese, "como que quando onde qual quem porque"),
            (Language::Dutch, "hoe wat wanneer waar welke wie waarom"),
            (Language::Swedish, "hur vad när var vilken vem varför"),
            (Language::Norwegian, "hvordan hva når hvor hvilken hvem hvorfor"),
            (Language::Danish, "hvordan hvad hvornår hvor hvilken hvem hvorfor"),
            (Language::Finnish, "miten mitä milloin missä mikä kuka miksi"),
            (Language::Russian, "как что когда где какой кто почему"),
            (Language::Turkish, "nasıl ne nerede hangi kim neden"),
            (Language::Arabic, "كيف ماذا متى أين أي من لماذا"),
            (Language::Hungarian, "hogyan mi mikor hol melyik ki miért"),
            (Language::Romanian, "cum ce când unde care cine"),
            (Language::Greek, "πώς τι πότε πού ποιος γιατί"),
            (Language::Polish, "jak co kiedy gdzie który kto dlaczego"),
            (Language::Czech, "jak co kdy kde který kdo proč"),
            (Language::Catalan, "com què quan on quin qui perquè"),
            (Language::Indonesian, "bagaimana apa kapan mana siapa mengapa"),
        ] {
            for word in words.split(' ') {
                assert!(is_stop_word(&fold(word), language), "{language:?} {word}");
                assert!(!is_stop_word(&fold(word), Language::Other));
            }
        }
    }

    #[test]
    fn content_words_are_no_stop_words() {
        for (language, words) in [
            (Language::English, "token time year water work first"),
            (Language::German, "zeit jahr wasser arbeit erste"),
            (Language::French, "temps eau travail année"),
            (Language::Russian, "время вода год работа"),
        ] {
            for word in words.split(' ') {
                assert!(!is_stop_word(word, language), "{language:?} {word}");
            }
        }
    }
}
