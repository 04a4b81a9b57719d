//! Which units are the answer.
//!
//! Maximal marginal relevance (Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering
//! Documents and Producing Summaries", 1998): each next unit is the one that is most relevant less what it repeats.

use std::collections::BTreeSet;

use crate::options::Options;
use crate::passage::{Passage, ReadUnit, better};
use crate::score::{Candidate, Candidates, similarity};
use crate::units::UnitKind;

/// The share of relevance against repetition.
const LAMBDA: f64 = 0.7;

/// Units that are more alike than this say the same.
const SAME: f64 = 0.8;

/// A further unit has at least this share of the best one's score, and of what that has of the question: what is less
/// relevant only makes the answer longer.
const MIN_SHARE: f64 = 0.6;

/// The same for a unit with a word of the question that no chosen one has: of a question that asks for several things, it may
/// answer another one.
const MIN_SHARE_OF_NEW: f64 = 0.5;

/// Most bytes of a unit with its neighbours, in the passage that answers best.
const EXCERPT_BYTES: usize = 400;

/// Paragraphs of them.
const EXCERPT_PARAGRAPHS: usize = 2;

/// Candidates that are looked at: more are never chosen.
const MAX_LOOKED_AT: usize = 128;

/// The longest unit that is taken along because another one needs it, in bytes.
const MAX_TAKEN_BYTES: usize = 300;

/// Items or rows that are taken along with the sentence that announces them.
const MAX_TAKEN_ITEMS: usize = 8;

/// The share of the question's weight that one sentence has, with what stands above it, when the sources answer the
/// question. With 0.5 instead, 39 of the handbook's 64 questions have a right answer and not 42, and one more of the 21 pairs in
/// `tests/data/questions.txt` that do not belong together is refused; with 0.4 one more of the 25 that the handbook does not
/// answer is answered.
pub const ANSWERED: f64 = 0.45;

/// The share that the best sentences have together, when they answer a question that asks for several things. They are of one
/// source, or each has two words of the question and one of them in common ("gold melts", "lead melts"): in a folder of any
/// size, some sentence has each single word.
pub const ANSWERED_TOGETHER: f64 = 0.8;

/// The share that the first source has as a whole, when it answers the question: its sentences are about one thing. Without
/// it 40 of the handbook's 64 questions have a right answer and not 42; with 0.55 one more of the 25 is answered that the
/// handbook does not answer.
pub const ANSWERED_BY_PASSAGE: f64 = 0.6;

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
        || candidates.of_passages.first().is_some_and(|share| *share >= ANSWERED_BY_PASSAGE)
            // A title may have all of the question, and nothing below it a word.
            && candidates.found.iter().any(|one| one.passage == 0)
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
    let mut covered = vec![0.0; best.qualities.len()];
    let mut bytes = 0;
    let mut left = options.sentences as usize;
    while left > 0 {
        let marginal = |at: usize| LAMBDA * candidates[at].score / best.score - (1.0 - LAMBDA) * repeats[at];
        let open = (0..candidates.len()).filter(|&at| {
            let candidate = &candidates[at];
            let is_new = candidate.qualities.iter().zip(&covered).any(|(own, covered)| *own > 0.0 && *covered == 0.0);
            let share = if is_new { MIN_SHARE_OF_NEW } else { MIN_SHARE };
            let relevant =
                candidate.score >= share * best.score && coverages[at] >= share * coverages[0] && repeats[at] < SAME;
            let new = bundle(&passages[candidate.passage].units, candidate.unit);
            let needed: usize = new.iter().map(|&unit| passages[candidate.passage].units[unit].bytes()).sum();
            let fits = chosen.is_empty() || bytes + needed <= options.bytes as usize;
            relevant && fits && !chosen.contains(&(candidate.passage, candidate.unit))
        });
        // The first of equals.
        let Some(next) = open.reduce(|a, b| if marginal(b) > marginal(a) { b } else { a }) else { break };
        let taken = &candidates[next];
        let units = &passages[taken.passage].units;
        left -= 1;
        let mut new = bundle(units, taken.unit);
        if order.first().is_none_or(|first| *first == taken.passage) {
            let most = EXCERPT_BYTES.min((options.bytes as usize).saturating_sub(bytes));
            left -= add_neighbours(&mut new, units, left, most);
        }
        for place in new {
            if chosen.insert((taken.passage, place)) {
                bytes += units[place].bytes();
            }
        }
        if !order.contains(&taken.passage) {
            order.push(taken.passage);
        }
        covered = better(covered, &taken.qualities);
        for (at, candidate) in candidates.iter().enumerate() {
            repeats[at] = repeats[at].max(similarity(unit(candidate), unit(taken)));
        }
    }
    let of = |passage: usize| chosen.iter().filter(move |chosen| chosen.0 == passage).map(|chosen| chosen.1).collect();
    order.into_iter().map(|passage| (passage, of(passage))).collect()
}

