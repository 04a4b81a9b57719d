//! Sources that say different things about the same: found by their numbers.
//!
//! Two sentences of different sources contradict each other when they are about the same (at least half of the subject words
//! that either has are in both), and give different numbers of the same thing: `Saturn has 146 moons` and `Saturn has 82 known
//! moons`. That finds what can be told from words without understanding them; sources that disagree in other ways are left to
//! the model, which is told to say so. What is found is a reason to look, not a proof.

use crate::analysis::{shared, terms};
use crate::event::RankedSource;

/// Most contradictions that are told.
pub const MAX_TOLD: usize = 16;

/// Most sentences with a number that are compared, the best sources' first: each is compared with each.
const MAX_CLAIMS: usize = 128;

/// Two sources that give different numbers of the same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contradiction {
    /// Numbers of the sources, the better one first.
    pub sources: [u32; 2],
    /// What each gives, as it is written there.
    pub given: [String; 2],
    /// Of what, as the better source calls it.
    pub of: String,
}

/// A number in a sentence, and what it is of.
struct Claim<'a> {
    source: u32,
    given: &'a str,
    /// In millionths.
    value: i128,
    of: &'a str,
    of_term: u64,
    /// The subject words of the sentence without numbers.
    terms: Vec<u64>,
}

/// Finds contradictions among frozen sources, those of the best sources first.
pub fn find(sources: &[RankedSource]) -> Vec<Contradiction> {
    let mut claims = Vec::new();
    for ranked in sources {
        for text in [&ranked.source.title, &ranked.source.snippet] {
            sentences(text).for_each(|sentence| claims_of(ranked.number, sentence, &mut claims));
        }
        if claims.len() >= MAX_CLAIMS {
            claims.truncate(MAX_CLAIMS);
            break;
        }
    }
    let mut found: Vec<Contradiction> = Vec::new();
    for (index, a) in claims.iter().enumerate() {
        for b in &claims[index + 1..] {
            if a.source == b.source || a.of_term != b.of_term || a.value == b.value || !about_the_same(a, b) {
                continue;
            }
            // Of `metres long` each word would tell it.
            let known = |other: &Contradiction| {
                other.sources == [a.source, b.source] && other.given[0] == a.given && other.given[1] == b.given
            };
            if !found.iter().any(known) {
                let given = [a.given.to_owned(), b.given.to_owned()];
                found.push(Contradiction { sources: [a.source, b.source], given, of: a.of.to_owned() });
            }
            if found.len() == MAX_TOLD {
                return found;
            }
        }
    }
    found
}

/// Half of all subject words, and two at least: what is counted is one of them already.
fn about_the_same(a: &Claim<'_>, b: &Claim<'_>) -> bool {
    let both = shared(&a.terms, &b.terms);
    both >= 2 && 2 * both >= a.terms.len() + b.terms.len() - both
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

/// The numbers of a sentence that have a word behind them: `82 known moons` and `146 moons` are both of moons.
fn claims_of<'a>(source: u32, sentence: &'a str, claims: &mut Vec<Claim<'a>>) {
    let mut words = sentence.split_whitespace();
    let mut of_sentence: Option<Vec<u64>> = None;
    while let Some(word) = words.next() {
        let given = word.trim_matches(|c: char| !c.is_ascii_digit() && c != '%');
        let (Some(value), false) = (value(given), word.starts_with(char::is_alphabetic)) else { continue };
        let of: Vec<(&str, u64)> = if given.ends_with('%') {
            vec![("%", u64::MAX)]
        } else {
            let behind = words.clone().take(3).map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
            // Up to a word without a subject: version 3 of the library is no number of libraries.
            let noun = |word: &'a str| match terms(word)[..] {
                [term] if word.chars().any(char::is_alphabetic) => Some((word, term)),
                _ => None,
            };
            behind.map_while(noun).collect()
        };
        for (of, of_term) in of {
            let terms = of_sentence.get_or_insert_with(|| words_of(sentence)).clone();
            claims.push(Claim { source, given, value, of, of_term, terms });
        }
    }
}

/// Subject words without numbers.
fn words_of(sentence: &str) -> Vec<u64> {
    let words = sentence.split_whitespace().filter(|word| !word.chars().any(|c| c.is_ascii_digit()));
    let mut all: Vec<u64> = words.flat_map(terms).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A number as people write it, in millionths: `1,234.5`, `82`, `3.5%`. None of more than twelve digits, and no date.
fn value(text: &str) -> Option<i128> {
    let text = text.trim_end_matches('%');
    let (whole, part) = match text.rsplit_once('.') {
        Some((whole, part)) if part.len() <= 6 && !part.contains(',') => (whole, part),
        _ => (text, ""),
    };
    let digits: String = whole.chars().filter(|c| *c != ',').collect();
    let groups = whole.split(',').skip(1).all(|group| group.len() == 3);
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || digits.len() > 12 || !groups || !plain(&digits) || !plain(part) {
        return None;
    }
    let fraction: i128 = format!("{part:0<6}").parse().ok()?;
    Some(digits.parse::<i128>().ok()? * 1_000_000 + fraction)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::event::{CleanText, ProviderName, ResultId, Source};

    fn sources(snippets: &[&str]) -> Vec<RankedSource> {
        let source = |(index, snippet): (usize, &&str)| {
            let source = Source {
                url: CleanText::line("https://example.org/"),
                title: CleanText::default(),
                snippet: CleanText::line(*snippet),
                provider: ProviderName::new("p"),
            };
            let number = index as u32 + 1;
            RankedSource { number, id: ResultId(index as u32), score: 1.0, source: Arc::new(source) }
        };
        snippets.iter().enumerate().map(source).collect()
    }

    fn told(snippets: &[&str]) -> Vec<String> {
        let tell = |found: Contradiction| {
            let Contradiction { sources: [a, b], given: [x, y], of } = found;
            format!("[{a}] {x} or [{b}] {y} {of}")
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
            told(&["The unemployment rate fell to 4.1% in March", "In March the unemployment rate fell to 3.9%."]),
            ["[1] 4.1% or [2] 3.9% %"]
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
        ] {
            assert_eq!(told(&same), [] as [&str; 0], "{same:?}");
        }
        assert_eq!(told(&["Saturn has 146 moons. Saturn has 82 moons."]), [] as [&str; 0], "one source");
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let of = |text| value(text).map(|value| value as f64 / 1e6);
        assert_eq!(["82", "1,234.5", "3.5%", "0.25"].map(of), [Some(82.0), Some(1_234.5), Some(3.5), Some(0.25)]);
        assert_eq!(["", "1,23", "1.2.3", "1234567890123", "."].map(of), [None; 5]);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_no_more_than_the_most_is_told(texts in prop::collection::vec(any::<String>(), 0..4)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            prop_assert!(find(&sources(&texts)).len() <= MAX_TOLD);
        }

        #[test]
        fn sentences_are_all_of_the_text(text in "[a-z0-9.!? ]{0,60}") {
            prop_assert_eq!(sentences(&text).collect::<String>(), text);
        }
    }
}
