//! The score of each unit.
//!
//! BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) over the units of all
//! sources: a term counts more the fewer units have it, less the more often it is repeated, and less in a longer unit.

use crate::passage::{AnalyzedUnit, Passage, max_by_term};
use crate::question::Question;
use crate::units::UnitKind;

/// Saturation of term frequency, `k1`: 1.2 to 2 are usual (Robertson and Zaragoza, section 3.5.2).
const BM25_K1: f64 = 1.2;

/// Length normalization, `b`: 0.5 to 0.8 are usual. The minimum, because a short sentence often depends on another.
const BM25_B: f64 = 0.5;

/// Factor of a term that only the title, a heading or a preceding question has.
const CONTEXT_FACTOR: f64 = 0.5;

/// Boost of the first source over a source of a high rank.
const RANK_PRIOR: f64 = 0.5;

/// Boost of a unit whose passage covers the whole question: the terms are often spread over its sentences.
const PASSAGE_BOOST: f64 = 1.0;

/// Factor of a unit that is a question.
const QUESTION_FACTOR: f64 = 0.4;
/// Factor of a unit that is cut off.
const INCOMPLETE_FACTOR: f64 = 0.85;

/// Factor of code if the question is not about code: a program repeats the words and says little about them.
const CODE_FACTOR: f64 = 0.2;

/// Maximum number of candidates of one passage.
const MAX_PER_PASSAGE: usize = 16;

/// A unit as a candidate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    /// The index of its passage, and its index in that.
    pub passage: usize,
    pub unit: usize,
    /// Relevance, above 0.
    pub score: f64,
    /// The match quality of each term, in the unit and its context.
    pub qualities: Vec<f64>,
}

/// The units that match a term of the question.
#[derive(Debug)]
pub(crate) struct Candidates {
    /// After [`Self::sort`] the best first; equal ones in the order of the sources.
    pub found: Vec<Candidate>,
    /// The weight of each term.
    weights: Vec<f64>,
    /// The weight of the whole question.
    total: f64,
    mean_length: f64,
    /// The factor of code.
    code: f64,
    /// The share of the question's weight that each passage covers, from 0 to 1.
    pub passage_coverage: Vec<f64>,
}

impl Candidates {
    /// No candidates, with the term weights that follow from the passages.
    pub(crate) fn new(question: &Question, passages: &[Passage]) -> Self {
        let all = || passages.iter().flat_map(|passage| &passage.units).filter(|unit| unit.is_candidate());
        let count = all().count() as f64;
        let mean_length = all().map(|unit| unit.length).sum::<usize>() as f64 / count.max(1.0);
        // A unit with a part of an identifier counts in part.
        let mut frequencies = vec![0.0_f64; question.terms.len()];
        all().flat_map(|unit| &unit.own).for_each(|&(term, _, quality)| frequencies[term] += quality);
        let weights: Vec<f64> = frequencies
            .iter()
            .zip(&question.terms)
            .map(|(&frequencies, term)| {
                // As Lucene has it: never negative.
                term.weight * (1.0 + (count - frequencies + 0.5) / (frequencies + 0.5)).ln()
            })
            .collect();
        // A word that asks for a measure is seldom in the answer: it is not missed.
        let missed = |&(term, _): &(usize, &f64)| frequencies[term] > 0.0 || question.terms[term].weight == 1.0;
        let total = weights.iter().enumerate().filter(missed).map(|(_, weight)| weight).sum();
        let code = if question.is_about_code { 1.0 } else { CODE_FACTOR };
        Self { found: Vec::new(), weights, total, mean_length, code, passage_coverage: Vec::new() }
    }

