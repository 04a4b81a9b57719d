//! Markdown in parts of bounded length and depth, so that reading it takes bounded memory and linear time.
//!
//! The parser needs a step for each open quotation at each line: 32,000 quotations, then 16,000 lines are half a
//! billion. Here a line opens at most [`MAX_DEPTH`].

use std::borrow::Cow;

use crate::split::{cut, lines, prefix};

/// Length in bytes from which on a part ends at the next heading or empty line.
const TARGET_BYTES: usize = 32 * 1_024;
/// Maximum length of a part in bytes.
const MAX_BYTES: usize = 64 * 1_024;
/// Most quotations and lists that a line opens; more are as if they were not there.
const MAX_DEPTH: usize = 32;

/// A part of a text.
pub(crate) struct Chunk<'a> {
    pub(crate) text: Cow<'a, str>,
    /// The line that it begins on, counted from 1; one less where a line was put before it.
    pub(crate) line: u32,
}

/// Gives the parts of a text in order. They are cut before headings and after empty lines, but not in code; where there
/// is no such place for long, anywhere, and then code is opened again in the next part.
pub(crate) fn chunks<'a>(text: &'a str, mut line: u32, mut each: impl FnMut(Chunk<'a>)) {
    let mut rest = text;
    let mut fence: Option<&'a str> = None;
    while !rest.is_empty() {
        let reopened = fence;
        let end = match rest.len() <= MAX_BYTES {
            true => rest.len(),
            false => end_of_chunk(rest, &mut fence),
        };
        let (part, tail) = rest.split_at(end);
        let text = limit_depth(part);
        match reopened {
            None => each(Chunk { text, line }),
            Some(open) => each(Chunk { text: Cow::Owned(format!("{open}\n{text}")), line: line.saturating_sub(1) }),
        }
        line += lines(part);
        rest = tail;
    }
}

/// The end of the first part; `fence` is the line that opened the code it begins in, and then that it ends in.
fn end_of_chunk<'a>(text: &'a str, fence: &mut Option<&'a str>) -> usize {
    let mut at = 0;
    let mut any = None;
    let mut state = *fence;
    for line in text.split_inclusive('\n') {
        if at >= TARGET_BYTES && state.is_none() && (line.starts_with('#') || line.trim().is_empty()) {
            *fence = None;
            return at;
        }
        if at + line.len() > MAX_BYTES {
            break;
        }
        at += line.len();
        state = next_fence(state, line);
        any = Some((at, state));
    }
    match any {
        Some((at, state)) if at >= TARGET_BYTES => {
            *fence = state;
            at
        }
        // The line itself is too long.
        _ => {
            *fence = state;
            cut(text, MAX_BYTES)
        }
    }
}

/// The fence that is open after a line. Fences in lists and quotations are found, and indented code that looks like one
/// is taken for it: that costs a good place to cut, no text.
fn next_fence<'a>(open: Option<&'a str>, line: &'a str) -> Option<&'a str> {
    let content = prefix(line, 256).trim_start_matches([' ', '\t', '>']).trim_end();
    let run = |c: char| content.len() - content.trim_start_matches(c).len();
    let ticks = run('`').max(run('~'));
    match open {
        None if ticks >= 3 && !content[ticks..].contains('`') => Some(content),
        Some(fence) if ticks >= 3 && content.len() == ticks && fence.starts_with(&content[..1]) => {
            let opened = fence.len() - fence.trim_start_matches(['`', '~']).len();
            (ticks < opened).then_some(fence)
        }
        _ => open,
    }
}

/// The text with at most [`MAX_DEPTH`] markers of quotations and lists at the beginning of each line.
fn limit_depth(text: &str) -> Cow<'_, str> {
    let mut made: Option<String> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let kept = end_of_markers(line);
        match (&mut made, kept) {
            (None, Some((keep, skip))) => {
                let mut text = text[..at + keep].to_owned();
                text.push_str(&line[skip..]);
                made = Some(text);
            }
            (Some(made), Some((keep, skip))) => made.extend([&line[..keep], &line[skip..]]),
            (Some(made), None) => made.push_str(line),
            (None, None) => {}
        }
        at += line.len();
    }
    made.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Where the markers that are kept end, and where the line goes on after the others; `None` if all are kept.
fn end_of_markers(line: &str) -> Option<(usize, usize)> {
    let (mut depth, mut keep) = (0, 0);
    let mut after = 0;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b' ' | b'\t' => {}
            b'>' | b'-' | b'+' | b'*' | b'.' | b')' | b'0'..=b'9' | b':' => {
                if matches!(byte, b'>' | b'-' | b'+' | b'*' | b'.' | b')' | b':') {
                    depth += 1;
                }
                if depth == MAX_DEPTH && keep == 0 {
                    keep = at + 1;
                }
            }
            _ => break,
        }
        after = at + 1;
    }
    // A long rule or the line under a heading has no space and no quotation in it.
    let nested = line[..after].contains(['>', ' ', '\t']);
    (depth > MAX_DEPTH && nested).then_some((keep, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(String, u32)> {
        let mut parts = Vec::new();
        chunks(text, 1, |chunk| parts.push((chunk.text.into_owned(), chunk.line)));
        parts
    }

    #[test]
    fn short_texts_are_one_part_and_long_ones_are_cut_before_headings() {
        assert_eq!(parts("# a\n\nb"), [("# a\n\nb".to_owned(), 1)]);
        let section = format!("# heading\n{}", "some words\n".repeat(2_000));
        let found = parts(&section.repeat(8));
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|(text, _)| text.starts_with("# heading")));
        assert_eq!(found[1].1, 4_003);
        assert_eq!(found.iter().map(|(text, _)| text.as_str()).collect::<String>(), section.repeat(8));
    }

    #[test]
    fn code_that_is_cut_is_opened_again() {
        let code = format!("~~~~ rust\n{}~~~~\nafter\n", "# not a heading\n\n~~~\n".repeat(8_000));
        let found = parts(&code);
        assert!(found.len() > 2);
        assert!(found[1..].iter().all(|(text, _)| text.starts_with("~~~~ rust\n")), "{:?}", &found[1].0[..50]);
        assert!(found.iter().all(|(text, _)| text.len() <= MAX_BYTES + 10));
        assert_eq!(found[1].1, found[0].0.lines().count() as u32, "the line before the part is the fence");
    }

    #[test]
    fn depth_is_bounded_and_rules_are_kept() {
        assert_eq!(limit_depth(&format!("{} a\nb", ">".repeat(100))), format!("{}a\nb", ">".repeat(32)));
        let rule = format!("a\n{}\n", "-".repeat(100));
        assert_eq!(limit_depth(&rule), rule);
        assert_eq!(limit_depth("> - 1. a\n"), "> - 1. a\n");
    }
}
