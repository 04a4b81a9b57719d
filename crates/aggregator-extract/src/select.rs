//! Which units are the answer.
//!
//! Maximal marginal relevance (Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering
//! Documents and Producing Summaries", 1998): each next unit is the one that is most relevant less what it repeats.

use std::collections::BTreeSet;

use crate::options::Options;
use crate::passage::{Passage, ReadUnit};
use crate::score::{Candidate, Candidates, similarity};
use crate::units::UnitKind;

/// The share of relevance against repetition.
const LAMBDA: f64 = 0.7;

/// Units that are more alike than this say the same.
const SAME: f64 = 0.8;

/// A further unit has at least this share of the best one's score, and of what that has of the question: what is less
/// relevant only makes the answer longer.
const LEAST_SHARE: f64 = 0.5;

/// Candidates that are looked at: more are never chosen.
const MAX_LOOKED_AT: usize = 128;

/// The longest unit that is taken along because another one needs it, in bytes.
const MAX_TAKEN_BYTES: usize = 300;

/// Items or rows that are taken along with the sentence that announces them.
const MAX_TAKEN_ITEMS: usize = 8;

/// The share of the question's weight that one sentence has, with what stands above it, when the sources answer the
/// question. From the labelled pairs in `tests/data/questions.txt`: there answers have more than 0.53, and others less
/// than 0.49.
pub const ANSWERED: f64 = 0.5;

/// The share that the best sentences have together, when they answer a question that asks for several things. They are of one
/// source, or each has two words of the question and one of them in common ("gold melts", "lead melts"): in a folder of any
/// size, some sentence has each single word.
pub const ANSWERED_TOGETHER: f64 = 0.8;

/// How many of the best candidates decide whether the question is answered.
const DECIDING: usize = 5;

/// Whether the candidates answer the question.
pub(crate) fn is_answered(candidates: &Candidates) -> bool {
    let deciding = &candidates.found[..candidates.found.len().min(DECIDING)];
    deciding.iter().any(|one| candidates.coverage([one]) >= ANSWERED)
        || deciding.iter().any(|one| {
            let together = deciding.iter().filter(|other| other.passage == one.passage || are_about_one(one, other));
            candidates.coverage(together) >= ANSWERED_TOGETHER
        })
}

/// Whether two candidates have a word of the question in common, and each another one.
fn are_about_one(one: &Candidate, other: &Candidate) -> bool {
    let has = |candidate: &Candidate, term: usize| candidate.qualities[term] > 0.0;
    let terms = 0..one.qualities.len();
    let several = |candidate: &Candidate| terms.clone().filter(|&term| has(candidate, term)).count() >= 2;
    several(one) && several(other) && terms.clone().any(|term| has(one, term) && has(other, term))
}

/// The chosen units: passages in the order of their best unit, and the units of each in their own order.
pub(crate) fn select(scored: &Candidates, passages: &[Passage], options: Options) -> Vec<(usize, Vec<usize>)> {
    let candidates = &scored.found[..scored.found.len().min(MAX_LOOKED_AT)];
    let Some(best) = candidates.first() else { return Vec::new() };
    let unit = |candidate: &Candidate| &passages[candidate.passage].units[candidate.unit];
    let coverages: Vec<f64> = candidates.iter().map(|one| scored.coverage([one])).collect();
    let mut chosen: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut order: Vec<usize> = Vec::new();
    let mut repeats = vec![0.0_f64; candidates.len()];
    let mut bytes = 0;
    for _ in 0..options.sentences {
        let marginal = |at: usize| LAMBDA * candidates[at].score / best.score - (1.0 - LAMBDA) * repeats[at];
        let open = (0..candidates.len()).filter(|&at| {
            let candidate = &candidates[at];
            let relevant = candidate.score >= LEAST_SHARE * best.score
                && coverages[at] >= LEAST_SHARE * coverages[0]
                && repeats[at] < SAME;
            let new = bundle(&passages[candidate.passage].units, candidate.unit);
            let needed: usize = new.iter().map(|&unit| passages[candidate.passage].units[unit].bytes()).sum();
            let fits = chosen.is_empty() || bytes + needed <= options.bytes as usize;
            relevant && fits && !chosen.contains(&(candidate.passage, candidate.unit))
        });
        // The first of equals.
        let Some(next) = open.reduce(|a, b| if marginal(b) > marginal(a) { b } else { a }) else { break };
        let taken = &candidates[next];
        let units = &passages[taken.passage].units;
        for place in bundle(units, taken.unit) {
            if chosen.insert((taken.passage, place)) {
                bytes += units[place].bytes();
            }
        }
        if !order.contains(&taken.passage) {
            order.push(taken.passage);
        }
        for (at, candidate) in candidates.iter().enumerate() {
            repeats[at] = repeats[at].max(similarity(unit(candidate), unit(taken)));
        }
    }
    let of = |passage: usize| chosen.iter().filter(move |chosen| chosen.0 == passage).map(|chosen| chosen.1).collect();
    order.into_iter().map(|passage| (passage, of(passage))).collect()
}

/// A unit with those around it that it needs: the one before it where it points back or is code that is announced, and
/// those behind it that it announces.
fn bundle(units: &[ReadUnit], at: usize) -> Vec<usize> {
    let can_be_taken = |at: usize| units[at].is_candidate() && units[at].bytes() <= MAX_TAKEN_BYTES;
    let is_said = |at: usize| matches!(units[at].kind, UnitKind::Sentence | UnitKind::Item) && !units[at].asks;
    let mut bundle = vec![at];
    let mut first = at;
    // A pronoun may point to a sentence that points back.
    for _ in 0..2 {
        let needs =
            units[first].points_back || units[first].kind == UnitKind::Code && first > 0 && units[first - 1].announces;
        match first.checked_sub(1).filter(|&before| needs && can_be_taken(before) && is_said(before)) {
            Some(before) => {
                bundle.insert(0, before);
                first = before;
            }
            None => break,
        }
    }
    if units[at].announces {
        let listed = |unit: &&ReadUnit| matches!(unit.kind, UnitKind::Item | UnitKind::Row | UnitKind::Nothing);
        match units.get(at + 1) {
            Some(code) if code.kind == UnitKind::Code && code.is_candidate() => bundle.push(at + 1),
            _ => {
                let items = units[at + 1..].iter().take_while(listed).take(MAX_TAKEN_ITEMS).count();
                bundle.extend((at + 1..=at + items).filter(|&item| can_be_taken(item)));
            }
        }
    }
    bundle
}
