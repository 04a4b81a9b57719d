//! Selection of the units of an answer.
//!
//! Maximal marginal relevance (Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering
//! Documents and Producing Summaries", 1998): each next unit has the highest relevance minus
//! redundancy.

use std::collections::BTreeSet;

use crate::options::Options;
use crate::passage::{AnalyzedUnit, Passage, max_by_term};
use crate::score::{Candidate, Candidates, similarity};
use crate::units::UnitKind;

/// Weight of relevance against redundancy.
const MMR_LAMBDA: f64 = 0.7;

/// Units with a higher similarity are duplicates.
const MAX_SIMILARITY: f64 = 0.8;

/// Minimum score and coverage of a further unit, as a share of those of the best unit.
const MIN_RELEVANCE: f64 = 0.6;

/// Minimum score and coverage of a unit with a term that no chosen unit has: it may answer another part of the question.
const MIN_RELEVANCE_IF_NEW: f64 = 0.5;

/// Maximum number of bytes of a unit with its neighbours, in the passage that answers best.
const MAX_EXCERPT_BYTES: usize = 400;

/// Maximum number of paragraphs of a unit with its neighbours.
const MAX_EXCERPT_PARAGRAPHS: usize = 2;

/// Maximum number of candidates for the selection.
const MAX_CANDIDATES: usize = 128;

/// Maximum length in bytes of a unit that another one brings along.
const MAX_CONTEXT_BYTES: usize = 300;

/// Maximum number of items or rows that the sentence that announces them brings along.
const MAX_LIST_ITEMS: usize = 8;

/// Minimum share of the question's weight that one sentence covers, with the headings above it, if the sources answer the
/// question. With 0.5 instead, 39 of the handbook's 64 questions have a right answer and not 42, and one more of the 21 pairs
/// in
/// `tests/data/questions.txt` that do not belong together is refused; with 0.4 one more of the 25 that the handbook does not
/// answer is answered.
pub const MIN_COVERAGE: f64 = 0.45;

/// Minimum share that the best sentences cover together, if they answer a question with several parts. They are of one
/// source, or each has two words of the question and one of them in common ("gold melts", "lead melts"): in a folder of any
/// size, some sentence has each single word.
pub const MIN_JOINT_COVERAGE: f64 = 0.8;

/// Minimum share that the first source covers as a whole, if it answers the question: its sentences have one topic. Without
/// it 40 of the handbook's 64 questions have a right answer and not 42; with 0.55 one more of the 25 is answered that the
/// handbook does not answer.
pub const MIN_PASSAGE_COVERAGE: f64 = 0.6;

/// Maximum number of candidates, the best first, that decide whether the question is answered.
const MAX_DECIDING: usize = 5;

/// Whether the candidates answer the question.
pub(crate) fn is_answered(candidates: &Candidates) -> bool {
    let deciding = &candidates.found[..candidates.found.len().min(MAX_DECIDING)];
    deciding.iter().any(|one| candidates.coverage([one]) >= MIN_COVERAGE)
        || deciding.iter().any(|one| {
            let together = deciding.iter().filter(|other| other.passage == one.passage || share_a_term(one, other));
            candidates.coverage(together) >= MIN_JOINT_COVERAGE
        })
        || candidates.passage_coverage.first().is_some_and(|share| *share >= MIN_PASSAGE_COVERAGE)
            // A title may have all of the question, and nothing below it a word.
            && candidates.found.iter().any(|one| one.passage == 0)
}

/// Whether two candidates have at least two terms each, and one in common.
fn share_a_term(one: &Candidate, other: &Candidate) -> bool {
    let has = |candidate: &Candidate, term: usize| candidate.qualities[term] > 0.0;
    let terms = 0..one.qualities.len();
    let several = |candidate: &Candidate| terms.clone().filter(|&term| has(candidate, term)).count() >= 2;
    several(one) && several(other) && terms.clone().any(|term| has(one, term) && has(other, term))
}

