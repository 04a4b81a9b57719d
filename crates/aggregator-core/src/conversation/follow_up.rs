//! A question that goes on from the one before, and the text that is searched for it.
//!
//! A rule without a model: it knows pronouns, connectives and short questions of three languages. Every word of the question
//! stays, except an opening such as `and` or `what about`; the rule adds the earlier question, without the words that the new one
//! replaces.

use super::words::{
    BEFORE_A_NEW_SUBJECT, CHOICES, CIRCUMSTANCES, CONNECTIVES, CORRECTIONS, EXPLETIVES, FUNCTION, LIMITS,
    MAYBE_PRONOUNS, OF_A_WHOLE_QUESTION, OPENINGS, ORDINALS, PREPOSITIONS, PRONOUNS, is_one_of,
};

/// The text to search for, if the question goes on from earlier ones; `turns` are these, the first one first.
pub(super) fn resolve<'a>(turns: impl Iterator<Item = &'a str>, question: &str) -> Option<String> {
    let mut subject: Option<String> = None;
    for turn in turns {
        subject = Some(match subject {
            Some(subject) if is_follow_up(turn) => joined(&subject, turn),
            _ => turn.to_owned(),
        });
    }
    subject.filter(|_| is_follow_up(question)).map(|subject| joined(&subject, question))
}

/// The words of a text as they are written, and in lower case without punctuation around them.
struct Words<'a> {
    given: Vec<&'a str>,
    lower: Vec<String>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let core = |word: &&'a str| word.trim_matches(|c: char| !c.is_alphanumeric());
        let given: Vec<&str> = text.split_whitespace().filter(|word| !core(word).is_empty()).collect();
        let lower = given.iter().map(|word| core(word).to_lowercase()).collect();
        Self { given, lower }
    }

    fn has(&self, at: usize, list: &str) -> bool {
        self.lower.get(at).is_some_and(|word| is_one_of(word, list))
    }

    /// Whether a word says what the text is about.
    fn is_subject(&self, at: usize) -> bool {
        !self.has(at, FUNCTION) && !self.has(at, PRONOUNS) && !self.has(at, MAYBE_PRONOUNS)
    }

    fn subjects(&self) -> usize {
        (0..self.lower.len()).filter(|&at| self.is_subject(at)).count()
    }

    /// Whether a word begins with a capital letter.
    fn is_capital(&self, at: usize) -> bool {
        self.given[at].trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(char::is_uppercase)
    }

    /// Whether it asks when, where or how, or whether there is something, and names what it asks for as known.
    fn asks_for_a_circumstance(&self) -> bool {
        let first_two = [0, 1].map(|at| self.lower.get(at).map_or("", String::as_str));
        if EXPLETIVES.contains(&first_two) || self.has(0, "hay") {
            return true;
        }
        let is_new = |at: usize| at > 0 && self.is_subject(at) && self.has(at - 1, BEFORE_A_NEW_SUBJECT);
        self.has(0, CIRCUMSTANCES) && !(0..self.lower.len()).any(is_new)
    }

    /// Where the question begins behind what says only that it goes on.
    fn behind_openings(&self) -> usize {
        let mut start = 0;
        while let Some(opening) = OPENINGS
            .into_iter()
            .find(|opening| self.lower.get(start..start + opening.len()).is_some_and(|words| words == *opening))
        {
            start += opening.len();
        }
        start
    }

    fn any(&self, list: &str) -> bool {
        (0..self.lower.len()).any(|at| self.has(at, list))
    }
}

/// Whether a question cannot be searched without the one before.
fn is_follow_up(question: &str) -> bool {
    #[cfg(feature = "seeded-faults")]
    if crate::seeded_fault::is_active(crate::seeded_fault::Fault::ForgottenTurns) {
        return false;
    }
    #[cfg(feature = "seeded-faults")]
    if crate::seeded_fault::is_active(crate::seeded_fault::Fault::EndlessSubject) {
        return true;
    }
    let words = Words::of(question);
    let is_expletive = |at: usize| {
        let pair = |from: usize| Some([words.lower.get(from)?.as_str(), words.lower.get(from + 1)?.as_str()]);
        [Some(at), at.checked_sub(1)].into_iter().flatten().filter_map(pair).any(|pair| EXPLETIVES.contains(&pair))
    };
    let stands_for = |list: &str| (0..words.lower.len()).any(|at| words.has(at, list) && !is_expletive(at));
    let subjects = words.subjects();
    let connects = words.has(0, CONNECTIVES);
    let is_whole = (1..4).any(|at| words.has(at, OF_A_WHOLE_QUESTION));
    words.has(0, CORRECTIONS)
        || stands_for(PRONOUNS)
        || subjects == 0
        || (subjects <= 2 && (stands_for(MAYBE_PRONOUNS) || connects && !is_whole))
        || (subjects == 1 && (words.any(LIMITS) || words.has(0, CHOICES) || words.asks_for_a_circumstance()))
}

