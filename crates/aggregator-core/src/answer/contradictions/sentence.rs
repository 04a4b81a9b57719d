//! A sentence of a source, and how two of them contradict each other.

use super::negation::{denial, is_negated};
use super::numbers::{Number, read};
use super::words::{
    CONDITIONS, FURNITURE, HEDGES, Lists, OF_TIME, REPORTED, is_minus, is_sign, lists_of, without_ending, words,
};
use crate::analysis::{shared, subject_hash};

/// Minimum number of subject words that both sentences have.
const MIN_SHARED: usize = 3;

/// A sentence of a source.
pub(super) struct Sentence<'a> {
    pub(super) source: u32,
    pub(super) text: &'a str,
    /// Hashes of its subject words without their endings, without numbers and denials, in order, each once.
    subject: Vec<u64>,
    pub(super) numbers: Vec<Number<'a>>,
    denies: bool,
    /// The lists that have one of its words.
    lists: Lists,
}

impl<'a> Sentence<'a> {
    /// Reads a sentence; `None` for a question, for code, and for what is about too little to be compared.
    pub(super) fn new(source: u32, text: &'a str) -> Option<Self> {
        let is_code = |c: char| matches!(c, '{' | '}' | '=' | '<' | '>' | '`' | '_' | '\\');
        if text.ends_with(['?', '？']) || text.contains(is_code) || text.contains("()") {
            return None;
        }
        let given: Vec<&str> = words(text).collect();
        let lower: Vec<String> = given.iter().map(|word| word.to_lowercase()).collect();
        let lists: Vec<Lists> = lower.iter().map(|word| lists_of(word)).collect();
        let (mut subject, mut numbers, mut denials) = (Vec::new(), Vec::new(), Vec::new());
        for (at, word) in given.iter().enumerate() {
            if word.trim_start_matches(is_minus).starts_with(|c: char| c.is_ascii_digit()) {
                // A sentence with a number that cannot be read is not compared: the number may be the same.
                let (value, step) = read(word)?;
                let before = at.checked_sub(1).map_or("", |before| given[before]);
                // The first word of a sentence is written large anyway.
                let is_in_name = before.chars().skip(usize::from(at == 1)).any(char::is_uppercase);
                let currency = if before.starts_with(is_sign) { before } else { "" };
                let behind = lower[at + 1..].iter().take(2).cloned().collect();
                numbers.push(Number { given: word, value, step, currency, behind, is_in_name });
            } else if let Some(denial) = denial(&lower, &lists, at) {
                denials.push(denial);
            } else {
                subject.extend(subject_hash(word, without_ending(&lower[at])));
            }
        }
        subject.sort_unstable();
        subject.dedup();
        (subject.len() >= MIN_SHARED).then(|| Self {
            source,
            text,
            subject,
            denies: is_negated(denials.into_iter()),
            lists: lists.into_iter().fold(0, |all, lists| all | lists),
            numbers,
        })
    }

    /// Whether both are about the same: one has the subject words of the other, and at most one more.
    fn is_about_the_same(&self, other: &Self) -> bool {
        let both = shared(&self.subject, &other.subject);
        #[cfg(feature = "seeded-faults")]
        if crate::seeded_fault::is_active(crate::seeded_fault::Fault::HalfTheSubject) {
            return 4 * both >= self.subject.len() + other.subject.len();
        }
        let [fewer, more] = match self.subject.len() <= other.subject.len() {
            true => [self.subject.len(), other.subject.len()],
            false => [other.subject.len(), self.subject.len()],
        };
        both == fewer && both >= MIN_SHARED && more - both <= 1
    }

    /// The two numbers in which the sentences differ, if they differ in no other: both of the same unit, and neither of them the
    /// other one rounded.
    pub(super) fn differing_numbers<'b>(&'b self, other: &'b Self) -> Option<[&'b Number<'a>; 2]> {
        let can_differ = !self.numbers.is_empty()
            && self.numbers.len() == other.numbers.len()
            && self.denies == other.denies
            && (self.lists ^ other.lists) & OF_TIME == 0;
        if !can_differ || (self.lists | other.lists) & FURNITURE != 0 || !self.is_about_the_same(other) {
            return None;
        }
        let a = only_one_without(&self.numbers, &other.numbers)?;
        let b = only_one_without(&other.numbers, &self.numbers)?;
        let is_same_measure = a.currency == b.currency && !a.is_in_name && !b.is_in_name;
        (is_same_measure && a.common_unit(b).is_some() && !a.may_be(b, (self.lists | other.lists) & HEDGES != 0))
            .then_some([a, b])
    }

    /// Whether one of them denies what the other one says, and says it of the same time and of the same case.
    pub(super) fn is_denied_by(&self, other: &Self) -> bool {
        self.denies != other.denies
            && (self.lists | other.lists) & (OF_TIME | REPORTED) == 0
            && (self.lists ^ other.lists) & CONDITIONS == 0
            && self.has_values_of(other)
            && other.has_values_of(self)
            && self.is_about_the_same(other)
    }

    /// Whether it has every number of another sentence.
    fn has_values_of(&self, other: &Self) -> bool {
        other.numbers.iter().all(|number| self.numbers.iter().any(|own| own.value == number.value))
    }
}

/// The only number that others do not have.
fn only_one_without<'b, 'a>(numbers: &'b [Number<'a>], others: &[Number<'a>]) -> Option<&'b Number<'a>> {
    let mut own = numbers.iter().filter(|number| others.iter().all(|other| other.value != number.value));
    let first = own.next()?;
    own.next().is_none().then_some(first)
}

/// The sentences of a text. A full stop ends one only before white space: `3.5`, `example.org`.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let ends = |(at, c): (usize, char)| match c {
            '.' => rest[at + 1..].chars().next().is_none_or(char::is_whitespace),
            _ => matches!(c, '!' | '?' | ';' | '。' | '！' | '？' | '\n'),
        };
        let end = rest.char_indices().find(|&at| ends(at)).map_or(rest.len(), |(at, c)| at + c.len_utf8());
        let (sentence, others) = rest.split_at(end);
        rest = others;
        (!sentence.is_empty()).then_some(sentence)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sentences_are_all_of_the_text(text in "[a-z0-9.!? ]{0,60}") {
            prop_assert_eq!(sentences(&text).collect::<String>(), text);
        }
    }
}
