//! Shortens a query that is longer than a provider's limit to the words that say what is asked.
//!
//! A query within the limit stays as it is, because any word of it may be the subject. Of a longer one `take` picks words by
//! rank until the limit is reached, and `join` writes them in the order of the query:
//!
//! 1. of sentences that ask, of the last sentence of prose, and names between back-ticks: all but function words
//! 2. of the first and last heading of a message: what follows its name
//! 3. function words of 1, so that phrases stay whole
//! 4. of the other prose: all but function words
//! 5. of other lines of messages and of code outside fences
//! 6. of code between fences
//!
//! Time stamps, and in messages addresses and lines of files, are about one machine: they are never taken.

use std::collections::HashSet;

use super::input_type;
use super::lexicon::{CLAUSE, CONJUNCTION, ERROR, FIRST_PERSON, FUNCTION, IMPERATIVE, INTERROGATIVE, PRONOUN};
use super::token::{Part, Token, is_invisible, shape, tokenise};
use crate::query_limit::QueryLimit;
use crate::step_counter::count_step;

/// Tokens of a heading that are searched: its beginning says what happened.
const HEADING: usize = 24;

/// Words at the beginning of a sentence among which one that asks makes it a question.
const OPENING: usize = 3;

/// When a token is picked, 0 first; a token without a rank is never sent.
type Rank = Option<u8>;

/// The shortened text, on one line; `None` for one within the limit.
pub(crate) fn shorten(text: &str, limit: QueryLimit) -> Option<String> {
    if limit.allows(text) {
        return None;
    }
    let mut tokens = tokenise(text);
    tokens.retain(|token| !is_invisible(token.text(text)));
    input_type::assign_parts(&mut tokens);
    let mut ranks = rank(&tokens);
    #[cfg(feature = "seeded-faults")]
    if crate::seeded_fault::is_active(crate::seeded_fault::Fault::LostOperand) {
        ranks.iter_mut().filter(|rank| **rank == Some(0)).for_each(|rank| *rank = None);
    }
    if ranks.iter().all(Option::is_none) {
        ranks.fill(Some(0));
    }
    let taken = select_tokens(text, &tokens, &ranks, limit);
    let mut out = join(text, &tokens, &taken);
    if out.is_empty() {
        // One word longer than everything: its beginning is better than nothing.
        out.extend(text.trim_start().chars().take_while(|c| !c.is_whitespace()).take(limit.chars as usize));
    }
    Some(out)
}

// --- What a token says. ---

fn rank(tokens: &[Token]) -> Vec<Rank> {
    let fenced = fenced(tokens);
    let mut ranks: Vec<Rank> = vec![None; tokens.len()];
    let mut last_prose = None;
    for (start, end) in sentences(tokens, &fenced) {
        let sentence = &tokens[start..end];
        let asks = asks(sentence);
        let logged = sentence.iter().any(|token| token.is(shape::TIME));
        for (token, rank) in sentence.iter().zip(&mut ranks[start..end]) {
            count_step();
            *rank = if logged { Some(4) } else { of_sentence(token, asks) };
        }
        let words = sentence.iter().filter(|token| token.part == Part::Prose).count();
        if !logged && 3 * words >= sentence.len() {
            last_prose = Some((start, end));
        }
    }
    if let Some((start, end)) = last_prose {
        for (token, rank) in tokens[start..end].iter().zip(&mut ranks[start..end]) {
            count_step();
            *rank = of_sentence(token, true);
        }
    }
    headings(tokens, &fenced, &mut ranks);
    for ((token, fenced), rank) in tokens.iter().zip(&fenced).zip(&mut ranks) {
        count_step();
        if *fenced && rank.is_none() && !token.is(shape::FENCE) {
            *rank = Some(5);
        }
        if token.is(shape::TIME) || token.part == Part::Error && token.is(shape::FILE_LINE | shape::HEX) {
            *rank = None;
        }
    }
    ranks
}

/// Which tokens stand between fences.
fn fenced(tokens: &[Token]) -> Vec<bool> {
    let mut inside = false;
    let is_inside = |token: &Token| {
        count_step();
        inside ^= token.is(shape::FENCE);
        inside || token.is(shape::FENCE)
    };
    tokens.iter().map(is_inside).collect()
}

/// Sentences outside of messages and fences: up to a mark that ends one, or to a line break, as lines of logs have no marks.
fn sentences(tokens: &[Token], fenced: &[bool]) -> Vec<(usize, usize)> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for at in 0..=tokens.len() {
        count_step();
        let apart = tokens.get(at).is_none_or(|token| fenced[at] || token.part == Part::Error);
        let ended = at > start && tokens[at - 1].is(shape::END | shape::COLON);
        let begins = tokens.get(at).is_some_and(|token| token.is(shape::SPACE | shape::CJK));
        if apart || ended && begins || tokens.get(at).is_some_and(|token| token.is(shape::NEWLINE)) {
            if at > start {
                sentences.push((start, at));
            }
            start = if apart { at + 1 } else { at };
        }
    }
    sentences
}

