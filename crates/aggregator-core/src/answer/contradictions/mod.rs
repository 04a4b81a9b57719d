//! Sources that contradict each other, found by their numbers and by what they deny.
//!
//! Two sentences of different sources are compared only if they are about the same: one has every subject word of the other, and
//! there are at least three of these. They contradict each other when
//! - they differ in one number and in no other, both of the same unit: `Saturn has 146 moons` and `Saturn has 82 known moons`;
//! - or one denies what the other says: `coffee is safe in pregnancy` and `coffee is not safe in pregnancy`.
//!
//! Precision comes first, because a reader who has met two wrong reports reads no third. So nothing is reported when
//! another reading is near: a number that is the other one rounded, hedged within 15 %, given by the other source too, in
//! a name, or furniture of a search page (`3 days ago`, `Top 10`); a denial with words of another time, of a condition,
//! or of what others say. Text of writing systems without spaces is not compared. The rule misses most contradictions,
//! because sources word them differently; the cases `labels/contradictions` count those that it finds.

mod negation;
mod numbers;
mod sentence;
mod words;

use crate::source::RankedSource;
use sentence::{Sentence, sentences};

/// Maximum number of contradictions that are reported.
pub const MAX_REPORTED: usize = 16;

#[doc(hidden)]
#[deprecated(note = "renamed to `MAX_REPORTED`")]
pub const MAX_TOLD: usize = MAX_REPORTED;

/// Maximum number of sentences that are compared pairwise for up to 40 sources. Each source has an equal share.
const MAX_COMPARED: usize = 160;

/// Minimum number of sentences of a source that are compared.
const MIN_PER_SOURCE: usize = 4;

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

/// Finds contradictions in numbers among frozen sources, those of the best sources first.
pub fn find(sources: &[RankedSource]) -> Vec<Contradiction> {
    let mut found = Vec::new();
    let has_digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    report_numbers(&compared(sources, has_digit), &mut found);
    found
}

/// Finds sentences of which one denies the other, those of the best sources first. Experimental: too few of the labelled pairs
/// are denials that it finds to say how many of its reports are wrong.
pub fn find_denials(sources: &[RankedSource]) -> Vec<Contradiction> {
    let mut found = Vec::new();
    report_denials(&compared(sources, |_| true), &mut found);
    found
}

/// The sentences that are compared, of every source as many; only those that are wanted.
fn compared(sources: &[RankedSource], is_wanted: fn(&str) -> bool) -> Vec<Sentence<'_>> {
    let share = (MAX_COMPARED / sources.len().max(1)).max(MIN_PER_SOURCE);
    let mut said = Vec::new();
    for ranked in sources {
        let texts = [&ranked.source.title, &ranked.source.snippet].into_iter().flat_map(|text| sentences(text));
        let short = texts.map(str::trim).filter(|text| text.len() <= MAX_SENTENCE_BYTES && is_wanted(text));
        said.extend(short.filter_map(|text| Sentence::new(ranked.number, text)).take(share));
    }
    said
}

/// Every two sentences of different sources.
fn pairs<'b, 'a>(said: &'b [Sentence<'a>]) -> impl Iterator<Item = [&'b Sentence<'a>; 2]> {
    let with = |(at, a): (usize, &'b Sentence<'a>)| said[at + 1..].iter().map(move |b| [a, b]);
    said.iter().enumerate().flat_map(with).filter(|[a, b]| a.source != b.source)
}

