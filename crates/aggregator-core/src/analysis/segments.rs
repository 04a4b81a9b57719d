//! A text in pieces: sentences, list items, code, messages; and what could be searched separately.

use std::ops::Range;

use super::lexicon::{
    CLAUSE, COMPARATIVE_THAN, COMPARE, CONJUNCTION, FUNCTION, IMPERATIVE, INTERROGATIVE, PURPOSE, VERSUS,
};
use super::settings::Limits;
use super::token::{Part, Token, shape};
use crate::step_counter::count_step;

/// What a segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SegmentKind {
    /// A sentence that asks.
    Question,
    /// Any other sentence.
    Statement,
    /// An item of a numbered or bulleted list.
    Item,
    /// Code.
    Code,
    /// An error message, a stack trace, lines of a log.
    Error,
}

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Place of the piece: byte offsets into the analysed text, on character boundaries. Segments are in order and do
    /// not overlap; fences and list numbers belong to none.
    pub span: Range<usize>,
    /// What it is.
    pub kind: SegmentKind,
}

/// The tokens of a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentSpan {
    pub first: usize,
    /// Token after the last.
    pub end: usize,
    pub kind: SegmentKind,
}

impl SegmentSpan {
    pub(super) fn span(&self, tokens: &[Token]) -> Range<usize> {
        tokens[self.first].start as usize..tokens[self.end - 1].end as usize
    }
}

/// Splits a text, whose tokens were assigned their parts, into segments.
pub(super) fn segment(text: &str, tokens: &[Token], limits: &Limits) -> Vec<SegmentSpan> {
    let mut pieces: Vec<SegmentSpan> = Vec::new();
    if tokens.is_empty() {
        return pieces;
    }
    if !limits.segmentation {
        pieces.push(SegmentSpan { first: 0, end: tokens.len(), kind: kind_of(tokens, Part::Prose, false) });
        return pieces;
    }
    let lists = Lists::find(text, tokens);
    let mut segmenter = Segmenter { tokens, pieces, first: None, part: Part::Prose, item: false };
    let mut next_number = 1;
    for at in 0..tokens.len() {
        count_step();
        let token = &tokens[at];
        if token.is(shape::FENCE) {
            segmenter.end(at);
            continue;
        }
        if token.part == Part::Prose || token.part == Part::Neutral {
            let numbered = lists.numbered && list_number(text, token) == Some(next_number);
            let bullet = lists.bulleted && is_bullet(text, token);
            if numbered || bullet {
                next_number += u32::from(numbered);
                segmenter.end(at);
                segmenter.item = true;
                continue;
            }
        }
        segmenter.take(at);
        if matches!(segmenter.part, Part::Prose | Part::Neutral) && ends_sentence(text, tokens, at) {
            segmenter.end(at + 1);
        }
    }
    segmenter.end(tokens.len());
    pieces = segmenter.pieces;
    merge_surplus(&mut pieces, limits.segments);
    if pieces.is_empty() {
        // Nothing but fences or list numbers.
        pieces.push(SegmentSpan { first: 0, end: tokens.len(), kind: SegmentKind::Statement });
    }
    pieces
}

/// The last segment reaches to the end, so that nothing is lost.
fn merge_surplus(pieces: &mut Vec<SegmentSpan>, max_segments: usize) {
    if let (true, Some(last)) = (pieces.len() > max_segments, pieces.last().copied()) {
        pieces.truncate(max_segments);
        if let Some(kept) = pieces.last_mut() {
            kept.end = last.end;
        }
    }
}

struct Segmenter<'a> {
    tokens: &'a [Token],
    pieces: Vec<SegmentSpan>,
    first: Option<usize>,
    part: Part,
    item: bool,
}

impl Segmenter<'_> {
    /// Adds a token to the segment that is open, or to a new one.
    fn take(&mut self, at: usize) {
        let part = self.tokens[at].part;
        // Numbers and punctuation go with what they follow.
        if part != Part::Neutral && self.first.is_some() && part != self.part && self.part != Part::Neutral {
            self.end(at);
        }
        if self.first.is_none() {
            self.first = Some(at);
            self.part = part;
        } else if self.part == Part::Neutral {
            self.part = part;
        }
    }

    fn end(&mut self, end: usize) {
        let Some(first) = self.first.take() else { return };
        let tokens = &self.tokens[first..end];
        let only_punctuation = tokens.iter().all(|token| token.is(shape::PUNCTUATION));
        match self.pieces.last_mut() {
            // A closing quote or a second question mark belongs to the sentence before, unless a fence or the number of an
            // item is between them: then it belongs to nothing.
            Some(last) if only_punctuation => {
                if last.end == first {
                    last.end = end;
                }
            }
            _ => {
                let kind = kind_of(tokens, self.part, self.item);
                self.pieces.push(SegmentSpan { first, end, kind });
                self.item = false;
            }
        }
    }
}

