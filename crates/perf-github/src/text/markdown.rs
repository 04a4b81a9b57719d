//! Text that stays text in Markdown of GitHub: it makes no markup, no link, no mention and no reference.
//!
//! Names of cases and metrics have no character that means anything in Markdown. They are escaped all the same, so that a wider
//! grammar of names is no hole here.

use std::fmt::Write as _;

use perf_judge::text::is_invisible;

/// Text for a cell or a line. Every character that may begin something is an entity.
///
/// GitHub makes links from addresses (`www.`, `https:`), mentions from `@`, references from `#` and from names with a number.
/// An entity ends each of them.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_invisible(c) => out.push(' '),
            c if c.is_alphanumeric() || matches!(c, ' ' | ',' | '%' | '+' | '—') => out.push(c),
            // In a number it is neither a list nor a link.
            '-' | '(' | ')' | '.' if is_number(text) => out.push(c),
            c => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
        }
    }
    out
}

/// Whether a text is numbers with units, such as `-0.3 % (-1.2 to +0.6)`.
fn is_number(text: &str) -> bool {
    let is_word = |word: &str| matches!(word, "to" | "ns" | "µs" | "ms" | "s" | "B" | "used" | "iqr" | "differs");
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | ',' | '%' | '—' | '=');
    let mut words = text.split([' ', '(', ')']).filter(|word| !word.is_empty());
    words.all(|word| is_word(word) || word.chars().all(is_of_number))
}

/// A name as code, in which Markdown finds nothing.
pub fn code(text: &str) -> String {
    let shown = |c: char| match c {
        // Nothing in code is escaped, so what would end it, or the cell around it, is replaced.
        '`' => '\'',
        '|' => '¦',
        c if is_invisible(c) || c.is_whitespace() => ' ',
        c => c,
    };
    let shown: String = text.chars().map(shown).collect();
    if shown.trim().is_empty() { "—".to_owned() } else { format!("`{shown}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable_and_the_rest_is_inert() {
        for number in ["1,234", "12,345 B", "-0.3 % (-1.2 to +0.6)", "1.234 µs", "=", "—", "+51.9 %", "12 % used"] {
            assert_eq!(plain(number).replace("&#61;", "="), number);
        }
        assert_eq!(plain("@all"), "&#64;all");
        assert_eq!(plain("www.a.b"), "www&#46;a&#46;b");
        assert_eq!(plain("<b>&lt;|"), "&#60;b&#62;&#38;lt&#59;&#124;");
        assert_eq!(plain("a\n\u{202e}b"), "a  b");
        assert_eq!(code("a`b|c\nd"), "`a'b¦c d`");
        assert_eq!(code(" "), "—");
    }
}
