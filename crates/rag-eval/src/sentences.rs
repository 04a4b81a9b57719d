//! Sentences of a passage, as the unit in which evidence is counted.
//!
//! A sentence ends at `.`, `!`, `?` or `…` before a blank, or at a line break. A full stop does not end one after a number of an
//! enumeration or of a day, after one letter, after a known abbreviation, or before a lower-case letter.

use std::ops::Range;

/// Abbreviations in English, German and Spanish behind which a sentence goes on, in lower case and without their full stop.
const ABBREVIATIONS: &[&str] = &[
    "apdo", "approx", "apr", "aug", "av", "avda", "bzw", "ca", "cf", "co", "dec", "dept", "dr", "ed", "etc", "ext",
    "feb", "gem", "ggf", "inc", "incl", "inkl", "jan", "jr", "jul", "jun", "lit", "ltd", "max", "min", "mio", "mr",
    "mrs", "ms", "mt", "nov", "oct", "okt", "prof", "sept", "sr", "sra", "st", "str", "tel", "usw", "vgl", "vs",
    "zzgl",
];

/// Those that are words, too: a sentence goes on behind them if a number follows.
const BEFORE_NUMBERS: &[&str] = &[
    "abs", "art", "arts", "ch", "fig", "hrs", "mar", "no", "nos", "nr", "núm", "p", "pág", "pp", "s", "sec", "sep",
    "vol",
];

/// The sentences of a text, as byte ranges without the white space around them.
pub fn spans(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut begin = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends = match c {
            '\n' => true,
            '.' | '!' | '?' | '…' => {
                // Closing quotation marks and brackets, and further points, belong to the sentence.
                while chars
                    .next_if(|(_, c)| matches!(c, '.' | '!' | '?' | '…' | '"' | '”' | '»' | '’' | ')' | ']'))
                    .is_some()
                {}
                let rest = chars.peek().map_or("", |&(at, _)| &text[at..]);
                ends_sentence(&text[begin..at], c, rest)
            }
            _ => false,
        };
        if ends {
            let end = chars.peek().map_or(text.len(), |&(at, _)| at);
            push(&mut spans, text, begin..end);
            begin = end;
        }
    }
    push(&mut spans, text, begin..text.len());
    spans
}

/// The sentences of a text.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    spans(text).into_iter().map(|span| &text[span])
}

fn push(spans: &mut Vec<Range<usize>>, text: &str, span: Range<usize>) {
    let piece = &text[span.clone()];
    let begin = span.start + (piece.len() - piece.trim_start().len());
    let end = begin + piece.trim().len();
    if text[begin..end].chars().any(char::is_alphanumeric) {
        spans.push(begin..end);
    }
}

fn ends_sentence(before: &str, mark: char, rest: &str) -> bool {
    if rest.is_empty() {
        return true;
    }
    let Some(next) = rest.chars().next().filter(|c| c.is_whitespace()).and_then(|_| rest.trim_start().chars().next())
    else {
        return false;
    };
    if mark != '.' {
        return !next.is_lowercase();
    }
    let word = before
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '.' | '/' | '"' | '„' | '“'))
        .next()
        .unwrap_or(before);
    let is_number = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
    // `3. Mai` and the `2.` of a list; a number with a unit or of a year ends a sentence.
    let is_ordinal = is_number && word.len() <= 2 && (next.is_alphabetic() && is_enumerated(before, word));
    let is_letter = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    let lower = word.to_lowercase();
    let is_abbreviation =
        ABBREVIATIONS.contains(&lower.as_str()) || (next.is_numeric() && BEFORE_NUMBERS.contains(&lower.as_str()));
    !(next.is_lowercase() || is_ordinal || is_letter || is_abbreviation)
}

/// Whether a number stands at the beginning of a sentence, as that of a list does, or behind a German word for a day.
fn is_enumerated(before: &str, number: &str) -> bool {
    let ahead = before[..before.len() - number.len()].trim();
    let last = ahead.rsplit(char::is_whitespace).next().unwrap_or("");
    ahead.is_empty()
        || matches!(
            last,
            "am" | "Am"
                | "vom"
                | "zum"
                | "bis"
                | "dem"
                | "den"
                | "der"
                | "ab"
                | "Ab"
                | "seit"
                | "Seit"
                | "vor"
                | "nach"
                | "im"
                | "und"
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<&str> {
        sentences(text).collect()
    }

    #[test]
    fn sentences_end_at_their_marks() {
        assert_eq!(split("One. Two! Three? Four … Five"), ["One.", "Two!", "Three?", "Four …", "Five"]);
        assert_eq!(split("He said \"no.\" She left."), ["He said \"no.\"", "She left."]);
        assert_eq!(split("A list:\n- one\n- two."), ["A list:", "- one", "- two."]);
        assert_eq!(split("  ... \n — "), Vec::<&str>::new());
    }

    #[test]
    fn full_stops_inside_of_a_sentence_do_not_end_it() {
        for whole in [
            "Art. 5 Abs. 1 applies, e.g. to dogs of approx. 3.5 kg.",
            "Die Frist endet am 3. Mai 2024.",
            "Open from 9 a.m. to 5 p.m. on weekdays.",
            "Es gilt z. B. für Hunde.",
            "Fee: max. 30 Euro, incl. VAT.",
            "It ends on 30 Sept. 2025.",
            "2. Set the shell to fish.",
            "Version 3.4 of config.fish is new.",
        ] {
            assert_eq!(split(whole), [whole]);
        }
        assert_eq!(split("It was in 2021. Then it ended."), ["It was in 2021.", "Then it ended."]);
        assert_eq!(split("It takes 14 days. 30 are too many."), ["It takes 14 days.", "30 are too many."]);
    }

    proptest! {
        #[test]
        fn no_letter_is_lost(text in "[a-zA-ZäöñÉ0-9 .!?…\n\"()]{0,80}") {
            let spans = spans(&text);
            let kept: String = spans.iter().map(|span| &text[span.clone()]).collect();
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(letters(&kept), letters(&text));
            prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}
