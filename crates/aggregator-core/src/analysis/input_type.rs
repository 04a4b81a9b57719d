//! Is this prose, code, an error message, or some of each?

use super::Score;
use super::lexicon::{ERROR, FIRST_PERSON, IMPERATIVE, INTERROGATIVE, KEYWORD, MESSAGE, SOFT_KEYWORD, SQL};
use super::token::{Part, Token, shape};
use crate::step_counter::count_step;

/// What a text consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputType {
    /// Sentences or key words, also with a name from a program in them.
    NaturalLanguage,
    /// Code of some programming language, and hardly anything else.
    Code,
    /// An error message, a stack trace or lines of a log, and hardly anything else.
    ErrorLog,
    /// Several of them, each with a considerable share.
    Mixed,
}

impl std::fmt::Display for InputType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::NaturalLanguage => "natural language",
            Self::Code => "code",
            Self::ErrorLog => "error log",
            Self::Mixed => "mixed",
        })
    }
}

/// An input type and what speaks for it.
///
/// Evidence is counted in tokens (what white space separates) and capped at [`ENOUGH`](Self::ENOUGH) for each type, so
/// that a short question above a long listing counts. White space of another kind changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputTypeGuess {
    /// The type of the text.
    pub input_type: InputType,
    /// For a type other than mixed: its share of the evidence. For mixed: 1 when no type has more than half of the evidence,
    /// falling to 0.5 where the largest share reaches the threshold. 0.5 when there is no evidence at all (a text of
    /// numbers), which is taken for natural language, as the reference system does.
    pub confidence: Score,
    /// Share of prose in the evidence.
    pub prose: Score,
    /// Share of code in the evidence.
    pub code: Score,
    /// Share of error messages in the evidence.
    pub error: Score,
}

impl InputTypeGuess {
    /// Tokens of one type that are enough to be sure of it: with fewer than 6 words beside it, two tokens of code are a
    /// quarter or more, which makes the text mixed at the default threshold. Our choice.
    pub const ENOUGH: u32 = 6;
}

/// Decides what each token is part of.
pub(super) fn assign_parts(tokens: &mut [Token]) {
    for token in tokens.iter_mut() {
        count_step();
        let names_only = token.is(shape::CODE_LIKE | shape::INLINE_CODE | shape::FENCE) || token.code_points > 0;
        token.part = if token.is(shape::ALPHA) && !names_only { Part::Prose } else { Part::Neutral };
    }
    assign_errors(tokens);
    assign_fences(tokens);
    assign_code(tokens);
}

// --- Messages. ---

/// Points from which tokens are a message. A heading ("TypeError:") has all of them.
const MESSAGE_POINTS: u32 = 3;
/// Tokens after which marks no longer belong together.
const MESSAGE_GAP: usize = 6;
/// Most tokens before the first mark that belong to a message ("thread 'main' panicked").
const MESSAGE_LEAD: usize = 8;

fn message_points(tokens: &[Token], at: usize) -> u32 {
    let token = &tokens[at];
    let named = token.is(shape::ERROR_NAME) || token.has(ERROR);
    let colon = token.is(shape::COLON)
        || tokens.get(at + 1).is_some_and(|next| next.is(shape::COLON) && next.is(shape::PUNCTUATION));
    // Only Python heads its messages with a word that has no colon.
    let heads = token.has(ERROR) && token.has(MESSAGE) && token.is(shape::UPPER);
    if named && colon || heads {
        return 3;
    }
    if token.is(shape::TIME | shape::FILE_LINE | shape::HEX) || token.has(ERROR) && token.is(shape::CAPS) {
        return 2;
    }
    let chained = token.is(shape::COLON) && at > 0 && tokens[at - 1].is(shape::COLON) && !token.is(shape::PUNCTUATION);
    if chained {
        return 3;
    }
    u32::from(token.has(MESSAGE))
}

/// Whether a person speaks here, and no program.
fn asks(token: &Token) -> bool {
    token.has(INTERROGATIVE | IMPERATIVE | FIRST_PERSON) && token.part == Part::Prose
}

fn assign_errors(tokens: &mut [Token]) {
    let (mut at, mut done) = (0, 0);
    let (mut first, mut last, mut points) = (0, 0, 0);
    while at < tokens.len() {
        count_step();
        let here = message_points(tokens, at);
        if here == 0 {
            at += 1;
            continue;
        }
        if points == 0 || at - last > MESSAGE_GAP {
            (first, points) = (at, 0);
        }
        (last, points) = (at, points + here);
        if points < MESSAGE_POINTS {
            at += 1;
            continue;
        }
        let start = message_start(tokens, first, done);
        let end = message_end(tokens, at);
        for token in &mut tokens[start..end] {
            count_step();
            if !token.is(shape::FENCE) {
                token.part = Part::Error;
            }
        }
        (at, done, points) = (end, end, 0);
    }
}

