//! How much of a query a page has, in whatever forms it has the words.
//!
//! Words are compared by their trigrams (n-grams of three letters), so that `vaccination` is found for `vaccines` and
//! `Maalämmöllä` for `maalämpö` without a stemmer for each language, and the parts of a compound are found in it. Writing
//! without spaces has no words to compare, so there the n-grams are pairs of characters, wherever they stand.
//!
//! Keys are exact, not hashes: the three characters of an n-gram, 21 bits each, fit into one `u64`.

use super::lexicon::{
    CLAUSE, COMPARATIVE_THAN, COMPARE, CONJUNCTION, DEPTH, FIRST_PERSON, FUNCTION, IMPERATIVE, INTERROGATIVE, PRONOUN,
    PURPOSE, VERSUS,
};
use super::lexicon::{Flags, find_in};
use super::token::{is_cjk, shape, tokenise, unspaced_punctuation};
use crate::step_counter::count_step;

/// Maximum number of words of a query that are looked for; only its first ones count, one bit each. With the next limit this
/// bounds what is done for each letter of a page.
const MAX_WORDS: usize = 32;

/// Maximum number of n-grams of a word; only its first ones count, one bit each.
const MAX_NGRAMS: usize = 64;

/// Minimum share of a word's n-grams, in thousandths, that one word of a page must have to be a form of it: words that have
/// nothing to do with each other may share two fifths, as `rotation` and `nation` their end.
const MIN_FORM_SHARE: u32 = 500;

/// Words that say how something is asked and not what about, among them those that compare and those that ask for reasons:
/// pages about anything have them.
const NO_SUBJECT: Flags = INTERROGATIVE
    | VERSUS
    | CLAUSE
    | COMPARE
    | DEPTH
    | FUNCTION
    | CONJUNCTION
    | FIRST_PERSON
    | PRONOUN
    | PURPOSE
    | IMPERATIVE
    | COMPARATIVE_THAN;

/// The subject words of a query, to be looked for in pages.
pub(crate) struct QueryTerms {
    /// The n-grams of the words, in the order of their keys.
    ngrams: Vec<QueryNgram>,
    /// One bit for each key, by hash: most n-grams of a page are none of these.
    keys: [u64; 64],
    /// The number of n-grams of each word.
    lengths: [u8; MAX_WORDS],
    /// Which words are of writing without spaces.
    unspaced: u32,
}

/// An n-gram of a word of the query.
struct QueryNgram {
    key: u64,
    word: u8,
    /// Bit of the n-gram among the n-grams of the word.
    bit: u8,
}

/// The share of the words of a query that a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TermCoverage {
    /// The words of the query that the page has, as bits.
    pub words: u32,
    /// The sum of the shares of each word that the page has, in thousandths.
    pub shares: u32,
}

impl QueryTerms {
    pub(crate) fn new(query: &str) -> Self {
        let mut terms = Self { ngrams: Vec::new(), keys: [0; 64], lengths: [0; MAX_WORDS], unspaced: 0 };
        let (mut seen, mut count) = ([0; MAX_WORDS], 0);
        for token in tokenise(query) {
            if !token.is(shape::ALPHA | shape::DIGIT) || token.has(NO_SUBJECT) {
                continue;
            }
            let core = token.core_text(query);
            // The parts of `l'avion`, `mRNA-vaccine` and `std::vector` are words of their own.
            for word in core.split(|c| class(c) == Class::Gap).filter(|word| !word.is_empty()) {
                let is_part = word.len() < core.len();
                let says_nothing = is_part && (word.chars().nth(1).is_none() || find_in(word).0 & NO_SUBJECT != 0);
                let hash = super::terms::hash(word);
                if count < MAX_WORDS && !says_nothing && !seen[..count].contains(&hash) {
                    seen[count] = hash;
                    terms.add(count, word);
                    count += 1;
                }
            }
        }
        terms.ngrams.sort_unstable_by_key(|ngram| ngram.key);
        terms
    }

    fn add(&mut self, number: usize, word: &str) {
        let (mut keys, mut length, mut unspaced) = ([0; MAX_NGRAMS], 0, false);
        let several = word.chars().nth(1).is_some();
        let longer = word.chars().nth(2).is_some();
        walk(word, |seen| {
            let key = match seen {
                // How a word ends says more about its form; but a short one has little else.
                Ngram::End(_) if longer => return,
                Ngram::Single(_) if several => return,
                Ngram::Single(key) | Ngram::Pair(key) => {
                    unspaced = true;
                    key
                }
                Ngram::Inner(key) | Ngram::End(key) => key,
            };
            if length < MAX_NGRAMS && !keys[..length].contains(&key) {
                keys[length] = key;
                length += 1;
            }
        });
        for (bit, &key) in keys[..length].iter().enumerate() {
            let (cell, mask) = place(key);
            self.keys[cell] |= mask;
            self.ngrams.push(QueryNgram { key, word: number as u8, bit: bit as u8 });
        }
        self.lengths[number] = length as u8;
        self.unspaced |= u32::from(unspaced) << number;
    }

