//! Texts cut to a length.

/// The longest beginning of `text` of at most `most` bytes that ends between characters.
pub(crate) fn prefix(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Where to cut `text`, which is longer than `most`: after a sentence, else after a word, else between characters. Not
/// 0.
pub(crate) fn cut(text: &str, most: usize) -> usize {
    let head = prefix(text, most);
    let sentence = head.char_indices().rev().take_while(|&(at, _)| at > most / 2).find_map(|(at, c)| {
        let next = at + c.len_utf8();
        let ends = match c {
            '.' | '!' | '?' => head[next..].starts_with([' ', '\n']),
            '。' | '！' | '？' => true,
            _ => false,
        };
        ends.then_some(next)
    });
    let word =
        || head.char_indices().rev().find(|&(at, c)| at > 0 && c.is_whitespace()).map(|(at, c)| at + c.len_utf8());
    let any = || match head.is_empty() {
        true => text.chars().next().map_or(text.len(), char::len_utf8),
        false => head.len(),
    };
    sentence.or_else(word).unwrap_or_else(any)
}

/// Where to cut `text`, which is longer than `most`, after a line; else between characters. Not 0.
pub(crate) fn cut_lines(text: &str, most: usize) -> usize {
    let head = prefix(text, most);
    match head.rfind('\n') {
        Some(at) => at + 1,
        None => cut(text, most),
    }
}

/// Line feeds in `text`.
pub(crate) fn lines(text: &str) -> u32 {
    text.bytes().filter(|&byte| byte == b'\n').count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_are_after_sentences_then_words_then_characters() {
        assert_eq!(cut("One two. Three four five", 13), 8);
        assert_eq!(cut("A. One two three four five", 14), 11, "a sentence in the first half is too short");
        assert_eq!(cut("aaaaaaaaaaaaaaaaaa", 5), 5);
        assert_eq!(cut("äöü", 1), 2, "at least one character");
        assert_eq!(cut("一。二三四五六", 9), 9);
        assert_eq!(cut_lines("ab\ncd\nef", 7), 6);
    }
}
