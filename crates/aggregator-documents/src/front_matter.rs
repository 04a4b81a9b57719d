//! The settings that many documents begin with.

use crate::split::prefix;

/// Longest front matter in bytes; what is longer is text.
const MAX_BYTES: usize = 64 * 1_024;

/// Where the text begins after the front matter, and the title that the front matter names.
pub(crate) fn skip(text: &str) -> (usize, Option<&str>) {
    let (open, separator) = match () {
        () if text.starts_with("---\n") || text.starts_with("---\r\n") => ("---", ':'),
        () if text.starts_with("+++\n") || text.starts_with("+++\r\n") => ("+++", '='),
        () => return (0, None),
    };
    let mut title = None;
    let mut at = 0;
    for (number, line) in prefix(text, MAX_BYTES).split_inclusive('\n').enumerate() {
        at += line.len();
        let line = line.trim_end();
        if number > 0 && (line == open || (line == "..." && open == "---")) {
            return (at, title);
        }
        if let Some((key, value)) = line.split_once(separator)
            && key.trim_end() == "title"
        {
            title = Some(value.trim().trim_matches(['"', '\''])).filter(|title| !title.is_empty());
        }
    }
    (0, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_ends_where_it_is_closed_and_names_the_title() {
        assert_eq!(skip("---\ntitle: \"A b\"\nx: 1\n---\ntext"), (26, Some("A b")));
        assert_eq!(skip("+++\r\ntitle = 'A'\r\n+++\r\n"), (23, Some("A")));
        assert_eq!(skip("---\n...\na"), (8, None));
        assert_eq!(skip("---\nnot closed: it is a rule\n\ntext"), (0, None));
        assert_eq!(skip("text\n---\n"), (0, None));
    }
}
