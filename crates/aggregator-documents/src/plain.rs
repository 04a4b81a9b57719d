//! Plain text, reStructuredText and AsciiDoc.

use crate::kind::Markup;
use crate::passage_builder::{Block, PassageBuilder};

pub(crate) fn read(text: &str, markup: Markup, builder: &mut PassageBuilder<'_>) {
    let mut lines = text.lines().zip(1u32..).peekable();
    let mut paragraph = String::new();
    let mut begin = 1;
    // The characters that headings were underlined with, in the order of their levels.
    let mut underlines: Vec<char> = Vec::new();
    while let Some((line, number)) = lines.next() {
        let trimmed = line.trim_end();
        if trimmed.is_empty() {
            builder.block(Block::Paragraph, &paragraph, begin);
            paragraph.clear();
            continue;
        }
        if paragraph.is_empty()
            && let Some((level, heading)) = match markup {
                Markup::None => None,
                Markup::Asciidoc => equals(trimmed),
                Markup::Rst => {
                    let next = lines.peek().map_or("", |&(next, _)| next);
                    underlined(trimmed, next, &mut underlines)
                }
            }
        {
            if markup == Markup::Rst {
                lines.next();
            }
            if level == 1 {
                builder.title(heading);
            }
            builder.heading(level, heading, None, number);
            continue;
        }
        // The line over a heading of reStructuredText.
        if markup == Markup::Rst && paragraph.is_empty() && punctuation(trimmed).is_some() {
            continue;
        }
        if paragraph.is_empty() {
            begin = number;
        } else {
            paragraph.push('\n');
        }
        paragraph.push_str(trimmed);
    }
    builder.block(Block::Paragraph, &paragraph, begin);
}

/// `== Heading` of AsciiDoc: one sign for the title, two for the first level.
fn equals(line: &str) -> Option<(usize, &str)> {
    let heading = line.trim_start_matches('=');
    let level = line.len() - heading.len();
    (1..=6).contains(&level).then_some(())?;
    heading.starts_with(' ').then(|| (level, heading.trim()))
}

/// A line with a line of punctuation under it that is at least as long.
fn underlined<'a>(line: &'a str, next: &str, seen: &mut Vec<char>) -> Option<(usize, &'a str)> {
    let mark = punctuation(next.trim_end())?;
    let columns = |text: &str| text.chars().take(400).count();
    if columns(next.trim_end()) < columns(line) || punctuation(line).is_some() {
        return None;
    }
    let level = seen.iter().position(|&c| c == mark).unwrap_or_else(|| {
        seen.push(mark);
        seen.len() - 1
    });
    Some((level + 1, line.trim()))
}

/// The character that a line of at least three equal ones consists of.
fn punctuation(line: &str) -> Option<char> {
    let mark = line.chars().next().filter(char::is_ascii_punctuation)?;
    (line.len() >= 3 && line.chars().all(|c| c == mark)).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str, markup: Markup) -> Vec<(String, u32, String)> {
        let mut seen = Vec::new();
        let mut sink = |piece: crate::passage_builder::ParsedPassage| {
            seen.push((piece.headings.join(" > "), piece.line, piece.text))
        };
        let mut builder = PassageBuilder::new(&mut sink);
        read(text, markup, &mut builder);
        builder.finish();
        seen
    }

    #[test]
    fn empty_lines_end_paragraphs() {
        assert_eq!(seen("a\r\nb\r\n\r\n\r\nc", Markup::None), [(String::new(), 1, "a\nb\n\nc".to_owned())]);
        assert_eq!(seen("\n \n", Markup::None), []);
    }

    #[test]
    fn headings_of_both_markups_are_found() {
        let rst = "=====\nTitle\n=====\n\nA\n\nPart\n----\nb\n\nOther\n=====\nc\n";
        let expected = [("Title", 5, "A"), ("Title > Part", 9, "b"), ("Other", 13, "c")];
        let expected = expected.map(|(headings, line, text)| (headings.to_owned(), line, text.to_owned()));
        assert_eq!(seen(rst, Markup::Rst), expected);
        let adoc = "= Title\n\nA\n\n== Part\nb\n\n= Other\nc\n";
        let expected = [("Title", 3, "A"), ("Title > Part", 6, "b"), ("Other", 9, "c")];
        let expected = expected.map(|(headings, line, text)| (headings.to_owned(), line, text.to_owned()));
        assert_eq!(seen(adoc, Markup::Asciidoc), expected);
    }
}
