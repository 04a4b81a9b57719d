//! How well units answer the question.
//!
//! BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) over the units of all
//! sources: a term counts more the fewer units have it, less the more often it is repeated, and less in a longer unit.

use crate::passage::{Passage, ReadUnit, better};
use crate::question::Question;
use crate::units::UnitKind;

/// Repetition: 1.2 to 2 are usual (Robertson and Zaragoza, section 3.5.2).
const K1: f64 = 1.2;

/// Length, from 0 to 1: 0.5 to 0.8 are usual. The least of them, because a sentence of few words often points at
/// another.
const B: f64 = 0.5;

/// What a term counts that only the title, a heading or a question before has.
const CONTEXT: f64 = 0.5;

/// How much more the first source counts than one that is far behind.
const PRIOR: f64 = 0.5;

/// How much more a unit counts whose passage has all of the question: the words of one are often spread over its sentences.
const PASSAGE: f64 = 1.0;

/// What a unit that asks, or that is cut off, counts.
const ASKING: f64 = 0.4;
const INCOMPLETE: f64 = 0.85;

/// What code counts where the question neither asks for code nor has a name of code in it: a program repeats the words, and says little about them.
const CODE: f64 = 0.2;

/// Most candidates of one passage, the best of it.
const MAX_OF_A_PASSAGE: usize = 16;

/// A unit as a candidate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    /// Its passage, and its number there.
    pub passage: usize,
    pub unit: usize,
    /// How relevant it is; more than 0.
    pub score: f64,
    /// How well it has each term, with what is around it.
    pub qualities: Vec<f64>,
}

/// The units that have something of the question.
#[derive(Debug)]
pub(crate) struct Candidates {
    /// Once they are sorted, the best first; equal ones in the order of the sources.
    pub found: Vec<Candidate>,
    /// Of each term.
    weights: Vec<f64>,
    /// Of the whole question.
    total: f64,
    mean_length: f64,
    /// What code counts.
    code: f64,
    /// The share of the question that each passage has as a whole, from 0 to 1.
    pub of_passages: Vec<f64>,
}

impl Candidates {
    /// None yet, of passages that are read: how much each term counts is known.
    pub(crate) fn of(question: &Question, passages: &[Passage]) -> Self {
        let all = || passages.iter().flat_map(|passage| &passage.units).filter(|unit| unit.is_candidate());
        let count = all().count() as f64;
        let mean_length = all().map(|unit| unit.length).sum::<usize>() as f64 / count.max(1.0);
        // A unit with a part of an identifier has it in part.
        let mut having = vec![0.0_f64; question.terms.len()];
        all().flat_map(|unit| &unit.own).for_each(|&(term, _, quality)| having[term] += quality);
        let weights: Vec<f64> = having
            .iter()
            .zip(&question.terms)
            .map(|(&having, term)| {
                // As Lucene has it: never negative.
                term.weight * (1.0 + (count - having + 0.5) / (having + 0.5)).ln()
            })
            .collect();
        // A word that asks for a measure is seldom in the answer: it is not missed.
        let missed = |&(term, _): &(usize, &f64)| having[term] > 0.0 || question.terms[term].weight == 1.0;
        let total = weights.iter().enumerate().filter(missed).map(|(_, weight)| weight).sum();
        let code = if question.is_about_code { 1.0 } else { CODE };
        Self { found: Vec::new(), weights, total, mean_length, code, of_passages: Vec::new() }
    }

    /// Adds the best units of a passage, given with its place among the others.
    pub(crate) fn add(&mut self, place: usize, passage: &Passage) {
        let first = self.found.len();
        let candidates = passage.units.iter().filter(|unit| unit.is_candidate());
        let whole = candidates.fold(vec![0.0; self.weights.len()], |best, unit| better(best, &qualities(unit, None)));
        let whole = self.share(&whole);
        self.of_passages.push(whole);
        let of_passage = prior(passage.number) * (1.0 + PASSAGE * whole);
        for (number, unit) in passage.units.iter().enumerate().filter(|(_, unit)| unit.is_candidate()) {
            if unit.own.is_empty() {
                continue;
            }
            // A unit that refers to the one before is scored together with it.
            let before = number.checked_sub(1).filter(|_| unit.points_back).map(|before| &passage.units[before].own);
            let qualities = qualities(unit, before);
            let kind = if unit.kind == UnitKind::Code { self.code } else { 1.0 };
            let score = of_passage * kind * score(unit, &qualities, &self.weights, self.mean_length);
            if score > 0.0 {
                self.found.push(Candidate { passage: place, unit: number, score, qualities });
            }
        }
        sort(&mut self.found[first..]);
        self.found.truncate(first + MAX_OF_A_PASSAGE);
    }

    /// Puts all of them in order.
    pub(crate) fn sort(&mut self) {
        sort(&mut self.found);
    }

    /// The share of the question that some of them have together, from 0 to 1.
    pub(crate) fn coverage<'a>(&self, some: impl IntoIterator<Item = &'a Candidate>) -> f64 {
        let none = vec![0.0; self.weights.len()];
        self.share(&some.into_iter().fold(none, |best, candidate| better(best, &candidate.qualities)))
    }

    fn share(&self, qualities: &[f64]) -> f64 {
        let covered: f64 = qualities.iter().zip(&self.weights).map(|(quality, weight)| quality * weight).sum();
        if self.total > 0.0 { (covered / self.total).min(1.0) } else { 0.0 }
    }
}

fn sort(found: &mut [Candidate]) {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.passage, a.unit).cmp(&(b.passage, b.unit))));
}

type Own = Vec<(usize, f64, f64)>;

fn score(unit: &ReadUnit, qualities: &[f64], weights: &[f64], mean_length: f64) -> f64 {
    let length = 1.0 - B + B * unit.length as f64 / mean_length.max(1.0);
    // What only the context has counts less.
    let mut score: f64 = qualities.iter().zip(weights).map(|(quality, weight)| CONTEXT * quality * weight).sum();
    for &(term, often, quality) in &unit.own {
        score -= CONTEXT * qualities[term] * weights[term];
        score += weights[term] * quality * often * (K1 + 1.0) / (often + K1 * length);
    }
    let kind = match (unit.asks, unit.is_complete) {
        (true, _) => ASKING,
        (_, false) => INCOMPLETE,
        _ => 1.0,
    };
    score * kind
}

/// How well a unit has each term, with what is around it.
fn qualities(unit: &ReadUnit, before: Option<&Own>) -> Vec<f64> {
    let mut best = unit.context.clone();
    for &(term, _, quality) in before.into_iter().flatten().chain(&unit.own) {
        best[term] = best[term].max(quality);
    }
    best
}

fn prior(number: u32) -> f64 {
    1.0 + PRIOR / f64::from(number.max(1)).sqrt()
}

/// How much alike two units are, from 0 to 1: the share of the smaller one's words that the other has.
pub(crate) fn similarity(a: &ReadUnit, b: &ReadUnit) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.content.get(i), b.content.get(j)) {
        common += u32::from(x == y);
        (i, j) = (i + usize::from(x <= y), j + usize::from(y <= x));
    }
    let smaller = a.content.len().min(b.content.len());
    if smaller == 0 { 0.0 } else { f64::from(common) / smaller as f64 }
}
