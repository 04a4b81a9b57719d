//! Sources that say different things about the same: found by their numbers and by what they deny.
//!
//! Two sentences of different sources contradict each other when they are about the same and
//! - give different numbers of the same thing: `Saturn has 146 moons` and `Saturn has 82 known moons`. About the same are
//!   sentences of which at least half of the subject words that either has are in both;
//! - or one denies what the other says: `coffee is safe in pregnancy` and `coffee is not safe in pregnancy`. For this, three
//!   quarters of the subject words have to be in both.
//!
//! Sentences that name different years tell of different times. Denials are known in English, German, French, Spanish and
//! Russian. That finds what can be told from words without understanding them; sources that disagree in other ways are left to
//! the model, whose prompt asks to mention them. A finding is a reason to look, not a proof.

mod negation;
mod numbers;
mod words;

use crate::analysis::{shared, terms};
use crate::source::RankedSource;
use numbers::{Number, number, numbers_of};
use words::core;

/// Maximum number of contradictions that are reported.
pub const MAX_REPORTED: usize = 16;

#[doc(hidden)]
#[deprecated(note = "renamed to `MAX_REPORTED`")]
pub const MAX_TOLD: usize = MAX_REPORTED;

/// Most sentences, and most numbers, that are compared, each with each. Every source has the same share.
const MAX_COMPARED: usize = 128;

/// Minimum number of sentences, and of numbers, that are compared for each source. Where there are many sources, the best ones
/// have this many each, and the others none.
const MIN_PER_SOURCE: usize = 8;

/// What is longer, in bytes, is a table or a list rather than a sentence, and not looked at.
const MAX_SENTENCE_BYTES: usize = 500;

/// Two sources that say different things about the same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contradiction {
    /// Numbers of the sources, the better one first.
    pub sources: [u32; 2],
    /// What each says, as it is written there: the number, or the sentence.
    pub given: [String; 2],
    /// About what they differ.
    pub matter: ContradictionKind,
}

/// About what two sources differ.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContradictionKind {
    /// A number of this, as the better source calls it.
    NumberOf(String),
    /// Whether something is so: one says it, and the other denies it.
    Statement,
}

#[doc(hidden)]
#[deprecated(note = "renamed to `ContradictionKind`")]
pub type Matter = ContradictionKind;

/// A sentence of a source.
struct Sentence<'a> {
    source: u32,
    text: &'a str,
    /// Subject words without numbers, in order, each once.
    terms: Vec<u64>,
    /// In millionths, as all numbers here.
    years: Vec<i128>,
    /// Whether it denies something.
    denies: bool,
}

/// Finds contradictions among frozen sources, those of the best sources first: of numbers, then of statements.
pub fn find(sources: &[RankedSource]) -> Vec<Contradiction> {
    let share = (MAX_COMPARED / sources.len().max(1)).max(MIN_PER_SOURCE);
    let (mut said, mut numbers) = (Vec::new(), Vec::new());
    for ranked in sources.iter().take(MAX_COMPARED / share) {
        let texts = [&ranked.source.title, &ranked.source.snippet].into_iter().flat_map(|text| sentences(text));
        let short = texts.map(str::trim).filter(|text| text.len() <= MAX_SENTENCE_BYTES);
        // One word is about nothing.
        let whole = short.map(|text| Sentence::of(ranked.number, text)).filter(|sentence| sentence.terms.len() > 1);
        let most = numbers.len() + share;
        for sentence in whole.take(share) {
            numbers_of(said.len(), sentence.text, &mut numbers);
            numbers.truncate(most);
            said.push(sentence);
        }
    }
    let mut found = Vec::new();
    differing_numbers(&said, &numbers, &mut found);
    denied_statements(&said, &mut found);
    found.truncate(MAX_REPORTED);
    found
}

