//! Words of a sentence, and lists of words that keep two sentences from being compared.
//!
//! The lists have English, German, French, Spanish, Italian, Portuguese and Dutch words, in lower case.

use std::sync::LazyLock;

/// They take a denial back: `not only`.
const ONLY_WORDS: &str = "only just nur seulement solo sólo apenas somente alleen soltanto solamente только";

/// Behind `no`, they make it another thing than a denial: `no doubt that`.
const BEHIND_NO_WORDS: &str =
    "doubt longer matter less more fewer later sooner wonder question problem need only idea one";

/// What a sentence with one of them says may have been so before, or be so later.
const OF_TIME_WORDS: &str = "until till formerly former previously previous originally initially used any anymore \
     longer once still yet already since before after was were now today today's upcoming planned \
     bis früher ehemals vormals mehr seit noch bereits schon vor nach heute jetzt war waren \
     plus jusqu avant depuis encore déjà aujourd'hui maintenant était \
     hasta antes ya desde todavía después hoy ahora era \
     fino prima più ancora già dopo oggi adesso ora \
     até já mais ainda depois hoje agora \
     tot vroeger meer sinds nog al nu vandaag";

/// They make a statement hold in a case only.
const CONDITIONS_WORDS: &str = "if when unless without except while whether \
     wenn falls sofern ohne außer während ob si sans sauf quand lorsque sin salvo cuando \
     senza tranne quando se sem exceto als zonder behalve tenzij wanneer indien";

/// They tell what others say or think, or that it is not so.
const REPORTED_WORDS: &str = "myth false wrong untrue rumour rumours rumor rumors claim claims claimed deny denied denies \
     allegedly supposed believe believed think thought opinion \
     mythos gerücht falsch angeblich behauptet glaube mythe faux rumeur prétend mito falso rumor bulo supuestamente dice falsa \
     bufala leggenda boato fabel onzin beweert";

/// Numbers of a search page and of its sites, and numbers that name a part, a place in a list or an edition.
const FURNITURE_WORDS: &str = "results page pages views view reviews review comments comment replies reply posts post \
     read likes shares share ago step isbn rated rating stars star votes vote p part chapter version release v top best \
     episode season vol volume nr figure fig table section item items tips ways things reasons \
     ansichten aufrufe antworten bewertungen kommentare seite seiten teil kapitel vues avis commentaires réponses \
     visitas opiniones comentarios respuestas página views visualizações visualizzazioni recensioni commenti pagina";

/// They say that a number is not exact.
const HEDGES_WORDS: &str = "about around approximately roughly nearly almost circa some over under least most more less \
     gut etwa rund knapp ungefähr fast environ presque cerca unos unas casi circa quasi ongeveer ruim bijna";

/// `No` is a denial in Spanish and in English, and `in the` in Portuguese: a sentence with one of these words is not Portuguese.
const SPANISH_WORDS: &str = "el la los las una y del hay está están lo";
const PORTUGUESE_WORDS: &str = "é um uma do da dos das em os não ao à";
const ENGLISH_WORDS: &str = "the is are there has have of and was were it a";

/// Two of them make a yes again.
const ALTERNATING_WORDS: &str =
    "not never cannot nicht kein keine keinen keinem keiner keines nie niemals niet geen nooit";

/// Several of them deny no more than one does.
const IN_CONCORD_WORDS: &str = "pas jamais aucun aucune nunca jamás não non mai ninguno ninguna nenhum nenhuma nessuno nessuna \
     не нет никогда";

/// `Un pas` is a step.
const BEFORE_A_STEP_WORDS: &str = "un le ce les des premier chaque";

/// The lists that have a word, as bits.
pub(super) type Lists = u16;

pub(super) const ONLY: Lists = 1 << 0;
pub(super) const BEHIND_NO: Lists = 1 << 1;
pub(super) const OF_TIME: Lists = 1 << 2;
pub(super) const CONDITIONS: Lists = 1 << 3;
pub(super) const REPORTED: Lists = 1 << 4;
pub(super) const FURNITURE: Lists = 1 << 5;
pub(super) const HEDGES: Lists = 1 << 6;
pub(super) const SPANISH: Lists = 1 << 7;
pub(super) const PORTUGUESE: Lists = 1 << 8;
pub(super) const ENGLISH: Lists = 1 << 9;
pub(super) const ALTERNATING: Lists = 1 << 10;
pub(super) const IN_CONCORD: Lists = 1 << 11;
pub(super) const BEFORE_A_STEP: Lists = 1 << 12;