/// Whether a person asks for something here, and it is not a question mark in code.
fn asks(sentence: &[Token]) -> bool {
    let prose = |token: &&Token| token.part == Part::Prose;
    // Code has question marks, and words that ask in prose (`do`, `is`). Calls in a question count as code.
    if 3 * sentence.iter().filter(prose).count() < sentence.iter().filter(|token| !token.is(shape::PUNCTUATION)).count()
    {
        return false;
    }
    sentence.iter().filter(prose).take(OPENING).any(|token| token.has(INTERROGATIVE | IMPERATIVE))
        || sentence.iter().any(|token| token.is(shape::QUESTION_MARK)) && sentence.iter().any(|token| prose(&token))
}

fn of_sentence(token: &Token, asks: bool) -> Rank {
    let idle = token.has(INTERROGATIVE | CLAUSE | FUNCTION | CONJUNCTION | FIRST_PERSON | PRONOUN | IMPERATIVE)
        && !token.is(shape::INLINE_CODE);
    match token.part {
        _ if token.is(shape::INLINE_CODE) => Some(0),
        _ if token.is(shape::PUNCTUATION) && token.chars == 1 && !token.is(shape::CODE_LIKE) => None,
        Part::Code if !asks => Some(4),
        _ if asks => Some(if idle { 2 } else { 0 }),
        _ => (!idle).then_some(3),
    }
}

/// Ranks the lines of messages.
fn headings(tokens: &[Token], fenced: &[bool], ranks: &mut [Rank]) {
    let mut at = 0;
    while at < tokens.len() {
        count_step();
        if tokens[at].part != Part::Error {
            at += 1;
            continue;
        }
        let begin = at;
        while at < tokens.len() && tokens[at].part == Part::Error {
            at += 1;
        }
        let lines = lines(&tokens[begin..at]);
        let named = lines.iter().filter_map(|&(start, end)| {
            let name = tokens[begin + start..begin + end].iter().position(names_an_error)?;
            Some((start + name, end))
        });
        let named: Vec<(usize, usize)> = named.collect();
        let whole = lines.first().copied();
        let first = named.first().copied().or(whole);
        for (index, rank) in ranks[begin..at].iter_mut().enumerate() {
            count_step();
            let in_heading = |line: Option<(usize, usize)>| {
                line.is_some_and(|(start, end)| (start..end.min(start + HEADING)).contains(&index))
            };
            let heading = in_heading(first) || in_heading(named.last().copied());
            *rank = Some(if heading {
                1
            } else if fenced[begin + index] {
                5
            } else {
                4
            });
        }
    }
}

fn names_an_error(token: &Token) -> bool {
    token.is(shape::ERROR_NAME) || token.has(ERROR)
}

/// The lines of a stretch of tokens.
fn lines(tokens: &[Token]) -> Vec<(usize, usize)> {
    let mut lines = Vec::new();
    let mut start = 0;
    for at in 1..=tokens.len() {
        count_step();
        if tokens.get(at).is_none_or(|token| token.is(shape::NEWLINE)) {
            lines.push((start, at));
            start = at;
        }
    }
    lines
}

// --- What is taken. ---

/// Selects tokens by their rank; of what is neither a question nor a heading each word once.
fn select_tokens(text: &str, tokens: &[Token], ranks: &[Rank], limit: QueryLimit) -> Vec<bool> {
    let mut taken = vec![false; tokens.len()];
    let mut said = HashSet::new();
    let (mut chars, mut words) = (0_u64, 0_u64);
    for wanted in 0..6 {
        for (at, token) in tokens.iter().enumerate() {
            count_step();
            if ranks[at] != Some(wanted) {
                continue;
            }
            let is_new = said.insert(token.core_text(text)) || token.is(shape::PUNCTUATION);
            // Questions and headings are phrases, which people search for as they stand.
            if wanted > 2 && !is_new {
                continue;
            }
            // As if nothing were beside it: a token that joins its neighbour costs less.
            let joined = token.is(shape::CJK) && at > 0 && taken[at - 1] && !token.is(shape::SPACE);
            let needed = u64::from(token.chars) + u64::from(!joined && chars > 0);
            let word = u64::from(!joined);
            if chars + needed > u64::from(limit.chars) || words + word > u64::from(limit.words) {
                continue;
            }
            taken[at] = true;
            chars += needed;
            words += word;
        }
    }
    taken
}

fn join(text: &str, tokens: &[Token], taken: &[bool]) -> String {
    let mut out = String::new();
    for (at, token) in tokens.iter().enumerate() {
        count_step();
        if !taken[at] {
            continue;
        }
        let joined = at > 0 && taken[at - 1] && !token.is(shape::SPACE);
        if !joined && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(token.text(text));
    }
    out
}