    /// The coverage of the query by a page with these texts.
    pub(crate) fn coverage_in(&self, texts: [&str; 2]) -> TermCoverage {
        let mut found = TermCoverage { words: 0, shares: 0 };
        if self.ngrams.is_empty() {
            return found;
        }
        // The n-grams that the page's present word has, for each word of the query and the words of which it has any; in
        // writing without spaces those that the page has.
        let (mut hits, mut touched) = ([0_u64; MAX_WORDS], 0_u32);
        let mut best = [0; MAX_WORDS];
        for text in texts {
            walk(text, |seen| {
                let (Ngram::Inner(key) | Ngram::End(key) | Ngram::Single(key) | Ngram::Pair(key)) = seen;
                let (cell, mask) = place(key);
                if self.keys[cell] & mask != 0 {
                    let first = self.ngrams.partition_point(|ngram| ngram.key < key);
                    for ngram in self.ngrams[first..].iter().take_while(|ngram| ngram.key == key) {
                        count_step();
                        hits[usize::from(ngram.word)] |= 1 << ngram.bit;
                        touched |= 1 << ngram.word;
                    }
                }
                if matches!(seen, Ngram::End(_)) {
                    for word in bits(touched & !self.unspaced) {
                        count_step();
                        best[word] = best[word].max(hits[word].count_ones());
                        hits[word] = 0;
                    }
                    touched &= self.unspaced;
                }
            });
        }
        for word in bits(self.unspaced) {
            best[word] = hits[word].count_ones();
        }
        for (word, (&best, &length)) in best.iter().zip(&self.lengths).enumerate() {
            let share = (best * 1_000).checked_div(u32::from(length)).unwrap_or(0);
            let min_share = if self.unspaced & 1 << word == 0 { MIN_FORM_SHARE } else { 1 };
            #[cfg(feature = "seeded-faults")]
            let min_share = match crate::seeded_fault::is_active(crate::seeded_fault::Fault::WholeWords) {
                true => 1_000,
                false => min_share,
            };
            if share >= min_share {
                found.words |= 1 << word;
                found.shares += share;
            }
        }
        found
    }
}

/// The numbers of the bits that are set.
fn bits(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = (set != 0).then(|| set.trailing_zeros() as usize);
        set &= set.wrapping_sub(1);
        lowest
    })
}

/// The bit of a key in a set of 4,096.
fn place(key: u64) -> (usize, u64) {
    let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52;
    (hash as usize / 64, 1 << (hash % 64))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Of writing with spaces.
    Letter,
    /// Of writing without spaces.
    Unspaced,
    /// Between words.
    Gap,
}

fn class(c: char) -> Class {
    match c {
        '\0'..='\u{7f}' => match c.is_ascii_alphanumeric() {
            true => Class::Letter,
            false => Class::Gap,
        },
        // Thai, Lao, Burmese and Khmer.
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => Class::Unspaced,
        // The signs of Indic vowels belong to words, also those that are no letters to Unicode; the stops do not.
        '\u{964}' | '\u{965}' => Class::Gap,
        '\u{900}'..='\u{dff}' => Class::Letter,
        _ if is_cjk(c) => match unspaced_punctuation(c) {
            None => Class::Unspaced,
            Some(_) => Class::Gap,
        },
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Gap,
    }
}

/// An n-gram of a text, as its key.
#[derive(Clone, Copy)]
enum Ngram {
    /// Three letters of a word, or its beginning.
    Inner(u64),
    /// The last letters of a word; there is one for each word.
    End(u64),
    /// A character of writing without spaces.
    Single(u64),
    /// Two of them.
    Pair(u64),
}

/// What is before and after a word.
const EDGE: u64 = ' ' as u64;

const CHAR_BITS: u32 = 21;
const TWO: u64 = (1 << (2 * CHAR_BITS)) - 1;
const THREE: u64 = (1 << (3 * CHAR_BITS)) - 1;