const LISTS: [(Lists, &str); 13] = [
    (ONLY, ONLY_WORDS),
    (BEHIND_NO, BEHIND_NO_WORDS),
    (OF_TIME, OF_TIME_WORDS),
    (CONDITIONS, CONDITIONS_WORDS),
    (REPORTED, REPORTED_WORDS),
    (FURNITURE, FURNITURE_WORDS),
    (HEDGES, HEDGES_WORDS),
    (SPANISH, SPANISH_WORDS),
    (PORTUGUESE, PORTUGUESE_WORDS),
    (ENGLISH, ENGLISH_WORDS),
    (ALTERNATING, ALTERNATING_WORDS),
    (IN_CONCORD, IN_CONCORD_WORDS),
    (BEFORE_A_STEP, BEFORE_A_STEP_WORDS),
];

/// The lists that have a word, which is in lower case.
pub(super) fn lists_of(word: &str) -> Lists {
    static KNOWN: LazyLock<Vec<(&'static str, Lists)>> = LazyLock::new(|| {
        let each = |(list, words): &(Lists, &'static str)| {
            words.split_ascii_whitespace().map(|word| (word, *list)).collect::<Vec<_>>()
        };
        let mut known: Vec<(&str, Lists)> = LISTS.iter().flat_map(each).collect();
        known.sort_unstable();
        // One entry for a word of several lists.
        let mut joined: Vec<(&str, Lists)> = Vec::with_capacity(known.len());
        for (word, list) in known {
            match joined.last_mut() {
                Some((last, lists)) if *last == word => *lists |= list,
                _ => joined.push((word, list)),
            }
        }
        joined
    });
    KNOWN.binary_search_by(|(known, _)| known.cmp(&word)).map_or(0, |at| KNOWN[at].1)
}

/// A word without the ending that most of its forms differ in. It is no stem of a language: two words that become the same have
/// the same beginning.
pub(super) fn without_ending(word: &str) -> &str {
    const ENDINGS: [&str; 8] = ["ing", "edly", "ed", "es", "s", "en", "er", "e"];
    let ending = ENDINGS.into_iter().find(|ending| word.ends_with(ending) && word.len() > ending.len() + 3);
    ending.map_or(word, |ending| &word[..word.len() - ending.len()])
}

/// The words of a text: letters and digits, with what joins them inside; and signs of a unit or a currency, each as a word.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let begins = |c: char| c.is_alphanumeric() || is_sign(c);
        let start = rest.find(begins)?;
        // The minus of a number stands behind white space; elsewhere it is a hyphen.
        let minus = rest[..start]
            .chars()
            .next_back()
            .filter(|&c| is_minus(c) && rest[start..].starts_with(|c: char| c.is_ascii_digit()));
        let minus = minus.map_or(0, char::len_utf8);
        let is_free = rest[..start - minus].chars().next_back().map_or(rest.len() == text.len(), char::is_whitespace);
        rest = &rest[if is_free { start - minus } else { start }..];
        let mut end = 0;
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let mut is_inside = || chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
            let goes_on = match c {
                _ if c.is_alphanumeric() => true,
                '\'' | '’' | '.' | ',' | ':' | '/' | '-' => is_inside(),
                c if at == 0 && is_minus(c) => true,
                _ if at == 0 => {
                    end = c.len_utf8();
                    false
                }
                _ => false,
            };
            if !goes_on {
                break;
            }
            end = at + c.len_utf8();
        }
        let (word, others) = rest.split_at(end);
        rest = others;
        Some(word)
    })
}

/// The sign of a negative number.
pub(super) fn is_minus(c: char) -> bool {
    matches!(c, '-' | '−')
}

/// A sign of a unit or a currency.
pub(super) fn is_sign(c: char) -> bool {
    matches!(c, '%' | '°' | '€' | '$' | '£' | '¥')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_at_what_does_not_join_them() {
        let cut = |text| words(text).collect::<Vec<_>>();
        assert_eq!(cut("It costs €14.50, isn't it?"), ["It", "costs", "€", "14.50", "isn't", "it"]);
        assert_eq!(cut("3.5% of 1,280 m² - 2-3 days."), ["3.5", "%", "of", "1,280", "m²", "2-3", "days"]);
        assert_eq!(cut("-5 to −3 degrees, a-5"), ["-5", "to", "−3", "degrees", "a-5"]);
        assert_eq!(cut(" -- ,,% "), ["%"]);
        assert_eq!(cut("…"), [] as [&str; 0]);
    }

    #[test]
    fn forms_of_a_word_lose_their_ending() {
        assert_eq!(["boats", "boat", "opened", "opens"].map(without_ending), ["boat", "boat", "open", "open"]);
        assert_eq!(["is", "uses", "ñes"].map(without_ending), ["is", "uses", "ñes"]);
    }
}
