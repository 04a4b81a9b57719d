//! Negation, by its words.

use super::words::{BEHIND_NO, ENGLISH, ONLY, PORTUGUESE, SPANISH, is_one_of};

/// Two of them make a yes again.
const ALTERNATING: &str = "not never cannot nicht kein keine keinen keinem keiner keines nie niemals niet geen nooit";

/// Several of them deny no more than one does.
const IN_CONCORD: &str = "pas jamais aucun aucune nunca jamás não non mai ninguno ninguna nenhum nenhuma nessuno nessuna \
     не нет никогда";

/// `Un pas` is a step.
const BEFORE_A_STEP: &str = "un le ce les des premier chaque";

/// A word of a sentence, as far as it denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    /// Two of them make a yes.
    Alternating,
    /// Two of them deny as one does.
    InConcord,
    /// It only looks like one.
    Apparent,
}

/// What a word denies; `words` are those of its sentence in lower case.
pub(super) fn denial(words: &[String], at: usize) -> Option<Denial> {
    let word = words[at].as_str();
    let next = words.get(at + 1).map_or("", String::as_str);
    let answers = at == 0 && matches!(word, "no" | "non" | "nein" | "não");
    let of_kind = if is_one_of(word, ALTERNATING) || word.ends_with("n't") || word.ends_with("n’t") {
        Denial::Alternating
    } else if word == "no" {
        let has = |list| words.iter().filter(|word| is_one_of(word, list)).count();
        let denies = has(SPANISH) > has(PORTUGUESE) || has(ENGLISH) > has(PORTUGUESE);
        if !denies || is_one_of(next, BEHIND_NO) { Denial::Apparent } else { Denial::InConcord }
    } else if is_one_of(word, IN_CONCORD) {
        Denial::InConcord
    } else {
        return None;
    };
    let step = word == "pas" && at > 0 && is_one_of(&words[at - 1], BEFORE_A_STEP);
    Some(if answers || step || is_one_of(next, ONLY) { Denial::Apparent } else { of_kind })
}

/// Whether a sentence with these denials denies something.
pub(super) fn is_negated(denials: impl Iterator<Item = Denial>) -> bool {
    let (mut is_denied, mut in_concord) = (false, false);
    for denial in denials {
        match denial {
            Denial::Alternating => is_denied = !is_denied,
            Denial::InConcord => in_concord = true,
            Denial::Apparent => {}
        }
    }
    is_denied != in_concord
}