/// Visits the n-grams of a text in order.
fn walk(text: &str, mut visit: impl FnMut(Ngram)) {
    // The last characters, and how many there are since the gap.
    let (mut last, mut length, mut before) = (0_u64, 0_u32, Class::Gap);
    for c in text.chars() {
        count_step();
        let now = class(c);
        if now != before {
            if before == Class::Letter {
                visit(Ngram::End((last << CHAR_BITS | EDGE) & THREE));
            }
            (last, length, before) = (if now == Class::Letter { EDGE } else { 0 }, 0, now);
        }
        if now == Class::Gap {
            continue;
        }
        // Of the few letters that become two the first will do.
        let lower = if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) };
        last = (last << CHAR_BITS | u64::from(lower)) & THREE;
        length += 1;
        if now == Class::Unspaced {
            visit(Ngram::Single(u64::from(lower)));
        }
        if length >= 2 {
            visit(if now == Class::Unspaced { Ngram::Pair(last & TWO) } else { Ngram::Inner(last) });
        }
    }
    if before == Class::Letter {
        visit(Ngram::End((last << CHAR_BITS | EDGE) & THREE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step_counter;

    fn share(query: &str, page: &str) -> u32 {
        QueryTerms::new(query).coverage_in([page, ""]).shares
    }

    fn lengths(query: &str) -> Vec<u8> {
        QueryTerms::new(query).lengths.into_iter().take_while(|&length| length > 0).collect()
    }

    #[test]
    fn a_word_is_found_in_its_other_forms_and_in_compounds() {
        for (query, page) in
            [("vaccines", "vaccine"), ("Rokotteet", "rokotteen"), ("köpek", "Köpeğin"), ("백신은", "백신이")]
        {
            assert!((500..1_000).contains(&share(query, page)), "{query} in {page}: {}", share(query, page));
        }
        assert_eq!(share("maalämpö", "Maalämpöjärjestelmä"), 1_000);
        assert_eq!(share("HÄUSER", "häuser"), 1_000);
        assert_eq!(share("İSTANBUL", "istanbul"), 1_000);
        assert_eq!(share("टीका", "टीकाकरण"), 1_000);
        // Words that share too little, and n-grams of it in several words.
        assert_eq!(share("rotation", "nation"), 0);
        assert_eq!(share("gardening", "gare denier ninja"), 0);
    }

    #[test]
    fn short_words_are_found_as_a_whole() {
        assert_eq!(share("C#", "cats and dogs"), 0);
        assert_eq!(share("C#", "Learn C# in a day"), 1_000);
        assert_eq!(share("go", "The Go language"), 1_000);
        assert_eq!(share("go", "Google"), 500, "it may be a form");
    }

    #[test]
    fn writing_without_spaces_is_compared_by_pairs() {
        assert_eq!(share("疫苗", "接种疫苗的好处"), 1_000);
        assert_eq!(share("猫", "うちの猫です"), 1_000);
        assert_eq!(share("猫", "犬"), 0);
        assert!((1..1_000).contains(&share("วัคซีนทำงานอย่างไร", "วัคซีน")));
        // Title and snippet count together.
        assert_eq!(QueryTerms::new("วัคซีนทำงาน").coverage_in(["วัคซีน", "ทำงาน"]).shares, 900);
    }

    #[test]
    fn what_says_how_something_is_asked_is_not_looked_for() {
        assert_eq!(lengths("What is the difference between malloc() and calloc()?").len(), 2);
        assert_eq!(lengths("").len() + lengths("?!").len() + lengths("why is it so").len(), 0);
        assert_eq!(QueryTerms::new("why").coverage_in(["why", "why"]), TermCoverage { words: 0, shares: 0 });
        // Parts are words of their own, unless they are of one letter; each word counts once.
        assert_eq!(lengths("std::vector"), [2, 5]);
        assert_eq!(lengths("l'avion Avion avion"), [4]);
    }

    #[test]
    fn many_and_long_words_are_bounded() {
        let many: String = (0..100).map(|number| format!("word{number} ")).collect();
        assert_eq!(lengths(&many).len(), MAX_WORDS);
        let found = QueryTerms::new(&many).coverage_in([&many, ""]);
        assert_eq!((found.words, found.shares), (u32::MAX, 32_000));
        let long: String = (0..1_000).map(|number| char::from(b'a' + (number * number % 26) as u8)).collect();
        assert_eq!(share(&long, &long), 1_000);
    }

    /// The worst texts: each n-gram of the page is one of each word of the query.
    #[test]
    fn looking_is_linear_in_the_page() {
        let alike: String = (0..32).map(|number| format!("aaaaaaaa{number:02}aaaa ")).collect();
        for (query, unit) in [
            (alike.as_str(), "a"),
            (alike.as_str(), "aaa "),
            (alike.as_str(), "aaaaaaaa07aaaa "),
            ("วัคซีนทำงานอย่างไร", "วัคซีนทำงานอย่างไร"),
            ("疫苗 苗疫 疫疫", "疫苗"),
            ("rust", "tulip "),
        ] {
            let terms = QueryTerms::new(query);
            let steps = |chars: usize| {
                let page: String = unit.chars().cycle().take(chars).collect();
                step_counter::take_count();
                terms.coverage_in([&page, ""]);
                step_counter::take_count()
            };
            let (short, long) = (steps(2_000), steps(32_000));
            assert!(long <= 16 * (short + 100), "{unit:?}: {short} steps for 2,000 characters, {long} for 32,000");
            assert!(short <= 70 * 2_000, "{unit:?}: {short} steps for 2,000 characters");
        }
    }
}
