//! Negation, by its words, in five languages.

use super::words::is_one_of;

/// Two of them make a yes again.
const ALTERNATING: &[&str] =
    &["not", "never", "cannot", "nicht", "kein", "keine", "keinen", "keinem", "keiner", "keines", "nie", "niemals"];

/// Several of them deny no more than one does; `no` is Spanish, too.
const IN_CONCORD: &[&str] = &["no", "pas", "jamais", "aucun", "aucune", "nunca", "jamás", "не", "нет", "никогда"];

/// `Un pas` is a step.
const BEFORE_A_STEP: &[&str] = &["un", "le", "ce", "les", "des", "premier", "chaque"];

/// Behind a denial, they take it back.
const NOT_ONLY: &[&str] = &["only", "just", "nur", "seulement", "solo", "sólo", "только"];

fn alternates(word: &str) -> bool {
    is_one_of(word, ALTERNATING) || word.ends_with("n't") || word.ends_with("n’t")
}

/// Whether a word denies.
pub(super) fn is_denial(word: &str) -> bool {
    alternates(word) || is_one_of(word, IN_CONCORD)
}

/// Whether a sentence is negated, by its words.
pub(super) fn is_negated(sentence: &str, words: &[&str]) -> bool {
    let counts = |at: usize, word: &str| {
        let answers = at == 0 && sentence.get(word.len()..).is_some_and(|rest| rest.starts_with(','));
        let step = word.eq_ignore_ascii_case("pas") && at > 0 && is_one_of(words[at - 1], BEFORE_A_STEP);
        is_denial(word) && !answers && !step && !words.get(at + 1).is_some_and(|next| is_one_of(next, NOT_ONLY))
    };
    let (mut is_denied, mut in_concord) = (false, false);
    for (_, word) in words.iter().enumerate().filter(|&(at, word)| counts(at, word)) {
        if alternates(word) {
            is_denied = !is_denied;
        } else {
            in_concord = true;
        }
    }
    is_denied != in_concord
}