fn kind_of(tokens: &[Token], part: Part, item: bool) -> SegmentKind {
    match part {
        Part::Code => SegmentKind::Code,
        Part::Error => SegmentKind::Error,
        _ if item => SegmentKind::Item,
        _ => {
            // Questions are often typed without their mark, but begin with their word.
            let begins =
                tokens.iter().find(|token| token.is(shape::ALPHA)).is_some_and(|token| token.has(INTERROGATIVE));
            let ends = tokens.iter().rev().find(|token| token.shape & shape::END != 0);
            match ends.is_some_and(|token| token.is(shape::QUESTION_MARK)) || begins {
                true => SegmentKind::Question,
                false => SegmentKind::Statement,
            }
        }
    }
}

fn ends_sentence(text: &str, tokens: &[Token], at: usize) -> bool {
    let token = &tokens[at];
    let Some(next) = tokens.get(at + 1) else { return false };
    // "?!" is one end.
    if next.is(shape::PUNCTUATION) && next.is(shape::END) {
        return false;
    }
    if token.is(shape::QUESTION_MARK | shape::EXCLAMATION) {
        return true;
    }
    if !token.is(shape::FULL_STOP) {
        return false;
    }
    if token.is(shape::CJK) {
        return true;
    }
    let abbreviation = token.is(shape::DOTTED)
        || token.chars <= 2 && !token.is(shape::PUNCTUATION)
        || token.is(shape::UPPER) && token.chars <= 4 && is_title(token.core_text(text));
    let begins = next.is(shape::UPPER | shape::CJK | shape::DIGIT) || !next.is(shape::ALPHA) || next.part != token.part;
    begins && !abbreviation && next.is(shape::SPACE | shape::CJK)
}

fn is_title(word: &str) -> bool {
    matches!(word, "Dr" | "Mr" | "Mrs" | "Ms" | "St" | "Nr" | "No" | "Sr" | "Sra" | "Mme" | "Fr" | "Hr")
}

/// Which lists a text has. A single number followed by a full stop, or a single dash, is no list.
struct Lists {
    numbered: bool,
    bulleted: bool,
}

impl Lists {
    fn find(text: &str, tokens: &[Token]) -> Self {
        let (mut next, mut bullets) = (1, 0);
        for token in tokens {
            count_step();
            if list_number(text, token) == Some(next) {
                next += 1;
            }
            bullets += u32::from(is_bullet(text, token));
        }
        Self { numbered: next > 2, bulleted: bullets >= 2 }
    }
}

fn list_number(text: &str, token: &Token) -> Option<u32> {
    if !token.is(shape::LIST_NUMBER) {
        return None;
    }
    token.core_text(text).parse().ok()
}

fn is_bullet(text: &str, token: &Token) -> bool {
    token.is(shape::NEWLINE) && token.is(shape::PUNCTUATION) && matches!(token.text(text), "-" | "*" | "•" | "–" | "・")
}

// --- Sub-queries. ---

/// Maximum number of tokens of each of the things compared.
const LONGEST_SIDE: usize = 8;
/// Maximum number of tokens of a sentence that is a comparison; in a longer one the comparison is one demand of several.
const LONGEST_COMPARISON: usize = 28;

/// What could be searched separately: the items of a list, the questions, or the things that are compared.
pub(super) fn sub_queries(text: &str, tokens: &[Token], pieces: &[SegmentSpan], limits: &Limits) -> Vec<String> {
    let mut found = Vec::new();
    if !limits.segmentation {
        return found;
    }
    for kind in [SegmentKind::Item, SegmentKind::Question] {
        let of_kind = pieces.iter().filter(|piece| piece.kind == kind);
        if of_kind.clone().count() >= 2 {
            found.extend(of_kind.map(|piece| single_spaced(&text[piece.span(tokens)])));
            return found;
        }
    }
    for piece in pieces {
        if matches!(piece.kind, SegmentKind::Question | SegmentKind::Statement | SegmentKind::Item) {
            compared(text, &tokens[piece.first..piece.end], limits.segments, &mut found);
            if !found.is_empty() {
                break;
            }
        }
    }
    found
}

