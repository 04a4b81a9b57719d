//! The sentences of a paragraph.
//!
//! The characters that can end a sentence are those of Unicode Standard Annex 29. Its rules for a full stop see neither
//! abbreviations nor names that begin small or with a sign, so the decision is made here.

use std::collections::BTreeMap;
use std::ops::Range;

use aggregator_words::{Language, is_stop_word};

use crate::abbreviations::{StopRole, is_month, stop_role};

/// Maximum length in bytes of an abbreviation.
const MAX_ABBREVIATION_BYTES: usize = 24;

/// The sentences of a paragraph, trimmed. Only white space is between them.
pub(crate) fn sentences(text: &str, language: Language) -> Vec<Range<usize>> {
    let code = code_spans(text);
    let mut next_code = 0;
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if let Some(span) = code.get(next_code).filter(|span| span.start <= at) {
            at = span.end;
            next_code += 1;
            continue;
        }
        at += c.len_utf8();
        if !is_terminator(c) && !is_greek_question(text, at, c) {
            continue;
        }
        let end = end_with_closers(text, at);
        if is_sentence_end(text, start, at, end, language) {
            push_trimmed(&mut found, text, start..end);
            start = end;
        }
        at = end;
    }
    push_trimmed(&mut found, text, start..text.len());
    found
}

fn push_trimmed(found: &mut Vec<Range<usize>>, text: &str, range: Range<usize>) {
    let sentence = &text[range.clone()];
    let start = range.start + sentence.len() - sentence.trim_start().len();
    let end = start + sentence.trim().len();
    if start < end {
        found.push(start..end);
    }
}

/// Code spans: from a run of back-ticks to the next of the same length. A run that is not closed begins none.
pub(crate) fn code_spans(text: &str) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices('`') {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    // Backwards, so that the next run of each length is known.
    let mut next = BTreeMap::new();
    let mut closes = vec![None; runs.len()];
    for (index, run) in runs.iter().enumerate().rev() {
        closes[index] = next.insert(run.len(), index);
    }
    let mut spans = Vec::new();
    let mut index = 0;
    while index < runs.len() {
        match closes[index] {
            Some(close) => {
                spans.push(runs[index].start..runs[close].end);
                index = close + 1;
            }
            None => index += 1,
        }
    }
    spans
}

/// Characters that can end a sentence: STerm and ATerm of UAX 29 in the scripts that are in use, and the ellipsis.
fn is_terminator(c: char) -> bool {
    matches!(
        c,
        '.' | '!'
            | '?'
            | '…'
            | '‼'
            | '‽'
            | '⁇'
            | '⁈'
            | '⁉'
            | '\u{589}'
            | '؝'
            | '؞'
            | '؟'
            | '۔'
            | '।'
            | '॥'
            | '၊'
            | '။'
            | '።'
            | '፧'
            | '፨'
            | '។'
            | '៕'
            | '᠃'
            | '᠉'
            | '⸮'
    ) || is_fullwidth(c)
}

/// Terminators of scripts that have no spaces.
fn is_fullwidth(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡' | '﹒' | '﹖' | '﹗')
}

/// Whether a character is the Greek question mark, which looks like a semicolon.
fn is_greek_question(text: &str, behind: usize, c: char) -> bool {
    let before = || text[..behind - c.len_utf8()].chars().next_back();
    matches!(c, ';' | '\u{37e}')
        && before().is_some_and(|c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}'))
}

/// The end of a sentence whose first terminator ends at `at`: after other terminators, closing quotes and
/// brackets, and the numbers of references in brackets.
fn end_with_closers(text: &str, at: usize) -> usize {
    let mut end = at;
    loop {
        let rest = &text[end..];
        let Some(c) = rest.chars().next() else { return end };
        if is_terminator(c) || is_closing(c) {
            end += c.len_utf8();
        } else if let Some(bytes) = reference(rest) {
            end += bytes;
        } else {
            // French has a space before the closing quotation mark.
            let space = rest.len() - rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']).len();
            match rest[space..].chars().next() {
                Some('»') if space > 0 => end += space + '»'.len_utf8(),
                _ => return end,
            }
        }
    }
}

fn is_closing(c: char) -> bool {
    matches!(
        c,
        ')' | ']'
            | '}'
            | '"'
            | '\''
            | '”'
            | '’'
            | '“'
            | '»'
            | '›'
            | '」'
            | '』'
            | '）'
            | '】'
            | '〉'
            | '》'
            | '*'
            | '_'
    )
}

fn is_opening(c: char) -> bool {
    matches!(
        c,
        '(' | '['
            | '{'
            | '"'
            | '\''
            | '“'
            | '‘'
            | '„'
            | '«'
            | '‹'
            | '「'
            | '『'
            | '（'
            | '【'
            | '〈'
            | '《'
            | '¿'
            | '¡'
            | '*'
            | '_'
    )
}

/// Bytes of the number of a reference: `[3]`, `[4, 5]`.
fn reference(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('[')?;
    let length = inner.bytes().take(24).take_while(|b| b.is_ascii_digit() || b", -".contains(b)).count();
    (length > 0 && inner.as_bytes().get(length) == Some(&b']')).then_some(length + 2)
}

/// Whether a sentence from `start` ends at `end`, its first terminator at `at`.
fn is_sentence_end(text: &str, start: usize, at: usize, end: usize, language: Language) -> bool {
    let rest = &text[end..];
    let Some(next) = rest.chars().next() else { return true };
    let terminator = text[..at].chars().next_back().unwrap_or('.');
    let closed = text[at..end].chars().find(|&c| is_closing(c));
    if is_fullwidth(terminator) {
        return closed.is_none() || !goes_on_behind_quote(rest);
    }
    if !next.is_whitespace() {
        return false;
    }
    let following = rest.trim_start();
    let word = first_word(following);
    let first = word.chars().next();
    let is_small = first.is_some_and(char::is_lowercase);
    if is_small && !(closed.is_none() && is_name(following, word)) {
        return false;
    }
    // Behind an ellipsis, another terminator or a closing bracket no abbreviation is looked for.
    if terminator != '.' || end > at {
        return true;
    }
    !is_abbreviation(&text[start..at - 1], following, word, language)
}