/// The beginning of the sentence with the first mark, unless a person speaks in it.
fn message_start(tokens: &[Token], first: usize, done: usize) -> usize {
    let mut start = first;
    while start > done && first - start < MESSAGE_LEAD {
        count_step();
        let before = &tokens[start - 1];
        if before.is(shape::END | shape::FENCE) || before.is(shape::COLON) && !tokens[start].is(shape::COLON) {
            return start;
        }
        if asks(before) {
            return first;
        }
        start -= 1;
    }
    start
}

/// A message ends where a sentence of a person begins.
fn message_end(tokens: &[Token], mark: usize) -> usize {
    let mut at = mark + 1;
    while at < tokens.len() {
        count_step();
        let token = &tokens[at];
        if token.is(shape::FENCE) || asks(token) && tokens[at - 1].is(shape::END) {
            break;
        }
        at += 1;
    }
    at
}

// --- Code. ---

/// What stands between fences is code, unless it is a message.
fn assign_fences(tokens: &mut [Token]) {
    let mut inside = false;
    for token in tokens {
        count_step();
        if token.is(shape::FENCE) {
            inside = !inside;
        } else if inside && token.part != Part::Error {
            token.part = Part::Code;
        }
    }
}

/// Points from which tokens are code, and not a name in a sentence.
const CODE_POINTS: u32 = 2;
/// Words of prose in a row that end code.
const CODE_GAP: usize = 2;

/// A run of tokens that may be code.
struct TokenRun {
    start: usize,
    last: usize,
    points: u32,
    hints: u32,
    /// Tokens of prose up to the last.
    prose: usize,
    /// Tokens of prose after the last.
    gap: usize,
}

fn assign_code(tokens: &mut [Token]) {
    let prose = tokens.iter().filter(|token| token.part == Part::Prose).count();
    let mut run: Option<TokenRun> = None;
    for at in 0..tokens.len() {
        count_step();
        let token = &tokens[at];
        if matches!(token.part, Part::Code | Part::Error) {
            close(tokens, run.take(), prose);
            continue;
        }
        let points = u32::from(token.code_points) + u32::from(token.has(SQL) && token.is(shape::CAPS));
        let hint = token.is(shape::CODE_LIKE) && !token.is(shape::INLINE_CODE) || token.has(KEYWORD);
        if token.is(shape::INLINE_CODE) {
            continue;
        }
        if points > 0 || hint || token.has(SOFT_KEYWORD) {
            let run = run.get_or_insert(TokenRun { start: at, last: at, points: 0, hints: 0, prose: 0, gap: 0 });
            run.last = at;
            run.prose += std::mem::take(&mut run.gap) + usize::from(token.part == Part::Prose);
            run.points += points;
            run.hints += u32::from(hint && points == 0);
        } else if let Some(run) = &mut run {
            run.gap += usize::from(token.part == Part::Prose);
        }
        let ends = match &run {
            Some(run) if token.part == Part::Prose => {
                run.gap > CODE_GAP || token.is(shape::QUESTION_MARK) || token.is(shape::COLON) && run.points == 0
            }
            _ => token.is(shape::QUESTION_MARK) && token.is(shape::PUNCTUATION) && token.code_points == 0,
        };
        if ends {
            close(tokens, run.take(), prose);
        }
    }
    close(tokens, run, prose);
}

/// `prose` is how much prose there was in the whole text: where a run has all of it, one sign of code is enough.
fn close(tokens: &mut [Token], run: Option<TokenRun>, prose: usize) {
    let Some(run) = run else { return };
    let all = run.points > 0 && run.prose == prose;
    if run.points >= CODE_POINTS || run.points > 0 && run.hints >= 2 || all {
        for token in &mut tokens[run.start..=run.last] {
            count_step();
            token.part = Part::Code;
        }
    }
}

// --- The type. ---

/// Weighs the parts; see [`InputTypeGuess`].
pub(super) fn guess(tokens: &[Token], threshold: Score) -> InputTypeGuess {
    let (mut prose, mut code, mut error) = (0, 0, 0);
    for token in tokens {
        count_step();
        match token.part {
            Part::Prose => prose += token.words(),
            Part::Code => code += 1,
            Part::Error => error += token.words().max(1),
            Part::Neutral => {}
        }
    }
    let [prose, code, error] = [prose, code, error].map(|count| count.min(InputTypeGuess::ENOUGH));
    let all = prose + code + error;
    let [prose, code, error] = [prose, code, error].map(|count| Score::share(count, all));
    let (input_type, best) = [(InputType::Code, code), (InputType::ErrorLog, error)]
        .into_iter()
        .fold((InputType::NaturalLanguage, prose), |best, one| if one.1 > best.1 { one } else { best });
    let (input_type, confidence) = if all == 0 {
        (InputType::NaturalLanguage, Score::from_thousandths(500))
    } else if best >= threshold {
        (input_type, best)
    } else {
        (InputType::Mixed, mixed_confidence(best.thousandths(), threshold.thousandths()))
    };
    InputTypeGuess { input_type, confidence, prose, code, error }
}

/// `best` is less than `threshold`.
fn mixed_confidence(best: u32, threshold: u32) -> Score {
    let above = best.saturating_sub(500);
    let range = threshold.saturating_sub(500).max(1);
    Score::from_thousandths(1_000 - 500 * above.min(range) / range)
}
