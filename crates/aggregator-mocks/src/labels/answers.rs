//! Answers as models write them, labelled before any rule was run on them: what in them is a citation.

use std::ops::Range;

use aggregator_core::internals::{CitationScanner, Scanned};
use serde::Deserialize;

use super::Part;

/// A part of an answer and what a careful reader says about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelledAnswer {
    /// What it is about; empty where the labels do not say.
    #[serde(default)]
    pub kind: String,
    /// As a model wrote it.
    pub text: String,
    /// The number of sources in its prompt.
    pub shown: u32,
    /// The citations of sources that exist, in order.
    pub citations: Vec<LabelledCitation>,
    /// As a reader should see it: without what names no source.
    pub after: String,
}

/// A citation as a label names it.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct LabelledCitation {
    /// As it stands in the answer.
    pub text: String,
    /// The numbers in it that exist.
    pub numbers: Vec<u32>,
}

/// The answers of a part.
pub fn answers(part: Part) -> Vec<LabelledAnswer> {
    let tuning = include_str!("../../../../benches-data/citations/tuning.jsonl");
    super::read(part, [tuning, include_str!("../../../../benches-data/citations/held-out.jsonl")])
}

/// More answers, by kind, which no case reads. The author of a rule reads them.
pub fn more_answers() -> Vec<LabelledAnswer> {
    super::lines(include_str!("../../../../benches-data/citations/more.jsonl"))
}

/// What a reader sees of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Text of the model's answer.
    pub text: String,
    /// Each citation's text and numbers.
    pub citations: Vec<LabelledCitation>,
}

impl LabelledAnswer {
    /// Scans it in pieces of a number of characters.
    pub fn scan(&self, piece: usize) -> Scan {
        let mut scanner = CitationScanner::new(self.shown);
        let mut text = String::new();
        let mut found: Vec<(Range<u32>, Vec<u32>)> = Vec::new();
        let mut take = |scanned| match scanned {
            Scanned::Text(piece) => text.push_str(&piece),
            Scanned::Citation { span, number, .. } => match found.last_mut().filter(|(last, _)| *last == span) {
                Some((_, numbers)) => numbers.push(number),
                None => found.push((span, vec![number])),
            },
        };
        let chars: Vec<char> = self.text.chars().collect();
        for piece in chars.chunks(piece) {
            scanner.push(piece.iter().collect());
            std::iter::from_fn(|| scanner.pop()).for_each(&mut take);
        }
        scanner.finish();
        std::iter::from_fn(|| scanner.pop()).for_each(&mut take);
        let of = |(span, numbers): (Range<u32>, Vec<u32>)| LabelledCitation {
            text: text[span.start as usize..span.end as usize].to_owned(),
            numbers,
        };
        Scan { citations: found.into_iter().map(of).collect(), text: text.clone() }
    }

    /// Whether a scan shows the text and cites the numbers that the labels say. Of a list with invented numbers another text is
    /// left than the labels quote.
    pub fn is_as_labelled(&self, scan: &Scan) -> bool {
        let numbers = |citations: &[LabelledCitation]| -> Vec<Vec<u32>> {
            citations.iter().map(|citation| citation.numbers.clone()).collect()
        };
        scan.text == self.after && numbers(&scan.citations) == numbers(&self.citations)
    }
}