/// Whether a sentence goes on behind a closing quotation mark, in Japanese and Chinese: with a particle or a verb of
/// speaking.
fn goes_on_behind_quote(rest: &str) -> bool {
    let mut next = rest.chars();
    let particle =
        next.clone().next().is_some_and(|c| matches!(c, 'と' | 'っ' | 'の' | 'を' | 'は' | 'が' | 'に' | 'で' | 'も'));
    particle || next.by_ref().take(3).any(|c| matches!(c, '说' | '說' | '问' | '問' | '道' | '答' | '喊' | '叫'))
}

/// The word at the beginning of a text, behind what opens it.
fn first_word(text: &str) -> &str {
    let text = text.trim_start_matches(|c| is_opening(c) || c == ' ');
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | '-')).unwrap_or(text.len());
    &text[..end]
}

/// Whether what begins with a small letter is a name: code, a word with a capital, a digit or an underscore in it.
fn is_name(following: &str, word: &str) -> bool {
    let token = following.split_whitespace().next().unwrap_or_default();
    let token = token.get(..token.floor_char_boundary(64)).unwrap_or(token);
    token.starts_with('`')
        || word.chars().any(|c| c.is_uppercase() || c.is_ascii_digit())
        || token.contains(['_']) && !token.starts_with('_') && !token.ends_with('_')
        || token.contains("::")
        || token.contains("()")
}

/// Whether a full stop behind a text is of an abbreviation, and the sentence goes on with a word.
fn is_abbreviation(before: &str, following: &str, next: &str, language: Language) -> bool {
    let token = last_token(before);
    let earlier = before[..before.len() - token.len()].trim_end();
    let bare = token.trim_start_matches(|c| is_opening(c) || c == '/');
    let starts_with_digit = following.starts_with(|c: char| c.is_ascii_digit());
    let starter = || {
        let lower = next.to_lowercase();
        is_stop_word(&lower, language) || is_stop_word(&lower, Language::English)
    };
    if bare.is_empty() {
        return false;
    }
    let lower = bare.to_lowercase();
    // Written with a space: `z. B.`
    let pair = earlier
        .strip_suffix('.')
        .map(last_token)
        .filter(|first| first.chars().count() <= 2)
        .map(|first| format!("{}.{lower}", first.trim_start_matches(is_opening).to_lowercase()));
    if let Some(kind) = pair.as_deref().and_then(stop_role).or_else(|| stop_role(&lower)) {
        match kind {
            StopRole::Never => return true,
            StopRole::BeforeNumber if starts_with_digit || is_roman(next) => return true,
            // Versus, between the names of parties.
            StopRole::BeforeNumber if lower == "v" && last_token(earlier).starts_with(char::is_uppercase) => {
                return true;
            }
            // A single letter may also be an initial.
            StopRole::BeforeNumber => {}
            StopRole::BeforeCapital => return false,
            StopRole::BeforeStarter => return !starter(),
        }
    }
    let mut letters = bare.chars();
    let (first, second) = (letters.next(), letters.next());
    let abbreviated = |most: usize| {
        let word = next.chars().count();
        word > 0
            && word <= most
            && following[following.find(next).unwrap_or(0)..].get(next.len()..).is_some_and(|r| r.starts_with('.'))
    };
    match (first, second) {
        // The first half of `z. B.`, or an initial.
        (Some(c), None) if c.is_alphabetic() => {
            abbreviated(3) || starts_with_digit || c.is_uppercase() && is_initial(earlier, starter)
        }
        (Some(_), Some(_)) if bare.len() == 2 && bare.chars().all(char::is_uppercase) && abbreviated(2) => true,
        // The day of a date, an ordinal.
        (Some(c), _) if c.is_ascii_digit() && bare.len() <= 2 && bare.bytes().all(|b| b.is_ascii_digit()) => {
            is_month(&next.to_lowercase()) || has_ordinal_stop(language) && !starts_with_digit && !starter()
        }
        _ => is_dotted(bare) && !starter(),
    }
}

/// Whether a capital before a full stop, behind a text, is the initial of a name: not where a small word of content is
/// before it (`vitamin C.`).
fn is_initial(earlier: &str, starter: impl Fn() -> bool) -> bool {
    let word = last_token(earlier);
    match word.chars().next() {
        None => true,
        Some(c) if c.is_lowercase() => is_stop_word(&word.to_lowercase(), Language::English) && !starter(),
        _ => !starter(),
    }
}

/// Letters with full stops between them.
fn is_dotted(word: &str) -> bool {
    let is_letter = |part: &str| part.chars().count() == 1 && part.chars().all(char::is_alphabetic);
    word.contains('.') && word.split('.').all(is_letter)
}

fn last_token(text: &str) -> &str {
    let tail = &text[text.ceil_char_boundary(text.len().saturating_sub(MAX_ABBREVIATION_BYTES))..];
    tail.rsplit(char::is_whitespace).next().unwrap_or(tail)
}

fn is_roman(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b"IVXLCDM".contains(&b))
}

/// Languages that write a full stop behind the digits of an ordinal.
fn has_ordinal_stop(language: Language) -> bool {
    use Language::*;
    matches!(
        language,
        German | Danish | Norwegian | Finnish | Hungarian | Czech | Polish | Estonian | Serbian | Turkish
    )
}
