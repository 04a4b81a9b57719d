//! Numbers in sentences, as people write them, and what they are of.

use super::words::{core, is_one_of};
use crate::analysis::terms;

/// A number in a sentence, and what it is of.
pub(super) struct Number<'a> {
    /// Which sentence, and which of its words.
    pub(super) place: (usize, usize),
    /// As it is written.
    pub(super) given: &'a str,
    /// In millionths.
    pub(super) value: i128,
    /// A word behind it.
    pub(super) of: &'a str,
    pub(super) of_term: u64,
}

/// The numbers of a sentence that have a word behind them: `82 known moons` and `146 moons` are both of moons.
pub(super) fn numbers_of<'a>(sentence: usize, text: &'a str, numbers: &mut Vec<Number<'a>>) {
    let words: Vec<&str> = text.split_whitespace().collect();
    for (at, word) in words.iter().enumerate() {
        let Some((given, value)) = number(word) else { continue };
        let before = |steps: usize| at.checked_sub(steps).map(|at| words[at]);
        // The end of a number with spaces, or of a range: `1 280`, `2 to 3`.
        let continues = before(1).is_some_and(|word| number(word).is_some())
            || before(2).is_some_and(|word| number(word).is_some()) && before(1).is_some_and(|word| word.len() <= 4);
        // `iPhone 15 pro` is a name, and so is `on May 5`; what begins a sentence is written large anyway.
        let first_letters = usize::from(at == 1);
        let names = before(1).is_some_and(|word| core(word).chars().skip(first_letters).any(char::is_uppercase));
        let behind = || words[at + 1..].iter().take(3).map(|word| core(word));
        if continues || names || behind().next().is_some_and(is_scale) {
            continue;
        }
        let of: Vec<(&str, u64)> = if given.ends_with('%') {
            vec![("%", u64::MAX)]
        } else {
            // Up to a word without a subject: version 3 of the library is no number of libraries.
            let noun = |word: &'a str| match terms(word)[..] {
                [term] if word.chars().any(char::is_alphabetic) => Some((word, term)),
                _ => None,
            };
            behind().map_while(noun).collect()
        };
        let place = (sentence, at);
        numbers.extend(of.into_iter().map(|(of, of_term)| Number { place, given, value, of, of_term }));
    }
}

/// A word that makes another number of the one before it.
fn is_scale(word: &str) -> bool {
    const SCALES: &[&str] = &["hundred", "thousand", "mio", "mrd", "mil", "mille", "bn", "m", "k"];
    const BEGINNINGS: &[&str] =
        &["million", "billion", "trillion", "milliard", "millón", "millones", "tausend", "тыс", "млн", "млрд", "милли"];
    let lower = word.to_lowercase();
    is_one_of(word, SCALES) || BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning))
}

/// A word that is a number, perhaps with a currency or in quotes, and its value; none if letters touch it, as in `5bn`.
pub(super) fn number(word: &str) -> Option<(&str, i128)> {
    // Most words are none.
    if !word.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let without = word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '%');
    let digits = without.trim_start_matches(|c: char| !c.is_alphanumeric());
    let sign = without[..without.len() - digits.len()].chars().next_back().filter(|c| matches!(c, '-' | '−'));
    let given = &without[without.len() - digits.len() - sign.map_or(0, char::len_utf8)..];
    value(digits).map(|value| (given, if sign.is_some() { -value } else { value }))
}

/// A number as people write it, in millionths: `1,234.5`, `82`, `3.5%`. None of more than twelve digits, no date, and not
/// `1.500`, which is another number in Berlin than in London.
fn value(text: &str) -> Option<i128> {
    let text = text.trim_end_matches('%');
    let (whole, part) = match text.rsplit_once('.') {
        Some((whole, part)) if part.len() == 3 && whole.len() <= 3 => return None,
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
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let of = |text| value(text).map(|value| value as f64 / 1e6);
        assert_eq!(["82", "1,234.5", "3.5%", "0.25"].map(of), [Some(82.0), Some(1_234.5), Some(3.5), Some(0.25)]);
        assert_eq!(["", "1,23", "1.2.3", "1234567890123", "."].map(of), [None; 5]);
    }
}