/// Adds what stands behind some units, and then what stands before them in their paragraph, as far as all together stay
/// small: the answer is often next to the sentence that has the words of the question. Gives how many were added, at most
/// `most`, not counting what they announce; together they have at most `most_bytes`.
fn add_neighbours(bundle: &mut Vec<usize>, units: &[ReadUnit], most: usize, most_bytes: usize) -> usize {
    let (Some(&first), Some(&last)) = (bundle.first(), bundle.last()) else { return 0 };
    // A row says by itself what its table has to say about something.
    if units[first].kind == UnitKind::Row {
        return 0;
    }
    // Another item is about something else.
    let is_listed = |unit: &ReadUnit| matches!(unit.kind, UnitKind::Item | UnitKind::Row);
    let bytes_of = |some: &[usize]| some.iter().map(|&unit| units[unit].bytes()).sum::<usize>();
    let (mut added, mut bytes) = (0, bytes_of(bundle));
    let mut fits = |some: &[usize]| {
        let together = bytes + bytes_of(some);
        let fits = added < most && together <= most_bytes;
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
        // An announcement without what it announces says nothing.
        let says_nothing = unit.announces && new.len() == 1;
        let is_one = unit.is_candidate() && !is_listed(unit) && !says_nothing && paragraphs <= EXCERPT_PARAGRAPHS;
        if !is_one || !fits(&new) {
            break;
        }
        place = new.last().map_or(place, |last| last + 1);
        bundle.extend(new);
    }
    for place in (0..first).rev() {
        let behind = &units[place + 1];
        if behind.begins_paragraph || is_listed(behind) || !units[place].is_candidate() || !fits(&[place]) {
            break;
        }
        bundle.insert(0, place);
    }
    added
}

/// A unit with those around it that it needs: the one before it where it points back or is code that is announced, and
/// those behind it that it announces.
fn bundle(units: &[ReadUnit], at: usize) -> Vec<usize> {
    let can_be_taken = |at: usize| units[at].is_candidate() && units[at].bytes() <= MAX_TAKEN_BYTES;
    let can_be_meant = |at: usize| units[at].kind != UnitKind::Row && !units[at].asks;
    let mut bundle = vec![at];
    let mut first = at;
    // A pronoun may point to a sentence that points back.
    for _ in 0..2 {
        let needs =
            units[first].points_back || units[first].kind == UnitKind::Code && first > 0 && units[first - 1].announces;
        match first.checked_sub(1).filter(|&before| needs && can_be_taken(before) && can_be_meant(before)) {
            Some(before) => {
                bundle.insert(0, before);
                first = before;
            }
            None => break,
        }
    }
    bundle.extend(announced(units, at));
    bundle
}

/// What a unit announces: the code behind it, or the items or rows of a list.
fn announced(units: &[ReadUnit], at: usize) -> Vec<usize> {
    let listed = |unit: &&ReadUnit| matches!(unit.kind, UnitKind::Item | UnitKind::Row | UnitKind::Nothing);
    let can_be_taken = |at: &usize| units[*at].is_candidate() && units[*at].bytes() <= MAX_TAKEN_BYTES;
    match units.get(at + 1).filter(|_| units[at].announces) {
        None => Vec::new(),
        Some(code) if code.kind == UnitKind::Code && code.is_candidate() => vec![at + 1],
        Some(_) => {
            let items = units[at + 1..].iter().take_while(listed).take(MAX_TAKEN_ITEMS).count();
            (at + 1..=at + items).filter(can_be_taken).collect()
        }
    }
}