    /// Adds the best units of a passage; `place` is its index among the passages.
    pub(crate) fn add(&mut self, place: usize, passage: &Passage) {
        let first = self.found.len();
        let candidates = passage.units.iter().filter(|unit| unit.is_candidate());
        let whole =
            candidates.fold(vec![0.0; self.weights.len()], |best, unit| max_by_term(best, &qualities(unit, None)));
        let whole = self.share(&whole);
        self.passage_coverage.push(whole);
        let of_passage = prior(passage.number) * (1.0 + PASSAGE_BOOST * whole);
        for (number, unit) in passage.units.iter().enumerate().filter(|(_, unit)| unit.is_candidate()) {
            if unit.own.is_empty() {
                continue;
            }
            // A unit that refers to the one before is scored together with it.
            let before = number.checked_sub(1).filter(|_| unit.is_anaphoric).map(|before| &passage.units[before].own);
            let qualities = qualities(unit, before);
            let kind = if unit.kind == UnitKind::Code { self.code } else { 1.0 };
            let score = of_passage * kind * score(unit, &qualities, &self.weights, self.mean_length);
            if score > 0.0 {
                self.found.push(Candidate { passage: place, unit: number, score, qualities });
            }
        }
        sort(&mut self.found[first..]);
        self.found.truncate(first + MAX_PER_PASSAGE);
    }

    /// Sorts the candidates, best first.
    pub(crate) fn sort(&mut self) {
        sort(&mut self.found);
    }

    /// The share of the question's weight that some candidates cover together, from 0 to 1.
    pub(crate) fn coverage<'a>(&self, some: impl IntoIterator<Item = &'a Candidate>) -> f64 {
        let none = vec![0.0; self.weights.len()];
        self.share(&some.into_iter().fold(none, |best, candidate| max_by_term(best, &candidate.qualities)))
    }

    fn share(&self, qualities: &[f64]) -> f64 {
        let covered: f64 = qualities.iter().zip(&self.weights).map(|(quality, weight)| quality * weight).sum();
        if self.total > 0.0 { (covered / self.total).min(1.0) } else { 0.0 }
    }
}

fn sort(found: &mut [Candidate]) {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.passage, a.unit).cmp(&(b.passage, b.unit))));
}

type TermMatches = Vec<(usize, f64, f64)>;

fn score(unit: &AnalyzedUnit, qualities: &[f64], weights: &[f64], mean_length: f64) -> f64 {
    let length = 1.0 - BM25_B + BM25_B * unit.length as f64 / mean_length.max(1.0);
    // What only the context has counts less.
    let mut score: f64 = qualities.iter().zip(weights).map(|(quality, weight)| CONTEXT_FACTOR * quality * weight).sum();
    for &(term, often, quality) in &unit.own {
        score -= CONTEXT_FACTOR * qualities[term] * weights[term];
        score += weights[term] * quality * often * (BM25_K1 + 1.0) / (often + BM25_K1 * length);
    }
    let kind = match (unit.asks, unit.is_complete) {
        (true, _) => QUESTION_FACTOR,
        (_, false) => INCOMPLETE_FACTOR,
        _ => 1.0,
    };
    score * kind
}

/// The match quality of each term, in a unit, the one before it and its context.
fn qualities(unit: &AnalyzedUnit, before: Option<&TermMatches>) -> Vec<f64> {
    let mut best = unit.context.clone();
    for &(term, _, quality) in before.into_iter().flatten().chain(&unit.own) {
        best[term] = best[term].max(quality);
    }
    best
}

fn prior(number: u32) -> f64 {
    1.0 + RANK_PRIOR / f64::from(number.max(1)).sqrt()
}

/// The overlap coefficient of the content words of two units, from 0 to 1.
pub(crate) fn similarity(a: &AnalyzedUnit, b: &AnalyzedUnit) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.content.get(i), b.content.get(j)) {
        common += u32::from(x == y);
        (i, j) = (i + usize::from(x <= y), j + usize::from(y <= x));
    }
    let smaller = a.content.len().min(b.content.len());
    if smaller == 0 { 0.0 } else { f64::from(common) / smaller as f64 }
}
