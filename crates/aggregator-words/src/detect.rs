//! Language detection.

use whatlang::{Detector, Lang};

use crate::language::Language;
use crate::stop_words::{has_stop_words, is_stop_word};
use crate::tokens::{WordKind, words};

/// Maximum number of bytes that [`detect`] reads from the beginning of a text.
pub const MAX_DETECT_BYTES: usize = 1_024;

/// Minimum number of letters with which trigram frequencies decide alone; a query has fewer.
const MIN_TRIGRAM_LETTERS: usize = 120;

/// Maximum number of words of a short text that are compared with the stop words.
const MAX_COUNTED_WORDS: usize = 48;

/// The language of a text; [`Language::Other`] if the language is uncertain or has no stems here.
///
/// Reads the first [`MAX_DETECT_BYTES`]. The language of a long text follows from its letter trigrams (whatlang, after
/// Cavnar and Trenkle 1994). A text as short as a query has too few of them, so its stop words of two letters or more
/// decide: the language with the most of them, if it has two, or one and the trigrams agree. Trigrams break ties.
///
/// ```
/// # use aggregator_words::{Language, detect};
/// assert_eq!(detect("wie groß ist der Cache?"), Language::German);
/// assert_eq!(detect("tokio::spawn"), Language::Other);
/// ```
pub fn detect(text: &str) -> Language {
    let text = &text[..text.floor_char_boundary(MAX_DETECT_BYTES)];
    let guess = whatlang::detect(text);
    let guessed = guess.as_ref().map_or(Language::Other, |info| from_whatlang(info.lang()));
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let reliable = guess.is_some_and(|info| info.is_reliable());
    if reliable && (letters >= MIN_TRIGRAM_LETTERS || !has_stop_words(guessed) && guessed != Language::Other) {
        return guessed;
    }
    detect_by_stop_words(text, guessed)
}

fn detect_by_stop_words(text: &str, guessed: Language) -> Language {
    let mut counts = vec![0_u32; Language::ALL.len()];
    for word in words(text).filter(|word| word.kind == WordKind::Word).take(MAX_COUNTED_WORDS) {
        // A single letter may be a variable.
        if word.text.chars().nth(1).is_some() {
            for (count, &language) in counts.iter_mut().zip(Language::ALL) {
                *count += u32::from(is_stop_word(&word.text, language));
            }
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let has_most = |language: Language| language != Language::Other && counts[language as usize] == most;
    if most == 1 && has_most(guessed) {
        return guessed;
    }
    if most < 2 {
        return Language::Other;
    }
    // Neighbours share words: Danish and Norwegian, Spanish and Portuguese.
    let among: Vec<Lang> = Lang::all().iter().copied().filter(|&lang| has_most(from_whatlang(lang))).collect();
    match among[..] {
        [only] => from_whatlang(only),
        _ => Detector::with_allowlist(among).detect_lang(text).map_or(Language::Other, from_whatlang),
    }
}

fn from_whatlang(lang: Lang) -> Language {
    match lang {
        Lang::Eng => Language::English,
        Lang::Deu => Language::German,
        Lang::Fra => Language::French,
        Lang::Spa => Language::Spanish,
        Lang::Ita => Language::Italian,
        Lang::Por => Language::Portuguese,
        Lang::Nld => Language::Dutch,
        Lang::Swe => Language::Swedish,
        Lang::Nob => Language::Norwegian,
        Lang::Dan => Language::Danish,
        Lang::Fin => Language::Finnish,
        Lang::Rus => Language::Russian,
        Lang::Tur => Language::Turkish,
        Lang::Ara => Language::Arabic,
        Lang::Hun => Language::Hungarian,
        Lang::Ron => Language::Romanian,
        Lang::Ell => Language::Greek,
        Lang::Pol => Language::Polish,
        Lang::Ces => Language::Czech,
        Lang::Cat => Language::Catalan,
        Lang::Ind => Language::Indonesian,
        Lang::Hye => Language::Armenian,
        Lang::Epo => Language::Esperanto,
        Lang::Est => Language::Estonian,
        Lang::Hin => Language::Hindi,
        Lang::Lit => Language::Lithuanian,
        Lang::Nep => Language::Nepali,
        Lang::Pes => Language::Persian,
        Lang::Srp => Language::Serbian,
        Lang::Tam => Language::Tamil,
        Lang::Yid => Language::Yiddish,
        _ => Language::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_and_passages_are_detected() {
        let wrong: Vec<_> = [
            ("en", "how do I set the max prompt tokens"),
            ("en", "what is the capital of France?"),
            ("en", "Why does the borrow checker complain about this closure?"),
            ("de", "wie groß ist der Zwischenspeicher?"),
            ("de", "Was kostet die Verlängerung des Personalausweises?"),
            ("fr", "comment installer le paquet sur mon serveur"),
            ("fr", "Quelle est la capitale de l'Australie ?"),
            ("es", "¿Cuántos habitantes tiene la ciudad de Lima?"),
            ("it", "come si configura il server di posta?"),
            ("pt", "qual é a diferença entre uma lista e um vetor?"),
            ("nl", "hoe kan ik mijn wachtwoord wijzigen"),
            ("sv", "hur många invånare har Göteborg?"),
            ("no", "hvordan kan jeg endre passordet mitt"),
            ("da", "hvordan kan jeg ændre min adgangskode?"),
            ("fi", "miten voin vaihtaa salasanan?"),
            ("ru", "как изменить пароль в настройках?"),
            ("tr", "şifremi nasıl değiştirebilirim ve neden gerekli?"),
            ("ar", "كيف يمكنني تغيير كلمة المرور في الإعدادات؟"),
            ("hu", "hogyan lehet a jelszót megváltoztatni?"),
            ("ro", "cum pot să schimb parola de la cont?"),
            ("el", "Πώς μπορώ να αλλάξω τον κωδικό μου;"),
            ("pl", "jak można zmienić hasło do konta?"),
            ("cs", "jak se dá změnit heslo k účtu a proč?"),
            ("id", "bagaimana cara mengubah kata sandi yang lama?"),
            ("und", "tokio::spawn"),
            ("und", "HashMap"),
            ("und", "x = y + 1"),
            ("und", ""),
            ("und", "東京タワーの高さは何メートルですか"),
            ("und", "서울의 인구는 얼마입니까?"),
            ("und", "Hauptbahnhof Zürich 2024"),
        ]
        .into_iter()
        .filter(|&(code, text)| detect(text).code() != code)
        .map(|(code, text)| (code, detect(text), text))
        .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn only_the_beginning_is_looked_at_and_a_character_is_not_cut() {
        let german = "Die Katze sitzt auf dem Dach und schaut in den Garten, weil dort ein Vogel singt. ".repeat(20);
        assert_eq!(detect(&german), Language::German);
        let then_french = format!("{german}{}", "Le chat dort sur le toit de la maison. ".repeat(1_000));
        assert_eq!(detect(&then_french), Language::German);
        for shift in 0..4 {
            detect(&format!("{}{}", "x".repeat(shift), "東".repeat(MAX_DETECT_BYTES)));
        }
    }
}
