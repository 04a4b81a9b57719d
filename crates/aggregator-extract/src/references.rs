//! References in a sentence: its own `[3]` must not become a citation of the answer's third source.

use std::ops::Range;

use crate::sentences::code_spans;

/// Maximum length in bytes of a bracket that may be a marker; the engine's scanner reads no longer marker.
const MAX_MARKER_BYTES: usize = 96;

/// The pieces of a sentence that can be given out: all of it, without the references in brackets that it has
/// (`known.[3]`, `as shown [4].`). `None` where something may be read as a citation and is perhaps no reference
/// (`argv[1]`, `in [0, 1]`), or where the citation behind the sentence would not be read (in an open span of code,
/// behind an open bracket or `=`).
///
/// The citation scanner does not read a closed span of code, so what is in one stays.
pub(crate) fn pieces(sentence: &str) -> Option<Vec<Range<usize>>> {
    let code = code_spans(sentence);
    let in_code = |at: usize| {
        let next = code.partition_point(|span| span.end <= at);
        code.get(next).is_some_and(|span| span.start <= at)
    };
    // A back-tick behind a backslash may be one or not, depending on what is before it.
    let is_open = sentence.contains("\\`") || sentence.match_indices('`').any(|(at, _)| !in_code(at));
    if is_open || sentence.contains("~~~") || hides_marker(sentence) {
        return None;
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(found) = sentence[at..].find(['[', '【', '［']) {
        let open = at + found;
        at = open + 1;
        while !sentence.is_char_boundary(at) {
            at += 1;
        }
        if in_code(open) {
            continue;
        }
        let inside = &sentence[at..];
        let length = inside.find([']', '】', '］', '[', '【', '［'])?;
        let content = &inside[..length];
        let Some(close) = inside[length..].chars().next().filter(|&c| matches!(c, ']' | '】' | '］')) else {
            // A bracket in a bracket: only harmless where neither has a number.
            match content.chars().any(char::is_numeric) {
                true => return None,
                false => continue,
            }
        };
        let end = at + length + close.len_utf8();
        if !may_be_marker(content) || sentence[end..].starts_with('(') || length > MAX_MARKER_BYTES {
            continue;
        }
        if !is_reference(&sentence[..open], &sentence[open..end], &sentence[end..], start == open && open > 0) {
            return None;
        }
        pieces.push(start..start + sentence[start..open].trim_end().len());
        start = end;
        at = end;
    }
    pieces.push(start..sentence.len());
    pieces.retain(|piece| !piece.is_empty());
    let visible = pieces.iter().any(|piece| sentence[piece.clone()].chars().any(char::is_alphanumeric));
    // What is left may end in what hides the marker.
    let last = pieces.last().map_or("", |piece| &sentence[piece.clone()]);
    (visible && !hides_marker(last)).then_some(pieces)
}

/// Whether a number stands where a marker has one: first, or behind one word.
fn may_be_marker(content: &str) -> bool {
    let behind_word =
        content.trim_start_matches(|c: char| c.is_whitespace() || c == '^').trim_start_matches(char::is_alphabetic);
    behind_word.trim_start_matches(|c: char| c.is_whitespace() || ":：#.".contains(c)).starts_with(char::is_numeric)
}

/// Whether a bracket with numbers is a reference to a list that is not here, and can be left out.
fn is_reference(before: &str, bracket: &str, behind: &str, behind_another: bool) -> bool {
    let Some(content) = bracket.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return false };
    let (footnote, numbers) = match content.strip_prefix('^') {
        Some(numbers) => (true, numbers),
        None => (false, content),
    };
    let mut all = numbers.split([',', '-', '–']).map(str::trim);
    let is_number =
        |n: &str| !n.is_empty() && n.len() <= 3 && !n.starts_with('0') && n.bytes().all(|b| b.is_ascii_digit());
    if !all.all(is_number) {
        return false;
    }
    let single = !numbers.contains([',', '-', '–']);
    let ends = behind.chars().next().is_none_or(|c| c.is_whitespace() || ".,;:!?)[。、，".contains(c));
    match before.chars().next_back() {
        _ if footnote || behind_another => ends,
        None => false,
        Some(c) if c.is_whitespace() => single && ends,
        Some(c) if ".,;:!?)\"'”’»。、，」』%".contains(c) => ends,
        Some(c) if !c.is_ascii() && c.is_alphanumeric() => true,
        _ => false,
    }
}