fn single_spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The things that a sentence compares, each with what the comparison is for.
fn compared(text: &str, tokens: &[Token], max_segments: usize, found: &mut Vec<String>) {
    if tokens.len() > LONGEST_COMPARISON {
        return;
    }
    let Some(word) = tokens.iter().position(|token| token.has(COMPARE)) else { return };
    let mut sides: Vec<Range<usize>> = Vec::new();
    if tokens[word].has(VERSUS) {
        let mut start = 0;
        for (at, token) in tokens.iter().enumerate() {
            count_step();
            if token.has(VERSUS) {
                sides.push(start..at);
                start = at + 1;
            }
        }
        sides.push(start..end_of_side(tokens, start));
    } else {
        let join = |from: usize| {
            let joins = |token: &Token| token.has(CONJUNCTION | COMPARATIVE_THAN) && !token.has(PURPOSE);
            tokens[from..].iter().position(joins).map(|at| from + at)
        };
        // "difference between A and B", "A better than B", "A 和 B 有什么区别": before, around or after the word.
        let after = join(word + 1);
        let first = next_content(tokens, word + 1);
        match after {
            Some(at) if at > first => {
                let end = end_of_side(tokens, first);
                if at > end {
                    return;
                }
                sides.extend([first..at, at + 1..end_of_side(tokens, at + 1)]);
            }
            Some(at) if at == word + 1 => sides.extend([0..word, at + 1..end_of_side(tokens, at + 1)]),
            _ => {
                let Some(at) = tokens[..word].iter().position(|token| token.has(CONJUNCTION)) else { return };
                sides.extend([0..at, at + 1..end_of_side(tokens, at + 1).min(word)]);
            }
        }
    }
    let tail = sides.last().map_or(0..0, |last| last.end..tokens.len());
    let tail = purpose(text, &tokens[tail]);
    sides.truncate(max_segments);
    for side in sides {
        let side = trimmed(tokens, side);
        if let (Some(first), Some(last)) = (tokens[side.clone()].first(), tokens[side].last()) {
            let mut query = single_spaced(&text[first.core.0 as usize..last.end as usize]);
            query.truncate(query.trim_end_matches(['?', '.', ',', '!', '？', '。', '`']).len());
            if !tail.is_empty() {
                query.push(' ');
                query.push_str(&tail);
            }
            found.push(query);
        }
    }
    if found.len() < 2 {
        found.clear();
    }
}

/// What a comparison is for: the rest of the sentence, if it begins so.
fn purpose(text: &str, tokens: &[Token]) -> String {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) if first.has(PURPOSE) => {
            let mut rest = single_spaced(&text[first.start as usize..last.end as usize]);
            rest.truncate(rest.trim_end_matches(['?', '.', '!']).len());
            rest
        }
        _ => String::new(),
    }
}

fn next_content(tokens: &[Token], from: usize) -> usize {
    from + tokens[from..].iter().take_while(|token| token.has(FUNCTION) && !token.is(shape::CAPS)).count()
}

/// Where what is compared ends: at a word of purpose, a clause, a comma, or after [`LONGEST_SIDE`] tokens.
fn end_of_side(tokens: &[Token], start: usize) -> usize {
    let mut at = start;
    while at < tokens.len() && at - start < LONGEST_SIDE {
        count_step();
        let token = &tokens[at];
        let ends = token.has(PURPOSE | CLAUSE | COMPARE) || token.is(shape::CJK) && token.has(INTERROGATIVE | FUNCTION);
        if ends && at > start {
            break;
        }
        at += 1;
        if token.is(shape::COMMA | shape::END) {
            break;
        }
    }
    at
}

/// A side without the words around it that carry no subject, at most [`LONGEST_SIDE`] tokens at its end.
fn trimmed(tokens: &[Token], side: Range<usize>) -> Range<usize> {
    let mut start = side.start.max(side.end.saturating_sub(LONGEST_SIDE));
    // A word that asks may be anywhere before; what follows the last is the thing.
    let cut = |token: &Token| token.has(INTERROGATIVE | IMPERATIVE | COMPARE) && !token.is(shape::CAPS);
    if let Some(at) = tokens[start..side.end].iter().rposition(cut) {
        start += at + 1;
    }
    while start < side.end && is_idle(&tokens[start]) {
        start += 1;
    }
    let mut end = side.end;
    while end > start && is_idle(&tokens[end - 1]) {
        end -= 1;
    }
    start..end
}

/// A single capital letter is a name ("C", "D"), though lower case may be a word ("d'accord").
fn is_idle(token: &Token) -> bool {
    let is_name = token.is(shape::UPPER) && token.core.1 - token.core.0 == 1;
    token.is(shape::PUNCTUATION) || token.has(FUNCTION) && !is_name
}