/// The chosen units: passages in the order of their best unit, and the units of each in their own order.
pub(crate) fn select(scored: &Candidates, passages: &[Passage], options: Options) -> Vec<(usize, Vec<usize>)> {
    let candidates = &scored.found[..scored.found.len().min(MAX_CANDIDATES)];
    let Some(best) = candidates.first() else { return Vec::new() };
    let unit = |candidate: &Candidate| &passages[candidate.passage].units[candidate.unit];
    let coverages: Vec<f64> = candidates.iter().map(|one| scored.coverage([one])).collect();
    let mut chosen: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut order: Vec<usize> = Vec::new();
    let mut repeats = vec![0.0_f64; candidates.len()];
    let mut covered = vec![0.0; best.qualities.len()];
    let mut bytes = 0;
    let mut left = options.sentences as usize;
    while left > 0 {
        let marginal = |at: usize| MMR_LAMBDA * candidates[at].score / best.score - (1.0 - MMR_LAMBDA) * repeats[at];
        let open = (0..candidates.len()).filter(|&at| {
            let candidate = &candidates[at];
            let is_new = candidate.qualities.iter().zip(&covered).any(|(own, covered)| *own > 0.0 && *covered == 0.0);
            let share = if is_new { MIN_RELEVANCE_IF_NEW } else { MIN_RELEVANCE };
            let relevant = candidate.score >= share * best.score
                && coverages[at] >= share * coverages[0]
                && repeats[at] < MAX_SIMILARITY;
            let new = with_context(&passages[candidate.passage].units, candidate.unit);
            let needed: usize = new.iter().map(|&unit| passages[candidate.passage].units[unit].bytes()).sum();
            let fits = chosen.is_empty() || bytes + needed <= options.bytes as usize;
            relevant && fits && !chosen.contains(&(candidate.passage, candidate.unit))
        });
        // The first of equals.
        let Some(next) = open.reduce(|a, b| if marginal(b) > marginal(a) { b } else { a }) else { break };
        let taken = &candidates[next];
        let units = &passages[taken.passage].units;
        left -= 1;
        let mut new = with_context(units, taken.unit);
        if order.first().is_none_or(|first| *first == taken.passage) {
            let max_bytes = MAX_EXCERPT_BYTES.min((options.bytes as usize).saturating_sub(bytes));
            left -= add_neighbours(&mut new, units, left, max_bytes);
        }
        for place in new {
            if chosen.insert((taken.passage, place)) {
                bytes += units[place].bytes();
            }
        }
        if !order.contains(&taken.passage) {
            order.push(taken.passage);
        }
        covered = max_by_term(covered, &taken.qualities);
        for (at, candidate) in candidates.iter().enumerate() {
            repeats[at] = repeats[at].max(similarity(unit(candidate), unit(taken)));
        }
    }
    let of = |passage: usize| chosen.iter().filter(move |chosen| chosen.0 == passage).map(|chosen| chosen.1).collect();
    order.into_iter().map(|passage| (passage, of(passage))).collect()
}

/// Adds the units after some units, then those before them in their paragraph: the answer is often next to the sentence that
/// has the words of the question. Returns the number of added units, at most `max_units`, without what they announce. All
/// together have at most `max_bytes`.
fn add_neighbours(with_context: &mut Vec<usize>, units: &[AnalyzedUnit], max_units: usize, max_bytes: usize) -> usize {
    let (Some(&first), Some(&last)) = (with_context.first(), with_context.last()) else { return 0 };
    // A row of a table is complete.
    if units[first].kind == UnitKind::Row {
        return 0;
    }
    // Another item has another topic.
    let is_listed = |unit: &AnalyzedUnit| matches!(unit.kind, UnitKind::Item | UnitKind::Row);
    let bytes_of = |some: &[usize]| some.iter().map(|&unit| units[unit].bytes()).sum::<usize>();
    let (mut added, mut bytes) = (0, bytes_of(with_context));
    let mut fits = |some: &[usize]| {
        let together = bytes + bytes_of(some);
        let fits = added < max_units && together <= max_bytes;
        if fits {
            (added, bytes) = (added + 1, together);
        }
        fits
    };
    let (mut paragraphs, mut place) = (1, last + 1);
    while let Some(unit) = units.get(place) {
        paragraphs += usize::from(unit.begins_paragraph && unit.kind != UnitKind::Code);
        let mut new = vec![place];
        new.extend(announced(units, place));
        // An announcement is useless without what it announces.
        let says_nothing = unit.announces && new.len() == 1;
        let is_one = unit.is_candidate() && !is_listed(unit) && !says_nothing && paragraphs <= MAX_EXCERPT_PARAGRAPHS;
        if !is_one || !fits(&new) {
            break;
        }
        place = new.last().map_or(place, |last| last + 1);
        with_context.extend(new);
    }
    for place in (0..first).rev() {
        let behind = &units[place + 1];
        if behind.begins_paragraph || is_listed(behind) || !units[place].is_candidate() || !fits(&[place]) {
            break;
        }
        with_context.insert(0, place);
    }
    added
}

/// A unit with those around it that it needs: the one before it where it points back or is code that is announced, and
/// those behind it that it announces.
fn with_context(units: &[AnalyzedUnit], at: usize) -> Vec<usize> {
    let can_be_taken = |at: usize| units[at].is_candidate() && units[at].bytes() <= MAX_CONTEXT_BYTES;
    let can_be_referent = |at: usize| units[at].kind != UnitKind::Row && !units[at].asks;
    let mut with_context = vec![at];
    let mut first = at;
    // A pronoun may point to a sentence that points back.
    for _ in 0..2 {
        let needs =
            units[first].is_anaphoric || units[first].kind == UnitKind::Code && first > 0 && units[first - 1].announces;
        match first.checked_sub(1).filter(|&before| needs && can_be_taken(before) && can_be_referent(before)) {
            Some(before) => {
                with_context.insert(0, before);
                first = before;
            }
            None => break,
        }
    }
    with_context.extend(announced(units, at));
    with_context
}

/// What a unit announces: the code behind it, or the items or rows of a list.
fn announced(units: &[AnalyzedUnit], at: usize) -> Vec<usize> {
    let listed = |unit: &&AnalyzedUnit| matches!(unit.kind, UnitKind::Item | UnitKind::Row | UnitKind::Markup);
    let can_be_taken = |at: &usize| units[*at].is_candidate() && units[*at].bytes() <= MAX_CONTEXT_BYTES;
    match units.get(at + 1).filter(|_| units[at].announces) {
        None => Vec::new(),
        Some(code) if code.kind == UnitKind::Code && code.is_candidate() => vec![at + 1],
        Some(_) => {
            let items = units[at + 1..].iter().take_while(listed).take(MAX_LIST_ITEMS).count();
            (at + 1..=at + items).filter(can_be_taken).collect()
        }
    }
}
