//! Negation, by its words.

use super::words::{ALTERNATING, BEFORE_A_STEP, BEHIND_NO, ENGLISH, IN_CONCORD, Lists, ONLY, PORTUGUESE, SPANISH};

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

/// What a word denies; `words` are those of its sentence in lower case, `lists` the lists that have each.
pub(super) fn denial(words: &[String], lists: &[Lists], at: usize) -> Option<Denial> {
    let word = words[at].as_str();
    let of_kind = if lists[at] & ALTERNATING != 0 || word.ends_with("n't") || word.ends_with("n’t") {
        Denial::Alternating
    } else if word == "no" {
        let count = |list| lists.iter().filter(|&lists| lists & list != 0).count();
        if count(SPANISH).max(count(ENGLISH)) > count(PORTUGUESE) { Denial::InConcord } else { Denial::Apparent }
    } else if lists[at] & IN_CONCORD != 0 {
        Denial::InConcord
    } else {
        return None;
    };
    let next = lists.get(at + 1).copied().unwrap_or(0);
    let answers = at == 0 && matches!(word, "no" | "non" | "nein" | "não");
    let step = word == "pas" && at > 0 && lists[at - 1] & BEFORE_A_STEP != 0;
    let is_other = word == "no" && next & BEHIND_NO != 0;
    Some(if answers || step || is_other || next & ONLY != 0 { Denial::Apparent } else { of_kind })
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
