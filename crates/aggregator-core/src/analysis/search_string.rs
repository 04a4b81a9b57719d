//! What is sent to the providers.

use super::settings::Limits;
use super::token::{Part, Token, shape};
use super::work::step;

/// Words of a message that are searched: its beginning says what happened, what follows is the state of one machine.
const MESSAGE_WORDS: usize = 24;

/// The text without what no page has in common with it: fences, code (if there is anything else), times, addresses and
/// lines of files in a message (if there is anything else); bullets, hashes and asterisks of Markdown; runs of white space.
/// Bounded at a word.
pub(super) fn build(text: &str, tokens: &[Token], limits: &Limits) -> String {
    let without = build_from(text, tokens, limits, is_local);
    if without.is_empty() { build_from(text, tokens, limits, |_| false) } else { without }
}

fn build_from(text: &str, tokens: &[Token], limits: &Limits, is_local: impl Fn(&Token) -> bool) -> String {
    let has_other = tokens.iter().any(|token| matches!(token.part, Part::Prose | Part::Error));
    let mut out = String::with_capacity(text.len().min(limits.search_chars * 4));
    let (mut chars, mut words, mut message) = (0, 0, 0);
    let mut space = false;
    for token in tokens {
        step();
        space |= token.is(shape::SPACE);
        let dropped = token.is(shape::FENCE)
            || token.part == Part::Code && has_other
            || token.part == Part::Error && (is_local(token) || message >= MESSAGE_WORDS)
            || token.is(shape::PUNCTUATION) && is_markup(token.text(text));
        if dropped {
            space = true;
            continue;
        }
        message += usize::from(token.part == Part::Error);
        let space_now = std::mem::take(&mut space) && !out.is_empty();
        let new_word = space_now || token.is(shape::CJK) || out.is_empty();
        let needed = token.chars as usize + usize::from(space_now);
        if chars + needed > limits.search_chars || words + usize::from(new_word) > limits.search_words {
            if out.is_empty() {
                // One word longer than everything: its beginning is better than nothing.
                out.extend(token.text(text).chars().take(limits.search_chars));
            }
            break;
        }
        if space_now {
            out.push(' ');
        }
        out.push_str(token.text(text));
        chars += needed;
        words += usize::from(new_word);
    }
    out
}

/// Whether a token of a message is about one machine or one moment.
fn is_local(token: &Token) -> bool {
    token.is(shape::TIME | shape::FILE_LINE)
}

fn is_markup(text: &str) -> bool {
    matches!(text, "*" | "**" | "#" | "##" | "###" | ">" | "•" | "`" | "``" | "---" | "***")
}