/// The earlier question with what the new one says: in the place of what it replaces, or behind it.
fn joined(earlier: &str, question: &str) -> String {
    let (before, new) = (Words::of(earlier), Words::of(question));
    let corrects = new.has(0, CORRECTIONS);
    let connects = new.has(0, CONNECTIVES);
    let start = new.behind_openings();
    let mut is_kept = vec![true; before.lower.len()];
    let mut insert_at = None;
    if (connects || corrects) && new.has(start, PREPOSITIONS) {
        // `And in Java?` replaces what stands behind the same preposition.
        if let Some(at) = (0..before.lower.len()).rev().find(|&at| before.lower[at] == new.lower[start]) {
            let run = (at + 1..before.lower.len()).take_while(|&at| before.is_subject(at));
            let end = run.last().map_or(at, |last| last + 1);
            is_kept[at..end].fill(false);
            insert_at = Some(at);
        }
    } else if connects && (start..new.lower.len()).any(|at| new.is_capital(at) && new.is_subject(at)) {
        // `And the Renault Zoe?` replaces the last name. In German every noun is written like one.
        if let Some(last) = (1..before.lower.len()).rev().find(|&at| before.is_capital(at) && before.is_subject(at)) {
            let first = (1..=last).rev().take_while(|&at| before.is_capital(at) && before.is_subject(at)).last();
            is_kept[first.unwrap_or(last)..=last].fill(false);
        }
    }
    let replaces_ordinal = new.any(ORDINALS);
    let is_in_new = |at: usize| before.lower.get(at).is_some_and(|word| new.lower.contains(word));
    for (at, is_kept) in is_kept.iter_mut().enumerate().filter(|&(at, _)| !is_in_new(at)) {
        // Of `green tea` and `I meant black tea`, the first word goes.
        let qualifies = before.is_subject(at) && is_in_new(at + 1) && before.is_subject(at + 1);
        if corrects && qualifies || replaces_ordinal && before.has(at, ORDINALS) {
            *is_kept = false;
        }
    }
    let own = new.given[start..].join(" ");
    let mut out: Vec<&str> = Vec::new();
    for (at, word) in before.given.iter().enumerate() {
        if insert_at == Some(at) {
            out.push(&own);
        }
        if is_kept[at] {
            out.push(word.trim_matches(['?', '¿', '!', '¡', '.', ',', ';', ':']));
        }
    }
    if insert_at.is_none() {
        out.push(&own);
    }
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_goes_on_is_searched_with_its_subject() {
        let told = |turns: &[&str], question| resolve(turns.iter().copied(), question);
        let found = |text: &str| Some(text.to_owned());
        assert_eq!(
            told(&["How do I catch an exception in Python?"], "and in Java?"),
            found("How do I catch an exception in Java?")
        );
        assert_eq!(
            told(&["How tall is the Eiffel Tower?"], "When was it built?"),
            found("How tall is the Eiffel Tower When was it built?")
        );
        assert_eq!(
            told(&["what visa do I need for Vietnam", "and for Laos?"], "And for Nepal?"),
            found("what visa do I need for Nepal?")
        );
        assert_eq!(told(&["price of green tea"], "no, I meant black tea"), found("price of tea black tea"));
    }

    #[test]
    fn another_question_is_searched_as_it_is() {
        for question in
            ["What is photosynthesis?", "And what is the capital of Peru?", "Is there life on Mars?", "rust"]
        {
            assert_eq!(resolve(["How do I catch an exception in Python?"].into_iter(), question), None, "{question}");
        }
        assert_eq!(resolve(std::iter::empty(), "and in Java?"), None, "nothing came before");
    }
}