fn report_numbers(said: &[Sentence<'_>], found: &mut Vec<Contradiction>) {
    // A source that gives both values agrees with the other one.
    let gives = |source: u32, value: i128| {
        let own = said.iter().filter(|sentence| sentence.source == source);
        own.flat_map(|sentence| &sentence.numbers).any(|number| number.value == value)
    };
    let mut reported = Vec::new();
    for [a, b] in pairs(said) {
        let Some([x, y]) = a.differing_numbers(b) else { continue };
        let report = [(a.source, x.value), (b.source, y.value)];
        if gives(a.source, y.value) || gives(b.source, x.value) || reported.contains(&report) {
            continue;
        }
        reported.push(report);
        let given = [x, y].map(|number| format!("{}{}", number.currency, number.given));
        let matter = ContradictionKind::NumberOf(x.common_unit(y).unwrap_or_default().to_owned());
        found.push(Contradiction { sources: [a.source, b.source], given, matter });
        if found.len() == MAX_REPORTED {
            return;
        }
    }
}

fn report_denials(said: &[Sentence<'_>], found: &mut Vec<Contradiction>) {
    let mut reported = Vec::new();
    for [a, b] in pairs(said) {
        if found.len() == MAX_REPORTED {
            return;
        }
        // Of two sources that repeat themselves, once is enough.
        let report = [a.source, b.source];
        if !a.is_denied_by(b) || reported.iter().any(|&(known, c, d)| known == report && (c == a.text || d == b.text)) {
            continue;
        }
        reported.push((report, a.text, b.text));
        let given = [a.text.to_owned(), b.text.to_owned()];
        found.push(Contradiction { sources: report, given, matter: ContradictionKind::Statement });
    }
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
        let sources = sources(snippets);
        find(&sources).into_iter().chain(find_denials(&sources)).map(tell).collect()
    }

    #[test]
    fn different_numbers_of_the_same_are_found() {
        assert_eq!(
            told(&["The planet Saturn has 146 moons.", "The planet Saturn has 82 known moons."]),
            ["[1] 146 or [2] 82 moons"]
        );
        assert_eq!(
            told(&["The bridge is 1,280 metres long.", "It opened in May. The long bridge is 1,302 metres long."]),
            ["[1] 1,280 or [2] 1,302 metres"]
        );
        assert_eq!(
            told(&["It is -5 degrees in Oslo tonight.", "It is 5 degrees in Oslo tonight."]),
            ["[1] -5 or [2] 5 degrees"]
        );
        let thrice =
            "The bridge is 1,300 metres long. The bridge is 1300 metres long. The bridge is 1300.0 metres long.";
        assert_eq!(told(&["The bridge is 1,280 metres long.", thrice]).len(), 1, "once is enough");
        assert_eq!(
            told(&["The old tower has 1950 steps.", "The old tower has 1980 steps."]),
            ["[1] 1950 or [2] 1980 steps"]
        );
        assert_eq!(
            told(&["The unemployment rate fell to 4.1% in March", "In March the unemployment rate fell to 3.9%."]),
            ["[1] 4.1 or [2] 3.9 %"]
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
            told(&[
                "The planet Saturn has 146 moons. The rings are not very old ice.",
                "The planet Saturn has 82 moons. The rings are old ice."
            ]),
            ["[1] 146 or [2] 82 moons", "[1] The rings are not very old ice. [2] The rings are old ice."]
        );
    }

    #[test]
    fn what_agrees_or_is_about_something_else_is_not() {
        for same in [
            ["The planet Saturn has 146 moons.", "Saturn has 146 known moons."],
            ["The bridge is 1,280 metres long.", "The bridge is 1280.0 metres long."],
            ["The planet Saturn has 146 moons.", "Jupiter and its rings were photographed with 95 moons."],
            ["The planet Saturn has 146 moons.", "Saturn has 7 rings."],
            ["Version 3 of the library was released.", "Version 4 of the library was released."],
            ["The planet Saturn has 146 moons.", ""],
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
        assert_eq!(
            told(&["The planet Saturn has 146 moons. The planet Saturn has 82 moons."]),
            [] as [&str; 0],
            "one source"
        );
        let coffee = "Coffee is not safe in pregnancy. ".repeat(20);
        let both =
            told(&[&coffee, "Coffee is safe in pregnancy. The rings are old ice.", "The rings are not old ice."]);
        assert_eq!(both.len(), 2, "each source has its share: {both:?}");
        for noise in ["a. ".repeat(200), "1 pp 2 pp 3 pp. ".repeat(60), "Some words 1 pp 2 pp. ".repeat(60)] {
            let told = told(&[&noise, "The planet Saturn has 146 moons.", "The planet Saturn has 82 moons."]);
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
    }
}
