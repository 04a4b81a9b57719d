//! The labelled answers of `benches-data/citations`: what is found, missed, accused and destroyed. Of those held out only totals
//! are shown.

use std::fmt::Write as _;

use aggregator_core::internals::{CitationScanner, Scanned};
use aggregator_mocks::labelled_answers::{LabelledAnswer, answers};
use aggregator_mocks::real::Part;

/// What a scanner made of a text in pieces of so many characters: the text, and each citation's text and numbers.
fn scan(answer: &LabelledAnswer, piece: usize) -> (String, Vec<(String, Vec<u32>)>) {
    let mut scanner = CitationScanner::new(answer.shown);
    let (mut text, mut found): (String, Vec<(std::ops::Range<u32>, u32)>) = Default::default();
    let mut take = |scanned| match scanned {
        Scanned::Text(piece) => text.push_str(&piece),
        Scanned::Citation { span, number, .. } => found.push((span, number)),
    };
    let chars: Vec<char> = answer.text.chars().collect();
    for piece in chars.chunks(piece) {
        scanner.push(piece.iter().collect());
        std::iter::from_fn(|| scanner.pop()).for_each(&mut take);
    }
    scanner.finish();
    std::iter::from_fn(|| scanner.pop()).for_each(&mut take);
    let mut citations: Vec<(std::ops::Range<u32>, Vec<u32>)> = Vec::new();
    for (span, number) in found {
        match citations.last_mut().filter(|(last, _)| *last == span) {
            Some((_, numbers)) => numbers.push(number),
            None => citations.push((span, vec![number])),
        }
    }
    let of = |(span, numbers): (std::ops::Range<u32>, Vec<u32>)| {
        (text[span.start as usize..span.end as usize].to_owned(), numbers)
    };
    (text.clone(), citations.into_iter().map(of).collect())
}

#[derive(Default)]
struct Totals {
    answers: usize,
    /// Answers that are shown as labelled.
    as_labelled: usize,
    /// Answers from which something is gone that a reader needs.
    destroyed: usize,
    labelled: usize,
    missed: usize,
    wrong: usize,
    detail: String,
}

fn totals(part: Part) -> Totals {
    let mut totals = Totals::default();
    for answer in answers(part) {
        let (text, found) = scan(&answer, usize::MAX >> 1);
        for piece in [1, 2, 3, 7] {
            assert_eq!(scan(&answer, piece), (text.clone(), found.clone()), "cut into pieces of {piece}");
        }
        // The labels name what a model wrote; of a list with invented numbers something else is left.
        let wanted: Vec<&Vec<u32>> = answer.citations.iter().map(|citation| &citation.numbers).collect();
        let numbers: Vec<&Vec<u32>> = found.iter().map(|(_, numbers)| numbers).collect();
        let common = longest_common(&wanted, &numbers);
        totals.answers += 1;
        totals.as_labelled += usize::from(text == answer.after && wanted == numbers);
        totals.destroyed += usize::from(text.len() < answer.after.len());
        totals.labelled += wanted.len();
        totals.missed += wanted.len() - common;
        totals.wrong += numbers.len() - common;
        if text != answer.after || wanted != numbers {
            let changed = if text == answer.after { "" } else { "shown as " };
            let shown = if text == answer.after { String::new() } else { format!("{text:?} ") };
            writeln!(totals.detail, "{} {:?}: {changed}{shown}cites {found:?}", answer.shown, answer.text).unwrap();
        }
    }
    totals
}

/// How many elements the longest common subsequence has.
fn longest_common<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (index, y) in b.iter().enumerate() {
            let above = row[index + 1];
            row[index + 1] = if x == y { diagonal + 1 } else { above.max(row[index]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

fn table(part: Part) -> (Totals, String) {
    let totals = totals(part);
    let Totals { answers, as_labelled, destroyed, labelled, missed, wrong, .. } = totals;
    let text = format!(
        "answers shown and cited as labelled  {as_labelled} of {answers}\n\
         answers from which text is destroyed {destroyed} of {answers}\n\
         citations missed                     {missed} of {labelled}\n\
         citations that are none              {wrong}\n"
    );
    (totals, text)
}

#[test]
fn answers_that_rules_were_written_from() {
    let (totals, table) = table(Part::Tuning);
    insta::assert_snapshot!(format!("{table}\n{}", totals.detail));
}

#[test]
fn answers_held_out() {
    let (_, table) = table(Part::HeldOut);
    insta::assert_snapshot!(table);
}