fn differing_numbers(said: &[Sentence<'_>], numbers: &[Number<'_>], found: &mut Vec<Contradiction>) {
    let mut told: Vec<[&Number<'_>; 2]> = Vec::new();
    for (index, a) in numbers.iter().enumerate() {
        for b in &numbers[index + 1..] {
            let (of_a, of_b) = (&said[a.place.0], &said[b.place.0]);
            let differ = of_a.source != of_b.source && a.of_term == b.of_term && a.value != b.value;
            if !differ || !of_a.is_about(of_b, [1, 2]) || !of_a.is_of_the_time_of(of_b, [Some(a.value), Some(b.value)])
            {
                continue;
            }
            // Of `metres long` each word would tell it, and so would each repetition.
            let alike =
                |x: &Number<'_>, y: &Number<'_>| said[x.place.0].source == said[y.place.0].source && x.value == y.value;
            let known = |[x, y]: &[&Number<'_>; 2]| {
                alike(x, a) && alike(y, b) && (x.of_term == a.of_term || x.place == a.place)
            };
            if told.iter().any(known) {
                continue;
            }
            told.push([a, b]);
            let given = [a.given.to_owned(), b.given.to_owned()];
            let sources = [of_a.source, of_b.source];
            found.push(Contradiction { sources, given, matter: ContradictionKind::NumberOf(a.of.to_owned()) });
            if found.len() == MAX_REPORTED {
                return;
            }
        }
    }
}

fn denied_statements(said: &[Sentence<'_>], found: &mut Vec<Contradiction>) {
    let stated: Vec<_> = said.iter().filter(|sentence| !sentence.text.ends_with(['?', '？'])).collect();
    let mut told: Vec<[&Sentence<'_>; 2]> = Vec::new();
    for (index, a) in stated.iter().enumerate() {
        for b in &stated[index + 1..] {
            let differ = a.source != b.source && a.denies != b.denies;
            let same = |x: &Sentence<'_>, y: &Sentence<'_>| x.source == y.source && x.terms == y.terms;
            let known = |[x, y]: &[&Sentence<'_>; 2]| same(x, a) && same(y, b);
            if differ && a.is_about(b, [3, 4]) && a.is_of_the_time_of(b, [None; 2]) && !told.iter().any(known) {
                told.push([a, b]);
                let given = [a.text.to_owned(), b.text.to_owned()];
                found.push(Contradiction {
                    sources: [a.source, b.source],
                    given,
                    matter: ContradictionKind::Statement,
                });
            }
            if found.len() >= MAX_REPORTED {
                return;
            }
        }
    }
}

impl<'a> Sentence<'a> {
    fn of(source: u32, text: &'a str) -> Self {
        let words: Vec<_> = text.split_whitespace().map(core).collect();
        let mut all = terms(text);
        for word in words.iter().filter(|word| word.chars().any(|c| c.is_ascii_digit()) || negation::is_denial(word)) {
            let others = terms(word);
            all.retain(|term| others.binary_search(term).is_err());
        }
        let years = words.iter().filter(|word| word.len() == 4).filter_map(|word| Some(number(word)?.1));
        let years = years.filter(|year| (1_900_000_000..=2_100_000_000).contains(year)).collect();
        Self { source, text, terms: all, years, denies: negation::is_negated(text, &words) }
    }

    /// Whether at least such a part of the subject words of both are in each, and two at least.
    fn is_about(&self, other: &Self, [part, of]: [usize; 2]) -> bool {
        let both = shared(&self.terms, &other.terms);
        both >= 2 && of * both >= part * (self.terms.len() + other.terms.len() - both)
    }

    /// Whether no year keeps them apart; numbers that are compared are none, though they may look like one.
    fn is_of_the_time_of(&self, other: &Self, [own, others]: [Option<i128>; 2]) -> bool {
        let years = |of: &Self, not: Option<i128>| -> Vec<i128> {
            of.years.iter().copied().filter(|year| Some(*year) != not).collect()
        };
        let (own, others) = (years(self, own), years(other, others));
        own.is_empty() || others.is_empty() || own.iter().any(|year| others.contains(year))
    }
}

/// A full stop ends one only before white space: `3.5`, `example.org`.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
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
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::source::{ProviderName, ResultId, Source};
    use crate::text::CleanText;

    fn sources(snippets: &[&str]) -> Vec<RankedSource> {
        let source = |(index, snippet): (usize, &&str)| {
            let source = Source {
                url: CleanText::single_line("https://example.org/"),
                title: CleanText::default(),
                snippet: CleanText::single_line(*snippet),
                provider: ProviderName::new("p"),
            };
            let number = index as u32 + 1;
            RankedSource { number, id: ResultId(index as u32), score: 1.0, source: Arc::new(source) }
        };
        snippets.iter().enumerate().map(source).collect()
    }

    fn told(snippets: &[&str]) -> Vec<String> {
        let tell = |found: Contradiction| {
            let Contradiction { sources: [a, b], given: [x, y], matter } = found;
            match matter {
                ContradictionKind::NumberOf(of) => format!("[{a}] {x} or [{b}] {y} {of}"),
                ContradictionKind::Statement => format!("[{a}] {x} [{b}] {y}"),
            }
        };
        find(&sources(snippets)).into_iter().map(tell).collect()
    }

    #[test]
    fn different_numbers_of_the_same_are_found() {
        assert_eq!(told(&["Saturn has 146 moons.", "Saturn has 82 known moons."]), ["[1] 146 or [2] 82 moons"]);
        assert_eq!(
            told(&[
                "The bridge is 1,280 metres long.",
                "It opened in May. The long bridge is 1,300 metres long, they say."
            ]),
            ["[1] 1,280 or [2] 1,300 metres"]
        );
        assert_eq!(
            told(&["It is -5 degrees in Oslo tonight.", "It is 5 degrees in Oslo tonight."]),
            ["[1] -5 or [2] 5 degrees"]
        );
        assert_eq!(
            told(&["Saturn has 82 moons and 82 rings.", "Saturn has 146 moons and 146 rings."]),
            ["[1] 82 or [2] 146 moons", "[1] 82 or [2] 146 rings"]
        );
        let thrice =
            "The bridge is 1,300 metres long. The bridge is 1300 metres long. The bridge is 1300.0 metres long.";
        assert_eq!(told(&["The bridge is 1,280 metres long.", thrice]).len(), 1, "once is enough");
        assert_eq!(told(&["The tower has 1950 steps.", "The tower has 1980 steps."]), ["[1] 1950 or [2] 1980 steps"]);
        assert_eq!(
            told(&["The unemployment rate fell to 4.1% in March", "In March the unemployment rate fell to 3.9%."]),
            ["[1] 4.1% or [2] 3.9% %"]
        );
    }

    #[test]
    fn what_one_says_and_the_other_denies_is_found() {
        for [said, denied] in [
            ["Coffee is safe in pregnancy.", "In pregnancy coffee is not safe!"],
            ["The patch will restore deleted files.", "The patch won't restore deleted files."],
            ["Der Zug hält sonntags in Ulm.", "Sonntags hält der Zug nicht in Ulm."],
            ["Le musée est ouvert le lundi soir.", "Le musée n'est pas ouvert le lundi soir."],
            ["La vacuna protege contra la gripe.", "La vacuna no protege contra la gripe."],
            ["Музей открыт вечером.", "Музей вечером не открыт."],
            ["Музей открыт вечером.", "Музей никогда не открыт вечером."],
            ["La vacuna protege contra la gripe.", "La vacuna no protege nunca contra la gripe."],
            ["Coffee is safe in pregnancy.", "No, coffee is not safe in pregnancy."],
        ] {
            assert_eq!(told(&[said, denied]), [format!("[1] {said} [2] {denied}")]);
            assert_eq!(told(&[denied, said]), [format!("[1] {denied} [2] {said}")]);
            assert_eq!(told(&[denied, denied]), [] as [&str; 0]);
        }
        assert_eq!(
            told(&["Saturn has 146 moons. The rings are not old.", "Saturn has 82 moons. The rings are old."]),
            ["[1] 146 or [2] 82 moons", "[1] The rings are not old. [2] The rings are old."]
        );
    }

    #[test]
    fn what_agrees_or_is_about_something_else_is_not() {
        for same in [
            ["Saturn has 146 moons.", "Saturn has 146 known moons."],
            ["The bridge is 1,280 metres long.", "The bridge is 1280.0 metres long."],
            ["Saturn has 146 moons.", "Jupiter and its rings were photographed with 95 moons."],
            ["Saturn has 146 moons.", "Saturn has 7 rings."],
            ["Version 3 of the library was released.", "Version 4 of the library was released."],
            ["Saturn has 146 moons.", ""],
            ["In 2019 the unemployment rate was 4.1%.", "In 2020 the unemployment rate was 3.9%."],
            ["The museum was open in 2019.", "The museum was not open in 2020."],
            ["The museum is open.", "Is the museum not open?"],
            ["The new parser is fast on small files.", "The new parser is not only fast on small files."],
            ["The parser is fast on small files.", "The printer is not fast on large folders."],
            ["It is.", "It is not."],
            ["Музей никогда не открыт вечером.", "Музей не открыт вечером."],
            ["La vacuna no protege nunca contra la gripe.", "La vacuna no protege contra la gripe."],
            ["No, coffee is not safe in pregnancy.", "Coffee is not safe in pregnancy."],
            ["un pas de danse classique moderne", "danse classique moderne un peu"],
            ["The city has 1.5 million people today.", "The city has 1,500,000 people today."],
            ["Die Stadt hat 1.500 Einwohner heute.", "Die Stadt hat 1500 Einwohner heute."],
            ["Le pont a 1 280 mètres ici.", "Le pont a 1280 mètres ici."],
            ["They made $5bn revenue last year.", "They made $5,000,000,000 revenue last year."],
            ["Prices rose by between 2 and 3 percent here.", "Prices rose by 2 percent here."],
            ["The iPhone 15 pro battery life is good.", "The iPhone 16 pro battery life is good."],
            ["The market opens on May 5 morning early.", "The market opens on May 7 morning early."],
            ["The new parser is fast on small files.", "The new parser is never not fast on small files."],
        ] {
            assert_eq!(told(&same), [] as [&str; 0], "{same:?}");
        }
        assert_eq!(told(&["Saturn has 146 moons. Saturn has 82 moons."]), [] as [&str; 0], "one source");
        let coffee = "Coffee is not safe in pregnancy. ".repeat(20);
        let both = told(&[&coffee, "Coffee is safe in pregnancy. The rings are old.", "The rings are not old."]);
        assert_eq!(both.len(), 2, "each source has its share: {both:?}");
        for noise in ["a. ".repeat(200), "1 pp 2 pp 3 pp. ".repeat(60), "Some words 1 pp 2 pp. ".repeat(60)] {
            let told = told(&[&noise, "Saturn has 146 moons.", "Saturn has 82 moons."]);
            assert_eq!(told, ["[2] 146 or [3] 82 moons"], "{noise}");
        }
        let table = |moons: u32| format!("{} Saturn has {moons} moons.", "moon ".repeat(MAX_SENTENCE_BYTES / 5));
        assert_eq!(told(&[&table(146), &table(82)]), [] as [&str; 0], "no sentence is so long");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_reports_are_limited(texts in prop::collection::vec(any::<String>(), 0..4)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            prop_assert!(find(&sources(&texts)).len() <= MAX_REPORTED);
        }

        #[test]
        fn sentences_are_all_of_the_text(text in "[a-z0-9.!? ]{0,60}") {
            prop_assert_eq!(sentences(&text).collect::<String>(), text);
        }
    }
}
