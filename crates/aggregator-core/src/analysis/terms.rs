//! The words of a text that carry a subject, for telling how much two texts are about the same.

use super::lexicon::{CLAUSE, CONJUNCTION, FIRST_PERSON, FUNCTION, Flags, IMPERATIVE, INTERROGATIVE, PRONOUN, find_in};
use super::token::{shape, tokenise};

/// Words that carry no subject.
const NO_SUBJECT: Flags = INTERROGATIVE | CLAUSE | FUNCTION | CONJUNCTION | FIRST_PERSON | PRONOUN | IMPERATIVE;

/// The subject words of a text as hashes of their lower-case letters, in order, each once.
///
/// Forms of a word are different words here: two texts that say the same share enough others. What a page has of a query is
/// found by [`QueryTerms`](super::query_terms::QueryTerms).
pub(crate) fn terms(text: &str) -> Vec<u64> {
    let subject = |flags: Flags| flags & NO_SUBJECT == 0;
    let tokens = tokenise(text);
    let words = tokens.iter().filter(|token| token.is(shape::ALPHA | shape::DIGIT) && subject(token.flags));
    let mut out: Vec<u64> = words.map(|token| hash(token.core_text(text))).collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// The hash of a form of a word, as [`terms`] has it, if the word carries a subject.
pub(crate) fn subject_hash(word: &str, form: &str) -> Option<u64> {
    (find_in(word).0 & NO_SUBJECT == 0).then(|| hash(form))
}

/// FNV-1a, 64 bits. Two words with one hash make two pages look alike, by which an attacker gains nothing.
pub(super) fn hash(word: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for c in word.chars().flat_map(char::to_lowercase) {
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// How many elements two ordered lists without repetitions share.
pub(crate) fn shared(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        shared += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    shared
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_carries_no_subject_is_left_out() {
        assert_eq!(terms("How does the borrow checker work?"), terms("BORROW, checker: work!"));
        assert_eq!(terms("und der die das").len(), 0);
        assert_eq!(shared(&terms("Rust ownership rules"), &terms("rules of ownership in C++")), 2);
        assert!(shared(&terms("東京の天気"), &terms("明日の東京の天気")) >= 1);
        assert!(terms("").is_empty());
    }

    proptest! {
        #[test]
        fn shared_is_the_size_of_the_intersection(
            a in prop::collection::btree_set(0_u64..40, 0..30),
            b in prop::collection::btree_set(0_u64..40, 0..30),
        ) {
            let (list_a, list_b): (Vec<u64>, Vec<u64>) = (a.iter().copied().collect(), b.iter().copied().collect());
            prop_assert_eq!(shared(&list_a, &list_b), a.intersection(&b).count());
        }
    }
}
