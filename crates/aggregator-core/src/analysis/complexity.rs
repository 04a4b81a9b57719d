//! How much a query asks for.

use super::Score;
use super::lexicon::{CLAUSE, COMPARE, CONJUNCTION, DEPTH, SUBJECTS};
use super::segments::{SegmentKind, SegmentSpan};
use super::token::{Part, Token, shape};
use crate::step_counter::count_step;

/// How much a query asks for, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// One thing to look up.
    Simple,
    /// Something to explain, with conditions, or a comparison.
    Moderate,
    /// Several questions or aspects that belong together.
    Complex,
    /// Many demands at once.
    VeryComplex,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Simple => "simple",
            Self::Moderate => "moderate",
            Self::Complex => "complex",
            Self::VeryComplex => "very complex",
        })
    }
}

/// What makes a query complex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactorKind {
    /// Sentences, items and pieces of code beyond the first.
    Segments,
    /// Words; a language written without spaces has one for two characters.
    Words,
    /// Commas, conjunctions and words that begin clauses.
    Clauses,
    /// Long words, names from programs, and tokens of code and messages.
    Terms,
    /// Subjects beyond the first, of those that the lexicon tells apart.
    Subjects,
    /// Comparisons.
    Comparisons,
    /// Words that ask for more than a fact: why, analyse, consequences.
    Depth,
}

/// One reason for a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factor {
    /// What was counted.
    pub kind: FactorKind,
    /// How many there are.
    pub count: u32,
    /// What they add to the score: `weight * min(count, enough) / enough`, rounded down.
    pub contribution: Score,
}

/// A query's complexity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Complexity {
    /// The level that the score reaches; see
    /// [`AnalysisSettings::min_complexity_score`](super::AnalysisSettings::min_complexity_score).
    pub level: Level,
    /// Exactly the sum of the factors' contributions.
    pub score: Score,
    /// All seven, in the order of [`FactorKind`].
    pub factors: [Factor; 7],
}

/// What is counted, its weight in thousandths, and how many of it are enough for all of the weight.
///
/// The seven kinds are the reference system's. Its weights (.1 .15 .2 .15 .15 .1 .15) and its limits (10 sentences, 30 words
/// a sentence, 5 of each other) put nearly every query below 0.3. These are the best that a hill climb in steps of 50 found
/// on the tuning part of the labelled queries, none below 50. The weights add up to 1,000.
const MEASURES: [(FactorKind, u32, u32); 7] = [
    (FactorKind::Segments, 100, 3),
    (FactorKind::Words, 500, 20),
    (FactorKind::Clauses, 50, 7),
    (FactorKind::Terms, 50, 3),
    (FactorKind::Subjects, 50, 2),
    (FactorKind::Comparisons, 100, 1),
    (FactorKind::Depth, 150, 2),
];

/// Letters from which a word counts as a term.
const LONG_WORD: u32 = 11;

/// Counts and adds up.
pub(super) fn measure(tokens: &[Token], pieces: &[SegmentSpan], very_complex: Score) -> Complexity {
    let (mut words, mut clauses, mut terms, mut subjects, mut comparisons, mut depth) = (0, 0, 0, 0_u32, 0, 0);
    for token in tokens {
        count_step();
        words += token.words();
        if token.part != Part::Prose {
            clauses += u32::from(token.part == Part::Neutral && token.is(shape::COMMA));
            terms += u32::from(token.part != Part::Neutral || token.is(shape::CODE_LIKE));
            continue;
        }
        clauses += u32::from(token.has(CLAUSE | CONJUNCTION)) + u32::from(token.is(shape::COMMA));
        let long = if token.is(shape::CJK) { LONG_WORD / 2 } else { LONG_WORD };
        terms += u32::from(token.chars >= long);
        subjects |= token.flags & SUBJECTS;
        comparisons += u32::from(token.has(COMPARE));
        depth += u32::from(token.has(DEPTH));
    }
    let segments = (pieces.len() as u32).saturating_sub(1);
    let listed = pieces.iter().filter(|piece| piece.kind == SegmentKind::Item).count() as u32;
    let subjects = subjects.count_ones().saturating_sub(1);
    let counts = [segments + listed / 2, words, clauses, terms, subjects, comparisons, depth];
    let mut factors = [Factor { kind: FactorKind::Segments, count: 0, contribution: Score::ZERO }; 7];
    for (factor, ((kind, weight, enough), count)) in factors.iter_mut().zip(MEASURES.into_iter().zip(counts)) {
        let contribution = Score::from_thousandths(weight * count.min(enough) / enough);
        *factor = Factor { kind, count, contribution };
    }
    let sum = factors.iter().map(|factor| factor.contribution.thousandths()).sum();
    let score = Score::from_thousandths(sum);
    Complexity { level: level(score, very_complex), score, factors }
}

/// Limits in the proportions of the reference's 0.3 and 0.5, and of 0.8.
fn level(score: Score, very_complex: Score) -> Level {
    let (score, top) = (score.thousandths(), very_complex.thousandths());
    if score >= top {
        Level::VeryComplex
    } else if score * 8 >= top * 5 {
        Level::Complex
    } else if score * 8 >= top * 3 {
        Level::Moderate
    } else {
        Level::Simple
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_add_up() {
        assert_eq!(MEASURES.iter().map(|(_, weight, _)| weight).sum::<u32>(), 1_000);
    }

    #[test]
    fn levels_begin_at_fixed_shares_of_the_top() {
        let at = |score, top| level(Score::from_thousandths(score), Score::from_thousandths(top));
        assert_eq!([299, 300, 499, 500, 799, 800].map(|score| at(score, 800)), {
            use Level::*;
            [Simple, Moderate, Moderate, Complex, Complex, VeryComplex]
        });
        assert_eq!(at(0, 0), Level::VeryComplex);
        assert_eq!(at(1_000, 1_000), Level::VeryComplex);
    }
}