/// Whether a marker behind a text would not be read as a citation: behind an assignment, an open bracket, the key of an
/// object.
fn hides_marker(text: &str) -> bool {
    let end = text.trim_end();
    ["=", "{", "[", "->", "return", "\":", "':", "\\"].iter().any(|hiding| end.ends_with(hiding))
}

/// Whether a block of code can be given out whole: its fence is closed, and no line between could be read as the end of
/// it; or it has no fence, and nothing in it could be read as a citation.
pub(crate) fn is_safe_code(code: &str) -> bool {
    let fence = |line: &str| {
        let content = line.trim_start_matches([' ', '\t', '>']);
        let mark = content.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let length = content.len() - content.trim_start_matches(mark).len();
        (length >= 3).then_some((mark, length))
    };
    let lines: Vec<&str> = code.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    match lines[..] {
        [first, ref between @ .., last] if fence(first).is_some() && indent(first) < 4 => {
            let Some((mark, length)) = fence(first) else { return false };
            let closing = last.trim_matches(' ');
            let closes = closing.len() >= length && closing.chars().all(|c| c == mark) && indent(last) < 4;
            closes
                && first.trim_start().starts_with(mark)
                && !between.iter().any(|line| fence(line).is_some_and(|f| f.0 == mark))
        }
        // Behind a list item, indentation is of the item: it may be read as text.
        _ => pieces(code).is_some_and(|pieces| pieces.iter().map(Range::len).sum::<usize>() == code.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(sentence: &str) -> Option<String> {
        pieces(sentence).map(|pieces| pieces.into_iter().map(|piece| &sentence[piece]).collect())
    }

    #[test]
    fn references_are_left_out_and_what_is_perhaps_none_is_not_used() {
        for (sentence, expected) in [
            ("It is known.", Some("It is known.")),
            ("It is known.[3]", Some("It is known.")),
            ("It is known,[3][4] and proved.[5, 6]", Some("It is known, and proved.")),
            ("It is known [12].", Some("It is known.")),
            ("It is known.[^1]", Some("It is known.")),
            ("已知。[3]", Some("已知。")),
            ("See [the guide](https://example.com/1).", Some("See [the guide](https://example.com/1).")),
            ("See [2](https://example.com).", Some("See [2](https://example.com).")),
            ("He [the author] agrees.", Some("He [the author] agrees.")),
            ("Press [Ctrl] now.", Some("Press [Ctrl] now.")),
            ("Use `argv[1]` here.", Some("Use `argv[1]` here.")),
            ("Use argv[1] here.", None),
            ("Values in [0, 1] only.", None),
            ("Values in [2, 3] only.", None),
            ("See [Source 1] for it.", None),
            ("See 【1】 for it.", None),
            ("See ［１］ for it.", None),
            ("See \\[1\\] for it.", None),
            ("See [[1]] for it.", None),
            ("An open `span of code.", None),
            ("An open [bracket.", None),
            ("An escaped \\`[1]` span.", None),
            ("Then x =", None),
            ("[3]", None),
            ("", None),
        ] {
            assert_eq!(kept(sentence).as_deref(), expected, "{sentence}");
        }
    }

    #[test]
    fn code_is_given_out_only_where_it_is_read_as_code() {
        for (code, expected) in [
            ("```\na[1]\n```", true),
            ("````\n~~~\n````", true),
            ("````\n```\n````", false),
            ("    > ```", false),
            ("```\na[1]", false),
            ("```", false),
            ("    a\n    b", true),
            ("    a[i]\n    b", true),
            ("    a[1]\n    b", false),
            ("\ta", true),
            ("~~~\na\n~~~", true),
            ("~~~\na\n```", false),
        ] {
            assert_eq!(is_safe_code(code), expected, "{code}");
        }
    }
}
