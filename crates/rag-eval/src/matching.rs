//! Whether a text contains an answer: normalised, by whole words, all parts, one spelling of each.
//!
//! RGB takes an answer for given if its lower-case spelling is anywhere in the text, so that `12` is in `112`. Here both are
//! reduced to words as in [ALCE](https://github.com/princeton-nlp/ALCE) (lower case, no punctuation, no English articles), and the
//! words of the answer have to follow one another in the text.

/// A right or wrong answer: parts that are all required, each with the spellings that mean it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    parts: Vec<Vec<String>>,
}

impl Answer {
    /// Makes an answer of its parts.
    ///
    /// # Errors
    /// If a part has no spelling, or a spelling has no word.
    pub fn new(parts: Vec<Vec<String>>) -> Result<Self, String> {
        if parts.iter().any(Vec::is_empty) {
            return Err("a part of the answer has no text".into());
        }
        if let Some(empty) = parts.iter().flatten().find(|text| words(text).iter().all(|word| is_sign(word))) {
            return Err(format!("the answer `{empty}` has no word, so nothing can contain it"));
        }
        Ok(Self { parts })
    }

    /// The parts, each with its spellings.
    pub fn parts(&self) -> &[Vec<String>] {
        &self.parts
    }

    /// Whether a text contains every part in one of its spellings; never if there are no parts.
    pub fn is_in(&self, text: &str) -> bool {
        let words = words(text);
        let part = |part: &Vec<String>| part.iter().any(|spelling| contains(&words, spelling));
        !self.parts.is_empty() && self.parts.iter().all(part)
    }

    /// The number of parts that a text contains.
    pub fn parts_in(&self, text: &str) -> usize {
        let words = words(text);
        self.parts.iter().filter(|part| part.iter().any(|spelling| contains(&words, spelling))).count()
    }
}

fn contains(text: &[String], spelling: &str) -> bool {
    let spelling = words(spelling);
    !spelling.is_empty() && text.windows(spelling.len()).any(|window| window == spelling)
}

/// The words of a text in lower case: runs of letters, marks and digits, a number with its separators (`1,200.5`, `21:30`), and
/// the signs %, €, $ and £. English articles are left out.
pub fn words(text: &str) -> Vec<String> {
    let lower = written_words(text).into_iter().map(|word| word.to_lowercase());
    lower.filter(|word| !matches!(word.as_str(), "a" | "an" | "the")).collect()
}

/// The words of a text as they are written, articles too.
pub(crate) fn written_words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let begin = at;
        while at < chars.len() && is_word_char(chars[at]) {
            at += 1;
        }
        if at == begin {
            if is_sign_char(chars[at]) {
                found.push(chars[at].to_string());
            }
            at += 1;
            continue;
        }
        while matches!(chars.get(at), Some('.' | ',' | ':'))
            && chars.get(at + 1).is_some_and(char::is_ascii_digit)
            && chars[at - 1].is_ascii_digit()
        {
            at += 1;
            while chars.get(at).is_some_and(|c| is_word_char(*c)) {
                at += 1;
            }
        }
        found.push(chars[begin..at].iter().collect());
    }
    found
}

fn is_word_char(c: char) -> bool {
    // Combining marks and viramas belong to the letter before them.
    c.is_alphanumeric() || c == '_' || ('\u{300}'..='\u{36f}').contains(&c)
}

fn is_sign_char(c: char) -> bool {
    matches!(c, '%' | '€' | '$' | '£')
}

fn is_sign(word: &str) -> bool {
    word.chars().all(is_sign_char)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(parts: &[&[&str]]) -> Answer {
        Answer::new(parts.iter().map(|part| part.iter().map(|&text| text.to_owned()).collect()).collect()).unwrap()
    }

    #[test]
    fn all_parts_are_required_and_one_spelling_of_each() {
        let both = answer(&[&["14 days", "two weeks"], &["the Mayor"]]);
        assert!(both.is_in("Write to the mayor within two weeks."));
        assert!(both.is_in("MAYOR: 14 days"));
        assert!(!both.is_in("Within 14 days."));
        assert_eq!(both.parts_in("Within 14 days."), 1);
        assert!(!Answer::default().is_in("anything"));
    }

    #[test]
    fn an_answer_is_whole_words() {
        assert!(!answer(&[&["12"]]).is_in("There are 112."));
        assert!(!answer(&[&["12"]]).is_in("It costs 12.50 or 12:30 or 3,12."));
        assert!(answer(&[&["12"]]).is_in("There are 12."));
        assert!(answer(&[&["5 %"]]).is_in("A fee of 5% applies."));
        assert!(!answer(&[&["5%"]]).is_in("A fee of 5 applies."));
        assert!(answer(&[&["$1,200.50"]]).is_in("It is $1,200.50, at most."));
        assert!(answer(&[&["Große Straße"]]).is_in("in der GROßE STRAßE 4"));
        assert!(answer(&[&["v2.1"]]).is_in("Since v2.1, it is so"));
    }

    proptest! {
        #[test]
        fn a_text_contains_each_run_of_its_own_words(text in "[a-zA-Z0-9 .,%-]{0,40}", from in 0usize..8, len in 1usize..4) {
            let all = words(&text);
            if let Some(run) = all.get(from..(from + len).min(all.len())).filter(|run| run.iter().any(|word| !is_sign(word))) {
                let answer = Answer::new(vec![vec![run.join(" ")]]).unwrap();
                prop_assert!(answer.is_in(&text), "{:?} in {:?}", run, text);
            }
        }
    }
}
